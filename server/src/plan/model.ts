import type { OffsetMap } from '../text/offset-map.ts';
import type { Located, Range } from '../text/range.ts';

/**
 * The plan file as a typed model. Every node knows its range in the document. All parts are optional in the
 * sense that a half-typed file still gives a Plan: what is missing or wrong is in `PlanResult.problems`.
 */
export interface Plan {
  readonly migration: Located<string> | undefined;
  readonly type: Located<string> | undefined;
  readonly database: Database;
  readonly tables: readonly TableSize[];
  /** Peak requests a second. */
  readonly traffic: Located<number> | undefined;
  readonly session: SessionSettings;
  readonly app: App | undefined;
  readonly checklist: readonly ChecklistEntry[];
  readonly phases: readonly Phase[];
  readonly monitoring: Monitoring | undefined;
  readonly cleanup: readonly Located<string>[];
  readonly allow: readonly Allow[];
  /** The root mapping; the whole text where there is none. */
  readonly range: Range;
}

/** `{ plan, problems }`: the parser never throws. */
export interface PlanResult {
  readonly plan: Plan;
  readonly problems: readonly PlanProblem[];
}

/** What is wrong with the file itself (not with the migration it describes). */
export interface PlanProblem {
  /** One of the stable codes, e.g. `plan-yaml`, `plan-unknown-key`, `plan-value`. */
  readonly code: PlanProblemCode;
  readonly message: string;
  readonly range: Range;
  /** An edit that mends it (the nearest known key), where there is one. */
  readonly fix?: {
    readonly title: string;
    readonly range: Range;
    readonly newText: string;
  };
  readonly related?: readonly {
    readonly message: string;
    readonly range: Range;
  }[];
}

export type PlanProblemCode =
  | 'plan-unreadable' // not UTF-8, too large, empty, binary
  | 'plan-yaml' // YAML that does not parse, tabs, alias bombs
  | 'plan-unknown-key'
  | 'plan-missing-key'
  | 'plan-type' // a wrong type of node
  | 'plan-value' // a value of the right type that means nothing: "5 parsecs"
  | 'plan-action' // no action, or two
  | 'plan-duplicate-id'
  | 'plan-unknown-version' // a deploy to a version that app.versions does not declare
  | 'plan-file'; // a referenced file that cannot be read

export interface Database {
  readonly type: Located<string> | undefined;
  /** The production server's major version. */
  readonly version: Located<number> | undefined;
  /** Path of the baseline DDL, relative to the plan. */
  readonly schema: Located<string> | undefined;
  readonly range: Range | undefined;
}

export interface TableSize {
  /** As written: `users` or `app.users`. */
  readonly name: Located<string>;
  readonly rows: Located<number> | undefined;
  /** Bytes. */
  readonly size: Located<number> | undefined;
}

export interface SessionSettings {
  /** ms; 0 means none, as in Postgres. */
  readonly lockTimeout: Located<number> | undefined;
  /** ms; 0 means none, as in Postgres. */
  readonly statementTimeout: Located<number> | undefined;
  readonly retries: Located<number> | undefined;
  /** A lock_timeout is meant, but misspelt or no duration (a problem says so). */
  readonly lockTimeoutUnreadable?: true;
  /** Key and value, so that a fix can add a setting beside the others. */
  readonly range: Range | undefined;
}

export interface App {
  readonly framework: Located<string> | undefined;
  readonly orm: Located<string> | undefined;
  /** The version live before step one. */
  readonly runs: Located<string> | undefined;
  readonly versions: readonly AppVersion[];
  readonly range: Range;
}

export interface AppVersion {
  readonly name: Located<string>;
  readonly statements: readonly SqlText[];
}

/**
 * SQL as it stands in the plan, or in a file that the plan names. Offsets inside it are value offsets
 * (UTF-16); `map` carries them to the plan document. For a file every offset maps into the path's scalar.
 */
export interface SqlText {
  readonly text: string;
  /** The scalar in the plan: the SQL itself, or the path of its file. */
  readonly range: Range;
  readonly map: OffsetMap;
  /** The path as written, where the SQL stands in a file of its own. */
  readonly file: string | undefined;
}

export interface ChecklistEntry {
  readonly text: Located<string>;
  readonly sql: SqlText | undefined;
  readonly expect: Located<Expectation> | undefined;
  readonly range: Range;
}

export interface Phase {
  readonly name: Located<string>;
  readonly risk: Located<string> | undefined;
  readonly steps: readonly Step[];
  readonly allow: readonly Allow[];
  readonly range: Range;
}

