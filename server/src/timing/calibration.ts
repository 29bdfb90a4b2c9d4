import type { Factor } from './measured.ts';
import type { Calibration, Measured, TimeRange } from './model.ts';

/** Two servers of which nothing is known: processors differ by a factor of five, disks by more; as in `costs.ts`. */
export const unknownServer: Factor = { low: 0.4, likely: 1, high: 2.5 };
/** What a factor from one statement is off by for another. Measured from one server to another: 1.2 times. */
const carried: TimeRange = { low: 1 / 1.2, likely: 1, high: 1.2 };
const same: Factor = { low: 1, likely: 1, high: 1 };

/** What a measured time is multiplied by for production, or why the calibration says nothing of it, in a sentence. */
export function factorOf(
  calibration: Calibration | undefined,
  measured: Measured,
  /** ms that a step is predicted to take where production is as fast as what was measured. */
  timeOf: (step: string) => number | undefined,
): { readonly factor: Factor } | { readonly problem: string } {
  switch (calibration?.kind) {
    case undefined:
      return { factor: unknownServer };
    case 'same':
      return { factor: same };
    case 'step': {
      const likely = timeOf(calibration.step);
      if (likely === undefined)
        return {
          problem: `The dry run did not measure ${calibration.step} long enough to compare: give a step that scans, builds, rewrites or backfills a table.`,
        };
      return { factor: times(calibration.ms / likely) };
    }
    case 'count': {
      const { table, rows, ms, bytes } = calibration.count;
      const own = measured.tables[table] ?? measured.tables[table.replace(/^public\./, '')];
      if (own?.count === undefined || own.rows < 10_000)
        return {
          problem: `The dry run did not count ${table}, or too few rows of it, so that its count in production is compared with nothing. Count one of the tables that its steps work on.`,
        };
      const width = own.bytes / own.rows;
      const here = costOf(own.rows, own.bytes) / own.count;
      const there = costOf(rows, bytes ?? rows * width) / ms;
      return { factor: times(here / there) };
    }
  }
}

/** ns of a row and of a byte when a table is read, as in `costs.ts`. */
function costOf(rows: number, bytes: number): number {
  return rows * 45 + bytes * 0.25;
}

function times(factor: number): Factor {
  return { low: carried.low * factor, likely: factor, high: carried.high * factor };
}
