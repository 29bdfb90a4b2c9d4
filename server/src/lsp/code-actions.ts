import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type Diagnostic,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import { safeFixes, touches } from '../rules/fix-all.ts';
import type { Finding } from '../rules/model.ts';
import type { TextEdit } from '../text/range.ts';
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
    const edits = safeFixes(findings).flatMap(({ fix }) => fix.edits);
    if (edits.length > 0)
      actions.push({
        title: 'Fix all safe Switchback findings',
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
