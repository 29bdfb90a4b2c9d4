import { applyStatement } from '../../schema/apply.ts';
import type { Schema } from '../../schema/model.ts';
import { parseWritten } from '../../sql/parser.ts';
import { objectDifferences } from './facts.ts';
import { type ObjectWay, objectPieces, objectStages, workOf } from './pieces.ts';

export interface ObjectRestoration {
  readonly sql: readonly string[];
  /** What is not as it was after all of it: nothing where it restores. */
  readonly left: readonly string[];
}

/** More rounds than any way back takes. */
const maxRounds = 60;

/**
 * SQL that leads from a schema back to an earlier one. What is written is applied to the simulated schema before the
 * next is looked for, so that what comes by itself is not done twice; what is left in the end is told.
 */
export function restoreObjects(way: ObjectWay): ObjectRestoration {
  const sql: string[] = [];
  let now: Schema = way.now;
  for (let round = 0; round < maxRounds; round++) {
    const pieces = objectPieces({ ...way, now });
    const first = Math.min(...pieces.map(({ stage }) => objectStages.indexOf(stage)));
    const next = [
      ...new Set(pieces.filter(({ stage }) => objectStages.indexOf(stage) === first).map((one) => one.sql)),
    ];
    if (next.length === 0) break;
    const after = next.reduce(applied, now);
    sql.push(...next);
    if (after === now) break;
    now = after;
  }
  return { sql, left: objectDifferences(workOf({ ...way, now })) };
}

function applied(schema: Schema, sql: string): Schema {
  return parseWritten(sql).reduce(
    (now, statement) => applyStatement(now, statement, { madeByPlan: true }),
    schema,
  );
}
