import { compareData, isSameData } from './data-compare.ts';
import type { DataDigest } from './data-digest.ts';
import { compareFingerprints } from './fingerprint.ts';
import type { Drift, RollbackData } from './model.ts';
import { compareSequences } from './sequence-positions.ts';
import type { Snapshot, World } from './world.ts';

/** What is not as it was before. */
export interface Comparison {
  readonly drift: readonly Drift[];
  readonly data: RollbackData;
}

/** What was there on the way from one snapshot to the other. */
export interface Between {
  /** The rows right after the step, before the application wrote. */
  readonly applied?: DataDigest | undefined;
  /** Right before the rollback, after the application's last write. */
  readonly written?: Snapshot | undefined;
}

/** Compares schema, rows, sequences and the live version, in the world that both are of. */
export function compareSnapshots(
  before: Snapshot,
  after: Snapshot,
  { touched, moves, production }: Pick<World, 'touched' | 'moves' | 'production'>,
  { applied, written }: Between = {},
): Comparison {
  const { mark } = before;
  const drift = [...compareFingerprints(before.fingerprint, after.fingerprint, production)];
  if (before.live !== undefined && after.live !== before.live)
    drift.push({
      kind: 'schema',
      object: 'application',
      message: `application: ${after.live ?? 'no version'} is live instead of ${before.live}`,
    });
  drift.push(
    ...compareSequences({
      before: before.sequences,
      after: after.sequences,
      written: written?.sequences,
      moves: moves.filter(({ at }) => at > mark),
    }),
  );
  const data = compareData(before.data, after.data, { touched, mark, applied, written: written?.data });
  return { drift, data };
}

export function verdictOf({ drift, data }: Comparison): 'restores' | 'restores_reordered' | 'drifts' {
  if (!isSameData(data) || drift.some(({ kind }) => kind === 'schema')) return 'drifts';
  return drift.some(({ kind }) => kind === 'column_order') ? 'restores_reordered' : 'restores';
}
