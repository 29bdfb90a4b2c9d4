import type { Finding, Severity } from '../../rules/model.ts';
import { printable, printableLines, wrap } from '../../text/terminal.ts';
import type { CheckedFile, FixedFinding } from '../result.ts';
import { count, type Style } from '../style.ts';
import { codeFrame } from './code-frame.ts';

export interface TextOptions {
  readonly style: Style;
  /** Columns to write in. */
  readonly width: number;
}

/** `check --format text`: each finding under its place with its source, then one line that sums up. */
export function formatText(files: readonly CheckedFile[], options: TextOptions): string {
  const blocks = files.flatMap((file) => [
    ...(file.fixed && file.fixed.length > 0 ? [textFixed(file.path, file.fixed, options)] : []),
    ...file.findings.filter(hasPlace).map((finding) => textFinding(file, finding, options)),
  ]);
  return `${[...blocks, summary(files, options.style)].join('\n')}\n`;
}

/** What was mended in a file, a line each; ends with a line break. */
function textFixed(path: string, fixed: readonly FixedFinding[], { style }: TextOptions): string {
  const lines = fixed.map(({ rule, title, step }) => {
    const where = step === undefined ? '' : ` (step ${printable(step)})`;
    return `  ${printable(title)} ${style.faint(`[${rule}]`)}${where}`;
  });
  return `${style.strong(printable(path))} ${style.success('fixed')}\n${lines.join('\n')}\n`;
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
  for (const { title, safe } of finding.fixes)
    lines.push(`${margin} ${style.faint('=')} ${safe ? 'fix' : 'fix, yours to judge'}: ${printable(title)}`);
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
  const fixed = files.reduce((sum, file) => sum + (file.fixed?.length ?? 0), 0);
  const done = fixed === 0 ? '' : `${count(fixed, 'finding')} fixed. `;
  const left = fixed === 0 ? 'Nothing found' : 'Nothing left';
  if (parts.length === 0) return done + style.success(`${left} in ${total}.`);
  const touched = files.filter((file) => file.findings.length > 0).length;
  const where = touched === files.length ? total : `${touched} of ${total}`;
  return `${done}${parts.join(', ')} in ${where}.${fixHint(files)}`;
}

/** ` 2 of them can be fixed: 1 with --fix, 1 from the editor's quick fix menu.` */
function fixHint(files: readonly CheckedFile[]): string {
  const findings = files.flatMap((file) => file.findings).filter(({ fixes }) => fixes.length > 0);
  const safe = findings.filter(({ fixes }) => fixes.some((fix) => fix.safe)).length;
  const ways = [
    ...(safe > 0 ? [`${safe} with --fix`] : []),
    ...(findings.length > safe ? [`${findings.length - safe} from the editor's quick fix menu`] : []),
  ];
  return ways.length === 0 ? '' : ` ${findings.length} can be fixed: ${ways.join(', ')}.`;
}
