import type { AlterTableCmd, RangeVar } from '@pgsql/types';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { defineRule } from '../define-rule.ts';
import { settle, severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { aroundStatement, type NewStep } from '../new-steps.ts';
import {
  alterCommands,
  alterTable,
  isInWrittenTransaction,
  type PlacedStatement,
  sqlStatements,
  wordPlaces,
} from '../statements.ts';

interface Data {
  readonly placed: PlacedStatement;
}

/** SET NOT NULL that has to read the whole table. */
export const setNotNullScans = defineRule<Data>({
  id: 'set-not-null-scans',
  title: 'SET NOT NULL reads the whole table while every request waits',
  severity: 'error',
  docs: {
    problem: `\`ALTER COLUMN … SET NOT NULL\` reads every row to see that none is NULL, and holds ACCESS EXCLUSIVE all the while:
no read and no write gets through. One NULL, and all of it was in vain.`,
    solution: `Let a CHECK constraint prove it first. Postgres skips the scan where a valid constraint says that the column is
not null.

1. \`ADD CONSTRAINT … CHECK (column IS NOT NULL) NOT VALID\`: instant; new rows are checked from here on.
2. \`VALIDATE CONSTRAINT\`: reads the table, but reads and writes go on.
3. \`SET NOT NULL\`: instant now.
4. \`DROP CONSTRAINT\`: the CHECK has done its work.`,
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
  sql: ALTER TABLE users ALTER COLUMN email SET NOT NULL;
  rollback: ALTER TABLE users ALTER COLUMN email DROP NOT NULL;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      const commands = alterCommands(s);
      const places = setNotNullPlaces(s, commands);
      const possible = s.effects.unknown.filter(({ may }) => may === 'scan');
      for (const scan of [...s.effects.scans, ...possible]) {
        const command = scan.command === undefined ? undefined : commands[scan.command];
        if (command?.subtype !== 'AT_SetNotNull') continue;
        const range = places.get(command) ?? s.range;
        if ('fact' in scan) {
          const table = s.effects.locks[0]?.relation ?? 'the table';
          yield {
            message: `SET NOT NULL reads all of ${withFigures(context, table, s)} under ACCESS EXCLUSIVE, unless a valid CHECK already proves that ${command.name} has no NULL: ${waitingRequests(context, 'every read and write', s)} meanwhile. ${settle(context, scan)}`,
            range,
            step: step.id,
            severity: severityFor(context, table, 'warning'),
            data: { placed },
          };
          continue;
        }
        yield {
          message: `SET NOT NULL reads all of ${withFigures(context, scan.relation, s)} under ACCESS EXCLUSIVE: ${waitingRequests(context, 'every read and write', s)} until the last row is seen. Add a CHECK (${command.name} IS NOT NULL) NOT VALID, validate it, and Postgres skips the scan.`,
          range,
          step: step.id,
          severity: severityFor(context, scan.relation, 'error'),
          data: { placed },
        };
      }
    }
  },
  fix: ({ data }, context) => checkFirst(context, data),
});

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
function checkFirst(context: RuleContext, { placed }: Data): readonly Fix[] {
  const target = alterTable(placed.s)?.relation;
  if (!target?.relname || placed.part === 'rollback') return [];
  // One transaction in a file would keep the lock of the first statement through the scan of the second.
  if (context.kind === 'sql' && isInWrittenTransaction(placed)) return [];
  const columns = alterCommands(placed.s).flatMap(({ subtype, name }) =>
    subtype === 'AT_SetNotNull' && name ? [name] : [],
  );
  const proofs = [...new Set(columns)].map((column) => proofOf(target, column));
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

/** The steps around SET NOT NULL that let Postgres skip the scan for one column. */
function proofOf(target: RangeVar, name: string): { before: readonly NewStep[]; after: readonly NewStep[] } {
  const table = writeName(nameOfRangeVar(target));
  const column = quoteIdentifier(name);
  const check = quoteIdentifier(`${target.relname}_${name}_is_not_null`.slice(0, 63));
  const add = `ALTER TABLE ${table} ADD CONSTRAINT ${check} CHECK (${column} IS NOT NULL) NOT VALID;`;
  const validate = `ALTER TABLE ${table} VALIDATE CONSTRAINT ${check};`;
  const drop = `ALTER TABLE ${table} DROP CONSTRAINT ${check};`;
  return {
    before: [
      { name: `${name}: no new NULL`, sql: add, rollback: drop },
      {
        name: `${name}: no old NULL either`,
        sql: validate,
        rollback: { not_needed: `dropping ${check} undoes it` },
      },
    ],
    after: [
      {
        name: `${name}: drop the check that NOT NULL replaces`,
        sql: drop,
        rollback: [{ sql: add }, { sql: validate }],
      },
    ],
  };
}
