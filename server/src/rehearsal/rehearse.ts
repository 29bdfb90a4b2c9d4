import type { Analysis } from '../analyze.ts';
import type { SqlParser, Statement } from '../sql/model.ts';
import { loadSqlParser } from '../sql/parser.ts';
import { createLineIndex, type LineIndex } from '../text/line-index.ts';
import { type BaselineFile, loadBaseline } from './baseline.ts';
import { tryChecklist } from './checklist.ts';
import { fabricate } from './fabricate.ts';
import { createGuard, type Guard, Stopped } from './guard.ts';
import type {
  Engine,
  EngineSession,
  Progress,
  Report,
  StatementError,
  StepReport,
  Verdict,
} from './model.ts';
import { notesBefore, runNotes } from './notes.ts';
import { ownError } from './place.ts';
import { notUnwound } from './proof-results.ts';
import { refusedStatement } from './refused-statement.ts';
import { createMissingRoles } from './roles.ts';
import { createStepLog, emptyReport, type StepLog } from './run-sql.ts';
import { runStep, type StepOutcome } from './run-step.ts';

export interface RehearseOptions {
  /** Fabricated rows for each table of the baseline. */
  readonly rows: number;
  /** ms that a step may take; so may the baseline and the filling of its tables. */
  readonly stepTimeout: number;
  /** Cancels: the engine is stopped at once, whatever it does. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Loaded where absent. */
  readonly parser?: SqlParser;
}

type Phase = Analysis['plan']['phases'][number];

/** What has come out so far: enough for a report at any moment. */
interface Run {
  readonly analysis: Analysis;
  readonly options: RehearseOptions;
  readonly started: number;
  readonly steps: StepReport[];
  readonly notes: string[];
  engine: string;
  rows: Readonly<Record<string, number>>;
}

/**
 * Runs a plan on a Postgres of its own: the baseline, rows in its tables, then step after step until one fails.
 * Whatever happens is in the report; nothing is thrown, and nothing is left behind.
 */
export async function rehearse(
  analysis: Analysis,
  engine: Engine,
  options: RehearseOptions,
): Promise<Report> {
  const run: Run = {
    analysis,
    options,
    started: performance.now(),
    steps: [],
    notes: [],
    engine: '',
    rows: {},
  };
  const refusal = refusalOf(analysis);
  if (refusal) return report(run, 'refused', refusal);
  progress(run, 0, 'Starting Postgres');
  let session: EngineSession | undefined;
  try {
    session = await engine.open(options.signal, { sql: allSql(analysis) });
    run.engine = session.name;
    return await runPlan(run, session, createGuard(session, options.signal));
  } catch (error) {
    if (options.signal?.aborted) return report(run, 'cancelled', undefined);
    return report(
      run,
      'refused',
      ownError(error instanceof Error ? error.message : String(error), undefined),
    );
  } finally {
    await session?.close();
  }
}

/** A file that is not a plan in the first place; faults of its SQL show when their step is run. */
function refusalOf({ findings, plan }: Analysis): StatementError | undefined {
  const fault = findings.find(({ rule, severity }) => severity === 'error' && rule.startsWith('plan-'));
  if (fault) return ownError(`The plan itself has errors; mend them first. ${fault.message}`, fault.range);
  const steps = plan.phases.flatMap((phase) => phase.steps);
  return steps.length === 0 ? ownError('The plan has no steps to run.', plan.range) : undefined;
}

function allSql({ baselineSql = '', text, steps }: Analysis): string {
  const files = steps.flatMap(({ action }) => (action?.action.kind === 'sql' ? action.action.sql.text : []));
  return [baselineSql, text, ...files].join('\n');
}

async function runPlan(run: Run, session: EngineSession, guard: Guard): Promise<Report> {
  run.notes.push(...notesBefore(run.analysis, session));
  const refused = refusedStatement(run.analysis, session);
  if (refused) return report(run, 'refused', refused);
  try {
    const error = await guard.run(() => prepare(run, session), run.options.stepTimeout);
    if (error) return report(run, 'refused', error);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    if (error.reason === 'cancelled') return report(run, 'cancelled', undefined);
    const what = 'The baseline and the rows in its tables';
    return report(run, 'refused', ownError(overLimit(what, run), run.analysis.plan.database.schema?.range));
  }
  const verdict = await runSteps(run, session, guard);
  run.notes.push(...runNotes(run.analysis, run.steps));
  return report(run, verdict, run.steps.find(({ error }) => error)?.error);
}

/** Baseline, rows, and a look at the checklist's queries. */
async function prepare(run: Run, session: EngineSession): Promise<StatementError | undefined> {
  const { analysis, options, notes } = run;
  const parser = options.parser ?? (await loadSqlParser());
  progress(run, 0, 'Loading the baseline');
  const roles = session.isShared ? [] : await createMissingRoles(session, allStatements(analysis, parser));
  if (roles.length > 0)
    notes.push(`Made for this run, since no schema file holds roles: ${roles.join(', ')}.`);
  const file = startOf(analysis, session);
  if (file !== undefined) {
    const loaded = await loadBaseline(session, file, parser);
    notes.push(...loaded.notes);
    if (loaded.error) return loaded.error;
  }
  if (options.rows > 0 && session.contents?.kind !== 'rows') {
    progress(run, 0, `Filling tables with ${options.rows} rows each`);
    const filled = await fabricate(session, { rows: options.rows, parser });
    run.rows = filled.rows;
    notes.push(...filled.notes);
  }
  notes.push(...(await tryChecklist(session, analysis.plan.checklist)));
  return undefined;
}

