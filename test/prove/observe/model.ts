import type { LockMode } from '../../../server/src/effects/model.ts';

/** What a statement did on a real Postgres, of relations that were there before it. */
export interface Observed {
  /** The strongest mode by relation; on indexes only what stops somebody. */
  readonly locks: Readonly<Record<string, LockMode>>;
  /** Tables, materialized views and indexes that have another file under their name. */
  readonly rewrites: readonly string[];
  /** Tables read in full. */
  readonly scans: readonly string[];
  /** Postgres refuses it inside a transaction block. */
  readonly alone?: true;
}

/** Postgres refused the statement: its message. */
export interface Refused {
  readonly refused: string;
}

/** The witness cannot run the statement at all: why. */
export interface Unseen {
  readonly unseen: string;
}

export type Outcome = Observed | Refused | Unseen;

/** By scene and statement. */
export type Observations = Readonly<Record<string, Readonly<Record<string, Outcome>>>>;
