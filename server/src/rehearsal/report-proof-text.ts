import { clip, printable, wrap } from '../text/terminal.ts';
import type { AppCheck, Report, RollbackReport, StatementError, StepReport } from './model.ts';
import { alikeSegments, heldGroups, leftBehind, unwindWords } from './proof-words.ts';

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
    for (const words of leftBehind(rollback)) lines.push(...bullet(words, room));
  }
  if (rollback && (rollback.proven === false || isHalf(rollback)))
    lines.push(...bullet(rollback.reason, room));
  if (rollback && rollback.verdict !== 'restores')
    for (const note of rollback.data.notes) lines.push(...bullet(note, room));
  for (const one of app) {
    if (one.ok || !one.error || one.error.message === error?.message) continue;
    lines.push(...failureLines(one, one.error, room));
  }
  return [...lines, ...heldLines(app, room)];
}

/** What fails where it was prepared before the step; what to do is said once. */
function heldLines(app: readonly AppCheck[], room: number): string[] {
  const { groups, hints } = heldGroups(app);
  const told = groups.flatMap((failures) => {
    const { message = '', code } = failures[0]?.prepared ?? {};
    return [
      ...wrap(`Note: ${safe(message)}${code === undefined ? '' : ` (${code})`}`, room),
      ...failures.map(({ line, statement }) => clip(`line ${line + 1}: ${safe(statement)}`, room)),
    ];
  });
  return [...told, ...hints.flatMap((hint) => wrap(safe(hint), room))];
}

/** One that failed, and of which it is told how far it came. */
function isHalf({ verdict, reason, error }: RollbackReport): boolean {
  return verdict === 'fails' && error !== undefined && !reason.endsWith(error.message);
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
export function unwindLines(report: Report, width: number): string[] {
  return alikeSegments(report).flatMap((segments) => {
    const last = segments.at(-1);
    const left = last?.verdict === 'drifts' ? leftBehind(last) : [];
    return [
      ...wrap(safe(unwindWords(segments, report.steps)), width),
      ...left.flatMap((words) => bullet(words, width)),
    ];
  });
}
