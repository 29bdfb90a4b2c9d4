import type { PlanParser } from './plan/parse.ts';
import type { Finding, RuleContext } from './rules/model.ts';
import type { Settings } from './rules/settings.ts';
import type { SqlParser } from './sql/model.ts';

/** A file that the plan names, relative to the plan: its text, or why it cannot be had, in a sentence. */
export type ReadFile = (path: string) => { readonly text: string } | { readonly error: string };

/** What `analyze` needs loaded once per process: see `loadParsers`. */
export interface Parsers {
  readonly sql: SqlParser;
  readonly plan: PlanParser;
}

export interface AnalyzeOptions {
  readonly parsers: Parsers;
  /** `sql` for a plain .sql file. */
  readonly kind: 'plan' | 'sql';
  /** Overrides the plan's `database.version`. */
  readonly pgVersion?: number;
  readonly readFile: ReadFile;
  /** Baseline DDL to use instead of the plan's `database.schema`. */
  readonly baselineSql?: string;
  readonly settings?: Settings;
}

/** Everything known of one document version. */
export interface Analysis extends RuleContext {
  /** Sorted by place. Nothing that is switched off or allowed. */
  readonly findings: readonly Finding[];
  /** The baseline DDL as read, for a dry run; undefined where the plan names none or it cannot be read. */
  readonly baselineSql: string | undefined;
}

/** Loads the Postgres parser (about 30 ms, once per process) and prepares the plan parser. */
export declare function loadParsers(): Promise<Parsers>;

/** The one door into the library: the editor and the terminal both come through here. Never throws on bad input. */
export declare function analyze(text: string, options: AnalyzeOptions): Analysis;
