import type { Analysis } from '../analyze.ts';
import type { EffectClass } from '../effects/model.ts';
import type { Range } from '../text/range.ts';
import { type StepPreview, sums } from './preview.ts';
import { stepTimeWords, sumWords, waitWords, whoWaitsWords } from './preview-words.ts';
import { stepEntries } from './steps.ts';

/** A command above a line of the plan. */
export interface Lens {
  /** What it stands above. */
  readonly range: Range;
  /** run: a dry run. timing: what it costs production, which `timingTitle` tells once the lens is seen. */
  readonly kind: 'run' | 'timing';
  /** Empty for `timing`. */
  readonly title: string;
  /** The step that it is about; undefined for the whole plan. */
  readonly step: string | undefined;
}

/**
 * A dry run of the plan above its title, and of one step above each that has something to prove; beside it what the plan,
 * or a step that works in the database, costs production.
 */
export function lenses(analysis: Pick<Analysis, 'plan' | 'kind'>): Lens[] {
  const steps = stepEntries(analysis);
  if (steps.length === 0) return [];
  const { migration, range } = analysis.plan;
  const whole = migration?.range ?? { start: range.start, end: range.start };
  return [
    { range: whole, kind: 'run', title: 'Dry run', step: undefined },
    { range: whole, kind: 'timing', title: '', step: undefined },
    ...steps.flatMap(({ id, nameRange, action }): Lens[] => {
      if (action === 'wait') return [];
      const title = action === 'verify' ? 'Run up to here' : 'Prove this step';
      const run: Lens = { range: nameRange, kind: 'run', title, step: id };
      // What a query takes is hardly ever known; a deploy takes nothing of the database.
      const works = action === 'sql' || action === 'backfill';
      return works ? [run, { range: nameRange, kind: 'timing', title: '', step: id }] : [run];
    }),
  ];
}

/** `about 85 s-16 min · 10 d of soak · 6 steps lock for under a second` */
export function planTimingTitle(steps: readonly StepPreview[]): string {
  const isMeasured = steps.some(({ basis }) => basis === 'measured');
  const sum = sumWords(sums(steps)).replaceAll(', ', ' · ');
  const parts = [sum === '' ? 'no time' : sum, whoWaitsWords(steps), isMeasured ? 'from the dry run' : ''];
  return parts.filter((part) => part !== '').join(' · ');
}

/** `rewrite · 4-9 min · everybody waits for 4-9 min, 480k-1.1M requests` */
export function stepTimingTitle(step: StepPreview): string {
  const { class: kind, untold, worst, time, basis } = step;
  const waits = worst ? waitWords(worst) : 'nobody waits';
  const took = time && time.high < 1000 ? 'under a second' : stepTimeWords(step);
  const parts = [
    kind === undefined ? '' : classWords[kind],
    untold === '' ? (kind === 'instant' ? 'instant' : took) : 'time not told',
    waits,
    basis === 'measured' ? 'from the dry run' : '',
  ];
  return parts.filter((part) => part !== '').join(' · ');
}

const classWords: Readonly<Record<EffectClass, string>> = {
  instant: '',
  batched: 'batches',
  scan: 'scan',
  build: 'index build',
  rewrite: 'rewrite',
  unknown: '',
};
