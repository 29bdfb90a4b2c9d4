import { type FoldingRange, FoldingRangeKind } from 'vscode-languageserver';
import { folds } from '../features/folding.ts';

/** The answer to `textDocument/foldingRange`. */
export function foldingRanges(text: string): FoldingRange[] {
  return folds(text).map(({ startLine, endLine, kind }) => ({
    startLine,
    endLine,
    ...(kind === 'comment' && { kind: FoldingRangeKind.Comment }),
  }));
}
