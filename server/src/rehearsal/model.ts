import type { LockMode } from '../effects/model.ts';
import type { Range } from '../text/range.ts';
import type { Drift } from './fingerprint/model.ts';
import type { GaugeReport } from './gauge.ts';
import type { LoadReport, RunLoad } from './load/model.ts';

export type * from './engine-model.ts';
export type { Drift } from './fingerprint/model.ts';
export type { LoadError, LoadReport, RunLoad } from './load/model.ts';

/** Plain data: what a dry run saw. It crosses process borders and is the JSON of `switchback dry-run`. */
export interface Report {
  /** The plan's title. */
  readonly plan: string;
  /** E.g. `PostgreSQL 18.6 (embedded)`. */
  readonly engine: string;
  readonly verdict: Verdict;
  /** Why the run did not get to its end or could not start, where that is so. */
  readonly error: StatementError | undefined;
  /** What was seen before step one. */
  readonly start: { readonly app: readonly AppCheck[] };
  readonly steps: readonly StepReport[];
  /** The id of the one step that was to be proven; undefined: all of them. */
  readonly only?: string | undefined;
  /** The plan rolled back from its last step, and from others on the way. */
  readonly unwind: UnwindReport;
  /** ms from start to end. */
  readonly ms: number;
  /** Rows by table before step one: fabricated ones, or with `copied` those of a copy; amplified ones among them. */
  readonly rows: Readonly<Record<string, number>>;
  /** What tells of production's times; undefined on an engine whose own tell of nothing, as the embedded one's. */
  readonly measured?: GaugeReport | undefined;
  /** The rows are those of a real database, but for what was amplified. */
  readonly copied?: true | undefined;
  /** Of tables that were too small to measure and were filled up with more rows: how many they had. */
  readonly amplified?: Readonly<Record<string, number>> | undefined;
  /** What the application's requests felt, where the plan was rehearsed under load. */
  readonly load?: RunLoad;
  /** What the run could not show, e.g. that the production version differs from the engine's. */
  readonly notes: readonly string[];
}

/**
 * failed: a statement, a verification or an `expect` failed; so did a rollback, or it left something else than was there
 * before; or a live version of the application could not do what it does.
 */
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
  /** Undefined where there is nothing to roll back (verify, wait), the step was not reached, or proofs are off. */
  readonly rollback: RollbackReport | undefined;
  /** What the live versions' statements did after the step and its rollback. */
  readonly app: readonly AppCheck[];
  /** How often a transaction of it was tried again after lock_timeout, with a growing pause; absent where none was. */
  readonly retries?: number;
  /** What requests felt from the step's begin until each of the application's statements was run after it. */
  readonly load?: LoadReport;
  readonly ms: number;
  /** The step's place in the plan document (offsets), and its zero-based line. */
  readonly range: Range;
  readonly line: number;
  /** The place of its name. */
  readonly name_range: Range;
}

/**
 * restores: schema, rows and the application's version are as before. restores_reordered: but for the order of columns.
 * drifts: something is not as before. fails: it could not be run, or the step not be applied again. impossible: a point
 * of no return, by the plan's own word. not_needed: other rollbacks cover it, which the unwinding of the plan proves.
 */
export type RollbackVerdict =
  | 'restores'
  | 'restores_reordered'
  | 'drifts'
  | 'fails'
  | 'impossible'
  | 'not_needed';

/** A step, rolled back right after it was applied, with rows that the live versions wrote in between. */
export interface RollbackReport {
  readonly verdict: RollbackVerdict;
  /** What differs from before the step; of one that failed, what of the step was left then. */
  readonly drift: readonly Drift[];
  readonly data: RollbackData;
  /**
   * Of one that is said not to be needed: whether the steps before it were rolled back too, and nothing of it was left or
   * it is told what was. `reason` says why not. Undefined for all others.
   */
  readonly proven?: boolean | undefined;
  /** Whether the step could be applied again after it; undefined where that was not tried. */
  readonly reapplied: boolean | undefined;
  readonly error: StatementError | undefined;
  /** Why the verdict is what it is, in a sentence; empty where nothing is to be said. */
  readonly reason: string;
  readonly ms: number;
  /** The rollback's own statements, seen as the step's are. */
  readonly statements: readonly StatementReport[];
  /** The rollback's place in the plan; the step's name where it has none. */
  readonly range: Range;
  readonly line: number;
}

/**
 * Rows before and after, but for those that the application wrote or changed meanwhile; of these it is told what the
 * rollback took away.
 */
