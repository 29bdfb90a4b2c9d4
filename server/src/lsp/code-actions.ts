import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type Diagnostic,
} from 'vscode-languageserver';
import { safeFixes, touches } from '../rules/fix-all.ts';
import type { Finding } from '../rules/model.ts';
import type { Checked } from './analyses.ts';
import { workspaceEdit } from './convert.ts';
import { type DocsOf, diagnosticsOf } from './diagnostics.ts';
import { type SilenceContext, silenceActions } from './silence.ts';

/** Applies all safe fixes at once: on request, or on save where the user's settings say so. */
export const fixAllKind = `${CodeActionKind.SourceFixAll}.switchback`;

/** The answer to `textDocument/codeAction`. */
export function codeActions(
  checked: Checked,
  { range, context }: CodeActionParams,
  docsOf: DocsOf,
  silence: SilenceContext,
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
    const here = findings.flatMap((finding, index) => {
      const diagnostic = diagnostics[index];
      return diagnostic && touches(finding.range, asked) ? [{ finding, diagnostic }] : [];
    });
    actions.push(
      ...here.flatMap(({ finding, diagnostic }) => quickFixes(checked, finding, diagnostic)),
      ...silenceOnce(
        here.flatMap(({ finding, diagnostic }) => silenceActions(checked, finding, diagnostic, silence)),
      ),
    );
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

/** Two findings of one rule at one place are silenced by one entry. */
function silenceOnce(actions: readonly CodeAction[]): CodeAction[] {
  return [...new Map(actions.map((action) => [action.title, action])).values()];
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
