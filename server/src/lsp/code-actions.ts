import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type Diagnostic,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import type { Finding, Fix } from '../rules/model.ts';
import type { Range, TextEdit } from '../text/range.ts';
import type { Checked } from './analyses.ts';
import { toLspRange } from './convert.ts';
import { type DocsOf, diagnosticsOf } from './diagnostics.ts';

/** Applies all safe fixes at once: on request, or on save where the user's settings say so. */
export const fixAllKind = `${CodeActionKind.SourceFixAll}.switchback`;

/** The answer to `textDocument/codeAction`. */
export function codeActions(
  checked: Checked,
  { range, context }: CodeActionParams,
  docsOf: DocsOf,
): CodeAction[] {
  const wanted = (kind: string) =>
    context.only === undefined || context.only.some((only) => kind === only || kind.startsWith(`${only}.`));
  const { findings } = checked.analysis;
  const actions: CodeAction[] = [];
  if (wanted(CodeActionKind.QuickFix)) {
    const diagnostics = diagnosticsOf(checked, docsOf);
    const asked = {
      start: checked.lines.offsetAt(range.start),
      end: checked.lines.offsetAt(range.end),
    };
    findings.forEach((finding, index) => {
      const diagnostic = diagnostics[index];
      if (diagnostic && touches(finding.range, asked))
        actions.push(...quickFixes(checked, finding, diagnostic));
    });
  }
  // Unasked, the list of quick fixes under the cursor stays short.
  if (context.only !== undefined && wanted(fixAllKind)) {
    const edits = allSafeEdits(findings);
    if (edits.length > 0)
      actions.push({
        title: 'Apply all safe Switchback fixes',
        kind: fixAllKind,
        edit: workspaceEdit(checked, edits),
      });
  }
  return actions;
}

function quickFixes(checked: Checked, finding: Finding, diagnostic: Diagnostic): CodeAction[] {
  const preferred = finding.fixes.find(({ safe }) => safe);
  return finding.fixes.map((fix) => ({
    title: fix.title,
    kind: CodeActionKind.QuickFix,
    diagnostics: [diagnostic],
    ...(fix === preferred && { isPreferred: true }),
    edit: workspaceEdit(checked, fix.edits),
  }));
}

/** For the version that was analysed: a client whose text went on meanwhile refuses the edit. */
function workspaceEdit({ uri, version, lines }: Checked, edits: readonly TextEdit[]): WorkspaceEdit {
  return {
    documentChanges: [
      {
        textDocument: { uri, version },
        edits: edits.map(({ range, newText }) => ({ range: toLspRange(range, lines), newText })),
      },
    ],
  };
}

/**
 * The first safe fix of every finding, from the top; one that would touch an edit already taken waits for the
 * next time, when the findings are those of the new text.
 */
export function allSafeEdits(findings: readonly Finding[]): TextEdit[] {
  const taken: TextEdit[] = [];
  for (const { fixes } of findings) {
    const fix: Fix | undefined = fixes.find(({ safe }) => safe);
    const free = fix?.edits.every(({ range }) => !taken.some((other) => touches(other.range, range)));
    if (fix && free) taken.push(...fix.edits);
  }
  return taken;
}

/** Whether two ranges share a character or a border. */
function touches(a: Range, b: Range): boolean {
  return a.start <= b.end && b.start <= a.end;
}
