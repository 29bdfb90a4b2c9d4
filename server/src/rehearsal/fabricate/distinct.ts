import type { FillTable } from './catalog.ts';
import type { ParentJoin } from './parents.ts';

/** Types with enough values that every row can have its own. */
const wide = new Set(
  'int2 int4 int8 numeric float4 float8 money oid text varchar bpchar citext name date timestamp timestamptz uuid jsonb bytea inet cidr macaddr macaddr8 ltree interval'.split(
    ' ',
  ),
);

/**
 * Columns in which every row gets a value of its own: one for each unique key, unless a sequence feeds one of its
 * columns already. A key of foreign keys alone is told apart by its parents.
 */
export function distinctColumns(table: FillTable, joins: readonly ParentJoin[]): ReadonlySet<string> {
  const referring = new Set(joins.flatMap(({ values }) => [...values.keys()]));
  const own = table.columns.filter(({ name }) => !referring.has(name));
  const distinct = new Set<string>();
  for (const key of table.unique) {
    const columns = own.filter(({ name }) => key.includes(name));
    if (columns.some(({ name, sequence }) => sequence || distinct.has(name))) continue;
    const candidates = columns.filter(({ type }) => wide.has(type.base));
    // What a condition is on may have few values that meet it: the partitions of a list.
    const chosen = candidates.find(({ name }) => !isConditioned(table, name)) ?? candidates[0];
    if (chosen) distinct.add(chosen.name);
  }
  // What a foreign key of the same row repeats is told apart where the key is.
  for (const { values } of joins)
    for (const [column, { sameRow }] of values)
      if (sameRow && table.unique.some((key) => key.includes(column))) distinct.add(sameRow);
  return distinct;
}

function isConditioned({ checks }: FillTable, column: string): boolean {
  return checks.some(({ columns }) => columns.length === 1 && columns[0] === column);
}
