import type { Analysis } from '../analyze.ts';
import { setStepKey } from '../plan/edit.ts';
import { parseDurationRange } from '../plan/values.ts';
import { touches } from '../rules/fix-all.ts';
import type { StepAnalysis } from '../rules/model.ts';
import type { Range, TextEdit } from '../text/range.ts';
import { estimateText } from '../timing/format.ts';
import type { Basis } from '../timing/model.ts';
import { createStepPreviews, type PreviewOptions } from './preview.ts';
import type { StepAction } from './step-actions.ts';

/** `estimate` set to the predicted time, step by step. */
export interface Estimates {
  /** They do not overlap; none where every estimate is what is predicted. */
  readonly edits: readonly TextEdit[];
  /** Ids of the steps that they change. */
  readonly written: readonly string[];
  /** Ids of the steps whose estimate cannot be written without touching something else, such as an anchor. */
  readonly left: readonly string[];
  /** measured: at least one of them comes from what a dry run took. */
  readonly basis: Basis;
}

/** Writes what is predicted of every step of which that is known. */
export function estimates(analysis: Analysis, options?: PreviewOptions): Estimates {
  const set = estimateSetter(analysis, options);
  const all = analysis.kind === 'plan' ? analysis.steps.flatMap((step) => set(step) ?? []) : [];
  const done = all.filter(({ edits }) => edits !== undefined);
  return {
    edits: done.flatMap(({ edits }) => edits ?? []),
    written: done.map(({ id }) => id),
    left: all.filter(({ edits }) => edits === undefined).map(({ id }) => id),
    basis: done.some(({ basis }) => basis === 'measured') ? 'measured' : 'sizes',
  };
}

/** The same as an action on the plan; undefined where nothing changes. */
export function writeEstimates(analysis: Analysis, options?: PreviewOptions): StepAction | undefined {
  const { edits, written, basis } = estimates(analysis, options);
  if (edits.length === 0) return undefined;
  const steps = written.length === 1 ? '1 step' : `${written.length} steps`;
  return { title: `Write the predicted time into ${steps}, ${sources[basis]}`, edits };
}

/** On the steps that a range touches: their `estimate` set to what is predicted. */
export function estimateActions(
  analysis: Analysis,
  range: Range,
  options?: PreviewOptions,
): readonly StepAction[] {
  if (analysis.kind !== 'plan') return [];
  const set = estimateSetter(analysis, options);
  return analysis.steps
    .filter(({ step }) => touches(step.range, range))
    .flatMap((step) => {
      const found = set(step);
      if (!found?.edits) return [];
      return { title: `Set the estimate to ${found.text}, ${sources[found.basis]}`, edits: found.edits };
    });
}

const sources: Readonly<Record<Basis, string>> = {
  measured: 'from what the dry run took',
  sizes: 'from the sizes in the plan alone',
};

interface Setting {
  readonly id: string;
  readonly text: string;
  readonly basis: Basis;
  /** Undefined where they would touch something else. */
  readonly edits: readonly TextEdit[] | undefined;
}

/** Undefined for a step whose time is not known, or whose estimate says what is predicted. */
function estimateSetter(
  analysis: Analysis,
  options?: PreviewOptions,
): (step: StepAnalysis) => Setting | undefined {
  const previewOf = createStepPreviews(analysis, options);
  return (analysed) => {
    const { step } = analysed;
    const { time, basis } = previewOf(analysed) ?? {};
    if (!time || !basis) return undefined;
    const text = estimateText(time);
    const [wanted, present] = [parseDurationRange(text), step.estimate?.value];
    if (present && wanted && present.min === wanted.min && present.max === wanted.max) return undefined;
    return { id: step.id, text, basis, edits: setStepKey(analysis.text, step, 'estimate', text) };
  };
}
