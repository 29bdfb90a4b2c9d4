import type { RollbackData, UnwindReport } from './model.ts';

/** Nothing was compared, and nothing differs. */
export const noData: RollbackData = {
  compared: [],
  lost: [],
  added: [],
  missing: [],
  unexpected: [],
  notes: [],
};

/** The plan was not rolled back as a whole, for a reason in a sentence. */
export function notUnwound(reason: string): UnwindReport {
  const segment = {
    verdict: 'not_run' as const,
    from: undefined,
    to: undefined,
    drift: [],
    data: noData,
    app: [],
    error: undefined,
    reason,
    ms: 0,
  };
  return { ...segment, segments: [] };
}
