import type { Figures, TimeRange } from './model.ts';

/*
 * Measured on PostgreSQL 15.18 (two shared cores, shared_buffers 512 MB, all of it cached), 100,000 to 5 million
 * rows of 93 and 356 bytes; time grows with rows and bytes, better told by a line than by n log n:
 *
 *   SET NOT NULL, VALIDATE of a CHECK   45 to 90 ns a row + 0.25 ns a byte
 *   VALIDATE of a foreign key           as above + 50 to 600 ns a row, by the size of the referenced table
 *   CREATE INDEX                        190 (ascending bigint), 350 (integer) to 1700 ns a row (text of 32)
 *   … CONCURRENTLY                      1.3 to 1.8 times as much
 *   a type change, per row and byte     350 ns + 3.5 ns a byte; with a volatile default up to 2000 ns + 3.5 ns
 *   UPDATE of every row, one index      4000 to 6500 ns a row
 *   DELETE                              80 to 650 ns a row
 *   GIN: of jsonb, tsvector, trigrams   28, 59, 83 microseconds a row of 240 bytes (two shared cores, busy)
 *   GiST of points, hash                5.3, 3.9 microseconds a row
 *   UPDATE, each random index           8 microseconds a row; 26 where the indexes are not in memory
 *   VALIDATE of a foreign key           1.2 microseconds a row of the referenced table, where that is the larger one
 *   batches of 10,000 by primary key    4000 to 13,000 ns a row; a second index adds 3000 to 5000
 */

/** The three servers between which eight of ten are expected to be: processor, and disk in bytes a second. */
interface Hardware {
  /** Against the processor that the costs were measured on. */
  readonly slowness: number;
  readonly read: number;
  readonly write: number;
}

type Place = keyof TimeRange;

const hardware: Readonly<Record<Place, Hardware>> = {
  // All of it in memory, and a log on a disk of its own.
  low: { slowness: 0.5, read: 10e9, write: 3e9 },
  likely: { slowness: 1, read: 500e6, write: 400e6 },
  // A network disk as it is sold by default: 125 MB/s, some of the table in memory.
  high: { slowness: 2.5, read: 150e6, write: 100e6 },
};

/** ns a row, ns a byte of the table; the same at the three places, or by what the form of the work may cost. */
interface Cost {
  readonly row: Readonly<Record<Place, number>>;
  readonly byte: number;
}

const same = (ns: number): Readonly<Record<Place, number>> => ({ low: ns, likely: ns, high: ns });

const costs = {
  scan: { row: same(45), byte: 0.25 },
  // In a small table; `missed` tells of larger ones.
  lookup: { row: { low: 50, likely: 90, high: 250 }, byte: 0 },
  // Into a table of which the size is not known.
  lookupAnywhere: { row: { low: 200, likely: 600, high: 4000 }, byte: 0 },
  // Each row finds its own by the index: from memory, or from a disk.
  lookupByIndex: { row: { low: 0, likely: 10_000, high: 100_000 }, byte: 0 },
  // The rows of the other table, read once and hashed.
  lookupByHash: { row: { low: 0, likely: 300, high: 1200 }, byte: 0 },
  build: { row: { low: 200, likely: 750, high: 1700 }, byte: 0 },
  buildGin: { row: { low: 2000, likely: 10_000, high: 40_000 }, byte: 10 },
  buildOther: { row: { low: 200, likely: 2000, high: 8000 }, byte: 0 },
  buildBrin: { row: same(20), byte: 0 },
  rewrite: { row: { low: 350, likely: 600, high: 2000 }, byte: 3.5 },
  update: { row: { low: 2500, likely: 4500, high: 6500 }, byte: 2 },
  updateIndex: { row: { low: 500, likely: 3000, high: 12_000 }, byte: 0 },
  delete: { row: { low: 80, likely: 300, high: 650 }, byte: 0 },
} satisfies Record<string, Cost>;

