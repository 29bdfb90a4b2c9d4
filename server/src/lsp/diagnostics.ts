import { createHash } from 'node:crypto';
import {
  type Diagnostic,
  type DocumentDiagnosticParams,
  type DocumentDiagnosticReport,
  DocumentDiagnosticReportKind,
} from 'vscode-languageserver';
import type { Checked } from './analyses.ts';
import { toDiagnostic } from './convert.ts';

/** Rule pages: the page of a rule, undefined for the code of a problem that has none. */
export type DocsOf = (rule: string) => string | undefined;

/** All findings of a document as diagnostics, in the order of their places. */
export function diagnosticsOf({ uri, analysis, lines }: Checked, docsOf: DocsOf): Diagnostic[] {
  return analysis.findings.map((finding) => toDiagnostic(finding, { uri, lines, docsOf }));
}

/**
 * The answer to `textDocument/diagnostic`. The result's id is a digest of the diagnostics themselves, so that a
 * client that holds the same ones is told `unchanged` whatever was edited around them.
 */
export function diagnosticReport(
  diagnostics: readonly Diagnostic[],
  { previousResultId }: Pick<DocumentDiagnosticParams, 'previousResultId'>,
): DocumentDiagnosticReport {
  const resultId = createHash('sha256').update(JSON.stringify(diagnostics)).digest('base64url').slice(0, 22);
  return resultId === previousResultId
    ? { kind: DocumentDiagnosticReportKind.Unchanged, resultId }
    : { kind: DocumentDiagnosticReportKind.Full, resultId, items: [...diagnostics] };
}
