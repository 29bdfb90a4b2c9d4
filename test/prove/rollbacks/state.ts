import { type Catalogs, catalogDrift, readCatalogs } from './catalogs.ts';
import {
  behind,
  otherRows,
  type Rows,
  readRows,
  readValues,
  type Sequences,
  sequencesIn,
  sequencesSql,
  type Values,
} from './rows.ts';
import type { ProofSession } from './session.ts';

/** A database at one moment. */
export interface State {
  readonly catalogs: Catalogs;
  readonly rows: Rows;
  readonly sequences: Sequences;
}

/** A database as its scene made it. */
export interface Start extends State {
  readonly values: ReadonlyMap<string, Values>;
}

export async function readState(session: ProofSession): Promise<State> {
  return {
    catalogs: await readCatalogs(session),
    rows: await readRows(session),
    sequences: sequencesIn((await session.query(sequencesSql)).rows),
  };
}

export async function readStart(session: ProofSession): Promise<Start> {
  return { ...(await readState(session)), values: await readValues(session) };
}

export interface Difference {
  readonly schema: 'restored' | 'reordered' | 'drifts';
  readonly drift: readonly string[];
  readonly rows: readonly string[];
}

/** How a later state differs from an earlier one. */
export function compareStates(before: State, after: State): Difference {
  const { drift, reordered } = catalogDrift(before.catalogs, after.catalogs);
  return {
    schema: drift.length > 0 ? 'drifts' : reordered ? 'reordered' : 'restored',
    drift,
    rows: [...otherRows(before.rows, after.rows), ...behind(before.sequences, after.sequences)],
  };
}