export interface RollbackData {
  /** The tables whose rows were compared: those that the step or its rollback touched. */
  readonly compared: readonly string[];
  /** Rows that had a value in a column and have it no more. */
  readonly lost: readonly ColumnRows[];
  /** Rows that had none (NULL) and have one now. */
  readonly added: readonly ColumnRows[];
  readonly missing: readonly TableRows[];
  readonly unexpected: readonly TableRows[];
  /** What of it could not be told, or only in part. */
  readonly notes: readonly string[];
}

export interface TableRows {
  readonly table: string;
  readonly rows: number;
  /** Of what a live version wrote before the rollback took it away. */
  readonly by_application?: true;
}

export interface ColumnRows extends TableRows {
  readonly column: string;
}

/** One statement of a live version, run in a transaction that is undone. */
export interface AppCheck {
  readonly version: string;
  /** Its SQL. */
  readonly statement: string;
  readonly at: 'start' | 'applied' | 'rolled_back' | 'reapplied' | 'unwound';
  readonly ok: boolean;
  readonly error: StatementError | undefined;
  /**
   * What it fails with on a connection that prepared it before the step, where it works once it is prepared anew: told
   * once, and no failure of the step. Absent where it does not.
   */
  readonly prepared?: StatementError;
  /** The statement's place in the plan, under `app.versions`. */
  readonly range: Range;
  readonly line: number;
}

/**
 * The rollbacks of many steps, from the last to the first, compared with the state before the first of them. They begin
 * at the plan's last step; right after each deploy, since rows of the new version are then in the way of every rollback
 * before it; before a point of no return; and before a step at which another one stopped, where a `not_needed` was not
 * proven by then: there in a database of its own, in which that step was never done.
 */
export interface UnwindSegment {
  readonly verdict: 'restores' | 'restores_reordered' | 'drifts' | 'fails' | 'not_run';
  /** The id of the step that is rolled back first. */
  readonly from: string | undefined;
  /** And last: the plan's first, or the one after a point of no return. */
  readonly to: string | undefined;
  readonly drift: readonly Drift[];
  readonly data: RollbackData;
  /** Failures alone. */
  readonly app: readonly AppCheck[];
  /** What it fails at, or the difference in a sentence. */
  readonly error: StatementError | undefined;
  /** Why it was not run, where it stopped, or what it left; empty where nothing is to be said. */
  readonly reason: string;
  readonly ms: number;
}

/** The worst of its segments, and all of them. */
export interface UnwindReport extends UnwindSegment {
  readonly segments: readonly UnwindSegment[];
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
  /** ms of each time that it ran, where it was undone and run again to be measured: `ms` is of the last. */
  readonly repeats?: readonly number[];
  /** Of a backfill: at most 20 of its batches, evenly spaced. */
  readonly batches?: readonly BatchReport[];
  /** The tables that it works on as it began, on an engine whose times tell of production's. */
  readonly tables?: readonly TableReport[];
  /** Bytes that it took on disk at its end, the old copy of what it rewrote still there; as `tables`. */
  readonly disk_bytes?: number;
  /** The statement's place in the plan document, in offsets. */
  readonly range: Range;
}

export interface BatchReport {
  /** Rows written. */
  readonly rows: number;
  /** With finding its bounds and its COMMIT. */
  readonly ms: number;
}

export interface TableReport {
  readonly table: string;
  readonly rows: number;
  /** Its own and those of values out of line. */
  readonly bytes: number;
  /** With its indexes. */
  readonly all_bytes: number;
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
  readonly line?: number | undefined;
}

/** Plain data: what a plan's checklist found on a server. It is the JSON of `switchback checklist`. */
export interface ChecklistReport {
  /** The plan's title. */
  readonly plan: string;
  /** `host/database`. */
  readonly server: string;
  /** E.g. `16.14`. */
  readonly version: string;
  /** failed: an entry is not met, or its query could not be run. */
  readonly verdict: 'passed' | 'failed';
  readonly entries: readonly EntryReport[];
  /** What a reader should know of the server. */
  readonly notes: readonly string[];
}

/**
 * met, unmet: by its `expect`. told: it expects nothing, a person has to judge. failed: its query could not be run.
 * refused: its query was not sent. by_hand: it has no query.
 */
export type EntryStatus = 'met' | 'unmet' | 'told' | 'failed' | 'refused' | 'by_hand';

export interface EntryReport {
  readonly check: string;
  readonly status: EntryStatus;
  /** What the query gave, or why there is nothing, in a few words; empty for an entry by hand. */
  readonly message: string;
  readonly ms: number;
  /** The entry's place in the plan, in offsets. */
  readonly range: Range;
}

export interface Progress {
  readonly step: number;
  readonly steps: number;
  readonly message: string;
}
