import type { Effects } from '../effects/model.ts';
import type { Action, AppVersion, Plan, SqlText, Step } from '../plan/model.ts';
import type { Schema } from '../schema/model.ts';
import type { SqlProblem, Statement } from '../sql/model.ts';
import type { Range, TextEdit } from '../text/range.ts';
import type { LiveVersions } from './live-versions.ts';
import type { PlacedRemoval } from './removed-names.ts';
import type { Severity } from './settings.ts';
import type { PlacedStatement } from './statements.ts';
import type { TableSizes } from './table-size.ts';

export type { Severity };

/** Something a user should know, at the narrowest range that shows it. Plain data. */
export interface Finding {
  /** The rule's id, or the code of a problem with the file itself (`plan-yaml`, `sql-syntax`, …). */
  readonly rule: string;
  readonly severity: Severity;
  readonly message: string;
  /** In the document that was analysed. */
  readonly range: Range;
  /** The id of the step it is about. */
  readonly step: string | undefined;
  readonly related: readonly {
    readonly message: string;
    readonly range: Range;
  }[];
  /** Worked out when first asked for. */
  readonly fixes: readonly Fix[];
  /** `unnecessary`: shown faded, e.g. an allow that silences nothing. */
  readonly tags: readonly 'unnecessary'[];
}

export interface Fix {
  readonly title: string;
  readonly edits: readonly TextEdit[];
  /** Safe ones keep the plan's meaning but for the fault, and may be applied all at once. */
  readonly safe: boolean;
}

/** One statement of a step (or of a rollback) with what Postgres will do when it gets there. */
export interface StatementAnalysis {
  readonly statement: Statement;
  readonly sql: SqlText;
  /** In the document. */
  readonly range: Range;
  readonly before: Schema;
  readonly after: Schema;
  readonly effects: Effects;
  /** True inside a transaction block: the step's own, or an explicit BEGIN. */
  readonly inTransaction: boolean;
  /** The statements inside a DO block; absent for all others. `sqlStatements` gives them after the block itself. */
  readonly embedded?: readonly StatementAnalysis[];
  /** For a statement inside a DO block: it stands in a loop. */
  readonly repeats?: boolean;
  /** The same: names that the block declares, which its queries may mean instead of columns. */
  readonly variables?: readonly string[];
  /** The same: a condition decides whether it runs, or an EXCEPTION takes its error. */
  readonly guarded?: boolean;
}

export interface ActionAnalysis {
  readonly action: Action;
  /** The statements of an `sql` action; a backfill's batch statement; a verify's query; else none. */
  readonly statements: readonly StatementAnalysis[];
  readonly problems: readonly {
    readonly sql: SqlText;
    readonly problem: SqlProblem;
  }[];
}

export interface StepAnalysis {
  readonly step: Step;
  readonly action: ActionAnalysis | undefined;
  /** The rollback's actions, each against the schema after the step; none for the honest words. */
  readonly rollback: readonly ActionAnalysis[];
  readonly before: Schema;
  readonly after: Schema;
  /** After its rollback, run right after it; as `after` where there is none, or one of the honest words. */
  readonly rolledBack: Schema;
  /** The statements of its SQL, those inside of DO blocks and of its rollback included: see `sqlStatements`. */
  readonly placed: readonly PlacedStatement[];
}

/** One of the application's versions, with the statements it runs against these tables, as far as they parse. */
export interface VersionAnalysis {
  readonly version: AppVersion;
  readonly statements: readonly {
    readonly statement: Statement;
    readonly sql: SqlText;
    /** In the document. */
    readonly range: Range;
  }[];
}

/** What a rule looks at: facts only. */
export interface RuleContext {
  readonly text: string;
  /** A plain `.sql` file is one step without the rollback demand. */
  readonly kind: 'plan' | 'sql';
  readonly plan: Plan;
  readonly pgVersion: number;
  /** The schema before step one. */
  readonly baseline: Schema;
  readonly sizes: TableSizes;
  /** Every statement of the plan's `sql` actions: see `sqlStatements`. */
  readonly statements: readonly PlacedStatement[];
  /**
   * What `find`, a function of the module, makes of a statement: found once for all analyses in which the statement
   * comes to the same. It must follow from the statement, its schemas and its effects alone, and hold no places.
   */
  fact<T>(s: StatementAnalysis, find: (s: StatementAnalysis) => T): T;
  /** The application's versions in the order of the file; none for a plain `.sql` file. */
  readonly versions: readonly VersionAnalysis[];
  /** Which of them runs when. */
  readonly live: LiveVersions;
  /** What the steps take away from those who use it, worked out when first asked for. */
  removals(): readonly PlacedRemoval[];
  readonly steps: readonly StepAnalysis[];
}
