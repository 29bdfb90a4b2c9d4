import {
  type CodeAction,
  CodeActionKind,
  type CodeActionParams,
  type Diagnostic,
} from 'vscode-languageserver';
import { estimateActions, writeEstimates } from '../features/estimates.ts';
import type { PreviewOptions } from '../features/preview.ts';
import { insertMissingRollbacks, type StepAction, stepActions } from '../features/step-actions.ts';
import { safeFixes, touches } from '../rules/fix-all.ts';
import type { Finding } from '../rules/model.ts';
import { rollbackMissing } from '../rules/rollbacks/rollback-missing.ts';
import type { Checked } from './analyses.ts';
import { workspaceEdit } from './convert.ts';
import { type DocsOf, diagnosticsOf } from './diagnostics.ts';
import { type SilenceContext, silenceActions } from './silence.ts';

/** Applies all safe fixes at once: on request, or on save where the user's settings say so. */
export const fixAllKind = `${CodeActionKind.SourceFixAll}.switchback`;

/** Writes all missing rollbacks that lose nothing. Not below `source.fixAll`, which makes those edits too. */
export const insertRollbacksKind = `${CodeActionKind.Source}.insertRollbacks.switchback`;

/** Writes what is predicted into the `estimate` of every step. */
export const writeEstimatesKind = `${CodeActionKind.Source}.writeEstimates.switchback`;

/** The answer to `textDocument/codeAction`. */
export function codeActions(
  checked: Checked,
  { range, context }: CodeActionParams,
  docsOf: DocsOf,
  silence: SilenceContext,
  timing: PreviewOptions,
): CodeAction[] {
  const wanted = (kind: string) =>
    context.only === undefined || context.only.some((only) => kind === only || kind.startsWith(`${only}.`));
  const { findings } = checked.analysis;
  const actions: CodeAction[] = [];
  const asked = {
    start: checked.lines.offsetAt(range.start),
    end: checked.lines.offsetAt(range.end),
  };
  if (wanted(CodeActionKind.QuickFix)) {
    const diagnostics = diagnosticsOf(checked, docsOf);
    const here = findings.flatMap((finding, index) => {
      const diagnostic = diagnostics[index];
      return diagnostic && touches(finding.range, asked) ? [{ finding, diagnostic }] : [];
    });
    actions.push(
      ...here.flatMap(({ finding, diagnostic }) => quickFixes(checked, finding, diagnostic)),
      ...allRollbacks(
        checked,
        here.map(({ finding }) => finding),
      ),
      ...silenceOnce(
        here.flatMap(({ finding, diagnostic }) => silenceActions(checked, finding, diagnostic, silence)),
      ),
    );
  }
  if (wanted(CodeActionKind.RefactorRewrite)) {
    const rewrites = [
      ...stepActions(checked.analysis, asked),
      ...estimateActions(checked.analysis, asked, timing),
    ];
    actions.push(...rewrites.map((one) => codeAction(checked, one, CodeActionKind.RefactorRewrite)));
  }
  if (context.only !== undefined && wanted(insertRollbacksKind)) {
    const insert = insertMissingRollbacks(checked.analysis);
    if (insert) actions.push(codeAction(checked, insert, insertRollbacksKind));
  }
  if (context.only !== undefined && wanted(writeEstimatesKind)) {
    const write = writeEstimates(checked.analysis, timing);
    if (write) actions.push(codeAction(checked, write, writeEstimatesKind));
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

function codeAction(checked: Checked, { title, edits }: StepAction, kind: string): CodeAction {
  return { title, kind, edit: workspaceEdit(checked, edits) };
}

/** At one missing rollback, all of them, where there are others. */
function allRollbacks(checked: Checked, here: readonly Finding[]): readonly CodeAction[] {
  const isMissing = ({ rule }: Finding) => rule === rollbackMissing.id;
  if (!here.some(isMissing) || checked.analysis.findings.filter(isMissing).length < 2) return [];
  const insert = insertMissingRollbacks(checked.analysis);
  return insert ? [codeAction(checked, insert, CodeActionKind.QuickFix)] : [];
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
