import type { Finding, Severity } from '../../rules/model.ts';
import { createLineIndex } from '../../text/line-index.ts';
import type { CheckedFile } from '../result.ts';
import { fingerprints } from './fingerprint.ts';
import { reportPath } from './path.ts';

/** GitLab's Code Quality report: a list of issues, as the job's `codequality` artifact. */
export function formatGitlab(files: readonly CheckedFile[], cwd: string): string {
  const issues = files.flatMap((file) => {
    const path = reportPath(file.path, cwd);
    const lines = createLineIndex(file.text);
    const prints = fingerprints(file, path);
    return file.findings.map((finding, index) => {
      const start = lines.positionAt(finding.range.start);
      const end = lines.positionAt(Math.max(finding.range.start, lastCharacter(finding)));
      return {
        description: finding.message,
        check_name: finding.rule,
        fingerprint: prints[index],
        severity: severities[finding.severity],
        location: { path, lines: { begin: start.line + 1, end: end.line + 1 } },
      };
    });
  });
  return `${JSON.stringify(issues, null, 2)}\n`;
}

const severities: Readonly<Record<Severity, string>> = { error: 'major', warning: 'minor', info: 'info' };

function lastCharacter({ range }: Finding): number {
  return range.end - 1;
}
