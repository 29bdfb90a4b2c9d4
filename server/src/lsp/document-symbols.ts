import { type DocumentSymbol, SymbolKind } from 'vscode-languageserver';
import { type OutlineKind, type OutlineSymbol, outline } from '../features/symbols.ts';
import type { LineIndex } from '../text/line-index.ts';
import type { Checked } from './analyses.ts';
import { toLspRange } from './convert.ts';

/** The answer to `textDocument/documentSymbol`: the plan's outline. */
export function documentSymbols({ analysis, lines }: Checked): DocumentSymbol[] {
  return outline(analysis).map((symbol) => toDocumentSymbol(symbol, lines));
}

function toDocumentSymbol(symbol: OutlineSymbol, lines: LineIndex): DocumentSymbol {
  const { name, detail, kind, range, nameRange, children } = symbol;
  return {
    name,
    ...(detail && { detail }),
    kind: symbolKinds[kind],
    range: toLspRange(range, lines),
    selectionRange: toLspRange(nameRange, lines),
    children: children.map((child) => toDocumentSymbol(child, lines)),
  };
}

/** The protocol has no kinds for migrations; these have icons that can be told apart. */
const symbolKinds: Record<OutlineKind, SymbolKind> = {
  section: SymbolKind.Module,
  phase: SymbolKind.Namespace,
  version: SymbolKind.Package,
  entry: SymbolKind.String,
  step: SymbolKind.Null,
  sql: SymbolKind.Method,
  backfill: SymbolKind.Array,
  deploy: SymbolKind.Interface,
  verify: SymbolKind.Boolean,
  wait: SymbolKind.Event,
};
