import { verbOf } from '../app/checks.ts';
import { type Applied, overLimit, stopError } from '../apply-step.ts';
import { Stopped } from '../guard.ts';
import { inMs } from '../load-words.ts';
import type { AppCheck, Report, StepReport } from '../model.ts';
import { ownError } from '../place.ts';
import { checkKey, type Failing } from '../prove-step.ts';
import { type PlannedStep, type Run, report, withLine } from '../run.ts';
import type { World } from '../world.ts';
import { type Load, startLoad } from './load.ts';
import { keepsBar, type LoadError, type LoadReport } from './model.ts';

/** What a step comes to under load. */
export type LoadedStep = Pick<StepReport, 'status' | 'error' | 'app'> & { readonly load: LoadReport };

/**
 * Puts load on before step one; what the application cannot do by then is told as such. Resolves with the report where
 * there is no load.
 */
export async function putLoadOn(run: Run, world: World, failing: Failing): Promise<Report | undefined> {
  let starting: ReturnType<typeof startLoad> | undefined;
  try {
    const load = await world.guard.run(() => {
      starting = startLoad(run, world);
      return starting;
    }, run.options.stepTimeout);
    if ('message' in load) return report(run, 'refused', load);
    run.load = load;
    const before = failuresOf(load.summary().before, failing);
    run.start = before.map((error) => toldFailure(run, error, 'start', 'before step one'));
    return undefined;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    // It may come yet, to a database that is gone.
    void starting?.then(
      (load) => 'stop' in load && load.stop(),
      () => undefined,
    );
    if (error.reason === 'cancelled') return report(run, 'cancelled', undefined);
    const why = ownError(overLimit('Putting load on', run), run.analysis.plan.app?.range);
    return report(run, 'refused', why);
  }
}

/**
 * Applies a step while requests come, and lets them come for a while after it, in which each statement of the live
 * versions is run: what the step broke shows. While a version is deployed, the old one and the new one are live. A
 * statement that fails now and did not before makes the step fail; the first step that it fails at tells of it.
 */
export async function applyUnderLoad(
  run: Run,
  world: World,
  load: Load,
  { analysed }: PlannedStep,
  failing: Failing,
  apply: () => Promise<Applied>,
): Promise<{ readonly applied: Applied; readonly more: LoadedStep }> {
  const name = analysed.step.name.value;
  const { action } = analysed.step;
  const guarded = <T>(work: () => Promise<T>) => world.guard.run(work, run.options.stepTimeout);
  const deployed = action?.kind === 'deploy' ? action.version.value : undefined;
  const part = load.begin();
  const broken = (gone: Applied) => {
    load.stop();
    const { status, error } = gone;
    return { applied: gone, more: { status, error, app: [], load: withoutLost(part.report()) } };
  };
  let applied: Applied | undefined;
  let felt: LoadReport;
  try {
    if (deployed !== undefined) await guarded(() => load.live([world.live, deployed]));
    applied = await apply();
    if (applied.isGone) return broken(applied);
    felt = await guarded(async () => {
      if (deployed !== undefined) await load.settle();
      await load.live([world.live]);
      await load.settle();
      return part.end();
    });
  } catch (cause) {
    return broken({ ...(applied ?? nothingDone), ...stoppedAfter(cause, run, name) });
  }
  const app = failuresOf(felt, failing).map((error) =>
    toldFailure(run, error, 'applied', `while '${name}' is done`),
  );
  const { maxWait } = run.options.load ?? {};
  const waited = maxWait === undefined ? undefined : tooLong(felt, maxWait, name);
  const late = waited === undefined ? undefined : ownError(waited, analysed.step.name.range);
  const error = applied.error ?? app[0]?.error ?? (late && withLine(late, run));
  return { applied, more: { status: error ? 'failed' : applied.status, error, app, load: felt } };
}

const nothingDone = { summary: '', statements: [], retries: 0, ms: 0 };

/** The step is done, and what was to follow it was stopped. */
function stoppedAfter(cause: unknown, run: Run, name: string): Pick<Applied, 'status' | 'error' | 'isGone'> {
  if (cause instanceof Stopped && cause.reason === 'cancelled')
    return { status: 'cancelled', error: undefined, isGone: true };
  const what = `Waiting for the requests that came while '${name}' was done`;
  return { status: 'failed', error: stopError(cause, run, what, undefined), isGone: true };
}

/** Sessions that ended with their database tell nothing of the step. */
function withoutLost(report: LoadReport): LoadReport {
  const lost = report.errors.filter(({ kind }) => kind === 'disconnected');
  const sum = lost.reduce((total, { requests }) => total + requests, 0);
  return {
    ...report,
    failed: report.failed - sum,
    errors: report.errors.filter((error) => !lost.includes(error)),
  };
}

/** Failures that were not told yet, one of each statement; they are told with this. */
function failuresOf({ errors }: LoadReport, { told }: Failing): LoadError[] {
  return errors.filter((error) => {
    // What timed out while a lock was held may fail for good later.
    const isTimeout = error.kind === 'lock_timeout' || error.kind === 'statement_timeout';
    const key = isTimeout ? `${checkKey(error)} ${error.kind}` : checkKey(error);
    if (error.kind === 'collision' || told.has(key)) return false;
    told.add(key);
    return true;
  });
}

function toldFailure(
  { analysis }: Run,
  { kind, version, statement, error, requests, range, line }: LoadError,
  at: 'start' | 'applied',
  when: string,
): AppCheck {
  const failed = analysis.versions
    .flatMap(({ statements }) => statements)
    .find((one) => one.range.start === range.start);
  const verb = failed ? verbOf(failed.statement) : 'run a statement';
  const own =
    kind === 'lock_timeout' || kind === 'statement_timeout' ? ` by the ${kind} of its own session` : '';
  const times = requests === 1 ? '' : ` (${requests.toLocaleString('en')} requests)`;
  return {
    version,
    statement,
    at,
    ok: false,
    error: { ...error, message: `${version} cannot ${verb} ${when}${own}: ${error.message}${times}` },
    range,
    line,
  };
}

/** The error of a step in which a request took longer than any may; undefined where it may be this process's own doing. */
function tooLong(felt: LoadReport, maxWait: number, name: string): string | undefined {
  if (keepsBar(felt, maxWait) !== false) return undefined;
  const { worst = 0, late, requests } = felt;
  return `While '${name}' was done a request took ${inMs(worst)}, more than the ${inMs(maxWait)} that none may take; ${late.toLocaleString('en')} of ${requests.toLocaleString('en')} took longer than that.`;
}
