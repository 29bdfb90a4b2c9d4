import type { Finding } from '../../rules/model.ts';
import { createLineIndex, type LineIndex } from '../../text/line-index.ts';
import type { Range } from '../../text/range.ts';
import type { CheckedFile } from '../result.ts';
import { docsUri } from '../rule-docs.ts';

/** `check --format json`; its shape is described in server/docs/terminal.md. */
export function formatJson(files: readonly CheckedFile[], packageRoot: string): string {
  const report = {
    files: files.map((file) => {
      const lines = createLineIndex(file.text);
      return {
        path: file.path,
        usable: file.usable,
        fixed: (file.fixed ?? []).map(({ rule, step, title }) => ({ rule, title, step: step ?? null })),
        findings: file.findings.map((finding) => jsonFinding(finding, lines, packageRoot)),
      };
    }),
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function jsonFinding(finding: Finding, lines: LineIndex, packageRoot: string) {
  const { rule, severity, message, related, fixes, tags } = finding;
  return {
    rule,
    severity,
    message,
    range: jsonRange(finding.range, lines),
    step: finding.step ?? null,
    docs: docsUri(rule, packageRoot),
    fixes: fixes.map(({ title, safe, edits }) => ({
      title,
      safe,
      edits: edits.map(({ range, newText }) => ({ range: jsonRange(range, lines), newText })),
    })),
    related: related.map(({ message: text, range }) => ({ message: text, range: jsonRange(range, lines) })),
    tags,
  };
}

/** A range as the Language Server Protocol has it: zero-based lines, UTF-16 characters. */
export function jsonRange({ start, end }: Range, lines: LineIndex) {
  return { start: lines.positionAt(start), end: lines.positionAt(end) };
}
