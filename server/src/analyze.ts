import { pgVersions } from './effects/model.ts';
import type { Plan, PlanProblem, SqlText } from './plan/model.ts';
import { createPlanParser, type PlanParser } from './plan/parse.ts';
import { withSessionDefaults } from './plan/session-defaults.ts';
import { planOfSqlFile } from './plan/sql-file.ts';
import { commentProblems } from './rules/allow-comments.ts';
import { type AnalysisMemo, createAnalysisMemo } from './rules/analysis-memo.ts';
import { buildContext, documentRange } from './rules/context.ts';
import type { Finding, RuleContext } from './rules/model.ts';
import { runRules } from './rules/run-rules.ts';
import { defaultSettings, type Settings } from './rules/settings.ts';
import { createSingleUse } from './rules/single-use.ts';
import { baselineSchema, emptySchema } from './schema/apply.ts';
import type { Schema } from './schema/model.ts';
import type { SqlParser, SqlProblem } from './sql/model.ts';
import { loadSqlParser } from './sql/parser.ts';
import { runsMoreThanItSays } from './sql/psql.ts';
import { createLineIndex } from './text/line-index.ts';
import type { Range } from './text/range.ts';

/** A file that the plan names, relative to the plan: its text, or why it cannot be had, in a sentence. */
export type ReadFile = (path: string) => { readonly text: string } | { readonly error: string };

/** The schema before step one, and what of its DDL could not be read. */
export interface Baseline {
  readonly schema: Schema;
  readonly problems: readonly SqlProblem[];
}

