import type { Analysis } from '../analyze.ts';
import { applyStep, overLimit, stopError } from './apply-step.ts';
import { Stopped } from './guard.ts';
import { applyUnderLoad, putLoadOn } from './load/under-load.ts';
import type { Engine, KeptState, Report, StatementError, StepReport, Verdict } from './model.ts';
import { notesBefore, runNotes } from './notes.ts';
import { ownError } from './place.ts';
import { lastBroken, markPromises, nextUnwinding } from './promises.ts';
import { checkKey, type Failing, type ProvenStep, proveStep } from './prove-step.ts';
import { refusedStatement } from './refused-statement.ts';
import {
  createRun,
  type PlannedStep,
  progress,
  type RehearseOptions,
  type Run,
  report,
  skippedStep,
} from './run.ts';
import { unwind } from './unwind.ts';
import {
  amplifyWorld,
  checkVersions,
  openWorld,
  prepareWorld,
  takeSnapshot,
  type World,
  writeVersions,
} from './world.ts';

export type { RehearseOptions } from './run.ts';

/**
 * Runs a plan on a Postgres of its own: the baseline, rows in its tables, then step after step until one cannot be
 * applied. With proofs each step is also rolled back and applied again, the live versions of the application try what
 * they run, and at the end all steps are rolled back. Whatever happens is in the report; nothing is thrown, and nothing
 * is left behind.
 */
export async function rehearse(
  analysis: Analysis,
  engine: Engine,
  options: RehearseOptions,
): Promise<Report> {
  const run = createRun(analysis, options);
  const refusal = refusalOf(analysis, options);
  if (refusal) return report(run, 'refused', refusal);
  const rehearsal: Rehearsal = {
    run,
    engine,
    world: undefined,
    replays: 0,
    kept: undefined,
    before: [],
    failing: { now: new Set(), told: new Set() },
  };
  try {
    return await rehearsePlan(rehearsal);
  } catch (error) {
    if (options.signal?.aborted) return report(run, 'cancelled', undefined);
    const told = ownError(error instanceof Error ? error.message : String(error), undefined);
    if (run.steps.length > 0)
      run.steps.push(...run.planned.slice(run.steps.length).map((one) => skippedStep(run, one)));
    return report(run, run.steps.length > 0 ? 'failed' : 'refused', told);
  } finally {
    run.load?.stop();
    await rehearsal.world?.session.close();
    await rehearsal.kept?.drop();
  }
}

/** A file that is not a plan in the first place; faults of its SQL show when their step is run. */
function refusalOf({ findings, plan }: Analysis, { only }: RehearseOptions): StatementError | undefined {
  const fault = findings.find(({ rule, severity }) => severity === 'error' && rule.startsWith('plan-'));
  if (fault) return ownError(`The plan itself has errors; mend them first. ${fault.message}`, fault.range);
  const steps = plan.phases.flatMap((phase) => phase.steps);
  if (steps.length === 0) return ownError('The plan has no steps to run.', plan.range);
  if (only !== undefined && !steps.some(({ id }) => id === only))
    return ownError(
      `The plan has no step ${only}; it has ${steps.map(({ id }) => id).join(', ')}.`,
      plan.range,
    );
  return undefined;
}

interface Rehearsal {
  readonly run: Run;
  readonly engine: Engine;
  /** Undefined before it is open, and after it was lost. */
  world: World | undefined;
  /** How often it was made anew, and what for that is kept. */
  replays: number;
  kept: KeptState | undefined;
  /** What was there before each step. */
  readonly before: ProvenStep['before'][];
  readonly failing: Failing;
}

