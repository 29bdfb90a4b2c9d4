import { lockWords } from '../effects/lock-words.ts';
import { lockModes } from '../effects/model.ts';
import { clip, displayWidth, pad, wrap } from '../text/terminal.ts';
import { loadWords, runLoadWords } from './load-words.ts';
import type { Report, StatementError, StatementReport, StepReport, StepStatus } from './model.ts';
import { rollbackWords } from './proof-words.ts';
import { placeOf, proofLines, safe, startLines, unwindLines } from './report-proof-text.ts';

export interface ReportTextOptions {
  /** Colours as terminals know them; none in a pipe or where NO_COLOR is set. */
  readonly color?: boolean;
  /** Columns of the terminal; 100 where it is not known. */
  readonly width?: number;
  /** What the run's times tell of production; absent where they tell of nothing. */
  readonly production?: ProductionTimes | undefined;
}

export interface ProductionTimes {
  /** By step id, in words: `4-9 min`. */
  readonly times: Readonly<Record<string, string>>;
  /** What they come from. */
  readonly basis: string;
}

type Paint = Readonly<Record<'good' | 'bad' | 'faint' | 'strong' | 'warn', (text: string) => string>>;

/** The report as a person reads it on a terminal: plain text, ends in a line break. */
export function reportText(
  report: Report,
  { color = false, width = 100, production }: ReportTextOptions = {},
): string {
  const paint = paints(color);
  const lines = [
    ...heading(report, paint),
    ...body(report, paint, Math.max(width, 60), production?.times),
    ...ending(report, paint, Math.max(width, 60), production?.basis),
  ];
  return `${lines.map((line) => line.trimEnd()).join('\n')}\n`;
}

function paints(color: boolean): Paint {
  const code = (n: number) => (text: string) =>
    color && text !== '' ? `\u001b[${n}m${text}\u001b[0m` : text;
  return { good: code(32), bad: code(31), warn: code(33), faint: code(2), strong: code(1) };
}

function heading({ plan, engine, rows, copied }: Report, paint: Paint): string[] {
  const tables = Object.entries(rows);
  const sum = tables.reduce((total, [, count]) => total + count, 0);
  const noun = copied ? 'row' : 'fabricated row';
  const filled = tables.length === 0 ? '' : `, ${counted(sum, noun)} in ${counted(tables.length, 'table')}`;
  const title = paint.strong(safe(plan) || 'Dry run');
  return engine === '' ? [title] : [title, paint.faint(`${engine}${filled}`)];
}

/** Which tables were filled up; nothing where none was. */
export function amplifiedNote({ amplified = {}, rows }: Report): string[] {
  const tables = Object.entries(amplified).map(
    ([table, before]) =>
      `${table} from ${before.toLocaleString('en')} to ${counted(rows[table] ?? before, 'row')}`,
  );
  return tables.length === 0 ? [] : [`Filled up with fabricated rows, to be measured: ${tables.join(', ')}.`];
}

const marks: Readonly<Record<StepStatus, string>> = {
  passed: '✓',
  failed: '✗',
  skipped: '·',
  cancelled: '–',
};

function body(
  report: Report,
  paint: Paint,
  width: number,
  times: ProductionTimes['times'] | undefined,
): string[] {
  const { steps, only } = report;
  const predict = predictedColumn(times, steps);
  const numberWidth = String(steps.length).length;
  const nameWidth = Math.min(
    Math.max(0, ...steps.map(({ step }) => displayWidth(safe(step)))),
    Math.floor((width - 20) * 0.4),
  );
  const lastAsked = only === undefined ? steps.length : steps.findIndex(({ id }) => id === only);
  let phase: string | undefined;
  return steps.flatMap((step, at) => {
    const head = step.phase === phase ? [] : ['', paint.strong(safe(step.phase))];
    phase = step.phase;
    const number = String(at + 1).padStart(numberWidth);
    const indent = ' '.repeat(numberWidth + 5);
    return [
      ...head,
      ...stepLines(
        step,
        `  ${mark(step.status, paint)} ${paint.faint(number)} `,
        indent,
        nameWidth,
        paint,
        width,
        at > lastAsked ? 'not asked for' : 'not reached',
        predict(step.id),
      ),
      ...loadLines(step, report, width - indent.length).map((line) => `${indent}${paint.faint(line)}`),
      ...errorLines(step.error, indent, paint, width, step),
      ...proofLines(step, Math.max(width - indent.length, 40)).map((line) => `${indent}${line}`),
    ];
  });
}

/** What the application's requests felt meanwhile. */
function loadLines({ load }: StepReport, { load: run }: Report, room: number): string[] {
  return load && run ? wrap(loadWords(load, run), Math.max(room, 40)) : [];
}

function mark(status: StepStatus, paint: Paint): string {
  if (status === 'passed') return paint.good(marks.passed);
  return status === 'failed' ? paint.bad(marks.failed) : paint.faint(marks[status]);
}

