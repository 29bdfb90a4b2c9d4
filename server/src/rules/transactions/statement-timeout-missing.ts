import { insertSessionSetting } from '../../plan/edit.ts';
import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis } from '../model.ts';
import { limitBefore, lockingWithout, moreOf } from './without-timeout.ts';

/** Statements that may hold their lock for any length of time. */
export const statementTimeoutMissing = defineRule<StatementAnalysis>({
  id: 'statement-timeout-missing',
  title: 'A statement that locks a table may run for any length of time',
  severity: 'warning',
  off: true,
  docs: {
    problem: `\`lock_timeout\` limits the wait for a lock, not the time that it is held. A statement that turns out to take an hour
instead of a second keeps everybody out for that hour, since nobody is there to cancel it.`,
    solution: `Set \`statement_timeout\` under \`session\`, longer than the longest step is planned for, and shorter than what the
application can bear. Statements that take long and stop nobody get a limit of their own with \`SET\`.`,
    manual: [{ title: 'statement_timeout', path: 'runtime-config-client.html#GUC-STATEMENT-TIMEOUT' }],
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
        plan: { session: '{ lock_timeout: 2s, statement_timeout: 15min }' },
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      },
    ],
  },
  *check(context) {
    const [first, ...others] = lockingWithout(context, 'statement_timeout');
    if (!first) return;
    yield {
      message: `No statement_timeout is set: this statement locks ${first.lock.relation} for as long as it runs, and nothing stops it when that is longer than planned${moreOf(others)}. Set statement_timeout ${context.kind === 'sql' ? 'before it' : 'under session'}.`,
      range: first.placed.s.range,
      step: first.placed.step.id,
      data: first.placed.s,
    };
  },
  fix({ data: s }, context) {
    const edits =
      context.kind === 'sql'
        ? limitBefore(context, s, 'statement_timeout', '15min')
        : insertSessionSetting(context.text, context.plan, 'statement_timeout', '15min');
    return edits ? [{ title: 'Set statement_timeout to 15min', edits, safe: false }] : [];
  },
});