async function rehearsePlan(rehearsal: Rehearsal): Promise<Report> {
  const { run, engine } = rehearsal;
  const { analysis } = run;
  progress(run, 0, 'Starting Postgres');
  const world = await openWorld(run, engine);
  rehearsal.world = world;
  run.notes.push(...notesBefore(analysis, world.session));
  const refused = refusedStatement(analysis, world.session);
  if (refused) return report(run, 'refused', refused);
  try {
    const error = await prepare(run, world, run.notes);
    if (error) return report(run, 'refused', error);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    if (error.reason === 'cancelled') return report(run, 'cancelled', undefined);
    const what = 'The baseline and the rows in its tables';
    return report(run, 'refused', ownError(overLimit(what, run), analysis.plan.database.schema?.range));
  }
  const stop = isProven(run)
    ? await proveStart(rehearsal, world)
    : run.options.load && (await putLoadOn(run, world, rehearsal.failing));
  if (stop) return stop;
  const ended = await runSteps(rehearsal);
  markPromises(run);
  run.notes.push(...runNotes(analysis, run.steps, world.session, run.options.load !== undefined));
  const error =
    run.start.find(({ ok }) => !ok)?.error ??
    run.steps.find((step) => step.error)?.error ??
    run.segments.find((segment) => segment.error)?.error;
  const isRed =
    run.start.some(({ ok }) => !ok) ||
    run.steps.some(({ status }) => status === 'failed') ||
    run.segments.some(({ verdict }) => verdict === 'drifts' || verdict === 'fails');
  const verdict: Verdict = ended === 'cancelled' ? 'cancelled' : isRed ? 'failed' : 'passed';
  return report(run, verdict, error);
}

/** What is there before step one. Resolves with why that cannot be had. */
async function prepare(run: Run, world: World, notes: string[]): Promise<StatementError | undefined> {
  const { stepTimeout, amplify } = run.options;
  const error = await world.guard.run(() => prepareWorld(run, world, notes), stepTimeout);
  if (error || !amplify) return error;
  await world.guard.run(() => amplifyWorld(run, world, notes), amplify.within + stepTimeout);
  return undefined;
}

/** A plain .sql file has neither steps nor rollbacks to speak of. */
function isProven({ options, analysis }: Run): boolean {
  return options.proofs !== false && !options.load && analysis.kind === 'plan';
}

/** What is wrong before step one is no step's doing. Resolves with the report where the run ends with it. */
async function proveStart({ run, failing }: Rehearsal, world: World): Promise<Report | undefined> {
  const limit = run.options.stepTimeout;
  progress(run, 0, 'Trying what the application runs');
  try {
    run.start = await world.guard.run(
      () => checkVersions(run, world, [world.live], 'start', 'before step one'),
      limit,
    );
    failing.now = new Set(run.start.filter(({ ok }) => !ok).map(checkKey));
    for (const key of failing.now) failing.told.add(key);
    await world.guard.run(() => writeVersions(run, world, [world.live]), limit);
    return undefined;
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    if (error.reason === 'cancelled') return report(run, 'cancelled', undefined);
    const what = 'Trying what the application runs before step one';
    return report(run, 'refused', ownError(overLimit(what, run), run.analysis.plan.app?.range));
  }
}

/** stopped: the one step that was to be proven is. */
type Ended = 'done' | 'failed' | 'stopped' | 'cancelled';

async function runSteps(rehearsal: Rehearsal): Promise<Ended> {
  const { run } = rehearsal;
  const { planned, options } = run;
  const proven = isProven(run);
  let ended: Ended = 'done';
  let first = 0;
  for (const [at, one] of planned.entries()) {
    if (ended !== 'done') {
      run.steps.push(skippedStep(run, one));
      continue;
    }
    const isProof = proven && (options.only === undefined || options.only === one.analysed.step.id);
    if (isProof && options.only === undefined && isPointOfNoReturn(one)) {
      const unwound = await unwindSegment(rehearsal, first, at - 1);
      if (unwound === 'cancelled') {
        ended = unwound;
        run.steps.push(skippedStep(run, one));
        continue;
      }
      first = at + 1;
    }
    ended = await takeStep(rehearsal, at, isProof);
    if (ended === 'done' && options.only === one.analysed.step.id) ended = 'stopped';
    if (ended === 'done' && isProof && isTurningPoint(run, first, at))
      ended = await unwindSegment(rehearsal, first, at);
  }
  run.notUnwound = whyNotUnwound(run, proven, first);
  if (ended === 'done' && proven && options.only === undefined)
    ended = await unwindSegment(rehearsal, first, planned.length - 1);
  return ended;
}

