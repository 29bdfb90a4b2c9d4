import type { Analysis } from '../analyze.ts';
import type { Range } from '../text/range.ts';
import { stepEntries } from './steps.ts';

/** A command above a line of the plan. */
export interface Lens {
  /** What it stands above. */
  readonly range: Range;
  readonly title: string;
  /** The step that it proves; undefined for the whole plan. */
  readonly step: string | undefined;
}

/** A dry run of the plan above its title, and of one step above each that has something to prove. */
export function lenses(analysis: Pick<Analysis, 'plan' | 'kind'>): Lens[] {
  const steps = stepEntries(analysis);
  if (steps.length === 0) return [];
  const { migration, range } = analysis.plan;
  return [
    {
      range: migration?.range ?? { start: range.start, end: range.start },
      title: 'Dry run',
      step: undefined,
    },
    ...steps.flatMap(({ id, nameRange, action }) =>
      action === 'wait'
        ? []
        : { range: nameRange, title: action === 'verify' ? 'Run up to here' : 'Prove this step', step: id },
    ),
  ];
}
