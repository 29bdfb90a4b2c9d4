import { applyStatement } from '../schema/apply.ts';
import type { Schema } from '../schema/model.ts';
import { parseWritten } from '../sql/parser.ts';
import { differences, reordered } from './differences.ts';
import { objectPieces } from './objects/pieces.ts';
import { tablePieces } from './tables.ts';
import { type Piece, stages, type Way } from './way.ts';

export interface Restoration {
  readonly sql: readonly string[];
  /** Some of it refuses a transaction block, or takes its time and is harmless only outside of one. */
  readonly alone: boolean;
  /** What is not as it was after all of it: nothing where it restores. */
  readonly left: readonly string[];
  /** The same, but for what has become a table's own and is inherited as well. */
  readonly owned: readonly string[];
  /** Tables whose columns come back in another order. */
  readonly reordered: readonly string[];
}

/** More rounds than any way back takes. */
const maxRounds = 60;

/**
 * SQL that leads from a schema back to an earlier one. Each piece is applied to the simulated schema before the next
 * is looked for, so that what a piece brings by itself is not done twice; what is left in the end is told. `first` goes
 * before all else.
 */
export function restore(way: Way, first: readonly string[] = []): Restoration {
  const sql: string[] = [...first];
  let alone = false;
  let now: Schema = first.reduce(applied, way.now);
  for (let round = 0; round < maxRounds; round++) {
    const next = firstOf([...tablePieces({ ...way, now }), ...objectPieces({ ...way, now })]);
    if (next.length === 0) break;
    const after = next.reduce((schema, piece) => applied(schema, piece.sql), now);
    if (after === now) break;
    now = after;
    sql.push(...next.flatMap((piece) => [piece.sql, ...(piece.after ?? [])]));
    alone ||= next.some((piece) => piece.alone === true);
  }
  const left = differences(way.before, now, way.pgVersion);
  return {
    sql,
    alone,
    left,
    owned: left.length === 0 ? [] : differences(withoutOrigin(way.before), withoutOrigin(now), way.pgVersion),
    reordered: reordered(way.before, now),
  };
}

/** As if all columns and constraints were the tables' own. */
function withoutOrigin(schema: Schema): Schema {
  const relations = new Map(
    [...schema.relations].map(([key, one]) => {
      if (one.kind !== 'table' || one.parents.length === 0) return [key, one];
      const own = <One extends object>(part: One): One => ({ ...part, local: true });
      return [key, { ...one, columns: one.columns.map(own), constraints: one.constraints.map(own) }];
    }),
  );
  return { ...schema, relations };
}

function applied(schema: Schema, sql: string): Schema {
  return parseWritten(sql).reduce(
    (now, statement) => applyStatement(now, statement, { madeByPlan: true }),
    schema,
  );
}

/** Those of the lowest stage. */
function firstOf(pieces: readonly Piece[]): readonly Piece[] {
  const least = Math.min(...pieces.map(({ stage }) => stages.indexOf(stage)));
  return pieces.filter(({ stage }) => stages.indexOf(stage) === least);
}
