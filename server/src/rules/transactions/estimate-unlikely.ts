import type { DurationRange } from '../../plan/model.ts';
import type { Range } from '../../text/range.ts';
import { estimateText, formatDuration, formatTime } from '../../timing/format.ts';
import type { TimeRange } from '../../timing/model.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import type { ActionAnalysis, RuleContext } from '../model.ts';
import { isOpenEnded, predictAction, predictStatement } from '../prediction.ts';

interface Data {
  readonly range: Range;
  /** Undefined where it is not known of all of the step. */
  readonly time: TimeRange | undefined;
}

/** So many times beyond the range, no server is taken to make up for it. */
const clearlyUnder = 2;
const clearlyOver = 10;

/** An `estimate` that the sizes of the tables contradict. */
export const estimateUnlikely = defineRule<Data>({
  id: 'estimate-unlikely',
  title: 'A step cannot take as long as its estimate says',
  severity: 'warning',
  eachStep: true,
  docs: {
    problem: `People plan their evening by the estimates: who is told of one second does not watch the step that takes twenty minutes,
and whoever sees it run for so long may cancel it. The time is worked out from the figures that the plan gives for its tables,
with a wide range, since no server is there to measure on. Only an estimate that is clearly outside is reported: less than half of
what a fast server needs, or (as a note) more than ten times what a slow one does.`,
    solution: `Write the range from the message, or what a rehearsal on data of production's size has shown; correct the table's
figures where they are wrong.`,
    manual: [{ title: 'Progress Reporting', path: 'progress-reporting.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Copy the names
  backfill:
    table: users
    set: email = username
    where: email IS NULL
    pause: 100ms
  estimate: 5s
  rollback: { not_needed: nothing reads email yet }
`,
        finds: '5s',
      },
    ],
    good: [
      {
        steps: `- step: Copy the names
  backfill:
    table: users
    set: email = username
    where: email IS NULL
    pause: 100ms
  estimate: 2min-10min
  rollback: { not_needed: nothing reads email yet }
`,
      },
    ],
  },
  *check(context) {
    for (const { step, action } of context.steps) {
      const { estimate } = step;
      const time = estimate && action ? predictedOf(context, action) : undefined;
      const verdict = time && estimate ? judge(estimate.value, time) : undefined;
      if (!time || !estimate || !verdict || !action) continue;
      const relation = workedOn(action);
      const what = relation ? `, on ${withFigures(context, relation)},` : '';
      const takes = time.whole
        ? `about ${formatTime(time.whole)}`
        : `${formatDuration(time.low)} at the least`;
      yield {
        message: `From the sizes of the tables${what} this step takes ${takes}, ${verdict === 'under' ? 'far longer' : 'far shorter'} than its estimate of ${written(estimate.value)}. ${verdict === 'under' ? 'Plan for the longer time' : 'Correct it'}, or correct the table's figures.`,
        range: estimate.range,
        step: step.id,
        severity: verdict === 'under' ? 'warning' : 'info',
        data: { range: estimate.range, time: time.whole },
      };
    }
  },
  fix: ({ data: { range, time } }) =>
    time
      ? [
          {
            title: `Set the estimate to ${estimateText(time)}`,
            edits: [{ range, newText: estimateText(time) }],
            safe: false,
          },
        ]
      : [],
});

interface Predicted {
  /** ms on a fast server, of the statements that are known. */
  readonly low: number;
  /** Undefined where one of them may take any length of time. */
  readonly whole: TimeRange | undefined;
}

function predictedOf(context: RuleContext, analysis: ActionAnalysis): Predicted | undefined {
  const { action, statements } = analysis;
  const all = predictAction(context, analysis)?.time;
  if (action.kind === 'backfill') return all && { low: all.low, whole: all };
  const lows = statements.map((s) => predictStatement(context, s)?.time.low ?? 0);
  return {
    low: lows.reduce((sum, low) => sum + low, 0),
    whole: statements.some(isOpenEnded) ? undefined : all,
  };
}

function judge({ min, max }: DurationRange, { low, whole }: Predicted): 'under' | 'over' | undefined {
  // Everybody writes a second for what takes a moment.
  if (max * clearlyUnder < low && low > 1000) return 'under';
  return whole && min > whole.high * clearlyOver && min > 60_000 ? 'over' : undefined;
}

function workedOn({ action, statements }: ActionAnalysis): string | undefined {
  if (action.kind === 'backfill') return action.table?.value;
  const effects = statements.find((s) => s.effects.class !== 'instant')?.effects;
  const [work] = [...(effects?.rewrites ?? []), ...(effects?.builds ?? []), ...(effects?.scans ?? [])];
  return work?.indexOf ?? work?.relation;
}

function written({ min, max }: DurationRange): string {
  return formatTime({ low: min, likely: min, high: max });
}
