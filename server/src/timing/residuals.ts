import type { TimeRange } from './model.ts';

/** What kinds of work are told apart, since a line from a small table misses their time by as much. */
export type Work =
  | 'scan'
  | 'lookup'
  | 'build'
  | 'buildOther'
  | 'concurrently'
  | 'rewrite'
  | 'update'
  | 'batched';

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

/** A statement run again on the same table. */
const again: TimeRange = { low: 0.87, likely: 1, high: 1.2 };

/**
 * As `npm run bench:timing` measures them, from 100,000 rows to 4 million on one server, eleven runs of 22 statements
 * (PostgreSQL 18.4, tables of 52 and 152 bytes a row, two cores and a disk that others used more and less).
 *
 * - A build sorts more than fits into maintenance_work_mem, which then goes to temporary files: 1.2 (text) to 2.1.
 * - A rewrite has to wait for its log and its pages to be written: what `unseenWriting` adds is in the line.
 * - A lookup waits for memory, more or less so by the size of the other table: 1.55 was the most, and more is left room for.
 * - Batches find in a large table what they find in a small one.
 */
export const residuals: Readonly<Record<Work, Residual>> = {
  scan: { again, grown: { low: 0.9, likely: 1.05, high: 1.28 } },
  lookup: { again, grown: { low: 0.95, likely: 1.28, high: 1.9 } },
  build: { again, grown: { low: 1.27, likely: 1.6, high: 1.87 } },
  // No B-tree, and not in those runs: GIN goes over its pages again for each maintenance_work_mem that it fills.
  buildOther: { again, grown: { low: 0.8, likely: 1.5, high: 3 } },
  concurrently: { again, grown: { low: 1.1, likely: 1.5, high: 1.78 } },
  rewrite: { again, grown: { low: 0.87, likely: 1.07, high: 1.35 } },
  // Not in those runs: as a rewrite by the row, as batches by the page.
  update: { again, grown: { low: 0.8, likely: 1.1, high: 1.7 } },
  batched: { again: { low: 0.94, likely: 1, high: 1.06 }, grown: { low: 0.85, likely: 1, high: 1.12 } },
};

/**
 * The error of a time that is so many times the measured one, or that part of it: what it is off by grows with the orders
 * of magnitude between them, and is not known beyond the square of what was measured.
 */
export function spread({ again, grown }: Residual, growth: number): TimeRange {
  const orders = Math.log(Math.max(growth, 1e-9)) / Math.log(measuredGrowth);
  const part = Math.max(-2, Math.min(orders, 2));
  const likely = (grown.likely / again.likely) ** part;
  const side = (place: 'low' | 'high') => {
    const [near, far] = [again[place] / again.likely, grown[place] / grown.likely];
    return likely * near * (far / near) ** Math.abs(part);
  };
  return { low: side('low'), likely, high: side('high') };
}
