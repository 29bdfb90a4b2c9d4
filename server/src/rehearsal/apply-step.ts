import type { StepAnalysis } from '../rules/model.ts';
import { Stopped } from './guard.ts';
import type { StatementError, StatementReport } from './model.ts';
import { ownError } from './place.ts';
import { type Run, withLine } from './run.ts';
import { createStepLog, emptyReport, type StepLog } from './run-sql.ts';
import { runStep, type StepOutcome } from './run-step.ts';
import { movesBetween, setsPositions } from './sequence-positions.ts';
import { schemaChanged, type World } from './world.ts';

/** What came of a step, or of one action of its rollback. */
export interface Applied {
  readonly status: 'passed' | 'failed' | 'cancelled';
  readonly error: StatementError | undefined;
  readonly summary: string;
  readonly statements: readonly StatementReport[];
  readonly ms: number;
  /** How often a transaction of it was tried again after lock_timeout. */
  readonly retries: number;
  /** The engine went down with it, at a time limit or by itself: the database is gone. */
  readonly isGone: boolean;
}

/** ms of a backfill's pauses under load: enough for requests to meet a batch, and the time between, again and again. */
const mostPauses = 10_000;

/** Runs a step's action within the time limit. `what` names it where it takes longer. */
export async function applyStep(
  run: Run,
  world: World,
  analysed: StepAnalysis,
  what: string,
): Promise<Applied> {
  const log = createStepLog(run.analysis.plan.session.retries?.value, world.gauge, world.known);
  const since = performance.now();
  const input = {
    analysis: analysed,
    session: run.analysis.plan.session,
    isPlan: run.analysis.kind === 'plan',
    live: world.live,
    // Alone, nobody has anything of them.
    pauses: run.options.load ? mostPauses : 0,
  };
  const { action } = analysed.step;
  world.isFresh = false;
  world.positions = undefined;
  const outcome = await world.guard
    .run(async () => {
      await world.gauge?.open(analysed);
      return noteMoves(world, analysed, () => runStep(world.session, input, log));
    }, run.options.stepTimeout)
    .then(({ error, summary }) => ({
      status: error ? ('failed' as const) : ('passed' as const),
      error,
      summary,
      isGone: false,
    }))
    .catch((cause) => stopped(cause, run, analysed, what, log));
  const statements = [...log.statements, ...notReached(analysed, log)].map((statement) =>
    statement.error ? { ...statement, error: withLine(statement.error, run) } : statement,
  );
  if (outcome.status === 'passed' && action?.kind === 'deploy') world.live = action.version.value;
  return {
    ...outcome,
    error: outcome.error && withLine(outcome.error, run),
    statements,
    retries: log.retries.count,
    ms: performance.now() - since,
  };
}

/** Runs an action, and notes how far it moved sequences where it may say where they are to stand. */
async function noteMoves(world: World, { action }: StepAnalysis, work: () => Promise<StepOutcome>) {
  if (action?.action.kind === 'sql') schemaChanged(world);
  if (!setsPositions((action?.statements ?? []).map(({ statement }) => statement.text))) return work();
  const before = await world.sequences.read();
  const outcome = await work();
  world.sequences.schemaChanged();
  if (!outcome.error)
    world.moves.push({ at: world.touched.mark(), by: movesBetween(before, await world.sequences.read()) });
  return outcome;
}

/** An action that did not end by itself: cancelled, over its time limit, or with its engine gone. */
function stopped(cause: unknown, run: Run, { step }: StepAnalysis, what: string, log: StepLog) {
  const cancelled = cause instanceof Stopped && cause.reason === 'cancelled';
  const range = log.running?.analysed.range ?? step.action?.range ?? step.range;
  const error = cancelled ? undefined : stopError(cause, run, what, range);
  if (log.running) {
    const { analysed, since } = log.running;
    const status = cancelled ? 'cancelled' : 'failed';
    log.statements.push({ ...emptyReport(analysed, status), error, ms: performance.now() - since });
  }
  const status = cancelled ? ('cancelled' as const) : ('failed' as const);
  return { status, error, summary: '', isGone: true };
}

/** Why work did not end by itself, in words. */
export function stopError(cause: unknown, run: Run, what: string, range: StatementError['range']) {
  if (cause instanceof Stopped) return ownError(overLimit(what, run), range, raiseLimit);
  return ownError(cause instanceof Error ? cause.message : String(cause), range);
}

const raiseLimit =
  'If it needs longer, raise the limit: --step-timeout in the terminal, or dry_run: { step_timeout: 5min } in .switchback.yaml.';

export function overLimit(what: string, { options }: Run): string {
  return `${what} took longer than the dry run's limit of ${options.stepTimeout / 1000} s and was stopped.`;
}

function notReached({ action }: StepAnalysis, log: StepLog) {
  return (action?.statements ?? [])
    .slice(log.statements.length)
    .map((statement) => emptyReport(statement, 'skipped'));
}
