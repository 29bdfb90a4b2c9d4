import { formatCount } from '../../text/amounts.ts';
import { aboutTime, formatDuration } from '../../timing/format.ts';
import { defineRule, type Fault } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import type { RuleContext, StatementAnalysis, StepAnalysis } from '../model.ts';
import { predictBatch, predictStatement } from '../prediction.ts';
import { timeoutAround, timeoutText } from '../set-around.ts';
import type { PlacedStatement } from '../statements.ts';
import { sessionTimeouts, type Timeout, withTimeouts } from '../timeouts.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly timeout: Timeout;
  /** ms that would be enough on a slow server. */
  readonly enough: number;
}

/** A statement that its statement_timeout cancels. */
export const statementTimeoutTooShort = defineRule<Data | undefined>({
  id: 'statement-timeout-too-short',
  title: 'statement_timeout cancels a statement before it can be done',
  severity: 'error',
  eachStep: true,
  docs: {
    problem: `\`statement_timeout\` cancels a statement that runs longer, the wait for its lock included. All its work is undone, and
a next try takes as long. \`CREATE INDEX CONCURRENTLY\` leaves an INVALID index behind. The time is worked out from the table's
figures in the plan, without a server to measure on: an error where even a fast server needs longer, a warning where a usual one
does.`,
    solution: `Give the statement the time that it needs: \`SET LOCAL statement_timeout\` before it (\`SET\` in a step with
\`transaction: false\`), and keep the short limit for the rest.`,
    manual: [{ title: 'statement_timeout', path: 'runtime-config-client.html#GUC-STATEMENT-TIMEOUT' }],
  },
  examples: {
    bad: [
      {
        plan: { session: '{ lock_timeout: 2s, statement_timeout: 500ms }' },
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, email text);
ALTER TABLE users ADD CONSTRAINT email_set CHECK (email IS NOT NULL) NOT VALID;`,
        steps: `- step: No old NULL either
  sql: ALTER TABLE users VALIDATE CONSTRAINT email_set;
  rollback: { not_needed: the constraint was there before }
`,
        finds: 'ALTER TABLE users VALIDATE CONSTRAINT email_set',
        fixed: `- step: No old NULL either
  sql: |
    SET LOCAL statement_timeout = '1min';
    ALTER TABLE users VALIDATE CONSTRAINT email_set;
  rollback: { not_needed: the constraint was there before }
`,
      },
    ],
    good: [
      {
        plan: { session: '{ lock_timeout: 2s, statement_timeout: 15min }' },
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, email text);
ALTER TABLE users ADD CONSTRAINT email_set CHECK (email IS NOT NULL) NOT VALID;`,
        steps: `- step: No old NULL either
  sql: ALTER TABLE users VALIDATE CONSTRAINT email_set;
  rollback: { not_needed: the constraint was there before }
`,
      },
    ],
  },
  *check(context) {
    for (const { placed, timeouts } of withTimeouts(context)) {
      const { s, step } = placed;
      const timeout = timeouts.statement_timeout;
      if (!timeout.ms || s.effects.class === 'instant') continue;
      const time = predictStatement(context, s)?.time;
      if (!time || timeout.ms >= time.likely) continue;
      const relation = workedOn(s);
      const surely = timeout.ms < time.low;
      yield {
        message: `statement_timeout cancels this statement after ${formatDuration(timeout.ms)}, and it takes ${aboutTime(time)}${relation ? ` on ${withFigures(context, relation)}` : ''}: ${surely ? 'even a fast server needs longer' : 'a usual server needs longer'}, ${leaves(s)}. Give it more time with SET ${s.inTransaction ? 'LOCAL ' : ''}statement_timeout.`,
        range: s.range,
        step: step.id,
        severity: surely ? 'error' : 'warning',
        related: timeout.setAt
          ? [{ message: 'The statement_timeout in force is set here.', range: timeout.setAt }]
          : [],
        data: { placed, timeout, enough: roundUp(time.high * 2) },
      };
    }
    yield* batchesTooLong(context);
  },
  fix({ data }, context) {
    if (!data) return [];
    const { placed, timeout, enough } = data;
    const value = timeoutText(enough);
    const edits = timeoutAround(context, placed, 'statement_timeout', value, timeout.ms);
    return edits
      ? [{ title: `Set statement_timeout to ${formatDuration(enough)} for it`, edits, safe: false }]
      : [];
  },
});

/** A backfill whose batches are each a statement too long. */
function* batchesTooLong(context: RuleContext): Generator<Fault<undefined>> {
  const timeout = sessionTimeouts(context).statement_timeout;
  const steps = timeout.ms ? context.steps : [];
  for (const { step, action } of steps.flatMap(backfillsOf)) {
    if (action.action.kind !== 'backfill' || !timeout.ms) continue;
    const time = predictBatch(context, action)?.time;
    if (!time || timeout.ms >= time.likely) continue;
    yield {
      message: `statement_timeout cancels each batch after ${formatDuration(timeout.ms)}, and a batch of ${formatCount(action.action.batch)} rows takes ${aboutTime(time)}: the backfill does not get on. Take smaller batches.`,
      range: action.action.keyRange,
      step: step.id,
      severity: timeout.ms < time.low ? 'error' : 'warning',
      related: timeout.setAt
        ? [{ message: 'The statement_timeout in force is set here.', range: timeout.setAt }]
        : [],
      data: undefined,
    };
  }
}

/** That of the step, and those of its rollback. */
function backfillsOf({ step, action, rollback }: StepAnalysis) {
  return [...(action ? [action] : []), ...rollback]
    .filter((one) => one.action.kind === 'backfill')
    .map((one) => ({ step, action: one }));
}

function workedOn({ effects }: StatementAnalysis): string | undefined {
  const [work] = [...effects.rewrites, ...effects.builds, ...effects.scans];
  return work?.indexOf ?? work?.relation;
}

function leaves({ statement: { node } }: StatementAnalysis): string {
  const concurrent = 'IndexStmt' in node && node.IndexStmt.concurrent === true;
  return concurrent ? 'and an INVALID index stays behind' : 'and all of it was in vain';
}

/** To a time that a person would write, in ms. */
function roundUp(ms: number): number {
  const minute = 60_000;
  const nice = [minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, 60 * minute];
  return nice.find((one) => one >= ms) ?? Math.ceil(ms / (60 * minute)) * 60 * minute;
}
