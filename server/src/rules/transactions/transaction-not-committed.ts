import { replaceStatement } from '../../plan/edit.ts';
import { defineRule } from '../define-rule.ts';
import type { ActionAnalysis, RuleContext, StatementAnalysis } from '../model.ts';
import { afterSemicolon, isOpenAfter, isWrapped, sqlActions, transactionCommand } from './commands.ts';

/** BEGIN without an end. */
export const transactionNotCommitted = defineRule<ActionAnalysis>({
  id: 'transaction-not-committed',
  title: 'A transaction is begun and never committed',
  severity: 'error',
  eachStep: true,
  docs: {
    problem: `Without a \`COMMIT\` the transaction is open when the SQL ends. Postgres undoes all of it when the session closes, and
nothing says so; or, where the session goes on, what comes next runs inside it, and its locks are held all the while.`,
    solution:
      'End it with `COMMIT`, or leave `BEGIN` out: a step runs in a transaction of its own unless it has `transaction: false`.',
    manual: [{ title: 'Transactions', path: 'tutorial-transactions.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Add the handle
  transaction: false
  sql: |
    BEGIN;
    ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
        finds: 'BEGIN',
        fixed: `- step: Add the handle
  transaction: false
  sql: |
    BEGIN;
    ALTER TABLE users ADD COLUMN handle varchar(255);
    COMMIT;
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      },
    ],
    good: [
      {
        steps: `- step: Add the handle
  transaction: false
  sql: |
    BEGIN;
    ALTER TABLE users ADD COLUMN handle varchar(255);
    COMMIT;
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      },
    ],
  },
  *check(context) {
    for (const { at, action } of sqlActions(context)) {
      const begin = isWrapped(context, action) ? undefined : openAtEnd(context, action);
      if (!begin) continue;
      const inside = action.statements.slice(action.statements.indexOf(begin) + 1);
      const count = inside.length === 1 ? 'the statement' : `the ${inside.length} statements`;
      yield {
        message: `The transaction that begins here is never committed: when the session ends, Postgres undoes ${inside.length === 0 ? 'what is done in it' : `${count} after it`}, and until then its locks are held. Add a COMMIT at the end.`,
        range: begin.range,
        step: at.step.id,
        data: action,
      };
    }
  },
  fix({ data }, context) {
    const last = data.statements.at(-1);
    if (!last) return [];
    const { start, end } = last.statement.range;
    const range = { start, end: afterSemicolon(last.sql.text, end) };
    const edits = replaceStatement(context.text, last.sql, range, `${last.statement.text};\nCOMMIT;`);
    // Whether all of it should be kept is the author's to say.
    return edits ? [{ title: 'Add COMMIT at the end', edits, safe: false }] : [];
  },
});

/** The BEGIN of the transaction that is open where the SQL ends. */
function openAtEnd(context: RuleContext, { statements }: ActionAnalysis): StatementAnalysis | undefined {
  const last = statements.at(-1);
  if (!last || !isOpenAfter(last)) return undefined;
  // A COMMIT before any BEGIN: the file is for a tool that runs it in a transaction, and ends the last one itself.
  const first = statements.find((s) => transactionCommand(s) !== undefined);
  if (context.kind === 'sql' && first && transactionCommand(first) !== 'begin') return undefined;
  return statements.findLast((s) => transactionCommand(s) === 'begin' && !s.inTransaction);
}
