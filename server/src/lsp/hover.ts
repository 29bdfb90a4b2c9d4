import { type Hover, type HoverParams, MarkupKind } from 'vscode-languageserver';
import { hover, settingsHover } from '../features/hover.ts';
import type { Checked } from './analyses.ts';
import { toLspRange } from './convert.ts';
import type { DocsOf } from './diagnostics.ts';
import type { SettingsText } from './settings-text.ts';

/** The answer to `textDocument/hover` in a plan or an SQL file. */
export function hoverAt(
  { analysis, lines }: Checked,
  { position }: HoverParams,
  docsOf: DocsOf,
): Hover | null {
  return toHover(hover(analysis, lines.offsetAt(position), { docsOf }), lines);
}

/** The same in a settings file. */
export function settingsHoverAt({ text, lines }: SettingsText, { position }: HoverParams, docsOf: DocsOf) {
  return toHover(settingsHover(text, lines.offsetAt(position), { docsOf }), lines);
}

function toHover(found: ReturnType<typeof hover>, lines: Checked['lines']): Hover | null {
  return (
    (found && {
      contents: { kind: MarkupKind.Markdown, value: found.markdown },
      range: toLspRange(found.range, lines),
    }) ??
    null
  );
}
