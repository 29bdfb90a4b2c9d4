import { add, extentOf, mapped, nothing, read, scale, work } from './costs.ts';
import type { Figures, Prediction, TimeRange } from './model.ts';
import { updateDisk, updateWal, updating } from './predict.ts';

/** A walk over a table in batches, each a transaction of its own. */
export interface BackfillShape {
  /** Rows a batch. */
  readonly batch: number;
  /** ms between batches. */
  readonly pause: number;
  /** It has a `where`: perhaps only some of the rows are written. */
  readonly conditional: boolean;
}

/** Finding a batch's bounds, planning and committing it, in ms. */
const perBatch: TimeRange = { low: 2, likely: 8, high: 40 };

/** How long a backfill takes, pauses included. Undefined where the table's size is not known. */
export function predictBackfill(shape: BackfillShape, figures: Figures): Prediction | undefined {
  const table = extentOf(figures);
  if (!table) return undefined;
  const batches = mapped(table.rows, (rows) => Math.ceil(rows / Math.max(shape.batch, 1)));
  const reading = add(work(table, 'scan'), read(table.bytes));
  const writing = updating(table);
  return {
    class: 'batched',
    time: add(
      scale(batches, perBatch),
      scale(batches, shape.pause),
      reading,
      shape.conditional ? { ...writing, low: nothing.low } : writing,
    ),
    wal: updateWal(table),
    disk: updateDisk(table),
    basis: 'sizes',
  };
}
