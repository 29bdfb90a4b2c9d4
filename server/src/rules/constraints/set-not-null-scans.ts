import type { AlterTableCmd, RangeVar } from '@pgsql/types';
import { childrenOf, relationKey, tableOf } from '../../schema/lookup.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { columnsWereThere, subcommandRanges, withParts } from '../alter-parts.ts';
import { defineRule } from '../define-rule.ts';
import { settle, severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import {
  alterCommands,
  alterTable,
  hasSubcommand,
  isInWrittenTransaction,
  type PlacedStatement,
  sqlStatements,
  wholeTable,
  wordPlaces,
} from '../statements.ts';
import { checkProofs, hasNotNullConstraints, notNullNames } from './not-null-steps.ts';

interface Data {
  readonly placed: PlacedStatement;
}

/** SET NOT NULL that has to read the whole table. */
export const setNotNullScans = defineRule<Data>({
  id: 'set-not-null-scans',
  title: 'SET NOT NULL reads the whole table while every request waits',
  severity: 'error',
  concerns: ['AT_SetNotNull'],
  docs: {
    problem: `\`ALTER COLUMN … SET NOT NULL\` reads every row to see that none is NULL, and holds ACCESS EXCLUSIVE all the while:
no read and no write gets through. One NULL, and all of it was in vain.`,
    solution: `Let a CHECK constraint prove it first. Postgres skips the scan where a valid constraint says that the column is
not null.

1. \`ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID\`: instant; new rows are checked from here on.
2. \`VALIDATE CONSTRAINT\`: reads the table, but reads and writes go on.
3. \`SET NOT NULL\`: instant now.
4. \`DROP CONSTRAINT\`: the CHECK has done its work.

Since version 18 NOT NULL is a constraint itself: \`ADD CONSTRAINT … NOT NULL column NOT VALID\`, then
\`VALIDATE CONSTRAINT\`.`,
    manual: [
      {
        title: 'ALTER TABLE … SET NOT NULL',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL',
      },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: The email is required
  sql: ALTER TABLE users ALTER COLUMN email SET NOT NULL;
  rollback: ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
`,
        finds: 'SET NOT NULL',
        fixed: `- step: "email: no new NULL"
  sql: ALTER TABLE users ADD CONSTRAINT users_email_is_not_null CHECK (email IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT users_email_is_not_null;
- step: "email: no old NULL either"
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_email_is_not_null;
  rollback:
    not_needed: dropping users_email_is_not_null undoes it
- step: The email is required
  sql: ALTER TABLE users ALTER COLUMN email SET NOT NULL;
  rollback: ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
- step: "email: drop the check that NOT NULL replaces"
  sql: ALTER TABLE users DROP CONSTRAINT users_email_is_not_null;
  rollback:
    - sql: ALTER TABLE users ADD CONSTRAINT users_email_is_not_null CHECK (email IS NOT NULL) NOT VALID;
    - sql: ALTER TABLE users VALIDATE CONSTRAINT users_email_is_not_null;
`,
      },
      {
        plan: { database: '{ type: postgresql, version: 18, schema: schema.sql }' },
        steps: `- step: The email is required
  sql: ALTER TABLE users ALTER COLUMN email SET NOT NULL;
  rollback: ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
`,
        finds: 'SET NOT NULL',
        fixed: `- step: The email is required
  sql: ALTER TABLE users ADD CONSTRAINT users_email_not_null NOT NULL email NOT VALID;
  rollback: ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
- step: "email: no old NULL either"
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_email_not_null;
  rollback:
    not_needed: dropping NOT NULL of email undoes it
`,
      },
    ],
    good: [
      {
        steps: `- step: No new NULL
  sql: ALTER TABLE users ADD CONSTRAINT email_set CHECK (email IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT email_set;
- step: No old NULL either
  sql: ALTER TABLE users VALIDATE CONSTRAINT email_set;
  rollback: { not_needed: dropping email_set undoes it }
- step: The email is required
  sql: |
    ALTER TABLE users ALTER COLUMN email SET NOT NULL;
    ALTER TABLE users DROP CONSTRAINT email_set;
  rollback:
    - sql: |
        ALTER TABLE users ADD CONSTRAINT email_set CHECK (email IS NOT NULL) NOT VALID;
        ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
    - sql: ALTER TABLE users VALIDATE CONSTRAINT email_set;
`,
      },
    ],
  },
  *check(context) {
    const provenElsewhere = new Set<string>();
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      if (!hasSubcommand(s, 'AT_SetNotNull') && !hasSubcommand(s, 'AT_ValidateConstraint')) continue;
      const commands = alterCommands(s);
      for (const table of validatesUnknown(s, commands)) provenElsewhere.add(table);
      if (!hasSubcommand(s, 'AT_SetNotNull')) continue;
      const places = setNotNullPlaces(s, commands);
      const possible = s.effects.unknown.filter(({ may }) => may === 'scan');
      const told = new Set<AlterTableCmd>();
      for (const scan of [...s.effects.scans, ...possible]) {
        const command = scan.command === undefined ? undefined : commands[scan.command];
        if (command?.subtype !== 'AT_SetNotNull' || told.has(command)) continue;
        told.add(command);
        const range = places.get(command) ?? s.range;
        if ('fact' in scan) {
          const table = s.effects.locks[0]?.relation ?? 'the table';
          if (provenElsewhere.has(table)) continue;
          yield {
            message: `SET NOT NULL reads all of ${withFigures(context, table, s)} under ACCESS EXCLUSIVE, unless a valid CHECK already proves that ${command.name} has no NULL: ${waitingRequests(context, 'every read and write', s)} meanwhile. ${settle(context, scan)}`,
            range,
            step: step.id,
            severity: severityFor(context, table, 'warning'),
            data: { placed },
          };
          continue;
        }
        const table = wholeTable(s, scan.relation);
        yield {
          message: `SET NOT NULL reads all of ${withFigures(context, table, s)} under ACCESS EXCLUSIVE: ${waitingRequests(context, 'every read and write', s)} until the last row is seen. ${remedy(context, command.name ?? '')}`,
          range,
          step: step.id,
          severity: severityFor(context, table, 'error'),
          data: { placed },
        };
      }
    }
  },
  fix: ({ data }, context) => provenFirst(context, data),
});

function remedy(context: RuleContext, column: string): string {
  return hasNotNullConstraints(context)
    ? `Add the constraint NOT NULL ${column} NOT VALID instead, and validate it in a later step.`
    : `Add a CHECK (${column} IS NOT NULL) NOT VALID, validate it, and Postgres skips the scan.`;
}

/** The table on which it validates a constraint that another file added: who does that before SET NOT NULL means it. */
function validatesUnknown(s: StatementAnalysis, commands: readonly AlterTableCmd[]): readonly string[] {
  const validates = commands.some(
    ({ subtype }, at) =>
      subtype === 'AT_ValidateConstraint' && s.effects.unknown.some(({ command }) => command === at),
  );
  return validates ? s.effects.locks.slice(0, 1).map(({ relation }) => relation) : [];
}

/** Where each SET NOT NULL of a statement stands in the document. */
function setNotNullPlaces(
  s: StatementAnalysis,
  commands: readonly AlterTableCmd[],
): ReadonlyMap<AlterTableCmd, Range> {
  const found = commands.filter(({ subtype }) => subtype === 'AT_SetNotNull');
  if (found.length === 0) return new Map();
  const places = [...wordPlaces(s, ['SET', 'NOT', 'NULL'])];
  return new Map(
    found.flatMap((command, nth) => {
      const place = places[nth];
      return place ? [[command, documentRange(s.sql.map, place)] as const] : [];
    }),
  );
}

/** Proves each column that the statement sets NOT NULL: one that is left would have the table read all the same. */
function provenFirst(context: RuleContext, { placed }: Data): readonly Fix[] {
  const target = alterTable(placed.s)?.relation;
  if (!target?.relname || placed.part === 'rollback') return [];
  // One transaction in a file would keep the lock of the first statement through the scan of the second.
  if (context.kind === 'sql' && isInWrittenTransaction(placed)) return [];
  const columns = alterCommands(placed.s).flatMap(({ subtype, name }) =>
    subtype === 'AT_SetNotNull' && name ? [name] : [],
  );
  const distinct = [...new Set(columns)];
  if (!columnsWereThere(context, placed, distinct) || sparesChildren(placed, target)) return [];
  return hasNotNullConstraints(context)
    ? constraintFirst(context, placed, target, distinct)
    : checkFirst(context, placed, target, distinct);
}

/** ONLY, on a table whose children may go on holding nulls: a CHECK would be theirs too. */
function sparesChildren({ s }: PlacedStatement, target: RangeVar): boolean {
  const table = tableOf(s.before, target);
  if (target.inh === true || !table) return false;
  for (const _ of childrenOf(s.before, relationKey(table.name))) return true;
  return false;
}

function checkFirst(
  context: RuleContext,
  placed: PlacedStatement,
  target: RangeVar,
  columns: readonly string[],
): readonly Fix[] {
  const proofs = checkProofs(tableOf(placed.s.before, target), target, columns);
  const edits = aroundStatement(context, placed, {
    before: proofs.flatMap(({ before }) => before),
    after: proofs.flatMap(({ after }) => after),
  });
  const title =
    proofs.length === 1
      ? 'Prove it with a CHECK first (four safe steps)'
      : 'Prove each column with a CHECK first (safe steps)';
  return edits ? [{ title, edits, safe: true }] : [];
}

/** Since 18 NOT NULL is a constraint that can be validated later, and nothing is left to drop. */
function constraintFirst(
  context: RuleContext,
  placed: PlacedStatement,
  target: RangeVar,
  columns: readonly string[],
): readonly Fix[] {
  const { s } = placed;
  const parts = subcommandRanges(s);
  const names = notNullNames(tableOf(s.before, target), target, columns);
  const changed = alterCommands(s).flatMap(({ subtype, name = '' }, at) => {
    const range = parts[at];
    if (subtype !== 'AT_SetNotNull' || !range) return [];
    const constraint = names[columns.indexOf(name)];
    return [{ range, newText: `ADD CONSTRAINT ${constraint} NOT NULL ${quoteIdentifier(name)} NOT VALID` }];
  });
  // A column named twice would get two constraints.
  if (changed.length !== columns.length) return [];
  const table = writeName(nameOfRangeVar(target));
  const edits = aroundStatement(context, placed, {
    before: [],
    replacement: withParts(s, changed),
    after: columns.map((column, at) => ({
      name: `${column}: no old NULL either`,
      sql: `ALTER TABLE ${table} VALIDATE CONSTRAINT ${names[at]};`,
      rollback: { not_needed: `dropping NOT NULL of ${column} undoes it` },
    })),
  });
  return edits
    ? [{ title: 'Add NOT NULL as NOT VALID, validate in a step of its own', edits, safe: true }]
    : [];
}