export interface Step {
  readonly name: Located<string>;
  /** The `id`, or one made from the name; unique within the plan. */
  readonly id: string;
  readonly idRange: Range | undefined;
  /** Undefined where the step has none or two (a problem says so). */
  readonly action: Action | undefined;
  /** Undefined where the key is absent. */
  readonly rollback: Rollback | undefined;
  readonly estimate: Located<DurationRange> | undefined;
  /** ms that it took in production, once it was done there. */
  readonly took?: Located<number> | undefined;
  readonly expect: StepExpectation | undefined;
  readonly allow: readonly Allow[];
  /** The step's mapping, from its first key to the end of its last value. */
  readonly range: Range;
}

export type Action = SqlAction | BackfillAction | DeployAction | VerifyAction | WaitAction;

interface ActionBase {
  /** The action's key, e.g. the word `sql` (for a rollback given as a plain string: the string). */
  readonly keyRange: Range;
  readonly range: Range;
}

export interface SqlAction extends ActionBase {
  readonly kind: 'sql';
  readonly sql: SqlText;
  /** True unless `transaction: false`. */
  readonly transaction: boolean;
  /** The value of the `transaction` key, where it stands. */
  readonly transactionRange: Range | undefined;
}

export interface BackfillAction extends ActionBase {
  readonly kind: 'backfill';
  readonly table: Located<string> | undefined;
  readonly set: SqlText | undefined;
  readonly where: SqlText | undefined;
  /** Rows a batch; 10,000 where absent. */
  readonly batch: number;
  /** ms between batches; 0 where absent. */
  readonly pause: number;
  /** Column or columns to walk; the primary key where absent. */
  readonly key: readonly Located<string>[];
}

export interface DeployAction extends ActionBase {
  readonly kind: 'deploy';
  readonly version: Located<string>;
  readonly code: readonly CodeBlock[];
}

export interface CodeBlock {
  readonly file: Located<string> | undefined;
  readonly language: Located<string> | undefined;
  readonly body: Located<string> | undefined;
  readonly range: Range;
}

export interface VerifyAction extends ActionBase {
  readonly kind: 'verify';
  readonly sql: SqlText | undefined;
  readonly expect: Located<Expectation> | undefined;
}

export interface WaitAction extends ActionBase {
  readonly kind: 'wait';
  /** ms */
  readonly duration: Located<number>;
}

export type Scalar = string | number | boolean | null;

/** What a query's result must meet. */
export type Expectation =
  | { readonly kind: 'scalar'; readonly value: Scalar }
  | {
      readonly kind: 'comparison';
      readonly operator: '<' | '<=' | '>' | '>=' | '=' | '!=';
      /** In base units: bytes for a size, ms for a duration. */
      readonly value: number;
      /** As written, for messages. */
      readonly text: string;
    }
  /** Rows in order; each a list of values, or a record of column names to values. */
  | {
      readonly kind: 'rows';
      readonly rows: readonly (readonly Scalar[] | Readonly<Record<string, Scalar>>)[];
    };

/** ms, from `estimate`: one value gives min = max. */
export interface DurationRange {
  readonly min: number;
  readonly max: number;
}

/** `expect` on a step: what Postgres may do at most. */
export interface StepExpectation {
  readonly lock: Located<{ readonly operator: '<' | '<=' | '='; readonly mode: string }> | undefined;
  readonly rewrite: Located<boolean> | undefined;
  readonly duration: Located<{ readonly operator: '<' | '<='; readonly ms: number }> | undefined;
  readonly range: Range;
}

export type Rollback =
  | {
      readonly kind: 'actions';
      /** Empty for an empty `rollback:`. */
      readonly actions: readonly Action[];
      /** A part of it means nothing (a problem says so): what it does is not known. */
      readonly unreadable?: true;
      readonly keyRange: Range;
      readonly range: Range;
    }
  | {
      readonly kind: 'not_needed' | 'impossible';
      readonly reason: Located<string>;
      readonly keyRange: Range;
      readonly range: Range;
    };

export interface Monitoring {
  readonly alerts: readonly Alert[];
  readonly queries: readonly MonitoringQuery[];
}

export interface Alert {
  readonly metric: Located<string>;
  readonly warning: Located<string> | undefined;
  readonly critical: Located<string> | undefined;
  readonly action: Located<string> | undefined;
  /** The metric as PromQL without the comparison, in Prometheus' base units (seconds, bytes, 0 to 1). */
  readonly promql: Located<string> | undefined;
}

export interface MonitoringQuery {
  readonly name: Located<string>;
  readonly sql: SqlText | undefined;
}

/** `allow: { RULE: reason }` on a step, a phase or the plan. */
export interface Allow {
  readonly rule: Located<string>;
  readonly reason: Located<string>;
  /** The entry, key to value: what an "unused" finding removes. */
  readonly range: Range;
}
