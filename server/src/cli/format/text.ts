import type { Finding, Severity } from '../../rules/model.ts';
import { printable, printableLines, wrap } from '../../text/terminal.ts';
import type { CheckedFile } from '../result.ts';
import { count, type Style } from '../style.ts';
import { codeFrame } from './code-frame.ts';

export interface TextOptions {
  readonly style: Style;
  /** Columns to write in. */
  readonly width: number;
}

/** `check --format text`: each finding under its place with its source, then one line that sums up. */
export function formatText(files: readonly CheckedFile[], options: TextOptions): string {
  const blocks = files.flatMap((file) =>
    file.findings.filter(hasPlace).map((finding) => textFinding(file, finding, options)),
  );
  return `${[...blocks, summary(files, options.style)].join('\n')}\n`;
}

/** Why a file cannot be read has no line to show; it stands on standard error, in every format. */
function hasPlace({ rule }: Finding): boolean {
  return rule !== 'plan-unreadable';
}

/** One finding with its code frame, related places and fixes; ends with a line break. */
export function textFinding(
  file: Pick<CheckedFile, 'path' | 'text'>,
  finding: Finding,
  { style, width }: TextOptions,
): string {
  const frame = codeFrame(file.text, finding.range, width - 10);
  const path = printable(file.path);
  const lines = [
    `${style.strong(`${path}:${frame.line}:${frame.column}`)} ${style[finding.severity](finding.severity)} ${style.faint(`[${finding.rule}]`)}`,
    ...wrap(printableLines(finding.message), width - 2).map((line) => `  ${line}`),
  ];
  const gutter = String(frame.lines.at(-1)?.number ?? frame.line).length + 2;
  const bar = style.faint(`${' '.repeat(gutter)} |`);
  if (file.text !== '') {
    lines.push(bar);
    for (const { number, source, before, marked } of frame.lines) {
      lines.push(`${style.faint(`${String(number).padStart(gutter)} |`)} ${source}`.trimEnd());
      lines.push(`${bar} ${' '.repeat(before)}${style[finding.severity]('^'.repeat(marked))}`);
    }
    if (frame.hidden > 0) lines.push(`${bar} ${style.faint(`… ${count(frame.hidden, 'more line')}`)}`);
  }
  const margin = ' '.repeat(gutter);
  for (const related of finding.related) {
    const place = codeFrame(file.text, related.range, width);
    lines.push(
      `${margin} ${style.faint('=')} see ${path}:${place.line}:${place.column}: ${printable(related.message)}`,
    );
  }
  for (const fix of finding.fixes) lines.push(`${margin} ${style.faint('=')} fix: ${printable(fix.title)}`);
  return `${lines.join('\n')}\n`;
}

const severities: readonly Severity[] = ['error', 'warning', 'info'];
const nouns: Readonly<Record<Severity, readonly [string, string]>> = {
  error: ['error', 'errors'],
  warning: ['warning', 'warnings'],
  info: ['note', 'notes'],
};

/** `2 errors, 1 warning in 1 of 3 files.` */
function summary(files: readonly CheckedFile[], style: Style): string {
  const parts = severities.flatMap((severity) => {
    const n = files.reduce(
      (sum, file) => sum + file.findings.filter((one) => one.severity === severity).length,
      0,
    );
    return n === 0 ? [] : [style[severity](count(n, ...nouns[severity]))];
  });
  const total = count(files.length, 'file');
  if (parts.length === 0) return style.success(`Nothing found in ${total}.`);
  const touched = files.filter((file) => file.findings.length > 0).length;
  const where = touched === files.length ? total : `${touched} of ${total}`;
  const fixes = files.reduce(
    (sum, file) => sum + file.findings.filter(({ fixes }) => fixes.length > 0).length,
    0,
  );
  const hint = fixes === 0 ? '' : ` ${fixes} can be fixed from the editor's quick fix menu.`;
  return `${parts.join(', ')} in ${where}.${hint}`;
}
