import { stopError } from './apply-step.ts';
import { isSameData } from './data-compare.ts';
import { Stopped } from './guard.ts';
import type { AppCheck, RollbackReport, StatementError, StepReport, UnwindSegment } from './model.ts';
import { ownError } from './place.ts';
import { noData } from './proof-results.ts';
import { leftBehind, someOf } from './proof-words.ts';
import { checkKey, type Failing, type ProvenStep } from './prove-step.ts';
import { type Comparison, compareSnapshots, verdictOf } from './restore-verdict.ts';
import { type PlannedStep, progress, type Run, withLine } from './run.ts';
import { runRollback } from './run-rollback.ts';
import { type Snapshot, takeSnapshot, type World } from './world.ts';

/** The steps that are rolled back together: none of them is a point of no return. Indexes into the plan's steps. */
export interface Segment {
  readonly first: number;
  readonly last: number;
  /** What was there before each of the plan's steps, where that was read. */
  readonly before: readonly ProvenStep['before'][];
  readonly failing: Failing;
}

/** What stays of later steps, by whose rollback another one's was said to be enough. */
type Pending = Map<string, number>;

interface Unwinding {
  readonly run: Run;
  readonly world: World;
  readonly segment: Segment;
  readonly pending: Pending;
  readonly app: AppCheck[];
  /** Steps that were passed because they need no rollback, since the state was last what it should be. */
  readonly promised: Set<number>;
  at: number;
  /** What was there before the rollback that it is at. */
  last: Snapshot | undefined;
}

interface Ending {
  readonly verdict: UnwindSegment['verdict'];
  readonly reason?: string;
  readonly error?: StatementError | undefined;
  readonly comparison?: Comparison;
}

export interface Unwound extends UnwindSegment {
  /** The index of the step at which it stopped; undefined where it came to the first. */
  readonly stopped: number | undefined;
}

/**
 * Rolls the steps of a segment back, from the last to the first, and compares with what was there before each. A step
 * whose rollback works right behind it and not here turns red; one that is red by its own proof ends the way.
 */
export async function unwind(run: Run, world: World, segment: Segment): Promise<Unwound> {
  const since = performance.now();
  const state: Unwinding = {
    run,
    world,
    segment,
    pending: new Map(),
    app: [],
    promised: new Set(),
    at: segment.last,
    last: undefined,
  };
  let ending: Ending;
  try {
    ending = await walkBack(state);
  } catch (cause) {
    if (cause instanceof Stopped && cause.reason === 'cancelled') throw cause;
    const { step } = plannedAt(state, state.at).analysed;
    const error = stopError(cause, run, `Rolling back "${step.name.value}"`, step.name.range);
    turnRed(state, state.at, 'fails', error, {});
    ending = { verdict: 'fails', error, reason: error.message };
  }
  if (state.at >= segment.first) leaveUnproven(state);
  const failed = state.app.some(({ ok }) => !ok);
  const { comparison = { drift: [], data: noData }, error, reason = '' } = ending;
  const told = error ?? state.app.find(({ ok }) => !ok)?.error;
  return {
    verdict: failed ? 'fails' : ending.verdict,
    from: plannedAt(state, segment.last).analysed.step.id,
    to: plannedAt(state, Math.max(state.at, segment.first)).analysed.step.id,
    drift: comparison.drift,
    data: comparison.data,
    app: state.app,
    error: told && withLine(told, run),
    reason: reason === '' && failed ? 'A live version of the application fails on the way.' : reason,
    ms: performance.now() - since,
    stopped: state.at >= segment.first ? state.at : undefined,
  };
}

