/** Table-level lock modes, weakest first, spelled as `pg_locks.mode` spells them. */
export const lockModes = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
] as const;
export type LockMode = (typeof lockModes)[number];

/** What a statement costs, coarsest first look: see `docs` of the timing preview. */
export type EffectClass = 'instant' | 'scan' | 'build' | 'rewrite' | 'batched' | 'unknown';

export interface RelationLock {
  /** As `regclass` prints it: unqualified where the search path finds it. */
  readonly relation: string;
  readonly mode: LockMode;
  /** The relation was made earlier in the plan and no one else uses it yet, or it is empty still. */
  readonly isNew: boolean;
  /** What the text does not decide: it may be weaker or not taken, by the rows that are met. Absent: it is taken. */
  readonly maybe?: true;
}

export interface RelationWork {
  readonly relation: string;
  /** In words, e.g. `the type of amount changes from integer to text`. */
  readonly reason: string;
  /** Which subcommand of an ALTER TABLE does it: the index in its list. */
  readonly command?: number;
  /** For a rewrite: the other subcommands that would do it by themselves, in order. */
  readonly others?: readonly { readonly command: number; readonly reason: string }[];
  /** It hangs on the rows that are met, and may not happen. Absent: it does. */
  readonly maybe?: true;
  /** What is done with each row beside reading it: looked up in another table, written again, deleted. */
  readonly each?: RowWork;
  /** Where the relation is an index: its table. */
  readonly indexOf?: string;
  /** Where an index is built: its access method, `gin`; absent for a B-tree. */
  readonly method?: string;
}

export type RowWork = 'lookup' | 'update' | 'delete';

/** A fact that decides and that the schema does not hold. */
export interface UnknownFact {
  /** E.g. `the type that orders.amount has now`. */
  readonly fact: string;
  /** How to give it, e.g. `name the baseline DDL under database.schema`. */
  readonly remedy: string;
  /** What Postgres does should the fact turn out so, and which subcommand of an ALTER TABLE it does it for. */
  readonly may?: 'scan' | 'rewrite';
  readonly command?: number;
  /** The locks hang on it: more relations may be locked, or more strongly, than the effects list. */
  readonly locks?: true;
  /** Postgres refuses the statement for it: a name, unquoted, that is missing or taken. */
  readonly refused?: RefusedName;
}

export interface RefusedName {
  readonly name: string;
  readonly because: 'missing' | 'taken';
}

/** A feature that not every supported version has. */
export interface VersionNeed {
  /** The oldest major version that can do it. */
  readonly version: number;
  /** The feature, e.g. `NULLS NOT DISTINCT`. */
  readonly what: string;
}

/**
 * What Postgres will do for one statement: facts, each provable on a real server, and no judgement. Where a
 * fact cannot be known it is in `unknown` and absent from the lists.
 */
export interface Effects {
  readonly class: EffectClass;
  readonly locks: readonly RelationLock[];
  /** Tables and indexes of existing data that are written anew. */
  readonly rewrites: readonly RelationWork[];
  /** Tables that are read in full while the locks are held. */
  readonly scans: readonly RelationWork[];
  /** Indexes built on existing rows: the table is in `relation`. */
  readonly builds: readonly RelationWork[];
  /** Tables that many rows are looked up in, by an index or in full, as the planner likes; absent for none. */
  readonly lookups?: readonly RelationWork[];
  /** Tables on which the statement fails as soon as they hold a row; absent for none. */
  readonly refusals?: readonly RelationWork[];
  /** The same work on relations that only the plan knows of yet, which keeps nobody waiting; absent for none. */
  readonly unshared?: readonly (RelationWork & { readonly work: 'rewrite' | 'scan' | 'build' })[];
  readonly unknown: readonly UnknownFact[];
  /** False where Postgres refuses the statement inside a transaction block. */
  readonly transactional: boolean;
  /** What only newer versions can parse or do, of several the newest; absent where all supported ones can. */
  readonly requires?: VersionNeed;
}

/** Versions whose facts Switchback holds. */
export const pgVersions = { oldest: 14, newest: 18 } as const;
