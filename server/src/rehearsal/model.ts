import type { LockMode } from '../effects/model.ts';
import type { Statement } from '../sql/model.ts';
import type { Range } from '../text/range.ts';

/** Plain data: what a dry run saw. It crosses process borders and is the JSON of `switchback dry-run`. */
export interface Report {
  /** The plan's title. */
  readonly plan: string;
  /** E.g. `PostgreSQL 18.6 (embedded)`. */
  readonly engine: string;
  readonly verdict: Verdict;
  /** Why the run did not get to its end or could not start, where that is so. */
  readonly error: StatementError | undefined;
  readonly steps: readonly StepReport[];
  /** ms from start to end. */
  readonly ms: number;
  /** Fabricated rows by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** What the run could not show, e.g. that the production version differs from the engine's. */
  readonly notes: readonly string[];
}

/** failed: a statement, a verification or an `expect` failed. */
export type Verdict = 'passed' | 'failed' | 'cancelled' | 'refused';
export type StepStatus = 'passed' | 'failed' | 'skipped' | 'cancelled';

export interface StepReport {
  readonly id: string;
  readonly step: string;
  readonly phase: string;
  readonly action: 'sql' | 'backfill' | 'deploy' | 'verify' | 'wait';
  readonly status: StepStatus;
  readonly statements: readonly StatementReport[];
  /** What a person should know of the step as a whole: rows backfilled, the value verified, the version deployed. */
  readonly summary: string;
  readonly error: StatementError | undefined;
  readonly ms: number;
  /** The step's place in the plan document (offsets), and its zero-based line. */
  readonly range: Range;
  readonly line: number;
}

export interface StatementReport {
  readonly sql: string;
  readonly status: StepStatus;
  readonly error: StatementError | undefined;
  readonly ms: number;
  readonly locks: readonly {
    readonly relation: string;
    readonly mode: LockMode;
    readonly source: 'observed' | 'static';
  }[];
  /** Names of relations whose file changed. */
  readonly rewrites: readonly string[];
  /** Names of tables read in full. */
  readonly scans: readonly string[];
  readonly wal_bytes: number;
  /** How often it ran: batches of a backfill; else 1. */
  readonly runs: number;
  readonly rows: number | undefined;
  /** The statement's place in the plan document, in offsets. */
  readonly range: Range;
}

export interface StatementError {
  readonly message: string;
  /** SQLSTATE, or undefined for an error of Switchback's own (a time limit, a verification). */
  readonly code: string | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  /** The narrowest place in the plan document. */
  readonly range: Range | undefined;
  /** The zero-based line on which `range` starts. */
  readonly line?: number;
}

export interface Progress {
  readonly step: number;
  readonly steps: number;
  readonly message: string;
}

/** One session on a Postgres. */
export interface Connection {
  /** Runs one statement with the extended protocol. Rejects with a `DatabaseError`. */
  query(sql: string, parameters?: readonly unknown[]): Promise<QueryResult>;
  /** Runs a script (several statements) with the simple protocol. */
  exec(sql: string): Promise<void>;
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
}

/** Why a statement is not run, and what to do instead. */
export interface Refusal {
  readonly message: string;
  readonly hint: string;
}

export interface EngineSession extends Connection {
  readonly name: string;
  readonly majorVersion: number;
  /** Whether locks of CONCURRENTLY commands can be seen (not in a single session). */
  readonly observesConcurrent: boolean;
  /** Whether others use the server beside this session's database: nothing is made outside of it, roles neither. */
  readonly isShared: boolean;
  /** Why a statement cannot be run here, asked before it is sent; undefined where it can. */
  refusal(statement: Statement): Refusal | undefined;
  /** An error that tells of this engine and not of the plan, said so; others as they are. */
  explain(error: DatabaseError): DatabaseError;
  /** Stops everything at once, also a running statement, and leaves nothing behind. */
  close(): Promise<void>;
}