async function walkBack(state: Unwinding): Promise<Ending> {
  const { run, segment } = state;
  state.last = await read(state);
  let comparison: Comparison = { drift: [], data: noData };
  for (; state.at >= segment.first; state.at--) {
    const { at } = state;
    const { step } = plannedAt(state, at).analysed;
    const before = segment.before[at];
    const { rollback } = stepAt(state, at);
    if (!before) continue;
    if (!rollback) return notProven(state);
    if (rollback.verdict === 'drifts' || rollback.verdict === 'fails') return stoppedBy(state, rollback);
    progress(run, segment.last + 1, `Rolling everything back: ${step.name.value}`);
    const isPromise = rollback.verdict === 'not_needed';
    if (!isPromise) {
      const error = await rollBack(state);
      if (error)
        return { verdict: 'fails', error, reason: `It stops at '${step.name.value}': ${error.message}` };
    }
    comparison = await compareWith(state, before);
    const drifted = judge(state, comparison, isPromise);
    if (drifted) return drifted;
    if (isPromise) state.promised.add(at);
    if (state.pending.size === 0) keepPromises(state);
  }
  keepPromises(state);
  return judgeEnd(state, comparison);
}

/** Runs the rollback of the step that it is at, and tells what the live versions did. */
async function rollBack(state: Unwinding): Promise<StatementError | undefined> {
  const { run, world, at } = state;
  const { analysed } = plannedAt(state, at);
  const name = analysed.step.name.value;
  const undone = await runRollback(run, world, analysed, 'unwound', `after the rollback of '${name}'`);
  if (undone.status === 'cancelled') throw new Stopped('cancelled');
  if (undone.status === 'failed') {
    const error = undone.error ?? ownError('It failed.', analysed.step.range);
    const reason = `Right after the step it restores; once the later steps are rolled back, it fails: ${error.message}`;
    const told = {
      ...error,
      message: `The rollback of '${name}' fails once the later steps are rolled back: ${error.message}`,
    };
    turnRed(state, at, 'fails', told, { error, reason });
    return error;
  }
  for (const one of undone.app) {
    const key = checkKey(one);
    if (one.ok || !one.error || state.segment.failing.told.has(key)) continue;
    state.segment.failing.told.add(key);
    state.app.push(one);
    turnRed(state, causeOf(state, one), undefined, one.error, {}, one);
  }
  return undefined;
}

/** A version that is live only since a later deploy was said to need no rollback fails by that step's doing. */
function causeOf({ at, segment, pending }: Unwinding, { version }: AppCheck): number {
  const expected = segment.before[at]?.live;
  return version === expected ? at : (pending.get('application') ?? at);
}

/** Nothing of these steps is left, or it is told what is. */
function keepPromises({ run, promised }: Unwinding): void {
  for (const at of promised) run.promises.set(at, true);
  promised.clear();
}

/** The steps were not reached that were to undo what these left. */
function leaveUnproven(state: Unwinding): void {
  const { run, promised, segment } = state;
  const name = plannedAt(state, state.at).analysed.step.name.value;
  for (let at = segment.first; at <= segment.last; at++)
    if ((promised.has(at) || at <= state.at) && run.promises.get(at) !== true)
      run.promises.set(at, `the unwinding stopped at '${name}'`);
}

async function compareWith(state: Unwinding, before: Snapshot): Promise<Comparison> {
  const now = await read(state);
  const comparison = compareSnapshots(before, now, state.world, { written: state.last });
  state.last = now;
  return comparison;
}

function read({ run, world }: Unwinding): Promise<Snapshot> {
  return world.guard.run(() => takeSnapshot(run, world), run.options.stepTimeout);
}

/** What is new among the differences is the doing of the step it is at, unless its rollback was said not to be needed. */
function judge(state: Unwinding, comparison: Comparison, isPromise: boolean): Ending | undefined {
  const { at, pending } = state;
  const found = keysOf(comparison);
  for (const key of [...pending.keys()]) if (!found.has(key)) pending.delete(key);
  const news = [...found.keys()].filter((key) => !pending.has(key));
  if (isPromise) {
    for (const key of news) pending.set(key, at);
    return undefined;
  }
  if (news.length === 0) return undefined;
  const name = plannedAt(state, at).analysed.step.name.value;
  const words = someOf(news.map((key) => found.get(key) ?? key));
  const reason = `Once the later steps are rolled back, the rollback of '${name}' does not restore what was there before: ${words}`;
  const error = ownError(reason, stepAt(state, at).rollback?.range);
  turnRed(state, at, 'drifts', error, { ...comparison, reason });
  return { verdict: 'drifts', comparison, error, reason };
}

