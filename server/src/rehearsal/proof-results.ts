import type { RollbackData, UnwindReport, UnwindSegment } from './model.ts';

/** Nothing was compared, and nothing differs. */
export const noData: RollbackData = {
  compared: [],
  lost: [],
  added: [],
  missing: [],
  unexpected: [],
  notes: [],
};

const notRun: UnwindSegment = {
  verdict: 'not_run',
  from: undefined,
  to: undefined,
  drift: [],
  data: noData,
  app: [],
  error: undefined,
  reason: '',
  ms: 0,
};

/** The plan was not rolled back as a whole, for a reason in a sentence. */
export function notUnwound(reason: string): UnwindReport {
  return { ...notRun, reason, segments: [] };
}

const byBadness: readonly UnwindSegment['verdict'][] = [
  'fails',
  'drifts',
  'restores_reordered',
  'restores',
  'not_run',
];

/** The worst of the segments stands for all of them, of equal ones the last. */
export function wholeUnwind(segments: readonly UnwindSegment[]): UnwindReport {
  const worst = [...segments]
    .reverse()
    .sort((a, b) => byBadness.indexOf(a.verdict) - byBadness.indexOf(b.verdict))[0];
  return { ...(worst ?? notRun), segments };
}
