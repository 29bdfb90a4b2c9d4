import type { ChecklistReport, EntryStatus } from '../rehearsal/model.ts';

/** `2 met, 1 not met, 1 to judge, 3 to see to by hand`; what there is none of is left out. */
export function checklistSum({ entries }: Pick<ChecklistReport, 'entries'>): string {
  const of = (...statuses: readonly EntryStatus[]) =>
    entries.filter(({ status }) => statuses.includes(status)).length;
  const parts: readonly (readonly [number, string])[] = [
    [of('met'), 'met'],
    [of('unmet', 'failed', 'refused'), 'not met'],
    [of('told'), 'to judge'],
    [of('by_hand'), 'to see to by hand'],
  ];
  return parts.flatMap(([n, what]) => (n > 0 ? `${n} ${what}` : [])).join(', ');
}
