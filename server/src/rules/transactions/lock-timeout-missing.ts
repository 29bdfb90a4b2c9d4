import { lockWords } from '../../effects/lock-words.ts';
import { lockModes } from '../../effects/model.ts';
import { insertSessionSetting } from '../../plan/edit.ts';
import type { Range } from '../../text/range.ts';
import { formatDuration } from '../../timing/format.ts';
import { defineRule } from '../define-rule.ts';
import { waitingRequests } from '../figures.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import type { PlacedStatement } from '../statements.ts';
import { limits, type Timeouts, withTimeouts } from '../timeouts.ts';
import { blockingLock } from './held-locks.ts';
import { limitBefore, moreOf } from './without-timeout.ts';

interface Data {
  readonly first: PlacedStatement;
  /** The zero that switches the limit off, where it stands in the plan's session. */
  readonly zero: Range | undefined;
  /** Whether the step began with a limit: then its own SQL takes it away. */
  readonly atStart: boolean;
}

/** DDL that queues for a lock with no limit, and everybody behind it. */
export const lockTimeoutMissing = defineRule<Data>({
  id: 'lock-timeout-missing',
  title: 'A statement may wait for its lock for ever, and every request behind it',
  severity: 'warning',
  docs: {
    problem: `A statement that needs a strong lock waits for every transaction that uses the table to end. While it waits, every
later request for the table queues behind it, even plain reads: one forgotten transaction and an "instant" ALTER TABLE stop the
application.`,
    solution: `Set \`lock_timeout\` to a second or two for the plan, under \`session\`, with \`retries\`: the statement gives up, lets the
queue go, and is tried again. \`CREATE INDEX CONCURRENTLY\` is the exception: it has to wait for old transactions and blocks no
one meanwhile, so switch the limit off in its step with \`SET lock_timeout = 0\`.`,
    manual: [
      {
        title: 'lock_timeout',
        path: 'runtime-config-client.html#GUC-LOCK-TIMEOUT',
      },
    ],
  },
  examples: {
    bad: [
      {
        plan: { session: '{ statement_timeout: 15min }' },
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
        finds: 'ALTER TABLE users ADD COLUMN handle varchar(255)',
      },
    ],
    good: [
      {
        plan: { session: '{ lock_timeout: 2s, retries: 5 }' },
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      },
      {
        plan: { session: '{ statement_timeout: 15min }' },
        steps: `- step: Add the handle
  sql: |
    SET LOCAL lock_timeout = '2s';
    ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: |
    SET LOCAL lock_timeout = '2s';
    ALTER TABLE users DROP COLUMN handle;
`,
      },
    ],
  },
  *check(context) {
    const limit = context.plan.session.lockTimeout;
    if (context.plan.session.lockTimeoutUnreadable) return;
    const atStart = (limit?.value ?? 0) > 0;
    const [found, ...others] = unlimited(context);
    if (!found) return;
    const { placed: first, timeouts } = found;
    const lock = strongest(first.s);
    yield {
      message: `${atStart ? 'The lock_timeout is switched off here' : 'No lock_timeout is set'}: this statement waits for ${lockWords(lock.mode)} on ${lock.relation} as long as any transaction uses the table${boundOf(timeouts)}, and meanwhile ${waitingRequests(context, 'every later request for it')}${moreOf(others)}. ${remedy(context, atStart)}`,
      range: (atStart ? undefined : limit?.range) ?? first.s.range,
      step: first.step.id,
      related: others.slice(0, 5).map(({ placed: { s } }) => ({
        message: 'This one waits without a limit too.',
        range: s.range,
      })),
      data: { first, zero: limit?.range, atStart },
    };
  },
  fix: ({ data }, context) => (data.atStart ? [] : limitFix(context, data)),
});

/** A statement that gives up this soon holds nobody up for long, whichever timeout stops it. */
const shortWaitMs = 10_000;

/** Statements that queue for a lock others would wait behind, with no limit in force where they stand. */
function unlimited(context: RuleContext) {
  return [...withTimeouts(context)].filter(({ placed, timeouts }) => {
    const { lock_timeout: lock, statement_timeout: statement } = timeouts;
    const isShort = limits(statement) && (statement.ms ?? 0) <= shortWaitMs;
    return !limits(lock) && !isShort && blockingLock(placed.s, 1) !== undefined;
  });
}

/** The time in statement_timeout counts from the start, the wait for the lock included. */
function boundOf({ statement_timeout: { ms } }: Timeouts): string {
  return ms ? `, or until statement_timeout cancels it after ${formatDuration(ms)}` : '';
}

function remedy({ kind }: RuleContext, atStart: boolean): string {
  if (atStart) return 'Set it again before this statement.';
  return `Set lock_timeout, say 2s, ${kind === 'sql' ? 'before it' : 'under session'}.`;
}

function strongest(s: StatementAnalysis) {
  const locks = s.effects.locks.filter((lock) => !lock.isNew);
  return locks.reduce((a, b) => (lockModes.indexOf(b.mode) > lockModes.indexOf(a.mode) ? b : a));
}

function limitFix(context: RuleContext, { first, zero }: Data): readonly Fix[] {
  const title = 'Set lock_timeout to 2s';
  if (context.kind === 'sql')
    return [{ title, edits: limitBefore(context, first.s, 'lock_timeout', '2s'), safe: true }];
  if (zero) return [{ title, edits: [{ range: zero, newText: '2s' }], safe: true }];
  const edits = insertSessionSetting(context.text, context.plan, 'lock_timeout', '2s');
  return edits ? [{ title: `${title} for the plan`, edits, safe: true }] : [];
}
