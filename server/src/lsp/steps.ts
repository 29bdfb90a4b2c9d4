import { stepEntries } from '../features/steps.ts';
import type { Checked } from './analyses.ts';
import { toLspRange } from './convert.ts';
import type { StepsResult } from './protocol.ts';

/** The answer to `switchback/steps`. */
export function stepItems(checked: Checked | { readonly refused: string }): StepsResult {
  if ('refused' in checked) return checked;
  const { analysis, lines } = checked;
  return {
    plan: analysis.plan.migration?.value ?? '',
    steps: stepEntries(analysis).map(({ nameRange, ...step }) => ({
      ...step,
      range: toLspRange(nameRange, lines),
    })),
  };
}
