import type { LockPreview, Preview, StepPreview } from '../../../server/src/features/preview.ts';

const time = { low: 1000, likely: 3000, high: 60_000 };

export const worstLock: LockPreview = {
  relation: 'users',
  mode: 'AccessExclusiveLock',
  keeps_out: 'everybody',
  held: time,
  requests: { low: 2000, likely: 6000, high: 120_000 },
  pool_lasts: undefined,
};

/** A rewrite that keeps everybody out. */
export const stepPreview = (part: Partial<StepPreview>): StepPreview => ({
  id: 'a',
  step: '<b>Widen</b>',
  action: 'sql',
  class: 'rewrite',
  time,
  basis: 'sizes',
  untold: '',
  wal: 5 * 1024 * 1024,
  disk: undefined,
  estimate: undefined,
  soak: 0,
  locks: [],
  worst: worstLock,
  statements: [],
  range: { start: 0, end: 1 },
  ...part,
});

export const previewOf = (steps: readonly StepPreview[]): Preview => ({
  plan: 'A <plan>',
  pg_version: 16,
  basis: 'sizes',
  measured_on: undefined,
  calibrated_by: undefined,
  calibration_problem: undefined,
  traffic: 2000,
  phases: [{ phase: 'Only', steps, time, soak: 0, untold: 0 }],
  time,
  soak: 0,
  untold: 1,
  queue: { requests: 200, longest: 100, attempts: 3 },
});
