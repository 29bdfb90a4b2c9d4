import type { Action, SessionSettings } from '../plan/model.ts';
import type { ActionAnalysis, StepAnalysis } from '../rules/model.ts';
import { documentRange } from '../text/offset-map.ts';
import { isDatabaseError } from './errors.ts';
import { judge } from './expectation.ts';
import type { EngineSession, StatementError } from './model.ts';
import { ownError, withRange } from './place.ts';
import { runBackfill } from './run-backfill.ts';
import { emptyReport, runSql, runStatement, type StepLog } from './run-sql.ts';
import { brokenExpectation } from './step-expect.ts';

export interface StepOutcome {
  readonly error: StatementError | undefined;
  readonly summary: string;
}

export interface StepInput {
  readonly analysis: StepAnalysis;
  readonly session: SessionSettings;
  /** False for a plain .sql file, whose statements run one by one. */
  readonly isPlan: boolean;
  /** The application version live before the step. */
  readonly live: string | undefined;
  /** ms of a backfill's pauses that are waited for; none where absent. */
  readonly pauses?: number;
}

/** Runs one step in a state like a fresh connection's. Rejects only where the engine itself fails. */
export async function runStep(session: EngineSession, input: StepInput, log: StepLog): Promise<StepOutcome> {
  const { step, action } = input.analysis;
  if (!action) return failed(ownError('The step has no action that could be run.', step.range));
  const problem = action.problems[0];
  if (problem) {
    const { sql, problem: syntax } = problem;
    const range = documentRange(sql.map, syntax.range);
    return failed({ ...ownError(syntax.message, range), code: '42601' });
  }
  const prepared = await prepareSession(session, input.session);
  if (prepared) return failed(prepared);
  // What was written before is not this step's.
  await session.temporaryBytes?.();
  const done = await runAction(session, input, action, log);
  const outcome = done.error ? done : withSpilled(done, await session.temporaryBytes?.());
  if (outcome.error || !step.expect) return outcome;
  const unseen = new Set(
    action.statements
      .flatMap(({ effects }) => effects.locks.filter(({ isNew }) => isNew))
      .map(({ relation }) => relation),
  );
  const error = brokenExpectation(step.expect, log.statements, unseen);
  return error ? { ...outcome, error } : outcome;
}

/** Sorts and hashes that do not fit in work_mem go to temporary files. */
function withSpilled(outcome: StepOutcome, bytes = 0): StepOutcome {
  const megabytes = Math.round(bytes / 1024 / 1024);
  if (megabytes < 1) return outcome;
  const told = `${megabytes.toLocaleString('en')} MB of temporary files`;
  return { ...outcome, summary: outcome.summary === '' ? told : `${outcome.summary}, ${told}` };
}

function failed(error: StatementError): StepOutcome {
  return { error, summary: '' };
}

/** What the plan's `session` sets before every step; this engine takes the settings and has no use for them. */
export async function prepareSession(
  session: EngineSession,
  { lockTimeout, statementTimeout }: SessionSettings,
): Promise<StatementError | undefined> {
  if (session.reset) await session.reset();
  else await session.query('DISCARD ALL');
  const settings = [
    ['lock_timeout', lockTimeout] as const,
    ['statement_timeout', statementTimeout] as const,
  ].flatMap(([name, setting]) => (setting ? [{ name, setting }] : []));
  const set = (some: typeof settings) => {
    const calls = some.map((_, at) => `pg_catalog.set_config($${2 * at + 1}, $${2 * at + 2}, false)`);
    const values = some.flatMap(({ name, setting }) => [name, String(Math.round(setting.value))]);
    return session.query(`SELECT ${calls.join(', ')}`, values, { often: true });
  };
  try {
    if (settings.length > 0) await set(settings);
    return undefined;
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
  }
  // One of them is refused: which?
  for (const one of settings) {
    try {
      await set([one]);
    } catch (error) {
      if (!isDatabaseError(error)) throw error;
      return withRange(error, one.setting.range);
    }
  }
  return undefined;
}

async function runAction(
  session: EngineSession,
  { analysis, isPlan, live, pauses }: StepInput,
  { statements }: ActionAnalysis,
  log: StepLog,
): Promise<StepOutcome> {
  const action = analysis.step.action as Action;
  switch (action.kind) {
    case 'sql': {
      const wrapped = action.transaction && isPlan;
      const error = await runSql(session, statements, wrapped, log);
      return { error, summary: error ? leftBehind(wrapped, statements, log) : '' };
    }
    case 'backfill':
      return runBackfill(session, action, analysis, log, pauses);
    case 'verify':
      return runVerify(session, action, statements, log);
    case 'deploy':
      return {
        error: undefined,
        summary: `${live === undefined ? '' : `${live} → `}${action.version.value}`,
      };
    case 'wait':
      return { error: undefined, summary: `${soak(action.duration.value)}, not waited for` };
  }
}

function soak(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['min', 60_000],
    ['s', 1000],
  ] as const;
  const unit = units.find(([, size]) => ms >= size && ms % size === 0 && (size < 86_400_000 || ms > size));
  return unit ? `${ms / unit[1]} ${unit[0]}` : `${ms} ms`;
}

/** What of a failed step is still there: by its own COMMITs, where it has some. */
function leftBehind(
  wrapped: boolean,
  statements: ActionAnalysis['statements'],
  { statements: reports }: StepLog,
): string {
  const commits = statements.slice(0, reports.length).filter(({ statement: { node } }) => {
    return 'TransactionStmt' in node && node.TransactionStmt.kind === 'TRANS_STMT_COMMIT';
  });
  if (commits.length > 0) return 'What the step committed before the failure remains.';
  const begins = statements.some(({ statement }) => statement.kind === 'TransactionStmt');
  if (wrapped || begins) return 'Rolled back: nothing of this step remains.';
  return reports.length > 1 ? 'No transaction: what ran before the failure remains.' : '';
}

async function runVerify(
  session: EngineSession,
  action: Extract<Action, { kind: 'verify' }>,
  statements: ActionAnalysis['statements'],
  log: StepLog,
): Promise<StepOutcome> {
  const query = statements[0];
  if (!query) return failed(ownError('There is no query to verify with.', action.range));
  if (statements.length > 1)
    return failed(ownError('A verification is one query.', statements[1]?.range ?? action.range));
  await session.query('BEGIN READ ONLY');
  const error = await runStatement(session, query, log);
  await session.query('ROLLBACK');
  if (error) return failed(error);
  if (!log.result || !action.expect) return { error: undefined, summary: '' };
  const judgement = judge(action.expect.value, log.result);
  if (judgement.met) return { error: undefined, summary: judgement.seen };
  const unmet = ownError(judgement.message, action.expect.range);
  const report = log.statements.pop() ?? emptyReport(query, 'failed');
  log.statements.push({ ...report, status: 'failed', error: unmet });
  return failed(unmet);
}
