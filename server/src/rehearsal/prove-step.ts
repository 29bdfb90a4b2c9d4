import { type Applied, applyStep, stopError } from './apply-step.ts';
import type { DataDigest } from './data-digest.ts';
import { Stopped } from './guard.ts';
import type { AppCheck, RollbackReport, StatementError, StepReport } from './model.ts';
import { ownError } from './place.ts';
import { noData } from './proof-results.ts';
import { halfUndone, leftBehind, someOf } from './proof-words.ts';
import { type Comparison, compareSnapshots, verdictOf } from './restore-verdict.ts';
import { type PlannedStep, progress, type Run, skippedStep, withLine } from './run.ts';
import { runRollback } from './run-rollback.ts';
import { checkVersions, holdLive, type Snapshot, takeSnapshot, type World, writeVersions } from './world.ts';

/** Statements of the application that fail by now, each told on the step that made it fail. */
export interface Failing {
  /** Those that fail with the steps so far. */
  now: ReadonlySet<string>;
  /** Those that were told at any time. */
  readonly told: Set<string>;
}

export interface ProvenStep {
  readonly report: StepReport;
  /** What was there before it. */
  readonly before: Snapshot | undefined;
  /** Whether the step itself was done: then only its proof can have gone wrong. */
  readonly isApplied: boolean;
  /** The database is not as the step leaves it: the proof ended elsewhere. */
  readonly isLost: boolean;
}

/** A step's proof as it comes along. */
interface Proof {
  readonly run: Run;
  readonly world: World;
  readonly planned: PlannedStep;
  readonly failing: Failing;
  report: StepReport;
  before: Snapshot | undefined;
  /** The rows after the step, before the application wrote. */
  applied: DataDigest | undefined;
  /** What is being done, for a message of a time limit. */
  doing: string;
  isApplied: boolean;
  isLost: boolean;
}

/**
 * Applies a step, lets the live versions try what they run and write rows, rolls it back, compares, and applies it
 * again. Whatever happens is in the report.
 */
export async function proveStep(run: Run, world: World, at: number, failing: Failing): Promise<ProvenStep> {
  const planned = run.planned[at] as PlannedStep;
  const proof: Proof = {
    run,
    world,
    planned,
    failing,
    report: skippedStep(run, planned),
    before: undefined,
    applied: undefined,
    doing: '',
    isApplied: false,
    isLost: false,
  };
  const since = performance.now();
  try {
    await prove(proof);
  } catch (cause) {
    proof.isLost = true;
    if (cause instanceof Stopped && cause.reason === 'cancelled')
      proof.report = { ...proof.report, status: 'cancelled' };
    else fail(proof, stopError(cause, run, proof.doing, planned.analysed.step.name.range));
  }
  const { before, isApplied, isLost } = proof;
  return { report: { ...proof.report, ms: performance.now() - since }, before, isApplied, isLost };
}

async function prove(proof: Proof): Promise<void> {
  const { run, world, planned, failing } = proof;
  const { step } = planned.analysed;
  const name = step.name.value;
  tell(proof, '');
  const { action } = step;
  const changes = action?.kind !== 'verify' && action?.kind !== 'wait';
  if (changes) {
    proof.before = await snapshot(proof, `Reading the state before "${name}"`);
    await guarded(proof, 'Preparing what the application runs', () => holdLive(run, world));
  }
  const failingBefore = failing.now;
  const from = world.live;
  const applied = await applyStep(run, world, planned.analysed, `The step "${name}"`);
  const { status, error, summary, statements, retries } = applied;
  proof.report = { ...proof.report, status, error, summary, statements, ...(retries > 0 && { retries }) };
  if (status !== 'passed') {
    proof.isLost = true;
    return;
  }
  proof.isApplied = true;
  if (!changes) return;
  const during = [from, world.live];
  tell(proof, 'trying what the application runs');
  await check(proof, during, 'applied', `after '${name}'`);
  tell(proof, 'the application writes');
  proof.applied = await write(proof, during);
  await proveRollback(proof, failingBefore, during);
}

