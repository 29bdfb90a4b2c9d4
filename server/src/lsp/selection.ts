import type { Position, SelectionRange } from 'vscode-languageserver';
import { selectionRanges } from '../features/selection.ts';
import type { Checked } from './analyses.ts';
import { toLspRange } from './convert.ts';

/** The answer to `textDocument/selectionRange`: one for each position. */
export function selectionsAt({ analysis, lines }: Checked, positions: readonly Position[]): SelectionRange[] {
  return positions.map((position) => {
    const ranges = selectionRanges(analysis, lines.offsetAt(position));
    const whole = ranges
      .toReversed()
      .reduce<SelectionRange | undefined>(
        (parent, range) => ({ range: toLspRange(range, lines), ...(parent && { parent }) }),
        undefined,
      );
    return whole ?? { range: { start: position, end: position } };
  });
}