export type CostName = keyof typeof costs;

/** A row with its header, where the table's size is not given: at the three places. */
const rowBytes: Readonly<Record<Place, number>> = { low: 60, likely: 200, high: 600 };
/** Indexes of a table of which no one has told the schema. */
const unknownIndexes: Readonly<Record<Place, number>> = { low: 0, likely: 1, high: 3 };
/** A B-tree entry: 20 bytes for an integer, 53 for a text of 32, as measured. */
export const indexEntryBytes = 40;
/** Longer rows go out of line, in part (TOAST_TUPLE_THRESHOLD): what reads the others finds few bytes. */
const inlineRowBytes = 2032;

/** Rows and bytes at the three places; undefined where neither is known. */
export interface Extent {
  readonly rows: TimeRange;
  readonly bytes: TimeRange;
  /** Of those, what reading a row by itself meets: less, where values are kept out of line. */
  readonly inline: TimeRange;
  readonly indexes: TimeRange;
}

/** Works out from what is known of a table what is not. Undefined where nothing is. */
export function extentOf({ rows, bytes, indexes }: Figures): Extent | undefined {
  if (rows === undefined && bytes === undefined) return undefined;
  const count = places((place) => rows ?? (bytes ?? 0) / rowBytes[opposite[place]]);
  const all = places((place) => bytes ?? (rows ?? 0) * rowBytes[place]);
  const isLong = rows !== undefined && bytes !== undefined && bytes > rows * inlineRowBytes;
  return {
    rows: count,
    bytes: all,
    inline: isLong ? { ...all, low: rows * rowBytes.low } : all,
    indexes: places((place) => indexes ?? unknownIndexes[place]),
  };
}

/** Wide rows are few rows: the low guess of one goes with the high guess of the other. */
const opposite: Readonly<Record<Place, Place>> = { low: 'high', likely: 'likely', high: 'low' };

/** Processor time of one kind of work over all of a table, in ms on servers of the three kinds. */
export function work(extent: Extent, name: CostName, times: TimeRange = once): TimeRange {
  const { row, byte } = costs[name];
  const bytes = name === 'rewrite' ? extent.bytes : extent.inline;
  return places(
    (place) =>
      ((extent.rows[place] * row[place] + bytes[place] * byte) / 1e6) *
      hardware[place].slowness *
      times[place],
  );
}

/** Reading these bytes from disk, in ms. */
export function read(bytes: TimeRange): TimeRange {
  return places((place) => (bytes[place] / hardware[place].read) * 1000);
}

/** Writing these bytes to disk and to the log, in ms. */
export function write(bytes: TimeRange): TimeRange {
  return places((place) => (bytes[place] / hardware[place].write) * 1000);
}

/** The size of an index on all of a table's rows. */
export function indexBytes(extent: Extent, method?: string): TimeRange {
  if (method === 'brin') return nothing;
  const entries = scale(extent.rows, indexEntryBytes);
  // Measured: 0.6 to 0.9 of the text or jsonb that it is on.
  return method === 'gin' ? add(entries, scale(extent.inline, 0.5)) : entries;
}

export const once: TimeRange = same(1);
export const nothing: TimeRange = same(0);

/** The smaller of two at each place. */
export function least(one: TimeRange, other: TimeRange): TimeRange {
  return places((place) => Math.min(one[place], other[place]));
}

export function mapped(range: TimeRange, of: (value: number) => number): TimeRange {
  return places((place) => of(range[place]));
}

export function add(...ranges: readonly TimeRange[]): TimeRange {
  return places((place) => ranges.reduce((sum, range) => sum + range[place], 0));
}

export function scale(range: TimeRange, factor: number | TimeRange): TimeRange {
  return places((place) => range[place] * (typeof factor === 'number' ? factor : factor[place]));
}

function places(at: (place: Place) => number): TimeRange {
  return { low: at('low'), likely: at('likely'), high: at('high') };
}
