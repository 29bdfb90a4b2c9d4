import type {
  AppCheck,
  Report,
  RollbackData,
  RollbackReport,
  RollbackVerdict,
  StatementError,
  UnwindSegment,
} from './model.ts';

/** What became of a rollback, in a few words. */
export const rollbackWords: Readonly<Record<RollbackVerdict, string>> = {
  restores: 'rollback restores',
  restores_reordered: 'rollback restores, column order changed',
  drifts: 'rollback does not restore',
  fails: 'rollback fails',
  impossible: 'point of no return',
  not_needed: 'no rollback needed',
};

type Differences = Pick<RollbackReport, 'drift' | 'data'>;

/** Each difference that a rollback left, in a few words. */
export function leftBehind({ drift, data }: Differences): string[] {
  return [...drift.filter(({ kind }) => kind === 'schema').map(({ message }) => message), ...dataWords(data)];
}

/** Roll-backs of many steps that came out the same way, to be told together. */
export function alikeSegments({ unwind }: Pick<Report, 'unwind'>): (readonly UnwindSegment[])[] {
  const alike = new Map<string, UnwindSegment[]>();
  for (const segment of unwind.segments) {
    const key = JSON.stringify([segment.verdict, segment.to, segment.reason]);
    alike.set(key, [...(alike.get(key) ?? []), segment]);
  }
  return [...alike.values()];
}

/** How far a rollback came before it failed: what differed from before the step by then, and what still does. */
export function halfUndone(first: Differences, left: Differences): string {
  const [was, is] = [byObject(first), byObject(left)];
  const undone = [...was.keys()].filter((object) => !is.has(object));
  const still = [...is].filter(([object]) => was.has(object)).map(([, words]) => words);
  const more = [...is].filter(([object]) => !was.has(object)).map(([, words]) => words);
  const parts = [
    ...(was.size === 0
      ? []
      : [undone.length === 0 ? 'Nothing of the step was undone' : `Undone: ${someOf(undone)}`]),
    ...(still.length === 0 || undone.length === 0 ? [] : [`left of the step: ${someOf(still)}`]),
    ...(more.length === 0 ? [] : [`left by the rollback itself: ${someOf(more)}`]),
  ];
  return `It fails before its end. ${parts.join('; ')}${parts.length > 0 ? '.' : ''}`.trimEnd();
}

function byObject({ drift, data }: Differences): ReadonlyMap<string, string> {
  return new Map([
    ...drift.filter(({ kind }) => kind === 'schema').map(({ object, message }) => [object, message] as const),
    ...dataWords(data).map((words) => [words.split(':')[0] ?? words, words] as const),
  ]);
}

const shown = 3;

/** The first few, and how many more there are. */
export function someOf(words: readonly string[]): string {
  const more = words.length - shown;
  return `${words.slice(0, shown).join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

const unwindVerdicts: Readonly<Record<UnwindSegment['verdict'], string>> = {
  restores: 'restores what was there before',
  restores_reordered: 'restores what was there before, column order changed',
  drifts: 'does not restore what was there before',
  fails: 'fails',
  not_run: 'was not tried',
};

/**
 * `Rolling back to step 1 restores what was there before, from step 16, the last, and from step 2, right after v2 was
 * deployed.`
 */
export function unwindWords(segments: readonly UnwindSegment[], steps: Report['steps']): string {
  const [first] = segments;
  if (!first) return '';
  const { verdict, reason, from, to } = first;
  const end = indexOf(steps, to) + 1;
  const more = reason === '' ? '' : ` ${reason}`;
  const words = unwindVerdicts[verdict];
  if (segments.length > 1) {
    const starts = segments.map((one) => startWords(one, steps)).reverse();
    return `Rolling back to step ${end} ${words}: ${starts.slice(0, -1).join('; ')}; and ${starts.at(-1)}.${more}`;
  }
  const which = from === to ? `step ${end}` : `from step ${indexOf(steps, from) + 1} to ${end}`;
  const why = whyFrom(first, steps);
  return `Rolling back ${which}${why === 'the last' || why === '' ? '' : `, ${why},`} ${words}.${more}`;
}

function startWords(segment: UnwindSegment, steps: Report['steps']): string {
  const why = whyFrom(segment, steps);
  return `from step ${indexOf(steps, segment.from) + 1}${why === '' ? '' : `, ${why}`}`;
}

function indexOf(steps: Report['steps'], id: string | undefined): number {
  return steps.findIndex((step) => step.id === id);
}

/** Why a roll-back began at its step. */
function whyFrom({ from }: UnwindSegment, steps: Report['steps']): string {
  const at = indexOf(steps, from);
  const [step, next] = [steps[at], steps[at + 1]];
  if (!next) return 'the last';
  if (next.rollback?.verdict === 'impossible') return 'before the point of no return';
  if (next.rollback?.verdict === 'drifts' || next.rollback?.verdict === 'fails')
    return `as if step ${at + 2} had not been done`;
  return step?.action === 'deploy' ? `right after ${step.summary.split(' → ').at(-1)} was deployed` : '';
}

/** What is different, each in a few words: `users.nickname: 1,000 values lost`. */
export function dataWords({ lost, added, missing, unexpected }: RollbackData): string[] {
  return [
    ...lost.map(
      ({ table, column, rows, by_application }) =>
        `${table}.${column}: ${by_application ? ofApplication(rows, 'value') : `${counted(rows, 'value')} lost`}`,
    ),
    ...added.map(
      ({ table, column, rows }) =>
        `${table}.${column}: ${counted(rows, 'value')} that ${rows === 1 ? 'was' : 'were'} not there before`,
    ),
    ...missing.map(
      ({ table, rows, by_application }) =>
        `${table}: ${by_application ? ofApplication(rows, 'row') : `${counted(rows, 'row')} missing`}`,
    ),
    ...unexpected.map(
      ({ table, rows }) =>
        `${table}: ${counted(rows, 'row')} that ${rows === 1 ? 'was' : 'were'} not there before`,
    ),
  ];
}

function ofApplication(n: number, noun: string): string {
  return `${counted(n, noun)} that the application wrote ${n === 1 ? 'is' : 'are'} gone`;
}

function counted(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}

/** The statements of a step that fail where they were prepared before it. */
export function heldFailures(app: readonly AppCheck[]): readonly (AppCheck & { prepared: StatementError })[] {
  return app.flatMap((check) => (check.prepared ? [{ ...check, prepared: check.prepared }] : []));
}

/** Those that fail with the same words, to be told together; and what to do, each once. */
export function heldGroups(app: readonly AppCheck[]): {
  readonly groups: readonly (readonly (AppCheck & { prepared: StatementError })[])[];
  readonly hints: readonly string[];
} {
  const failures = heldFailures(app);
  const messages = [...new Set(failures.map(({ prepared }) => prepared.message))];
  return {
    groups: messages.map((message) => failures.filter(({ prepared }) => prepared.message === message)),
    hints: [...new Set(failures.flatMap(({ prepared }) => prepared.hint ?? []))],
  };
}
