import type { StepReport } from './model.ts';
import type { Run } from './run.ts';

/** What needs no rollback by the plan's word alone is told from what was proven. */
export function markPromises(run: Run): void {
  for (const [at, step] of run.steps.entries()) {
    const { rollback } = step;
    if (rollback?.verdict !== 'not_needed') continue;
    const found = run.promises.get(at) ?? run.notUnwound;
    const told =
      found === true
        ? { proven: true }
        : {
            proven: false,
            reason: `Not proven: ${found.replace(/\.$/, '')}. The plan says: ${rollback.reason}`,
          };
    run.steps[at] = { ...step, rollback: { ...rollback, ...told } };
  }
}

/**
 * Where one stopped at a step, the last step before it from which another one proves a `not_needed` that none has yet: in
 * a database in which the steps at which they stop were never done.
 */
export function nextUnwinding({ steps, promises }: Run, first: number, stopped: number): number | undefined {
  const isOpen = (at: number) => steps[at]?.rollback?.verdict === 'not_needed' && promises.get(at) !== true;
  let last = stopped - 1;
  for (let at = last; at >= first; at--) {
    if (isOpen(at)) return last;
    if (isBroken(steps[at])) last = at - 1;
  }
  return undefined;
}

/** The last step up to one at which a roll-back stops: what was there before it, or before those before it, is not asked for. */
export function lastBroken({ steps }: Run, last: number): number {
  let at = last;
  while (at >= 0 && !isBroken(steps[at])) at--;
  return at;
}

function isBroken(step: StepReport | undefined): boolean {
  const { rollback, status } = step ?? {};
  return rollback ? rollback.verdict === 'drifts' || rollback.verdict === 'fails' : status === 'failed';
}
