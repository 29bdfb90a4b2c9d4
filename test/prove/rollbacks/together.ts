import type { Place } from './places.ts';
import { sequencesIn, sequencesSql } from './rows.ts';
import type { ProofSession } from './session.ts';
import { compareStates, readStart, readState, type State } from './state.ts';

/** Statements run one after the other, and what undoes them all. */
export interface Group {
  readonly sql: readonly string[];
  readonly undo: readonly string[];
  readonly claim: 'restores' | 'loses_data';
}

export type Combined =
  | { readonly kind: 'restored' | 'refused' }
  | { readonly kind: 'false'; readonly why: readonly string[] };

/** Tries each group in a transaction that is rolled back; what fails there is tried again for good. */
export async function tryTogether(place: Place, groups: readonly Group[]): Promise<readonly Combined[]> {
  const start = await readStart(place.session);
  const results: Combined[] = [];
  const again: number[] = [];
  for (const [index, group] of groups.entries()) {
    await place.session.run('BEGIN');
    const came = await tryGroup(place.session, start, group).finally(() =>
      place.session.run('ROLLBACK; DEALLOCATE ALL'),
    );
    if (came.kind === 'false') again.push(index);
    results.push(came);
  }
  for (const index of again) {
    const group = groups[index];
    if (group)
      results[index] = await place.fresh(async (session) =>
        tryGroup(session, await readState(session), group),
      );
  }
  return results;
}

async function tryGroup(session: ProofSession, start: State, { sql, undo, claim }: Group): Promise<Combined> {
  const before = { ...start, sequences: sequencesIn((await session.query(sequencesSql)).rows) };
  try {
    for (const statement of sql) await session.run(statement);
  } catch {
    return { kind: 'refused' };
  }
  for (const statement of undo) {
    try {
      await session.run(statement);
    } catch (error) {
      return { kind: 'false', why: [`${statement}: ${(error as Error).message}`] };
    }
  }
  const { schema, drift, rows } = compareStates(before, await readState(session));
  const why = [...drift, ...(claim === 'restores' ? rows : [])];
  return schema === 'drifts' || why.length > 0 ? { kind: 'false', why } : { kind: 'restored' };
}