async function proveRollback(
  proof: Proof,
  failingBefore: ReadonlySet<string>,
  during: readonly (string | undefined)[],
): Promise<void> {
  const { run, world, planned } = proof;
  const { step } = planned.analysed;
  const { rollback } = step;
  const name = step.name.value;
  if (rollback?.kind === 'impossible' || rollback?.kind === 'not_needed') {
    setRollback(proof, { verdict: rollback.kind, reason: rollback.reason.value });
    return;
  }
  const applied = await snapshot(proof, `Reading the state after "${name}"`);
  const isMissing = planned.analysed.rollback.every(({ action, statements, problems }) =>
    action.kind === 'sql' ? statements.length + problems.length === 0 : false,
  );
  if (isMissing) {
    judgeMissing(proof, compareSnapshots(proof.before as Snapshot, applied, world));
    return;
  }
  tell(proof, 'rolling back');
  const since = performance.now();
  proof.doing = `The rollback of "${name}"`;
  const undone = await runRollback(
    run,
    world,
    planned.analysed,
    'rolled_back',
    `after the rollback of '${name}'`,
  );
  const statements = undone.statements;
  if (undone.status === 'cancelled') throw new Stopped('cancelled');
  if (undone.status === 'failed') {
    proof.isLost = true;
    const { error = ownError('It failed.', rollback?.range) } = undone;
    setRollback(proof, { verdict: 'fails', error, statements, ms: undone.ms, reason: error.message });
    fail(proof, { ...error, message: `The rollback of '${name}' fails: ${error.message}` });
    if (!undone.isGone) await tellHalf(proof, applied);
    return;
  }
  const after = await snapshot(proof, `Reading the state after the rollback of "${name}"`);
  const comparison = compareSnapshots(proof.before as Snapshot, after, world, {
    applied: proof.applied ?? applied.data,
    written: applied,
  });
  const verdict = verdictOf(comparison);
  setRollback(proof, { ...comparison, verdict, statements, ms: performance.now() - since });
  if (verdict === 'drifts') {
    proof.isLost = true;
    failDrift(proof, `The rollback of '${name}' does not restore what was there before`, comparison);
    return;
  }
  // What failed before the step, or was told of it just now, is not told again.
  keep(proof, undone.app, new Set([...failingBefore, ...proof.failing.now]));
  await applyAgain(proof, applied, during);
}

/** How far a rollback came that failed: outside a transaction, what it did by then stays. */
async function tellHalf(proof: Proof, applied: Snapshot): Promise<void> {
  const { world, planned } = proof;
  const after = await snapshot(
    proof,
    `Reading what the rollback of "${planned.analysed.step.name.value}" left`,
  );
  const before = proof.before as Snapshot;
  const left = compareSnapshots(before, after, world, {
    applied: proof.applied ?? applied.data,
    written: applied,
  });
  const reason = halfUndone(compareSnapshots(before, applied, world), left);
  setRollback(proof, { ...left, reason });
}

async function applyAgain(
  proof: Proof,
  first: Snapshot,
  during: readonly (string | undefined)[],
): Promise<void> {
  const { run, world, planned } = proof;
  const name = planned.analysed.step.name.value;
  tell(proof, 'applying it again');
  const applied: Applied = await applyStep(run, world, planned.analysed, `Applying "${name}" again`);
  if (applied.status === 'cancelled') throw new Stopped('cancelled');
  if (applied.status === 'failed') {
    proof.isLost = true;
    const { error = ownError('It failed.', planned.analysed.step.range) } = applied;
    const reason = `After its rollback the step cannot be applied again: ${error.message}`;
    setRollback(proof, { verdict: 'fails', reapplied: false, error, reason });
    fail(proof, {
      ...error,
      message: `After its rollback '${name}' cannot be applied again: ${error.message}`,
    });
    return;
  }
  const second = await snapshot(proof, `Reading the state after "${name}" was applied again`);
  // What the application wrote in between is there, and sequences stand further on.
  const { data, sequences } = first;
  const { drift } = compareSnapshots(first, { ...second, data, sequences }, world);
  setRollback(proof, { reapplied: true });
  if (drift.some(({ kind }) => kind === 'schema')) {
    proof.isLost = true;
    setRollback(proof, { verdict: 'drifts', drift });
    const what = `'${name}', applied again after its rollback, does not leave what it left at first`;
    failDrift(proof, what, { drift, data: noData });
    return;
  }
  await check(proof, during, 'reapplied', `after '${name}' was applied again`);
  await write(proof, [world.live]);
}