/** What is left at the end was promised to go. */
function judgeEnd(state: Unwinding, comparison: Comparison): Ending {
  const verdict = verdictOf(comparison);
  if (verdict !== 'drifts') return { verdict, comparison };
  const found = keysOf(comparison);
  for (const owner of new Set(state.pending.values())) {
    const left = [...state.pending].filter(([key, at]) => at === owner && found.has(key));
    if (left.length === 0) continue;
    const name = plannedAt(state, owner).analysed.step.name.value;
    const words = someOf(left.map(([key]) => found.get(key) ?? key));
    const reason = `'${name}' says that it needs no rollback, but with all others done there is left: ${words}`;
    turnRed(state, owner, 'drifts', ownError(reason, stepAt(state, owner).rollback?.range), {
      ...comparison,
      reason,
    });
  }
  const reason = `Left at the end: ${someOf(leftBehind(comparison))}`;
  return {
    verdict,
    comparison,
    error: ownError(reason, plannedAt(state, state.segment.first).analysed.step.name.range),
    reason,
  };
}

/** Differences by what they are about, whichever state they are found against; with their words. */
function keysOf({ drift, data }: Comparison): Map<string, string> {
  const keys = new Map<string, string>();
  for (const { kind, object, message } of drift)
    if (kind === 'schema') keys.set(isSameWhatever(object) ? object : message, message);
  if (isSameData(data)) return keys;
  const words = leftBehind({ drift: [], data });
  const about = [
    ...data.lost.map(({ table, column }) => `lost ${table}.${column}`),
    ...data.added.map(({ table, column }) => `added ${table}.${column}`),
    ...data.missing.map(({ table }) => `missing ${table}`),
    ...data.unexpected.map(({ table }) => `unexpected ${table}`),
  ];
  for (const [at, key] of about.entries()) keys.set(key, words[at] ?? key);
  return keys;
}

/** What is told of it may change on the way without being another difference. */
function isSameWhatever(object: string): boolean {
  return object === 'application' || object.startsWith('position of ');
}

/** The proof of the step ended before its rollback was tried. */
function notProven(state: Unwinding): Ending {
  const { step } = plannedAt(state, state.at).analysed;
  const reason = `It stops at '${step.name.value}', whose rollback was not tried.`;
  return { verdict: 'fails', error: stepAt(state, state.at).error, reason };
}

function stoppedBy(state: Unwinding, { verdict, drift, data, error }: RollbackReport): Ending {
  const { step } = plannedAt(state, state.at).analysed;
  const why = verdict === 'fails' ? 'fails' : 'does not restore what was there before';
  return {
    verdict: verdict === 'fails' ? 'fails' : 'drifts',
    comparison: { drift, data },
    error: error ?? stepAt(state, state.at).error,
    reason: `It stops at '${step.name.value}', whose rollback ${why}.`,
  };
}

function turnRed(
  { run }: Unwinding,
  at: number,
  verdict: RollbackReport['verdict'] | undefined,
  error: StatementError,
  more: Partial<RollbackReport>,
  check?: AppCheck,
): void {
  const report = run.steps[at];
  if (!report) return;
  const { rollback } = report;
  run.steps[at] = {
    ...report,
    status: 'failed',
    error: report.error ?? withLine(error, run),
    rollback: rollback && { ...rollback, ...more, ...(verdict ? { verdict } : {}) },
    app: check ? [...report.app, check] : report.app,
  };
}

function stepAt({ run }: Unwinding, at: number): StepReport {
  return run.steps[at] as StepReport;
}

function plannedAt({ run }: Unwinding, at: number): PlannedStep {
  return run.planned[at] as PlannedStep;
}
