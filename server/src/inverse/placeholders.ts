import { indexesOf, referencesTo, relationKey } from '../schema/lookup.ts';
import type { Column, Table } from '../schema/model.ts';
import { notNullOf } from '../schema/not-null.ts';
import type { Way } from './way.ts';

const values: Readonly<Record<string, string>> = {
  smallint: '0',
  integer: '0',
  bigint: '0',
  numeric: '0',
  real: '0',
  'double precision': '0',
  text: "''",
  'character varying': "''",
  boolean: 'false',
  json: "'{}'",
  jsonb: "'{}'",
  date: "'epoch'",
  'timestamp without time zone': "'epoch'",
  'timestamp with time zone': "'epoch'",
};

/**
 * What rows get in a column that must not be null and whose values are gone: something neutral, which no unique index,
 * foreign key or check of the column refuses. Undefined where nothing is needed, or nothing will do.
 */
export function placeholder({ before }: Way, table: Table, column: Column): string | undefined {
  const { name, type } = column;
  if (!needsValue(table, column)) return undefined;
  const key = relationKey(table.name);
  const bound =
    table.constraints.some((one) => one.kind !== 'not null' && one.columns.includes(name)) ||
    [...indexesOf(before, key)].some((index) => index.unique && index.columns.includes(name)) ||
    [...referencesTo(before, key)].some(({ constraint }) => constraint.references?.columns.includes(name));
  return bound ? undefined : values[type?.replace(/\([\d,]+\)/, '') ?? ''];
}

/** Whether rows that are there already must be given something in the column. */
export function needsValue(table: Table, column: Column): boolean {
  if (column.default != null || column.identity || column.generated) return false;
  return notNullOf(table, column.name) !== undefined;
}
