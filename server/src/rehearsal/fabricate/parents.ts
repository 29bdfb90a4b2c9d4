import { quoteIdentifier } from '../roles.ts';
import type { FillTable, ForeignKey } from './catalog.ts';

/** How the columns of one foreign key get their values. */
export interface ParentJoin {
  readonly key: ForeignKey;
  /** Joins the parent's rows, numbered; empty where the table is its own parent. */
  readonly join: string;
  /** By column: an expression, or the column of the same row that it repeats (a row that is its own parent). */
  readonly values: ReadonlyMap<string, { readonly expression?: string; readonly sameRow?: string }>;
  /** That the parent exists, where its columns are shared with another foreign key; else undefined. */
  readonly condition: string | undefined;
}

export interface ParentContext {
  /** Rows by table so far. */
  readonly counts: Readonly<Record<string, number>>;
  /** Foreign keys that are filled with NULL. */
  readonly empty: ReadonlySet<ForeignKey>;
  readonly tables: readonly FillTable[];
}

/**
 * Gives each row of a table its parents: row after row the next one. Where foreign keys alone make up a unique key
 * (a table of pairs), the second counts on more slowly, so that every pair comes once.
 */
export function parentJoins(
  table: FillTable,
  { counts, empty, tables }: ParentContext,
): { readonly joins: readonly ParentJoin[] } | { readonly reason: string } {
  const joins: ParentJoin[] = [];
  const taken = new Set<string>();
  let radix = 1;
  for (const [at, key] of table.foreignKeys.entries()) {
    const free = key.columns.filter((column) => !taken.has(column));
    const nullable = table.columns.filter(({ name, notNull }) => free.includes(name) && !notNull);
    const parentRows = parentCount(key, counts, tables);
    if (empty.has(key) || (parentRows === 0 && key.parent !== table.oid && nullable.length > 0)) {
      for (const { name } of nullable) taken.add(name);
      joins.push({
        key,
        join: '',
        values: new Map(nullable.map(({ name, type }) => [name, { expression: `NULL::${type.baseName}` }])),
        condition: undefined,
      });
      continue;
    }
    if (key.parent === table.oid) {
      for (const column of free) taken.add(column);
      joins.push({ key, join: '', values: sameRow(key, free), condition: undefined });
      continue;
    }
    if (parentRows === 0) return { reason: `${key.parentName}, which it refers to, is empty` };
    const shared = free.length < key.columns.length;
    joins.push(joinParent(key, `p${at}`, free, shared, parentRows, inPairKey(table, key) ? radix : 1));
    if (inPairKey(table, key)) radix *= parentRows;
    for (const column of free) taken.add(column);
  }
  return { joins };
}

/** Rows of the parent; of a partition, those of the whole, since its own are not counted apart. */
function parentCount(key: ForeignKey, counts: ParentContext['counts'], tables: readonly FillTable[]): number {
  const known = counts[key.parentName];
  if (known !== undefined) return known;
  return tables.some(({ oid }) => oid === key.parent) ? 0 : 1;
}

function sameRow(key: ForeignKey, columns: readonly string[]) {
  return new Map(
    columns.map((column) => [column, { sameRow: key.parentColumns[key.columns.indexOf(column)] ?? column }]),
  );
}

function joinParent(
  key: ForeignKey,
  alias: string,
  free: readonly string[],
  shared: boolean,
  parentRows: number,
  radix: number,
): ParentJoin {
  const parentColumns = key.parentColumns.map(quoteIdentifier).join(', ');
  const turn = radix === 1 ? '(i - 1)' : `((i - 1) / ${radix} + (i - 1) % ${radix})`;
  return {
    key,
    join: `LEFT JOIN (
      SELECT ${parentColumns}, row_number() OVER (ORDER BY ${parentColumns}) - 1 AS "row of parent" FROM ${key.parentName}
      ) AS ${alias} ON ${alias}."row of parent" = ${turn} % ${parentRows}`,
    values: new Map(
      free.map((column) => {
        const parentColumn = key.parentColumns[key.columns.indexOf(column)] ?? column;
        return [column, { expression: `${alias}.${quoteIdentifier(parentColumn)}` }];
      }),
    ),
    condition: shared ? parentExists(key) : undefined,
  };
}

function parentExists(key: ForeignKey): string {
  const pairs = key.columns.map((column, at) => {
    const parent = quoteIdentifier(key.parentColumns[at] ?? column);
    return `parent.${parent} = candidate.${quoteIdentifier(column)}`;
  });
  const anyNull = key.columns.map((column) => `candidate.${quoteIdentifier(column)} IS NULL`).join(' OR ');
  return `${anyNull} OR EXISTS (SELECT FROM ${key.parentName} AS parent WHERE ${pairs.join(' AND ')})`;
}

function inPairKey({ unique, foreignKeys }: FillTable, key: ForeignKey): boolean {
  const referring = new Set(foreignKeys.flatMap(({ columns }) => columns));
  return unique.some(
    (columns) =>
      columns.every((column) => referring.has(column)) &&
      key.columns.some((column) => columns.includes(column)),
  );
}
