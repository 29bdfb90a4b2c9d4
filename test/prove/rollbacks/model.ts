import type { Inverse } from '../../../server/src/inverse/model.ts';

/** What came of a statement and of the SQL that is to undo it, on one server. */
export interface Tried {
  readonly claim: Inverse['verdict'];
  /** The statements that undo it, as they were run. */
  readonly undo: readonly string[];
  /** They ran outside of a transaction block. */
  readonly alone?: true;
  /** What the statement itself did; both false where nothing of the database was seen to change. */
  readonly changed: { readonly schema: boolean; readonly rows: boolean };
  /** Values that are nowhere any more once the statement has run: `t.b`, `sequence public.s`. */
  readonly lost: readonly string[];
  /** Absent where nothing was undone, because the claim offers no way. */
  readonly seen?: Seen;
}

/** The database after statement and rollback, beside what it was before them. */
export interface Seen {
  /** `reordered`: restored, but for the order of columns. */
  readonly schema: 'restored' | 'reordered' | 'drifts';
  /** In words, a line a difference. */
  readonly drift: readonly string[];
  /** Tables whose rows are not what they were, and sequences that stand behind. */
  readonly rows: readonly string[];
  /** What Postgres said to the rollback statement that failed. */
  readonly error?: string;
}

/** Postgres refused the statement, or this witness cannot run it: there is nothing to undo. */
export interface NotDone {
  readonly refused: string;
}

export type Trial = Tried | NotDone;

/** By scene and statement. */
export type Trials = Readonly<Record<string, Readonly<Record<string, Trial>>>>;
