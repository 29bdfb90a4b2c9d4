import { stripVTControlCharacters } from 'node:util';
import type { Diagnostic } from 'vscode-languageserver-protocol';

/** Findings that a model is given; the rest is counted. */
const findingsShown = 100;
/** Characters of a result: a few thousand tokens. */
const longest = 24_000;

const severities: Readonly<Record<number, string>> = { 1: 'error', 2: 'warning', 3: 'info', 4: 'hint' };

/** The findings of a plan as a text for a language model: place, severity, rule and message, one a line. */
export function findingsText(name: string, diagnostics: readonly Diagnostic[]): string {
  if (diagnostics.length === 0) return `${name}: no findings. The plan was checked, not run.`;
  const count = (severity: number) => diagnostics.filter((one) => one.severity === severity).length;
  const counts = [1, 2, 3]
    .flatMap((severity) => {
      const found = count(severity);
      return found > 0 ? `${found} ${severities[severity]}${found > 1 && severity < 3 ? 's' : ''}` : [];
    })
    .join(', ');
  const sorted = diagnostics.toSorted((a, b) => (a.severity ?? 1) - (b.severity ?? 1));
  const lines = sorted
    .slice(0, findingsShown)
    .flatMap(({ range, severity, code, message, relatedInformation }) => [
      `${range.start.line + 1}:${range.start.character + 1} ${severities[severity ?? 1]} ${code ?? ''}: ${message}`,
      ...(relatedInformation ?? []).map(
        (one) => `  line ${one.location.range.start.line + 1}: ${one.message}`,
      ),
    ]);
  const more = sorted.length - findingsShown;
  return limited(
    [
      `${name}: ${counts}. The plan was checked, not run.`,
      ...lines,
      ...(more > 0 ? [`… and ${more} more`] : []),
    ].join('\n'),
  );
}

/** The report of a dry run, as a terminal shows it, as a text for a language model. */
export function dryRunText(name: string, report: string): string {
  const plain = stripVTControlCharacters(report).trim();
  return limited(
    `Dry run of ${name} on the embedded Postgres; no database of the user was touched.\n\n${plain}`,
  );
}

function limited(text: string): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest)}\n… the rest is left out: ${text.length - longest} characters.`;
}