/** What `analyze` needs loaded once per process: see `loadParsers`. */
export interface Parsers {
  readonly sql: SqlParser;
  readonly plan: PlanParser;
  /** The last baselines read, by text: a big schema is walked once, not at every keystroke. */
  baseline(text: string): Baseline;
  /** The schema of which nothing is known, for plans without a baseline. */
  readonly unknown: Schema;
  /** What the last analyses found. */
  readonly memo: AnalysisMemo;
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

const baselinesKept = 4;

/**
 * Loads the Postgres parser (about 30 ms, once per process) and prepares the plan parser. `singleUse`: each document is
 * analysed once, and nothing is kept for a next time.
 */
export async function loadParsers({ singleUse = false } = {}): Promise<Parsers> {
  const sql = await loadSqlParser();
  const memo = singleUse ? createSingleUse() : createAnalysisMemo();
  const known = new Map<string, Baseline>();
  return {
    sql,
    plan: createPlanParser(),
    unknown: emptySchema({ complete: false }),
    memo,
    baseline(text) {
      const baseline = known.get(text) ?? readBaseline(sql, text);
      known.delete(text);
      known.set(text, baseline);
      for (const [oldest] of known) {
        if (known.size <= baselinesKept) break;
        known.delete(oldest);
      }
      return baseline;
    },
  };
}

function readBaseline(parser: SqlParser, text: string): Baseline {
  const parsed = parser.parseScript(text);
  return { schema: baselineSchema(parsed), problems: parsed.problems };
}

/** The one door into the library: the editor and the terminal both come through here. Never throws on bad input. */
export function analyze(text: string, options: AnalyzeOptions): Analysis {
  const { parsers, kind, settings = defaultSettings } = options;
  const { plan: written, problems } =
    kind === 'plan'
      ? parsers.plan.parse(text, { readFile: options.readFile })
      : { plan: planOfSqlFile(text, 'the file'), problems: [] };
  const plan = withSessionDefaults(written, settings);
  const baseline = findBaseline(plan, options);
  const context = buildContext({
    text,
    kind,
    plan,
    pgVersion: knownVersion(options.pgVersion ?? plan.database.version?.value),
    baseline: kind === 'sql' && runsMoreThanItSays(text) ? openEnded(baseline.schema) : baseline.schema,
    parser: kind === 'sql' ? psqlReader(parsers.sql) : parsers.sql,
    memo: parsers.memo,
  });
  const findings = [
    ...problems.map(planFinding),
    ...baseline.findings,
    ...sqlFindings(context, parsers.sql),
    ...commentProblems(context).map(({ message, range }) => fault('plan-value', message, range)),
    ...runRules(context, settings, parsers.memo.findings),
  ].sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
  return { ...context, findings, baselineSql: baseline.sql };
}

/** A plain file may be one for psql, with its meta-commands. */
function psqlReader(parser: SqlParser): SqlParser {
  return { ...parser, parse: parser.parseScript };
}

/** What is not in the schema may be there all the same. */
function openEnded(schema: Schema): Schema {
  return { ...schema, complete: false };
}

/** The nearest version whose facts are known; the newest where the plan does not say. */
function knownVersion(version: number | undefined): number {
  return Math.min(Math.max(version ?? pgVersions.newest, pgVersions.oldest), pgVersions.newest);
}

function planFinding({ code, message, range, fix, related }: PlanProblem): Finding {
  const fixes = fix
    ? [{ title: fix.title, edits: [{ range: fix.range, newText: fix.newText }], safe: true }]
    : [];
  return fault(code, message, range, { fixes, related: related ?? [] });
}

function fault(rule: string, message: string, range: Range, more: Partial<Finding> = {}): Finding {
  return {
    rule,
    severity: 'error',
    message,
    range,
    step: undefined,
    related: [],
    fixes: [],
    tags: [],
    ...more,
  };
}

function findBaseline(plan: Plan, options: AnalyzeOptions) {
  const path = plan.database.schema;
  const unknown = { schema: options.parsers.unknown, sql: undefined };
  if (options.baselineSql === undefined && !path?.value) return { ...unknown, findings: [] };
  const range = path?.range ?? { start: 0, end: 0 };
  const file =
    options.baselineSql !== undefined
      ? { text: options.baselineSql }
      : options.readFile((path as { value: string }).value);
  if ('error' in file) {
    const message = `The baseline schema cannot be read: ${file.error}`;
    return { ...unknown, findings: [fault('plan-file', message, range)] };
  }
  const baseline = options.parsers.baseline(file.text);
  const name = path?.value ?? 'the schema file';
  const findings = baseline.problems.map((problem) =>
    fault('sql-baseline', `${inFile(name, file.text, problem)} Facts that depend on it are unknown.`, range),
  );
  return { ...baseline, sql: file.text, findings };
}

/** `schema.sql, line 12: syntax error …`: the place within a file that the plan only names. */
function inFile(name: string, text: string, problem: SqlProblem): string {
  const { line } = createLineIndex(text).positionAt(problem.range.start);
  return `${name}, line ${line + 1}: ${sentence(problem.message)}`;
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`;
}

function sqlFindings(context: RuleContext, parser: SqlParser): Finding[] {
  const ofSteps = context.steps.flatMap(({ step, action, rollback }) =>
    [...(action ? [action] : []), ...rollback].flatMap(({ problems }) =>
      problems.map(({ sql, problem }) => syntaxFinding(sql, problem, step.id)),
    ),
  );
  const elsewhere = otherSql(context.plan).flatMap((sql) =>
    parser.parse(sql.text).problems.map((problem) => syntaxFinding(sql, problem, undefined)),
  );
  return [...ofSteps, ...elsewhere, ...idleSteps(context)];
}

/** Steps whose SQL is empty or only comments. A rollback of that kind is a missing one: its rule says so. */
function idleSteps({ kind, steps }: RuleContext): Finding[] {
  if (kind === 'sql') return [];
  return steps.flatMap(({ step, action }) => {
    if (action?.action.kind !== 'sql' || action.statements.length > 0 || action.problems.length > 0)
      return [];
    const message = 'This step does nothing: its SQL is empty or only a comment.';
    const { sql, keyRange } = action.action;
    return [fault('plan-action', message, sql.file === undefined ? keyRange : sql.range, { step: step.id })];
  });
}

/** SQL that is no step's: the application's statements, the checklist and the monitoring queries. */
function otherSql(plan: Plan): SqlText[] {
  return [
    ...(plan.app?.versions ?? []).flatMap((version) => version.statements),
    ...plan.checklist.flatMap((entry) => entry.sql ?? []),
    ...(plan.monitoring?.queries ?? []).flatMap((query) => query.sql ?? []),
  ];
}

function syntaxFinding(sql: SqlText, problem: SqlProblem, step: string | undefined): Finding {
  const message = sql.file === undefined ? problem.message : inFile(sql.file, sql.text, problem);
  return fault('sql-syntax', message, documentRange(sql, problem.range), { step });
}
