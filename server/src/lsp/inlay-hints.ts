import type { InlayHint, InlayHintParams } from 'vscode-languageserver';
import { hints } from '../features/hints.ts';
import type { Checked } from './analyses.ts';

/** The answer to `textDocument/inlayHint`: what each statement locks and how long it takes, behind it. */
export function inlayHints({ analysis, lines }: Checked, { range }: InlayHintParams): InlayHint[] {
  const asked = { start: lines.offsetAt(range.start), end: lines.offsetAt(range.end) };
  return hints(analysis, asked).map(({ at, label, tooltip }) => ({
    position: lines.positionAt(at),
    label,
    tooltip,
    paddingLeft: true,
  }));
}
