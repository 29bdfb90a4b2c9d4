import type { DropStmt } from '@pgsql/types';
import { findRelation } from '../schema/lookup.ts';
import type { Schema } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import { nameOfObject, writeName } from '../sql/names.ts';
import { type Inverse, restores, unknown } from './model.ts';
import { restoringInverse } from './restoring.ts';

/** DROP TABLE and DROP INDEX: made again as they were, with all that went along. */
export function dropRelationInverse(
  fields: DropStmt,
  statement: Statement,
  before: Schema,
  pgVersion: number,
): Inverse {
  const names = (fields.objects ?? []).flatMap((object) => nameOfObject(object) ?? []);
  const found = names.map((name) => findRelation(before, name));
  if (before.complete && fields.missing_ok && found.every((one) => one === undefined))
    return restores([], 'What it would drop is not there: nothing is to be undone.');
  const unclear = names.find((_, at) => {
    const one = found[at];
    if (one?.kind === 'index') return false;
    if (one?.kind !== 'table') return !before.complete || one !== undefined;
    return !one.columnsComplete || one.foreign || !(before.complete || one.madeByPlan);
  });
  if (unclear)
    return unknown(
      `What ${writeName(unclear)} was before is not known: give the baseline DDL under database.schema, or write its definition out.`,
    );
  return restoringInverse(statement, before, pgVersion);
}
