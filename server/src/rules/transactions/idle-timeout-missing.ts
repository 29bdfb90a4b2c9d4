import { defineRule } from '../define-rule.ts';
import type { PlacedStatement } from '../statements.ts';
import { limitBefore, lockingWithout, moreOf } from './without-timeout.ts';

/** Locks that a client which went away goes on holding. */
export const idleTimeoutMissing = defineRule<PlacedStatement>({
  id: 'idle-timeout-missing',
  title: 'A lock stays for ever when whoever runs the SQL goes away in the midst of it',
  severity: 'info',
  off: true,
  docs: {
    problem: `Between two statements a transaction waits for its client. If that hangs, or its network does, the locks are held until
somebody ends the session: neither \`lock_timeout\` nor \`statement_timeout\` counts while no statement runs.`,
    solution: `Set \`idle_in_transaction_session_timeout\` to a few seconds before the first lock, or for the role that runs
migrations. A tool that sends one statement right after the other never meets it.`,
    manual: [
      {
        title: 'idle_in_transaction_session_timeout',
        path: 'runtime-config-client.html#GUC-IDLE-IN-TRANSACTION-SESSION-TIMEOUT',
      },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
        finds: 'ALTER TABLE users ADD COLUMN handle varchar(255)',
      },
    ],
    good: [
      {
        steps: `- step: Add the handle
  sql: |
    SET LOCAL idle_in_transaction_session_timeout = '10s';
    ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: |
    SET LOCAL idle_in_transaction_session_timeout = '10s';
    ALTER TABLE users DROP COLUMN handle;
`,
      },
    ],
  },
  *check(context) {
    const name = 'idle_in_transaction_session_timeout';
    // Whether a tool puts a transaction around a plain file, the file does not say.
    const found = lockingWithout(context, name).filter(
      ({ placed }) => context.kind === 'sql' || placed.s.inTransaction,
    );
    const [first, ...others] = found;
    if (!first) return;
    yield {
      message: `No ${name} is set: when whoever runs this goes away after the statement, ${first.lock.relation} stays locked until somebody ends the session${moreOf(others)}. Set it to a few seconds before.`,
      range: first.placed.s.range,
      step: first.placed.step.id,
      data: first.placed,
    };
  },
  fix: ({ data: { s } }, context) =>
    context.kind === 'sql'
      ? [
          {
            title: 'Set idle_in_transaction_session_timeout to 10s',
            edits: limitBefore(context, s, 'idle_in_transaction_session_timeout', '10s'),
            safe: false,
          },
        ]
      : [],
});