/**
 * Once a version was live, its rows are there for the rollbacks of all steps before: so the plan is rolled back from
 * there too. Where more steps follow, the end is not like it. A rollback that failed is in the way already.
 */
function isTurningPoint({ planned, steps, options }: Run, first: number, at: number): boolean {
  if (options.only !== undefined || planned[at]?.analysed.step.action?.kind !== 'deploy') return false;
  const isLast = planned.slice(at + 1).every(({ analysed: { step } }) => isIdle(step.action?.kind));
  const isBroken = steps
    .slice(first)
    .some(({ rollback }) => rollback?.verdict === 'drifts' || rollback?.verdict === 'fails');
  return !isLast && !isBroken;
}

function isIdle(kind: StepReport['action'] | undefined): boolean {
  return kind === 'verify' || kind === 'wait';
}

function whyNotUnwound({ options, planned }: Run, proven: boolean, first: number): string {
  if (options.load) return 'Under load nothing is proven.';
  if (!proven) return 'Proofs are off.';
  if (options.only !== undefined) return 'One step alone was to be proven.';
  if (first >= planned.length) return 'The last step is a point of no return.';
  return 'The run did not get to its end.';
}

function isPointOfNoReturn({ analysed }: PlannedStep): boolean {
  return analysed.step.rollback?.kind === 'impossible';
}

async function takeStep(
  rehearsal: Rehearsal,
  at: number,
  isProof: boolean,
): Promise<'done' | 'failed' | 'cancelled'> {
  const { run, failing } = rehearsal;
  const one = run.planned[at] as PlannedStep;
  const world = rehearsal.world ?? (await replay(rehearsal, at - 1));
  if (world === 'cancelled') {
    run.steps.push({ ...skippedStep(run, one), status: 'cancelled' });
    return 'cancelled';
  }
  const name = one.analysed.step.name.value;
  world.session.watch?.((message) => progress(run, at + 1, `${name}: ${message}`));
  if (!isProof) {
    progress(run, at + 1, name);
    const apply = () => applyStep(run, world, one.analysed, nameOf(one));
    const loaded = run.load && (await applyUnderLoad(run, world, run.load, one, failing, apply));
    const { isGone: _, retries, ...applied } = loaded?.applied ?? (await apply());
    const again = retries > 0 && { retries };
    run.steps.push({ ...skippedStep(run, one), ...applied, ...again, ...loaded?.more });
    if (applied.status !== 'passed') return applied.status;
    if (isProven(run))
      await world.guard.run(() => writeVersions(run, world, [world.live]), run.options.stepTimeout);
    return 'done';
  }
  const { report: told, before, isApplied, isLost } = await proveStep(run, world, at, failing);
  run.steps.push(told);
  rehearsal.before[at] = before;
  if (told.status === 'cancelled') return 'cancelled';
  if (!isLost) return 'done';
  await lose(rehearsal);
  return isApplied ? 'done' : 'failed';
}

function nameOf({ analysed }: PlannedStep): string {
  return `The step "${analysed.step.name.value}"`;
}

async function lose(rehearsal: Rehearsal): Promise<void> {
  const { world } = rehearsal;
  rehearsal.world = undefined;
  await world?.session.close();
}

/**
 * The state before step one once more: made as it was the first time, and kept the second time, for a plan that needs it
 * so often will need it again.
 */
async function startAnew(rehearsal: Rehearsal): Promise<World> {
  const { run, engine } = rehearsal;
  rehearsal.replays += 1;
  const open = async () => {
    const world = await openWorld(run, engine, rehearsal.kept?.start);
    rehearsal.world = world;
    return world;
  };
  const world = await open();
  if (rehearsal.kept) return world;
  const error = await prepare(run, world, []);
  if (error) throw new Error(error.message);
  const { keep } = world.session;
  if (!keep || rehearsal.replays < 2) return world;
  rehearsal.kept = await world.guard.run(() => keep(), run.options.stepTimeout);
  return open();
}

