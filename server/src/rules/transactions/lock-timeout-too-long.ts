import { lockWords } from '../../effects/lock-words.ts';
import { formatCount } from '../../text/amounts.ts';
import type { Range } from '../../text/range.ts';
import { formatDuration } from '../../timing/format.ts';
import { defineRule } from '../define-rule.ts';
import type { RuleContext, Severity } from '../model.ts';
import type { PlacedStatement } from '../statements.ts';
import { withTimeouts } from '../timeouts.ts';
import { blockingLock } from './held-locks.ts';

interface Data {
  /** The value under the plan's session; undefined where a statement sets it. */
  readonly value: Range | undefined;
}

/** A wait of this many ms is noticed by users, but no outage. */
const shortWaitMs = 5000;
/** So many requests in the queue fill any pool of connections. */
const manyRequests = 10_000;

/** A lock_timeout that lets the queue grow for too long. */
export const lockTimeoutTooLong = defineRule<Data>({
  id: 'lock-timeout-too-long',
  title: 'A lock_timeout so long that the queue behind it is an outage',
  severity: 'warning',
  docs: {
    problem: `While a statement waits for a strong lock, every later request for the table waits behind it. \`lock_timeout\` is how
long that may last: at 30 seconds and 2,000 requests a second 60,000 of them are in the queue, all connections are taken, and
requests that have nothing to do with the table fail too. With \`retries\` it happens once for each.`,
    solution: `Set \`lock_timeout\` to the wait that users would not notice, a second or two, and let \`retries\` try again: each try
lets the queue go. A statement that never gets its lock so has met a long transaction, and that is to be looked for.`,
    manual: [{ title: 'lock_timeout', path: 'runtime-config-client.html#GUC-LOCK-TIMEOUT' }],
  },
  examples: {
    bad: [
      {
        plan: { session: '{ lock_timeout: 30s, retries: 5 }' },
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
        finds: '30s',
      },
      {
        steps: `- step: Add the handle
  sql: |
    SET LOCAL lock_timeout = '1min';
    ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
        finds: "SET LOCAL lock_timeout = '1min'",
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
    ],
  },
  *check(context) {
    const told = new Set<number>();
    for (const { placed, timeouts } of withTimeouts(context)) {
      const { lock_timeout: timeout } = timeouts;
      if (!timeout.ms || timeout.ms <= shortWaitMs || told.has(timeout.setAt?.start ?? -1)) continue;
      const lock = blockingLock(placed.s, 2);
      if (!lock) continue;
      told.add(timeout.setAt?.start ?? -1);
      const isSession = timeout.setAt?.start === context.plan.session.lockTimeout?.range.start;
      yield {
        message: `lock_timeout is ${formatDuration(timeout.ms)}: for so long ${wordOf(placed)} may wait for ${lockWords(lock.mode)} on ${lock.relation}, and every later request for it waits behind${pile(context, timeout.ms)}. Set it to a second or two, and ${context.kind === 'plan' ? 'let retries try' : 'try'} again.`,
        range: timeout.setAt ?? placed.s.range,
        step: isSession ? undefined : placed.step.id,
        severity: severityOf(context, timeout.ms),
        related: timeout.setAt ? [{ message: 'This statement waits so.', range: placed.s.range }] : [],
        data: { value: isSession ? timeout.setAt : undefined },
      };
    }
  },
  fix: ({ data: { value } }) =>
    value ? [{ title: 'Set lock_timeout to 2s', edits: [{ range: value, newText: '2s' }], safe: false }] : [],
});

function pile({ plan }: RuleContext, ms: number): string {
  const rate = plan.traffic?.value;
  if (!rate) return '';
  const retries = plan.session.retries?.value ?? 0;
  const again = retries > 0 ? `, ${retries + 1} times with the retries` : '';
  return `: up to ${formatCount((rate * ms) / 1000)} of them at ${formatCount(rate)} requests/s${again}`;
}

/** Without the traffic it is a note, until it is long by any measure. */
function severityOf({ plan }: RuleContext, ms: number): Severity {
  const rate = plan.traffic?.value;
  if (rate === undefined) return ms > 30_000 ? 'warning' : 'info';
  return (rate * ms) / 1000 >= manyRequests ? 'warning' : 'info';
}

function wordOf({ s: { statement } }: PlacedStatement): string {
  const words = statement
    .tokens()
    .slice(0, 2)
    .map((token) => statement.slice(token).toUpperCase());
  return words.join(' ');
}
