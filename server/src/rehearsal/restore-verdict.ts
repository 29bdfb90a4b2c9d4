import { compareData, isSameData, type Meanwhile } from './data-compare.ts';
import { compareFingerprints } from './fingerprint.ts';
import type { Drift, RollbackData } from './model.ts';
import type { Snapshot } from './world.ts';

/** What is not as it was before. */
export interface Comparison {
  readonly drift: readonly Drift[];
  readonly data: RollbackData;
}

/** Compares schema, rows and the live version. */
export function compareSnapshots(
  before: Snapshot,
  after: Snapshot,
  meanwhile: Omit<Meanwhile, 'mark'>,
): Comparison {
  const drift = [...compareFingerprints(before.fingerprint, after.fingerprint)];
  if (before.live !== undefined && after.live !== before.live)
    drift.push({
      kind: 'schema',
      object: 'application',
      message: `application: ${after.live ?? 'no version'} is live instead of ${before.live}`,
    });
  return { drift, data: compareData(before.data, after.data, { ...meanwhile, mark: before.mark }) };
}

export function verdictOf({ drift, data }: Comparison): 'restores' | 'restores_reordered' | 'drifts' {
  if (!isSameData(data) || drift.some(({ kind }) => kind === 'schema')) return 'drifts';
  return drift.some(({ kind }) => kind === 'column_order') ? 'restores_reordered' : 'restores';
}
