import type { LockMode } from '../effects/model.ts';
import type { Statement } from '../sql/model.ts';
import type { Statistics } from './fabricate/statistics.ts';

/** One session on a Postgres. */
export interface Connection {
  /** Runs one statement with the extended protocol. Rejects with a `DatabaseError`. */
  query(sql: string, parameters?: readonly unknown[], options?: QueryOptions): Promise<QueryResult>;
  /** Runs a script (several statements) with the simple protocol. */
  exec(sql: string): Promise<void>;
}

export interface QueryOptions {
  /** A query of Switchback's own that is sent over and over: planning it may take longer than running it. */
  readonly often?: boolean;
}

export interface QueryResult {
  /** Booleans and numbers that lose nothing as such; everything else as the text that Postgres prints. */
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  readonly affectedRows: number;
  /** ms in Postgres, without the way there and back; absent where the engine cannot tell. */
  readonly ms?: number;
  /** Messages of NOTICE and WARNING level, in order. */
  readonly notices?: readonly string[];
}

export interface DatabaseError {
  readonly message: string;
  readonly code: string | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** One-based character position in the statement, as Postgres reports it. */
  readonly position: number | undefined;
}

/** A Postgres to rehearse on. Embedded now; a real server implements the same. */
export interface Engine {
  /** Starts clean. Rejects when the signal aborts. */
  open(signal?: AbortSignal, options?: OpenOptions): Promise<EngineSession>;
}

export interface OpenOptions {
  /** All SQL that will be run: the engine may leave out extensions that it does not name. */
  readonly sql?: string;
  /** What the database is to hold, as `keep` kept it: then it holds nothing else. */
  readonly start?: KeptStart | undefined;
}

/** A database as it was: the embedded Postgres's files, or one of the server's to be copied. */
export type KeptStart =
  | { readonly kind: 'files'; readonly data: ArrayBuffer }
  | { readonly kind: 'database'; readonly name: string; readonly contents: Contents | undefined };

export interface KeptState {
  readonly start: KeptStart;
  /** Frees what it takes. Never rejects. */
  drop(): Promise<void>;
}

/** `rows`: schema and rows of a real database. `schema`: a script that is to be loaded in place of the baseline. */
export type Contents =
  | { readonly kind: 'rows' }
  | { readonly kind: 'schema'; readonly path: string; readonly sql: string };

/** Why a statement is not run, and what to do instead. */
export interface Refusal {
  readonly message: string;
  readonly hint: string;
  /** Nothing is known against it: its code cannot be read before it runs. */
  readonly isUnread?: true;
}

/** What came of a statement that was run through lock traps. */
export interface TrappedRun {
  /** Its `ms` are without the waiting in the traps. */
  readonly result: QueryResult & { readonly ms: number };
  readonly locks: readonly { readonly relation: string; readonly mode: LockMode }[];
  /** The relations whose locks were seen: those asked for, but for what could not be held. */
  readonly watched: readonly string[];
}

/** A session beside the one that runs the plan. */
export interface OtherSession extends Connection {
  /** Whether its connection was lost. */
  isGone(): boolean;
}

export interface EngineSession extends Connection {
  readonly name: string;
  readonly majorVersion: number;
  /** Whether locks of CONCURRENTLY commands can be seen (not in a single session). */
  readonly observesConcurrent: boolean;
  /** Its times tell of those of a server like it. */
  readonly measuresTime?: true;
  /** Whether others use the server beside this session's database: nothing is made outside of it, roles neither. */
  readonly isShared: boolean;
  /** What the database holds when the session opens; nothing where absent. */
  readonly contents?: Contents;
  /** What is known of the values in the database that was named, for rows that are to be like them; absent for nothing. */
  readonly statistics?: Statistics | undefined;
  /** What a reader of the report should know of how the database came about. */
  readonly notes?: readonly string[];
  /**
   * Runs a statement that stands alone and sees its locks on these relations (as regclass prints them) and on their
   * indexes; absent where the engine cannot. Rejects with a `DatabaseError`.
   */
  runTrapped?(sql: string, relations: readonly string[]): Promise<TrappedRun>;
  /** Does what DISCARD ALL does, and keeps what `often` prepared; absent where the engine prepares nothing. */
  reset?(): Promise<void>;
  /**
   * Opens another session on the same database, which ends with this one at the latest; absent where the engine has
   * one alone. Rejects with a message for the user.
   */
  another?(): Promise<OtherSession>;
  /** Tells of a statement that takes long, in a few words, until the next call; absent where the engine cannot. */
  watch?(listener: (message: string) => void): void;
  /** Bytes of temporary files that were written since the last call; absent where the engine cannot tell. */
  temporaryBytes?(): Promise<number>;
  /** Why a statement cannot be run here, asked before it is sent; undefined where it can. */
  refusal(statement: Statement): Refusal | undefined;
  /** An error that tells of this engine and not of the plan, said so; others as they are. */
  explain(error: DatabaseError): DatabaseError;
  /** Ends the session and keeps what its database holds, for others to start from; absent where the engine cannot. */
  keep?: (() => Promise<KeptState>) | undefined;
  /** Stops everything at once, also a running statement, and leaves nothing behind. */
  close(): Promise<void>;
}
