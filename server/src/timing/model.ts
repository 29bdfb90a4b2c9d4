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

/**
 * How long a statement will take once it has its locks. The waiting for them is not in it, and for CONCURRENTLY
 * neither is the waiting for older transactions: both last as long as others make them.
 */
export interface Prediction {
  readonly class: EffectClass;
  readonly time: TimeRange;
  /** Bytes of write-ahead log, which replicas have to take in. */
  readonly wal: number;
  /** From sizes alone, no server was measured: hence the width of the range. */
  readonly basis: 'sizes';
}