function stepLines(
  step: StepReport,
  head: string,
  indent: string,
  nameWidth: number,
  paint: Paint,
  width: number,
  skipped: string,
  predicted: string,
): string[] {
  const name = pad(clip(safe(step.step), nameWidth), nameWidth);
  if (step.status === 'skipped') return [`${head}${paint.faint(`${name}            ${skipped}`)}`];
  const isTimed = step.action !== 'wait' && step.action !== 'deploy';
  const time = (isTimed ? duration(step.statements.reduce((sum, { ms }) => sum + ms, 0)) : '').padStart(8);
  const column = indent.length + nameWidth + 12 + displayWidth(predicted);
  const [first = '', ...rest] = wrap(whatHappened(step).join(' · '), width - column).map((line) =>
    line.replaceAll('\u00a0', ' ').replaceAll('·', paint.faint('·')),
  );
  return [
    `${head}${name}  ${paint.faint(time)}${predicted}  ${first}`,
    ...rest.map((line) => `${' '.repeat(column)}${line}`),
  ];
}

/** `  → 4-9 min`: what a step takes in production, as wide for each; empty where nothing is told of it. */
function predictedColumn(
  times: ProductionTimes['times'] | undefined,
  steps: readonly StepReport[],
): (id: string) => string {
  const told = steps.flatMap(({ id }) => times?.[id] ?? []);
  if (!times || told.length === 0) return () => '';
  const width = Math.max(...told.map(displayWidth));
  return (id) => {
    const words = Object.hasOwn(times, id) ? times[id] : undefined;
    return words === undefined ? ' '.repeat(width + 4) : `  → ${pad(words, width)}`;
  };
}

/** The step in a few words, the one that matters most first. */
function whatHappened(step: StepReport): string[] {
  const { rollback } = step;
  const unproven = rollback?.proven === false ? ', not proven' : '';
  return [...whatItDid(step), ...(rollback ? [`${rollbackWords[rollback.verdict]}${unproven}`] : [])];
}

function whatItDid({ action, summary, statements, status, retries = 0 }: StepReport): string[] {
  const words: string[] = status === 'cancelled' ? ['cancelled here'] : [];
  if (retries > 0)
    words.push(`tried again ${retries === 1 ? 'once' : `${retries} times`} after lock_timeout`);
  if (action === 'deploy') words.push(`deploy ${safe(summary)}`);
  else if (action === 'wait') words.push(`wait ${safe(summary)}`);
  else if (action === 'verify' && status === 'passed')
    words.push(summary === '' ? 'verified' : `verified: ${safe(summary)}`);
  else if (summary !== '' && status === 'passed') words.push(safe(summary));
  if (action === 'deploy' || action === 'wait' || action === 'verify') return words;
  const lock = strongestLock(statements);
  if (lock) words.push(lock);
  const rewrites = together(statements, 'rewrites');
  if (rewrites.length > 0) words.push(`rewrites ${listed(rewrites)}`);
  const scans = together(statements, 'scans').filter((name) => !rewrites.includes(name));
  if (scans.length > 0) words.push(`reads all of ${listed(scans)}`);
  const wal = statements.reduce((sum, { wal_bytes }) => sum + wal_bytes, 0);
  if (wal >= 8192) words.push(unbroken(`${size(wal)} WAL`));
  return words;
}

/** A figure and its unit stay on one line. */
function unbroken(text: string): string {
  return text.replaceAll(' ', '\u00a0');
}

function strongestLock(statements: readonly StatementReport[]): string | undefined {
  const locks = statements.flatMap((statement) => statement.locks);
  const strength = Math.max(-1, ...locks.map(({ mode }) => lockModes.indexOf(mode)));
  const mode = lockModes[strength];
  // A reader's lock stands in nobody's way but that of an ACCESS EXCLUSIVE one.
  if (mode === undefined || mode === 'AccessShareLock') return undefined;
  const strongest = locks.filter((lock) => lock.mode === mode);
  const names = [...new Set(strongest.map(({ relation }) => relation))];
  const known = strongest.every(({ source }) => source === 'static') ? ' (known)' : '';
  return `${lockWords(mode)} on ${listed(names)}${known}`;
}

function together(statements: readonly StatementReport[], key: 'rewrites' | 'scans'): string[] {
  return [...new Set(statements.flatMap((statement) => statement[key]))];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).map(safe).join(', ');
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}

function errorLines(
  error: StatementError | undefined,
  indent: string,
  paint: Paint,
  width: number,
  step?: StepReport,
): string[] {
  if (!error) return [];
  const code = error.code === undefined ? '' : ` (${error.code})`;
  const room = Math.max(width - indent.length, 40);
  const parts = [
    ...wrap(`${safe(error.message)}${code}`, room).map(paint.bad),
    ...(error.detail === undefined ? [] : wrap(safe(error.detail), room)),
    ...(error.hint === undefined ? [] : wrap(`Hint: ${safe(error.hint)}`, room)),
    ...(step ? [paint.faint(placeOf(error, step, room)), ...aftermath(step, room)] : []),
  ];
  return parts.map((part) => `${indent}${part}`);
}

