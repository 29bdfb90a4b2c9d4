import type { Report, RollbackData, RollbackReport, RollbackVerdict, UnwindSegment } from './model.ts';

/** What became of a rollback, in a few words. */
export const rollbackWords: Readonly<Record<RollbackVerdict, string>> = {
  restores: 'rollback restores',
  restores_reordered: 'rollback restores, column order changed',
  drifts: 'rollback does not restore',
  fails: 'rollback fails',
  impossible: 'point of no return',
  not_needed: 'no rollback needed',
};

/** Each difference that a rollback left, in a few words. */
export function leftBehind({ drift, data }: Pick<RollbackReport, 'drift' | 'data'>): string[] {
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

const unwindVerdicts: Readonly<Record<UnwindSegment['verdict'], string>> = {
  restores: 'restores what was there before',
  restores_reordered: 'restores what was there before, column order changed',
  drifts: 'does not restore what was there before',
  fails: 'fails',
  not_run: 'was not tried',
};

/** `Rolling back from step 16, 14 or 2 to 1 restores what was there before.` */
export function unwindWords(segments: readonly UnwindSegment[], steps: Report['steps']): string {
  const [first] = segments;
  if (!first) return '';
  const { verdict, to, reason } = first;
  const numberOf = (id: string | undefined) => steps.findIndex((step) => step.id === id) + 1;
  const starts = segments.map(({ from }) => numberOf(from)).reverse();
  const many = starts.length > 1 ? `${starts.slice(0, -1).join(', ')} or ${starts.at(-1)}` : `${starts[0]}`;
  const isOne = segments.length === 1 && starts[0] === numberOf(to);
  const which = isOne ? `step ${many}` : `from step ${many} to ${numberOf(to)}`;
  return `Rolling back ${which} ${unwindVerdicts[verdict]}.${reason === '' ? '' : ` ${reason}`}`;
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
