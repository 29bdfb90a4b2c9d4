import { columnOf, indexesOf, relationKey } from '../schema/lookup.ts';
import type { Schema, Table } from '../schema/model.ts';
import type { BackfillSource } from './new-steps.ts';

/**
 * What a backfill of a table says to be able to walk it: nothing where that has a primary key, or is not known well
 * enough; else the columns of an index that hold no nulls. Undefined where there is nothing to walk by.
 */
export function backfillKey(
  schema: Schema,
  table: Table | undefined,
): Pick<BackfillSource, 'key'> | undefined {
  if (!table?.columnsComplete || table.constraints.some(({ kind }) => kind === 'primary key')) return {};
  const keys = [...indexesOf(schema, relationKey(table.name))].flatMap((index) => {
    const columns = index.columns.flatMap((name) => name ?? []);
    const whole = index.predicate === undefined && index.method === 'btree' && index.valid !== false;
    const sound = columns.every((name) => columnOf(table, name)?.notNull === true);
    return whole && sound && columns.length === index.columns.length
      ? [{ columns, unique: index.unique }]
      : [];
  });
  const best = keys.find(({ unique }) => unique) ?? keys[0];
  return best && { key: best.columns };
}
