import { type PreviewOptions, preview } from '../features/preview.ts';
import { withTimeline } from '../features/timing.ts';
import type { Checked } from './analyses.ts';
import type { PreviewResult, ToldPreview } from './protocol.ts';

/** The answer to `switchback/preview`. */
export async function previewResult(
  checked: Checked | { readonly refused: string },
  options: PreviewOptions,
): Promise<PreviewResult> {
  if ('refused' in checked) return checked;
  if (checked.analysis.kind !== 'plan') return { refused: 'Only a plan says how large its tables are.' };
  return (await toldPreview(checked, options)) ?? { refused: 'The plan has no steps to tell the time of.' };
}

/** The preview of a plan as a page shows it; undefined where it has no steps. */
export async function toldPreview(
  { analysis, lines }: Pick<Checked, 'analysis' | 'lines'>,
  options: PreviewOptions = {},
): Promise<ToldPreview | undefined> {
  const found = preview(analysis, options);
  const steps = found.phases.flatMap((phase) => phase.steps);
  if (steps.length === 0) return undefined;
  return {
    ...(await withTimeline(found)),
    lines: Object.fromEntries(steps.map(({ id, range }) => [id, lines.positionAt(range.start).line])),
  };
}