/** What is loaded into a session's database first. */
function startOf({ plan, baselineSql }: Analysis, { contents }: EngineSession): BaselineFile | undefined {
  const { schema } = plan.database;
  if (contents) return contents.kind === 'schema' ? { ...contents, range: schema?.range } : undefined;
  return baselineSql === undefined
    ? undefined
    : { path: schema?.value ?? 'the schema file', sql: baselineSql, range: schema?.range };
}

function allStatements({ baselineSql, steps }: Analysis, parser: SqlParser): readonly Statement[] {
  const baseline = baselineSql === undefined ? [] : parser.parseScript(baselineSql).statements;
  const ofSteps = steps.flatMap(({ action }) => action?.statements ?? []).map(({ statement }) => statement);
  return [...baseline, ...ofSteps];
}

async function runSteps(run: Run, session: EngineSession, guard: Guard): Promise<Verdict> {
  const { analysis } = run;
  const lines = createLineIndex(analysis.text);
  let live = analysis.plan.app?.runs?.value;
  let verdict: Verdict = 'passed';
  for (const [at, { phase, analysed }] of phasesWithSteps(analysis).entries()) {
    const log = createStepLog();
    const head = {
      id: analysed.step.id,
      step: analysed.step.name.value,
      phase: phase.name.value,
      action: analysed.step.action?.kind ?? ('sql' as const),
      range: analysed.step.range,
      line: lines.positionAt(analysed.step.range.start).line,
      name_range: analysed.step.name.range,
      rollback: undefined,
      app: [],
    };
    if (verdict !== 'passed') {
      const statements = (analysed.action?.statements ?? []).map((statement) =>
        emptyReport(statement, 'skipped'),
      );
      run.steps.push({ ...head, status: 'skipped', statements, summary: '', error: undefined, ms: 0 });
      continue;
    }
    progress(run, at + 1, head.step);
    const since = performance.now();
    const input = {
      analysis: analysed,
      session: analysis.plan.session,
      isPlan: analysis.kind === 'plan',
      live,
    };
    const { status, error, summary } = await guard
      .run(() => runStep(session, input, log), run.options.stepTimeout)
      .then((outcome) => ({ ...outcome, status: outcome.error ? ('failed' as const) : ('passed' as const) }))
      .catch((cause) => stoppedStep(cause, run, analysed, log));
    const statements = [...log.statements, ...notReached(analysed, log)].map((statement) =>
      statement.error ? { ...statement, error: withLine(statement.error, lines) } : statement,
    );
    const placed = error && withLine(error, lines);
    run.steps.push({ ...head, status, statements, summary, error: placed, ms: performance.now() - since });
    if (status === 'passed' && analysed.step.action?.kind === 'deploy')
      live = analysed.step.action.version.value;
    if (status !== 'passed') verdict = status;
  }
  return verdict;
}

function withLine(error: StatementError, lines: LineIndex): StatementError {
  return error.range ? { ...error, line: lines.positionAt(error.range.start).line } : error;
}

function phasesWithSteps({ plan, steps }: Analysis) {
  const byStep = new Map(steps.map((analysed) => [analysed.step, analysed]));
  return plan.phases.flatMap((phase: Phase) =>
    phase.steps.flatMap((step) => {
      const analysed = byStep.get(step);
      return analysed ? [{ phase, analysed }] : [];
    }),
  );
}

/** A step that did not end by itself: cancelled, over its time limit, or with its engine gone. */
function stoppedStep(
  cause: unknown,
  run: Run,
  { step }: Analysis['steps'][number],
  log: StepLog,
): StepOutcome & { status: 'failed' | 'cancelled' } {
  const cancelled = cause instanceof Stopped && cause.reason === 'cancelled';
  const range = log.running?.analysed.range ?? step.range;
  const message =
    cause instanceof Stopped
      ? overLimit(`The step "${step.name.value}"`, run)
      : cause instanceof Error
        ? cause.message
        : String(cause);
  const hint = cause instanceof Stopped ? raiseLimit : undefined;
  const error = cancelled ? undefined : ownError(message, range, hint);
  if (log.running) {
    const { analysed, since } = log.running;
    const status = cancelled ? 'cancelled' : 'failed';
    log.statements.push({ ...emptyReport(analysed, status), error, ms: performance.now() - since });
  }
  return { status: cancelled ? 'cancelled' : 'failed', error, summary: '' };
}

const raiseLimit =
  'If it needs longer, raise the limit: --step-timeout in the terminal, or dry_run: { step_timeout: 5min } in .switchback.yaml.';

function overLimit(what: string, { options }: Run): string {
  return `${what} took longer than the dry run's limit of ${options.stepTimeout / 1000} s and was stopped.`;
}

function notReached({ action }: Analysis['steps'][number], log: StepLog) {
  return (action?.statements ?? [])
    .slice(log.statements.length)
    .map((statement) => emptyReport(statement, 'skipped'));
}

function progress({ analysis, options }: Run, step: number, message: string): void {
  options.onProgress?.({ step, steps: analysis.steps.length, message });
}

function report(run: Run, verdict: Verdict, error: StatementError | undefined): Report {
  const { analysis, engine, steps, started, rows, notes } = run;
  return {
    plan: analysis.plan.migration?.value ?? '',
    engine,
    verdict,
    error,
    start: { app: [] },
    steps,
    unwind: notUnwound('The rollbacks were not asked for.'),
    ms: performance.now() - started,
    rows,
    notes,
  };
}
