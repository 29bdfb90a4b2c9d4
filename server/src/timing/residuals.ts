import type { TimeRange } from './model.ts';

/** What kinds of work are told apart, since a line from a small table misses their time by as much. */
export type Work = 'scan' | 'lookup' | 'build' | 'concurrently' | 'rewrite' | 'update' | 'batched';

/**
 * What a time was found to be, over what a line foretold: at the same size again, and at forty times the size. One in
 * ten was under `low`, one in ten over `high`.
 */
export interface Residual {
  readonly again: TimeRange;
  readonly grown: TimeRange;
}

/** The growth of `grown`. */
const measuredGrowth = 40;

const again: TimeRange = { low: 0.87, likely: 1, high: 1.2 };

export const residuals: Readonly<Record<Work, Residual>> = {
  scan: { again, grown: { low: 0.9, likely: 1.2, high: 1.75 } },
  lookup: { again, grown: { low: 0.8, likely: 1.3, high: 2.5 } },
  build: { again, grown: { low: 1.25, likely: 1.6, high: 2.05 } },
  concurrently: { again, grown: { low: 1.3, likely: 1.8, high: 2.5 } },
  rewrite: { again, grown: { low: 1.15, likely: 1.6, high: 2.4 } },
  update: { again, grown: { low: 0.8, likely: 1.1, high: 1.6 } },
  batched: { again: { low: 0.94, likely: 1, high: 1.06 }, grown: { low: 0.8, likely: 1.1, high: 1.5 } },
};

/** The error of a time that is so many times the measured one: it grows with the orders of magnitude between them. */
export function spread({ again, grown }: Residual, growth: number): TimeRange {
  const part = Math.abs(Math.log(Math.max(growth, 1e-9))) / Math.log(measuredGrowth);
  const at = (place: keyof TimeRange) => again[place] * (grown[place] / again[place]) ** Math.min(part, 2);
  return { low: at('low'), likely: growth < 1 ? again.likely : at('likely'), high: at('high') };
}
