import type { UnknownFact } from '../effects/model.ts';
import { formatBytes, formatCount } from '../text/amounts.ts';
import { aboutTime } from '../timing/format.ts';
import type { Prediction } from '../timing/model.ts';
import type { RuleContext, Severity, StatementAnalysis } from './model.ts';
import { predictStatement } from './prediction.ts';
import { tableSize } from './table-size.ts';

export { tableSize };

/** A table this small is locked or rewritten within milliseconds. */
const smallTableRows = 10_000;

/**
 * `users (8M rows, 2.4 GB)`, or just the name where the plan gives no figures. With the statement that works on
 * it also the time that this takes: `users (8M rows, 2.4 GB, about 0.8-20 s)`; should a fact that is not known
 * decide, the time for the worse.
 */
export function withFigures(context: RuleContext, relation: string, s?: StatementAnalysis): string {
  const size = tableSize(context, relation);
  const prediction = s && predictStatement(context, s, relation);
  const parts = [
    size?.rows && `${formatCount(size.rows.value)} rows`,
    size?.size && formatBytes(size.size.value),
    prediction && prediction.class !== 'instant' && aboutTime(prediction.time),
  ].filter(Boolean);
  return parts.length > 0 ? `${relation} (${parts.join(', ')})` : relation;
}

/** `rule` for a table of unknown or real size; a note for one that the plan says is small. */
export function severityFor(context: RuleContext, relation: string, rule: Severity): Severity {
  const rows = tableSize(context, relation)?.rows?.value;
  return rows !== undefined && rows < smallTableRows ? 'info' : rule;
}

/**
 * `every read and write waits` with the plan's rate where it is given; where the statement shuts everybody out
 * for a time that is known, also how many requests pile up in it: `(2,000 requests/s at peak: 2k-41k of them)`.
 */
export function waitingRequests(
  context: RuleContext,
  who: string,
  s?: StatementAnalysis,
  blocksAll = s?.effects.locks.some(({ mode, isNew }) => mode === 'AccessExclusiveLock' && !isNew),
): string {
  const rate = context.plan.traffic?.value;
  if (!rate) return `${who} waits`;
  const prediction = s && blocksAll ? predictStatement(context, s, s.effects.locks[0]?.relation) : undefined;
  const pile = prediction && prediction.class !== 'instant' ? `: ${pileOf(prediction, rate)}` : '';
  return `${who} waits (${formatCount(rate)} requests/s at peak${pile})`;
}

/** Requests that come in while a lock is held that stops them all: the rate times the time. */
function pileOf({ time }: Prediction, rate: number): string {
  const requestsIn = (ms: number) => Math.round(Number(((ms / 1000) * rate).toPrecision(2)));
  const [low, high] = [requestsIn(time.low), requestsIn(time.high)];
  if (high < 1) return 'hardly one of them';
  return low < 1 ? `up to ${formatCount(high)} of them` : `${formatCount(low)}-${formatCount(high)} of them`;
}

/** How to settle a fact that is not known, as a sentence. A plain file has no plan to name a baseline in. */
export function settle(context: RuleContext, { remedy }: UnknownFact): string {
  const text =
    context.kind === 'sql'
      ? remedy.replace('under database.schema', 'in a plan, under database.schema')
      : remedy;
  return `To settle it, ${text}.`;
}
