import type { Located, Range } from '../text/range.ts';
import type { PlanProblem, Step } from './model.ts';
import type { Reading } from './read-action.ts';
import { readStep } from './read-step.ts';

/** A step as it was read, but for the id, which depends on the steps before it. */
export interface StepReading {
  readonly id: StepId;
  /** The same step for the same id. */
  withId(id: string): Step;
}

/** What a step says about its id. */
export interface StepId {
  readonly written: Located<string> | undefined;
  /** The id made from its name, for a step without one; else empty. */
  readonly fromName: string;
  /** Where the id stands, or the name that it is made from. */
  readonly place: Range;
}

export type ReadStep = (reading: Reading, node: unknown) => StepReading;

interface Kept {
  readonly reading: StepReading;
  readonly problems: readonly PlanProblem[];
}

/** Reads steps, each node once: a step that did not change, and did not move, stays the same object. */
export function createStepReader(): ReadStep {
  const known = new WeakMap<object, Kept>();
  return (reading, node) => {
    const kept = typeof node === 'object' && node !== null ? known.get(node) : undefined;
    if (kept) {
      for (const problem of kept.problems) reading.report(problem);
      return kept.reading;
    }
    const problems: PlanProblem[] = [];
    let ownText = true;
    const step = readStep(
      {
        nodes: reading.nodes,
        readFile(path) {
          // The file may change while the step does not.
          ownText = false;
          return reading.readFile(path);
        },
        report(problem) {
          problems.push(problem);
          reading.report(problem);
        },
      },
      node,
    );
    const made = { reading: stepReading(step), problems };
    if (ownText && typeof node === 'object' && node !== null) known.set(node, made);
    return made.reading;
  };
}

function stepReading(step: ReturnType<typeof readStep>): StepReading {
  let last: Step | undefined;
  const { id, name } = step;
  const fromName = id ? '' : idFrom(name.value);
  return {
    id: { written: id, fromName, place: id?.range ?? name.range },
    withId(wanted) {
      if (last?.id !== wanted) last = { ...step, id: wanted };
      return last;
    },
  };
}

function idFrom(name: string): string {
  // Of ASCII there is nothing to take apart.
  const plain = /^[\x20-\x7e]*$/.test(name) ? name : name.normalize('NFKD');
  const words = plain
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return /^[a-z]/.test(words) ? words : `step_${words}`.replace(/_$/, '');
}
