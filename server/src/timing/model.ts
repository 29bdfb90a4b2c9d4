import type { EffectClass } from '../effects/model.ts';

/** What is known of a table's size in production. */
export interface Figures {
  readonly rows: number | undefined;
  readonly bytes: number | undefined;
  /** How many indexes it has; undefined where the schema is not known. */
  readonly indexes?: number | undefined;
}

/** ms. Half of all servers are expected under `likely`, one in ten under `low`, one in ten over `high`. */
export interface TimeRange {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

/** sizes: from the plan's figures alone, no server was measured. measured: from what a dry run on a server took. */
export type Basis = 'sizes' | 'measured';

/**
 * How long a statement will take once it has its locks. The waiting for them is not in it, and for CONCURRENTLY
 * neither is the waiting for older transactions: both last as long as others make them.
 */
export interface Prediction {
  readonly class: EffectClass;
  readonly time: TimeRange;
  /** Bytes of write-ahead log, which replicas have to take in. */
  readonly wal: number;
  /** Bytes on disk beside what is there: a table's new copy, a new index, dead rows. Half of all servers need less. */
  readonly disk: number;
  readonly basis: Basis;
}

/** What a dry run on a server measured: plain data, which `measuredBy` of `rehearsal/` makes of its report. */
export interface Measured {
  /** E.g. `PostgreSQL 16.14 at localhost`. */
  readonly server: string;
  /** Whether it leaves new files out of its log (wal_level = minimal), as no server with replicas or archives does. */
  readonly logsLess: boolean;
  /** Bytes of its shared buffers. */
  readonly buffers: number;
  /** By step id, what was measured of each of its statements, in order; undefined for one that did not pass. */
  readonly steps: Readonly<Record<string, readonly (MeasuredStatement | undefined)[]>>;
  /** As they were before step one, or when they were made, by name as `regclass` prints it. */
  readonly tables: Readonly<Record<string, MeasuredTable>>;
}

export interface MeasuredTable {
  readonly rows: number;
  /** Its own and those of values out of line, without its indexes. */
  readonly bytes: number;
  /** ms that EXPLAIN (ANALYZE) of a count of it says, by one process; undefined where that was not asked. */
  readonly count: number | undefined;
}

export interface MeasuredStatement {
  readonly sql: string;
  /** ms in Postgres, the shortest where it was run more often; of a backfill all batches, without pauses. */
  readonly ms: number;
  /** Bytes of write-ahead log. */
  readonly wal: number;
  /** Bytes that it took on disk at its end, the old copy of what it rewrote still there. */
  readonly disk: number;
  /** Rows of the tables that it works on when it began, by name. */
  readonly rows: Readonly<Record<string, number>>;
  /** What it wrote anew, and what it read in full, as far as that was seen. */
  readonly rewrites: readonly string[];
  readonly scans: readonly string[];
  /** Of a backfill: how often it ran, and batches evenly spaced over them. */
  readonly runs: number;
  readonly batches?: readonly MeasuredBatch[];
  /** Rows that it wrote; undefined where it writes none. */
  readonly written: number | undefined;
}

export interface MeasuredBatch {
  readonly rows: number;
  /** ms with finding its bounds and its COMMIT. */
  readonly ms: number;
}

/** How production's server compares with the one that was measured. */
export type Calibration =
  /** The same hardware and settings. */
  | { readonly kind: 'same' }
  /** A count of a table there, as EXPLAIN (ANALYZE) tells it. */
  | { readonly kind: 'count'; readonly count: ProductionCount }
  /** What a step of the plan took there, in ms. */
  | { readonly kind: 'step'; readonly step: string; readonly ms: number };

export interface ProductionCount {
  readonly table: string;
  readonly rows: number;
  /** ms, the parallel processes' together. */
  readonly ms: number;
  /** Bytes that it read; undefined where the plan was printed without BUFFERS. */
  readonly bytes: number | undefined;
}
