import {
  type Diagnostic,
  DiagnosticSeverity,
  DiagnosticTag,
  type Range as LspRange,
  type TextEdit as LspTextEdit,
  type WorkspaceEdit,
} from 'vscode-languageserver';
import type { Finding, Severity } from '../rules/model.ts';
import type { LineIndex } from '../text/line-index.ts';
import type { Range, TextEdit } from '../text/range.ts';
import type { Checked } from './analyses.ts';

/** Named in the Problems panel beside each finding. */
export const diagnosticSource = 'switchback';

/** A span of offsets as lines and characters. */
export function toLspRange(range: Range, lines: LineIndex): LspRange {
  return { start: lines.positionAt(range.start), end: lines.positionAt(range.end) };
}

export function toLspTextEdits(edits: readonly TextEdit[], lines: LineIndex): LspTextEdit[] {
  return edits.map(({ range, newText }) => ({ range: toLspRange(range, lines), newText }));
}

/** For the version that was analysed: a client whose text went on meanwhile refuses the edit. */
export function workspaceEdit(
  { uri, version, lines }: Pick<Checked, 'uri' | 'version' | 'lines'>,
  edits: readonly TextEdit[],
): WorkspaceEdit {
  return { documentChanges: [{ textDocument: { uri, version }, edits: toLspTextEdits(edits, lines) }] };
}

/** What a finding needs besides itself to become a diagnostic. */
export interface DiagnosticContext {
  readonly uri: string;
  readonly lines: LineIndex;
  /** The page that explains a rule; undefined where there is none. */
  docsOf(rule: string): string | undefined;
}

/** A finding as the protocol's diagnostic. */
export function toDiagnostic(finding: Finding, { uri, lines, docsOf }: DiagnosticContext): Diagnostic {
  const href = docsOf(finding.rule);
  return {
    range: toLspRange(finding.range, lines),
    severity: severities[finding.severity],
    code: finding.rule,
    ...(href !== undefined && { codeDescription: { href } }),
    source: diagnosticSource,
    message: finding.message,
    ...(finding.tags.length > 0 && { tags: finding.tags.map((tag) => tags[tag]) }),
    ...(finding.related.length > 0 && {
      relatedInformation: finding.related.map(({ message, range }) => ({
        message,
        location: { uri, range: toLspRange(range, lines) },
      })),
    }),
  };
}

const severities: Record<Severity, DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  info: DiagnosticSeverity.Information,
};

const tags: Record<Finding['tags'][number], DiagnosticTag> = { unnecessary: DiagnosticTag.Unnecessary };