/** Nothing rolls the step back: what it changed stays. The database is as the step leaves it. */
function judgeMissing(proof: Proof, comparison: Comparison): void {
  const verdict = verdictOf(comparison);
  if (verdict !== 'drifts') {
    setRollback(proof, {
      ...comparison,
      verdict,
      reason: 'It has no rollback, and changed nothing that would need one.',
    });
    return;
  }
  setRollback(proof, { ...comparison, verdict });
  failDrift(proof, 'Nothing rolls this step back, and it leaves', comparison);
}

function setRollback(proof: Proof, more: Partial<RollbackReport>): void {
  const { run, planned, report } = proof;
  const { step } = planned.analysed;
  const range = step.rollback?.range ?? step.name.range;
  const base: RollbackReport = report.rollback ?? {
    verdict: 'restores',
    drift: [],
    data: noData,
    reapplied: undefined,
    error: undefined,
    reason: '',
    ms: 0,
    statements: [],
    range,
    line: run.lines.positionAt(range.start).line,
  };
  proof.report = { ...report, rollback: { ...base, ...more } };
}

function failDrift(proof: Proof, what: string, comparison: Comparison): void {
  const reason = `${what}: ${someOf(leftBehind(comparison))}`;
  setRollback(proof, { reason });
  fail(proof, ownError(reason, proof.report.rollback?.range));
}

/** The step is red; the first reason is the one that is told with it. */
function fail(proof: Proof, error: StatementError): void {
  const { report, run } = proof;
  proof.report = { ...report, status: 'failed', error: report.error ?? withLine(error, run) };
}

function tell({ run, planned }: Proof, doing: string): void {
  const { step } = planned.analysed;
  const at = run.planned.indexOf(planned) + 1;
  progress(run, at, doing === '' ? step.name.value : `${step.name.value}: ${doing}`);
}

async function guarded<T>(proof: Proof, doing: string, work: () => Promise<T>): Promise<T> {
  proof.doing = doing;
  return proof.world.guard.run(work, proof.run.options.stepTimeout);
}

function snapshot(proof: Proof, doing: string): Promise<Snapshot> {
  return guarded(proof, doing, () => takeSnapshot(proof.run, proof.world));
}

async function check(
  proof: Proof,
  names: readonly (string | undefined)[],
  at: AppCheck['at'],
  when: string,
): Promise<void> {
  const { run, world, failing } = proof;
  const doing = `Trying what the application runs ${when}`;
  const checks = await guarded(proof, doing, () => checkVersions(run, world, names, at, when));
  keep(proof, checks, failing.now);
  failing.now = new Set(checks.filter(({ ok }) => !ok).map(checkKey));
}

/** Takes checks into the report, but for failures that are known; the first new one is the step's error. */
function keep(proof: Proof, checks: readonly AppCheck[], known: ReadonlySet<string>): void {
  const news = checks.filter((one) => one.ok || !known.has(checkKey(one)));
  proof.report = { ...proof.report, app: [...proof.report.app, ...news] };
  for (const one of news) {
    if (one.ok || !one.error) continue;
    proof.failing.told.add(checkKey(one));
    fail(proof, one.error);
  }
}

/** A statement of a version, whatever became of it. */
export function checkKey({ version, range }: Pick<AppCheck, 'version' | 'range'>): string {
  return `${version} ${range.start}`;
}

function write(proof: Proof, names: readonly (string | undefined)[]): Promise<DataDigest | undefined> {
  return guarded(proof, 'Writing rows as the application does', () =>
    writeVersions(proof.run, proof.world, names),
  );
}
