import type { SqlAction } from '../../plan/model.ts';
import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis } from '../model.ts';
import { sqlActions } from './commands.ts';
import { blocking } from './held-locks.ts';

/** `transaction: false` around statements that could all be one transaction, and would be over at once. */
export const transactionOffNeedlessly = defineRule<SqlAction>({
  id: 'transaction-off-needlessly',
  title: 'Statements that belong together run outside of a transaction',
  severity: 'warning',
  eachStep: true,
  docs: {
    problem: `With \`transaction: false\` each statement is final once it has run. When a later one fails, on a lock that it did not get
in time or on a row that stands in its way, the ones before it stay: the step is half done, or a rollback half undone, and a second
try fails on what is there, or gone, already.

None of the statements here needs it, all of them work on one table, and none holds a lock for longer than a moment.`,
    solution: `Leave \`transaction: false\` to the statements that Postgres refuses in a transaction (\`CREATE INDEX CONCURRENTLY\`,
\`VACUUM\`, …) and to those between which a lock has to be let go.`,
    manual: [{ title: 'Transactions', path: 'tutorial-transactions.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Add the names
  sql: |
    ALTER TABLE users ADD COLUMN first_name text;
    ALTER TABLE users ADD COLUMN last_name text;
  rollback:
    transaction: false
    sql: |
      ALTER TABLE users DROP COLUMN last_name;
      ALTER TABLE users DROP COLUMN first_name;
`,
        finds: 'false',
        fixed: `- step: Add the names
  sql: |
    ALTER TABLE users ADD COLUMN first_name text;
    ALTER TABLE users ADD COLUMN last_name text;
  rollback:
    transaction: true
    sql: |
      ALTER TABLE users DROP COLUMN last_name;
      ALTER TABLE users DROP COLUMN first_name;
`,
      },
    ],
    good: [
      {
        steps: `- step: Add the names
  sql: |
    ALTER TABLE users ADD COLUMN first_name text;
    ALTER TABLE users ADD COLUMN last_name text;
  rollback: |
    ALTER TABLE users DROP COLUMN last_name;
    ALTER TABLE users DROP COLUMN first_name;
`,
      },
    ],
  },
  *check(context) {
    if (context.kind === 'sql') return;
    for (const { at, part, action } of sqlActions(context)) {
      if (action.action.kind !== 'sql' || action.action.transaction || action.problems.length > 0) continue;
      const statements = action.statements.filter(({ statement }) => statement.kind !== 'VariableSetStmt');
      if (statements.length < 2 || !statements.every(isOverAtOnce) || tablesOf(statements).size !== 1)
        continue;
      const what = part === 'step' ? 'step is half done' : 'step is half undone';
      yield {
        message: `None of these statements needs transaction: false, and with it those that have run stay when a later one fails: the ${what}, and a second try fails on that. Run them in one transaction.`,
        range: action.action.transactionRange ?? action.action.keyRange,
        step: at.step.id,
        data: action.action,
      };
    }
  },
  fix: ({ data: { transactionRange } }) =>
    transactionRange
      ? [
          {
            title: 'Run them in one transaction',
            edits: [{ range: transactionRange, newText: 'true' }],
            safe: false,
          },
        ]
      : [],
});

function isOverAtOnce({ statement, effects, embedded }: StatementAnalysis): boolean {
  return (
    effects.transactional &&
    effects.class === 'instant' &&
    effects.unknown.length === 0 &&
    embedded === undefined &&
    ['AlterTableStmt', 'RenameStmt', 'CreateTrigStmt', 'DropStmt'].includes(statement.kind)
  );
}

/** Those that somebody else waits for meanwhile. */
function tablesOf(statements: readonly StatementAnalysis[]): ReadonlySet<string> {
  const locks = statements.flatMap(({ effects }) => effects.locks);
  return new Set(
    locks.filter(({ mode, isNew }) => !isNew && blocking(mode) > 0).map(({ relation }) => relation),
  );
}
