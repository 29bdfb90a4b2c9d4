import { constraintOf, relationKey, tableOf } from '../../schema/lookup.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { broughtConstraints, constraintName, subcommandRanges } from '../alter-parts.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { RuleContext, StatementAnalysis } from '../model.ts';
import { splitBefore } from '../new-steps.ts';
import {
  alterCommands,
  alterTable,
  type PlacedStatement,
  sqlStatements,
  tokenRange,
  wholeTable,
  wordPlaces,
} from '../statements.ts';

/** A constraint added NOT VALID in a transaction that has not ended. */
interface Added {
  readonly placed: PlacedStatement;
  /** Where its definition stands in the document. */
  readonly range: Range;
  readonly mode: 'ACCESS EXCLUSIVE' | 'SHARE ROW EXCLUSIVE';
}

interface Data {
  readonly placed: PlacedStatement;
  readonly name: string;
  readonly sameStatement: boolean;
}

/** VALIDATE CONSTRAINT in the transaction that added the constraint. */
export const validatedInOneTransaction = defineRule<Data>({
  id: 'validated-in-one-transaction',
  title: 'A constraint is validated under the lock that it was added with',
  severity: 'error',
  eachStep: true,
  concerns: ['AT_ValidateConstraint'],
  docs: {
    problem: `\`NOT VALID\` parts the adding of a constraint, which needs a strong lock for a moment, from the reading of the table,
which needs a weak one for long. In one transaction nothing is won: the lock of ADD CONSTRAINT (ACCESS EXCLUSIVE for a CHECK, SHARE
ROW EXCLUSIVE on both tables for a FOREIGN KEY) is kept until the transaction ends, and VALIDATE reads the whole table under it.`,
    solution: `Let the transaction end between the two: \`VALIDATE CONSTRAINT\` in a step of its own, in a plain file in a
transaction of its own.`,
    manual: [
      {
        title: 'ALTER TABLE … VALIDATE CONSTRAINT, and the notes on NOT VALID',
        path: 'sql-altertable.html#SQL-ALTERTABLE-NOTES',
      },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Emails hold an at sign
  sql: |
    ALTER TABLE users ADD CONSTRAINT email_form CHECK (email LIKE '%@%') NOT VALID;
    ALTER TABLE users VALIDATE CONSTRAINT email_form;
  rollback: ALTER TABLE users DROP CONSTRAINT email_form;
`,
        finds: 'VALIDATE CONSTRAINT',
        fixed: `- step: Emails hold an at sign
  sql: |
    ALTER TABLE users ADD CONSTRAINT email_form CHECK (email LIKE '%@%') NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT email_form;
- step: Validate email_form
  sql: ALTER TABLE users VALIDATE CONSTRAINT email_form;
  rollback:
    not_needed: the rollback of "Emails hold an at sign" undoes it
`,
      },
    ],
    good: [
      {
        steps: `- step: Emails hold an at sign
  sql: ALTER TABLE users ADD CONSTRAINT email_form CHECK (email LIKE '%@%') NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT email_form;
- step: The old ones too
  sql: ALTER TABLE users VALIDATE CONSTRAINT email_form;
  rollback: { not_needed: dropping email_form undoes it }
`,
      },
      {
        steps: `- step: A new table is empty, so nothing is read
  sql: |
    CREATE TABLE invitations (id bigint PRIMARY KEY, email text NOT NULL);
    ALTER TABLE invitations ADD CONSTRAINT email_form CHECK (email LIKE '%@%') NOT VALID;
    ALTER TABLE invitations VALIDATE CONSTRAINT email_form;
  rollback: DROP TABLE invitations;
`,
      },
    ],
  },
  *check(context) {
    let open = new Map<string, Added>();
    let action: PlacedStatement['action'] | undefined;
    for (const placed of sqlStatements(context)) {
      const { s } = placed;
      if (placed.action !== action || !s.inTransaction || s.statement.kind === 'TransactionStmt') {
        open = new Map();
        action = placed.action;
      }
      if (!alterTable(s)) continue;
      for (const [key, range, mode] of addedNotValid(s)) open.set(key, { placed, range, mode });
      yield* validations(context, placed, open);
    }
  },
  fix({ data: { placed, name, sameStatement } }, context) {
    if (sameStatement) return [];
    const edits = splitBefore(context, placed, `Validate ${name}`);
    const last = placed.action.statements.at(-1) === placed.s;
    return edits
      ? [{ title: 'Validate it in a transaction of its own', edits, safe: last && context.kind === 'plan' }]
      : [];
  },
});

function keyOf(s: StatementAnalysis, name: string): string {
  const table = tableOf(s.after, alterTable(s)?.relation);
  return `${table ? relationKey(table.name) : alterTable(s)?.relation?.relname} ${name}`;
}

function addedNotValid(s: StatementAnalysis): readonly (readonly [string, Range, Added['mode']])[] {
  return broughtConstraints(s).flatMap((brought) => {
    const name = constraintName(s, brought);
    if (!brought.node.skip_validation || name === undefined) return [];
    const exclusive = s.effects.locks.some((lock) => lock.mode === 'AccessExclusiveLock' && !lock.isNew);
    const mode = exclusive ? 'ACCESS EXCLUSIVE' : 'SHARE ROW EXCLUSIVE';
    return [[keyOf(s, name), tokenRange(s, brought.node.location), mode] as const];
  });
}

function* validations(context: RuleContext, placed: PlacedStatement, open: ReadonlyMap<string, Added>) {
  const { s, step } = placed;
  for (const [at, { subtype, name = '' }] of alterCommands(s).entries()) {
    const added = subtype === 'AT_ValidateConstraint' ? open.get(keyOf(s, name)) : undefined;
    const scan = s.effects.scans.find(({ command }) => command === at);
    if (!added || !scan) continue;
    const relation = wholeTable(s, scan.relation);
    const table = tableOf(s.before, alterTable(s)?.relation);
    const parent = constraintOf(table, name)?.references;
    const who =
      added.mode === 'ACCESS EXCLUSIVE'
        ? waitingRequests(context, 'every read and write')
        : waitingRequests(context, `every write to it${parent ? ' and to the table it references' : ''}`);
    const own = context.kind === 'sql' ? 'transaction' : 'step';
    yield {
      message: `VALIDATE CONSTRAINT ${name} reads all of ${withFigures(context, relation, s)}, and its transaction still holds ${added.mode} from adding the constraint: ${who} until it is done. Validate it in a ${own} of its own.`,
      range: validateRange(s, at),
      step: step.id,
      severity: severityFor(context, relation, 'error'),
      related: [{ message: `${name} is added here.`, range: added.range }],
      data: { placed, name, sameStatement: added.placed.s === s },
    };
  }
}

function validateRange(s: StatementAnalysis, at: number): Range {
  const part = subcommandRanges(s)[at];
  const places = [...wordPlaces(s, ['VALIDATE', 'CONSTRAINT'])];
  const place = places.find(({ start }) => start === part?.start) ?? places[0];
  return place ? documentRange(s.sql.map, place) : s.range;
}