/** What a failed step did or left behind, in a sentence. */
function aftermath({ summary, status }: StepReport, room: number): string[] {
  return summary === '' || status === 'passed' ? [] : wrap(safe(summary), room);
}

function ending(report: Report, paint: Paint, width: number, basis: string | undefined): string[] {
  const { verdict, error, steps, notes, ms } = report;
  const passed = steps.filter(({ status }) => status === 'passed').length;
  const lines: string[] = [''];
  const unwound = unwindLines(report, width);
  lines.push(...unwound);
  if (unwound.length > 0) lines.push('');
  const arrows = basis === undefined ? [] : [`→ is the time in production. ${basis}`];
  const told = [...arrows, ...amplifiedNote(report), ...notes];
  for (const note of told) lines.push(...wrap(`Note: ${safe(note)}`, width).map(paint.faint));
  if (told.length > 0) lines.push('');
  const steady = steps.some((step) => step.error?.message === error?.message)
    ? []
    : [...errorLines(error, '', paint, width), ...startLines(report, width)];
  if (report.load) lines.push(...runLoadWords(report.load).flatMap((words) => wrap(words, width)), '');
  const time = duration(ms);
  switch (verdict) {
    case 'passed':
      return [
        ...lines,
        `${paint.good(paint.strong('Passed'))}: ${whatPassed(report)}, in ${time}.${beside(report)}`,
      ];
    case 'failed':
      return [...lines, ...steady, `${paint.bad(paint.strong('Failed'))}${whereFailed(report, time)}`];
    case 'cancelled':
      return [
        ...lines,
        `${paint.warn(paint.strong('Cancelled'))} after ${time}, with ${passed === 0 ? 'no step' : counted(passed, 'step')} done. Nothing is left behind.`,
      ];
    case 'refused':
      return [
        ...lines,
        ...steady,
        ...(error?.line === undefined ? [] : [paint.faint(`line ${error.line + 1} of the plan`)]),
        `${paint.bad(paint.strong('Not run'))}: nothing of the plan was run.`,
      ];
  }
}

function whatPassed({ steps, only }: Report): string {
  const at = steps.findIndex(({ id }) => id === only);
  if (only !== undefined && at >= 0) return `step ${at + 1} (${safe(only)})`;
  return steps.length === 1 ? '1 step' : `all ${counted(steps.length, 'step')}`;
}

/** What became of the steps around the one that was to be proven. */
function beside({ steps, only }: Report): string {
  const at = steps.findIndex(({ id }) => id === only);
  if (only === undefined || at < 0) return '';
  const parts = [
    ...(at > 0 ? [`${stepRange(1, at)} only applied`] : []),
    ...(at + 1 < steps.length ? [`${stepRange(at + 2, steps.length)} not asked for`] : []),
  ];
  return parts.length === 0 ? '' : ` ${capital(parts.join('; '))}.`;
}

function stepRange(first: number, last: number): string {
  return first === last ? `step ${first} was` : `steps ${first}–${last} were`;
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function whereFailed({ steps, start, only, unwind }: Report, time: string): string {
  const failed = steps.flatMap(({ status }, at) => (status === 'failed' ? [at + 1] : []));
  const asked = only === undefined ? steps.length : steps.findIndex(({ id }) => id === only) + 1;
  const rest = steps.slice(0, asked).filter(({ status }) => status === 'skipped').length;
  const after =
    rest > 0 ? ` ${counted(rest, 'step')} after it ${rest === 1 ? 'was' : 'were'} not reached.` : '';
  const others = steps.length > asked ? ` ${capital(stepRange(asked + 1, steps.length))} not asked for.` : '';
  const isEarly = start.app.some(({ ok }) => !ok);
  const early = 'the application already fails before step one';
  if (failed.length === 0) {
    const why = isEarly ? early : unwind.error ? 'rolling the plan back fails' : 'it did not get to its end';
    const unreached = rest > 0 ? ` ${counted(rest, 'step')} ${rest === 1 ? 'was' : 'were'} not reached.` : '';
    return `, after ${time}: ${why}.${unreached}${others}`;
  }
  const which =
    failed.length === 1
      ? `step ${failed[0]}`
      : `steps ${failed.slice(0, -1).join(', ')} and ${failed.at(-1)}`;
  return ` at ${which} of ${steps.length}, after ${time}.${after}${others}${isEarly ? ` ${capital(early)}.` : ''}`;
}

function counted(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}

function duration(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

function size(bytes: number): string {
  if (bytes < 1024 ** 2) return `${Math.round(bytes / 1024)} kB`;
  return bytes < 1024 ** 3 ? `${(bytes / 1024 ** 2).toFixed(1)} MB` : `${(bytes / 1024 ** 3).toFixed(1)} GB`;
}
