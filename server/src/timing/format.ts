import type { TimeRange } from './model.ts';

const units = [
  { name: 'ms', ms: 1, upTo: 1000 },
  { name: 's', ms: 1000, upTo: 90_000 },
  { name: 'min', ms: 60_000, upTo: 90 * 60_000 },
  { name: 'h', ms: 3_600_000, upTo: 36 * 3_600_000 },
  { name: 'd', ms: 86_400_000, upTo: Number.POSITIVE_INFINITY },
] as const;

/** `3-7 min`, `40 s-4 min`: from one in ten to nine in ten servers. */
export function formatTime({ low, high }: TimeRange): string {
  const to = formatMs(high);
  // 0.8-20 s reads better than 760 ms-20 s.
  const from = low >= 95 && low < 1000 && to.unit === 's' ? secondsOf(low) : formatMs(low);
  if (from.text === to.text) return to.text;
  return from.unit === to.unit ? `${from.number}-${to.text}` : `${from.text}-${to.text}`;
}

/** `about 3-7 min`; `under a second` where it is that at the worst. */
export function aboutTime(range: TimeRange): string {
  const words = spanTime(range);
  return range.high < 1000 ? words : `about ${words}`;
}

/** `under a second`, or else `3-7 min`. */
export function spanTime(range: TimeRange): string {
  return range.high < 1000 ? 'under a second' : formatTime(range);
}

/** A time that was measured, in ms: `0.4 ms`, `12 ms`, `1.2 s`, `3 min 5 s`. */
export function formatMeasured(ms: number): string {
  if (ms < 1) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** `90 s`, `1 min`, `15 min`: ms to at most two figures, in the largest unit of which they are a whole number. */
export function formatDuration(ms: number): string {
  const whole = units.findLast((unit) => unit.ms > 1000 && ms >= unit.ms && ms % unit.ms === 0);
  return whole ? `${ms / whole.ms} ${whole.name}` : formatMs(ms).text;
}

/**
 * As a plan's `estimate`: `2min-10min`, ends rounded outward to what a person would write; `1s` for what takes less at
 * the worst, as everybody writes it.
 */
export function estimateText({ low, high }: TimeRange): string {
  if (high < 1000) return '1s';
  const [from, to] = [inPlan(low, Math.floor), inPlan(high, Math.ceil)];
  return from === to ? to : `${from}-${to}`;
}

function inPlan(ms: number, round: (value: number) => number): string {
  const [divisor, unit] =
    ms < 1000 ? [1, 'ms'] : ms < 90_000 ? [1000, 's'] : ms < 90 * 60_000 ? [60_000, 'min'] : [3_600_000, 'h'];
  const value = ms / Number(divisor);
  const step = value >= 100 ? 10 : 1;
  return `${Math.max(1, round(value / step) * step)}${unit}`;
}

function formatMs(ms: number): { readonly number: string; readonly unit: string; readonly text: string } {
  const rounded = Number(ms.toPrecision(2));
  const unit = units.find(({ upTo }) => rounded < upTo) ?? units[0];
  const value = ms / unit.ms;
  // Half a second is worth telling from one, half a minute in ten is not.
  const number = value < 1.95 && unit.name !== 'ms' ? String(Number(value.toFixed(1))) : round(value);
  return { number, unit: unit.name, text: `${number} ${unit.name}` };
}

function secondsOf(ms: number) {
  const number = String(Number((ms / 1000).toFixed(1)));
  return { number, unit: 's', text: `${number} s` };
}

function round(value: number): string {
  return String(value < 10 ? Math.max(1, Math.round(value)) : Number(value.toPrecision(2)));
}
