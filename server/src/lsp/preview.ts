import { preview } from '../features/preview.ts';
import type { Checked } from './analyses.ts';
import type { PreviewResult } from './protocol.ts';

/** The answer to `switchback/preview`. The library that draws is loaded when it is first asked for. */
export async function previewResult(checked: Checked | { readonly refused: string }): Promise<PreviewResult> {
  if ('refused' in checked) return checked;
  const { analysis, lines } = checked;
  if (analysis.kind !== 'plan') return { refused: 'Only a plan says how large its tables are.' };
  const found = preview(analysis);
  const steps = found.phases.flatMap((phase) => phase.steps);
  if (steps.length === 0) return { refused: 'The plan has no steps to tell the time of.' };
  const { timelineSvg } = await import('../features/timeline.ts');
  return {
    preview: found,
    lines: Object.fromEntries(steps.map(({ id, range }) => [id, lines.positionAt(range.start).line])),
    svg: timelineSvg(found),
  };
}