/**
 * A new database with all steps up to one, as they were done before but without their proofs. Rejects where it does
 * not come out the same.
 */
async function replay(rehearsal: Rehearsal, last: number): Promise<World | 'cancelled'> {
  const { run } = rehearsal;
  const limit = run.options.stepTimeout;
  progress(run, last + 1, 'Making the state anew that the proof needs');
  try {
    const world = await startAnew(rehearsal);
    await world.guard.run(() => writeVersions(run, world, [world.live]), limit);
    await goForward(rehearsal, world, 0, last, false);
    return world;
  } catch (cause) {
    if (isCancelled(cause, run)) return 'cancelled';
    throw new Error(stopError(cause, run, 'Making the state anew', undefined).message);
  }
}

function isCancelled(cause: unknown, { options }: Run): boolean {
  return (cause instanceof Stopped && cause.reason === 'cancelled') || options.signal?.aborted === true;
}

/**
 * Applies steps that were applied before, and reads anew what is there before each that may be rolled back to: the rows
 * alone where `isSame`, the schema being what it was when they were applied here. Rejects where one fails now.
 */
async function goForward(
  { run, before }: Rehearsal,
  world: World,
  first: number,
  last: number,
  isSame: boolean,
): Promise<void> {
  const limit = run.options.stepTimeout;
  const broken = lastBroken(run, last);
  for (let at = first; at <= last; at++) {
    const one = run.planned[at] as PlannedStep;
    const known = before[at];
    if (known && isSame) world.fingerprint = known.fingerprint;
    if (known && at > broken) before[at] = await world.guard.run(() => takeSnapshot(run, world), limit);
    const from = world.live;
    const applied = await applyStep(run, world, one.analysed, nameOf(one));
    if (applied.status === 'cancelled') throw new Stopped('cancelled');
    if (applied.status === 'failed')
      throw new Error(
        `${nameOf(one)} passed, and failed when it was done anew for the next proof: ${applied.error?.message}`,
      );
    await world.guard.run(() => writeVersions(run, world, [from, world.live]), limit);
  }
}

/**
 * Rolls steps back from one of them to the first behind a point of no return. Where more steps follow, they are applied
 * again: in the same database if it is as it was before them, else in a new one once it is needed.
 */
async function unwindSegment(
  rehearsal: Rehearsal,
  first: number,
  last: number,
): Promise<'done' | 'cancelled'> {
  const { run, before, failing } = rehearsal;
  if (!run.steps.slice(first, last + 1).some(({ rollback }) => rollback)) return 'done';
  try {
    let restored = false;
    for (let end: number | undefined = last; end !== undefined; ) {
      const world = rehearsal.world ?? (await replay(rehearsal, end));
      if (world === 'cancelled') return 'cancelled';
      const { stopped, ...segment } = await unwind(run, world, { first, last: end, before, failing });
      run.segments.push(segment);
      restored = end === last && (segment.verdict === 'restores' || segment.verdict === 'restores_reordered');
      end = stopped === undefined ? undefined : nextUnwinding(run, first, stopped);
      if (end !== undefined) await lose(rehearsal);
    }
    const { world } = rehearsal;
    if (last === run.planned.length - 1 || !world) return 'done';
    progress(run, last + 1, 'Applying the steps again');
    await world.guard.run(() => world.held.letGo(), run.options.stepTimeout);
    const isBack =
      restored &&
      (await goForward(rehearsal, world, first, last, run.segments.at(-1)?.verdict === 'restores').then(
        () => true,
        isNoStop,
      ));
    if (!isBack) await lose(rehearsal);
    return 'done';
  } catch (cause) {
    if (isCancelled(cause, run)) return 'cancelled';
    throw cause;
  }
}

/** A step that cannot be applied here is done in a new database; a stop is a stop. */
function isNoStop(cause: unknown): false {
  if (cause instanceof Stopped && cause.reason === 'cancelled') throw cause;
  return false;
}
