import { estimates } from '../features/estimates.ts';
import type { PreviewOptions } from '../features/preview.ts';
import type { Checked } from './analyses.ts';
import { workspaceEdit } from './convert.ts';
import type { EstimatesResult } from './protocol.ts';

/** The answer to `switchback/estimates`. */
export function estimatesResult(checked: Checked | undefined, options: PreviewOptions): EstimatesResult {
  if (!checked) return { refused: 'The file is not open any more.' };
  const { edits, written, left, basis } = estimates(checked.analysis, options);
  if (edits.length > 0) return { edit: workspaceEdit(checked, edits), written: written.length, left, basis };
  if (left.length > 0)
    return {
      refused: `The estimate of ${left.join(', ')} cannot be written without changing something else, such as an anchor.`,
    };
  return { refused: 'Nothing to write: no time is known that the estimates do not say already.' };
}
