import { clip, printable, wrap } from '../text/terminal.ts';
import { dataWords } from './data-compare.ts';
import type {
  AppCheck,
  Report,
  RollbackVerdict,
  StatementError,
  StepReport,
  UnwindSegment,
} from './model.ts';
import { notRun } from './proof-results.ts';

/** What became of a rollback, in a few words. */
export const rollbackWords: Readonly<Record<RollbackVerdict, string>> = {
  restores: 'rollback restores',
  restores_reordered: 'rollback restores, column order changed',
  drifts: 'rollback does not restore',
  fails: 'rollback fails',
  impossible: 'point of no return',
  not_needed: 'no rollback needed',
};

/** Text of the plan's or of Postgres', on one line and without codes that a terminal would obey. */
export function safe(text: string): string {
  return printable(text.replace(/\s+/g, ' '));
}

/** The error of a step and its place, with the statement that stands there: the step's, its rollback's or a version's. */
export function placeOf({ message, line }: StatementError, step: StepReport, room: number): string {
  const place = `line ${(line ?? step.line) + 1}`;
  const failed = [...step.statements, ...(step.rollback?.statements ?? [])].find(
    ({ status, error }) => error && status !== 'skipped',
  );
  const sql = step.app.find(({ error }) => error?.message === message)?.statement ?? failed?.sql;
  return sql === undefined ? `${place} of the plan` : clip(`${place}: ${safe(sql)}`, room);
}

/** What the step's error does not say yet: every difference that the rollback left, and other failures. */
export function proofLines({ rollback, app, error }: StepReport, room: number): string[] {
  const lines: string[] = [];
  if (rollback?.verdict === 'drifts') {
    const drift = rollback.drift.filter(({ kind }) => kind === 'schema').map(({ message }) => message);
    for (const words of [...drift, ...dataWords(rollback.data)]) lines.push(...bullet(words, room));
  }
  if (rollback && rollback.verdict !== 'restores')
    for (const note of rollback.data.notes) lines.push(...bullet(note, room));
  for (const one of app) {
    if (one.ok || !one.error || one.error.message === error?.message) continue;
    lines.push(...failureLines(one, one.error, room));
  }
  return lines;
}

function bullet(words: string, room: number): string[] {
  return wrap(`- ${safe(words)}`, room);
}

function failureLines({ line, statement }: AppCheck, { message }: StatementError, room: number): string[] {
  return [...wrap(safe(message), room), clip(`line ${line + 1}: ${safe(statement)}`, room)];
}

/** What a version could not do before the first step. */
export function startLines({ start, error }: Report, room: number): string[] {
  return start.app.flatMap((one) =>
    one.error && one.error.message !== error?.message ? failureLines(one, one.error, room) : [],
  );
}

/** What came of rolling the whole plan back. */
export function unwindLines({ unwind, steps }: Report, width: number): string[] {
  const alike = new Map<string, UnwindSegment[]>();
  for (const segment of unwind.segments) {
    const key = JSON.stringify([segment.verdict, segment.to, segment.reason]);
    alike.set(key, [...(alike.get(key) ?? []), segment]);
  }
  return [...alike.values()].flatMap((segments) => [
    ...wrap(safe(unwindWords(segments, steps)), width),
    ...(segments.at(-1) ? restOf(segments.at(-1) as UnwindSegment) : []).flatMap((words) =>
      bullet(words, width),
    ),
  ]);
}

const unwindVerdicts: Readonly<Record<UnwindSegment['verdict'], string>> = {
  restores: 'restores what was there before',
  restores_reordered: 'restores what was there before, column order changed',
  drifts: 'does not restore what was there before',
  fails: 'fails',
  not_run: 'was not tried',
};

/** `Rolling back from step 16, 14 or 2 to 1 restores what was there before.` */
export function unwindWords(segments: readonly UnwindSegment[], steps: Report['steps']): string {
  const [{ verdict, to, reason } = notRun] = segments;
  const numberOf = (id: string | undefined) => steps.findIndex((step) => step.id === id) + 1;
  const starts = segments.map(({ from }) => numberOf(from)).reverse();
  const many = starts.length > 1 ? `${starts.slice(0, -1).join(', ')} or ${starts.at(-1)}` : `${starts[0]}`;
  const range = segments.length === 1 && starts[0] === numberOf(to) ? many : `${many} to ${numberOf(to)}`;
  const from = range === many ? '' : 'from ';
  return `Rolling back ${from}step ${range} ${unwindVerdicts[verdict]}.${reason === '' ? '' : ` ${reason}`}`;
}

function restOf({ verdict, drift, data }: UnwindSegment): string[] {
  if (verdict !== 'drifts') return [];
  return [...drift.filter(({ kind }) => kind === 'schema').map(({ message }) => message), ...dataWords(data)];
}
