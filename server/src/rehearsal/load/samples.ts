import type { FillTable, ForeignKey } from '../fabricate/catalog.ts';
import type { Connection } from '../model.ts';
import { quoteIdentifier } from '../roles.ts';

/** A row that was there when it was read: text by column. */
export type SampledRow = Record<string, string | null>;

/** Rows that are kept of a table. */
const most = 2000;
const mostPairs = 20_000;
/** Of a table with more bytes, only so many are read: some of its pages, picked at random. */
const readInFull = 8 * 1024 * 1024;

/** Rows of a table in random order, and what is in these columns of theirs; of those that meet the conditions. */
export async function sampleRows(
  db: Connection,
  { oid, name }: FillTable,
  columns: readonly string[],
  conditions: readonly string[] = [],
): Promise<SampledRow[]> {
  if (columns.length === 0) return [];
  const { rows } = await db.query(
    `SELECT ${columns.map((column, at) => `${quoteIdentifier(column)}::text AS c${at}`).join(', ')}
     FROM ${name} ${await sampling(db, oid)}
     WHERE ${['true', ...conditions.map((condition) => `(${condition}) IS NOT FALSE`)].join(' AND ')}
     ORDER BY pg_catalog.random() LIMIT ${most}`,
  );
  return rows.map((row) => named(row, columns));
}

/** Values that a foreign key's columns can take, by their names. */
export async function sampleParents(db: Connection, key: ForeignKey): Promise<SampledRow[]> {
  const { rows } = await db.query(
    `SELECT ${key.columns.map((_, at) => `c${at}::text AS c${at}`).join(', ')} FROM ${await parents(db, key, 0, most)}`,
  );
  return rows.map((row) => named(row, key.columns));
}

/**
 * Values that foreign keys' columns can take together and that no row has yet: where the columns of foreign keys alone
 * are unique, each can be used once.
 *
 * @param keys that have no column in common
 */
export async function sampleUnusedParents(
  db: Connection,
  table: FillTable,
  keys: readonly ForeignKey[],
): Promise<SampledRow[]> {
  // So many of each that their pairs are few enough to be looked up.
  const each = Math.floor(mostPairs ** (1 / keys.length));
  const columns = keys.flatMap((key, at) => key.columns.map((name, n) => ({ name, from: `p${at}.c${n}` })));
  const sources: string[] = [];
  for (const [at, key] of keys.entries()) sources.push(await parents(db, key, at, each));
  const same = columns.map(({ name, from }) => `child.${quoteIdentifier(name)} = ${from}`).join(' AND ');
  const { rows } = await db.query(
    `SELECT ${columns.map(({ from }, at) => `${from}::text AS c${at}`).join(', ')} FROM ${sources.join(' CROSS JOIN ')}
     WHERE NOT EXISTS (SELECT FROM ${table.name} AS child WHERE ${same})
     ORDER BY pg_catalog.random() LIMIT ${most}`,
  );
  return rows.map((row) =>
    named(
      row,
      columns.map(({ name }) => name),
    ),
  );
}

/** A subquery of rows that a foreign key can refer to: `c0`, `c1` … of `p0`. */
async function parents(db: Connection, key: ForeignKey, at: number, limit: number): Promise<string> {
  const columns = key.parentColumns.map((name) => `parent.${quoteIdentifier(name)}`);
  return `(SELECT ${columns.map((column, n) => `${column} AS c${n}`).join(', ')}
     FROM ${key.parentName} AS parent ${await sampling(db, key.parent)}
     WHERE ${columns.map((column) => `${column} IS NOT NULL`).join(' AND ')}
     ORDER BY pg_catalog.random() LIMIT ${limit}) AS p${at}`;
}

function named(row: Readonly<Record<string, unknown>>, columns: readonly string[]): SampledRow {
  return Object.fromEntries(columns.map((column, at) => [column, text(row[`c${at}`])]));
}

async function sampling(db: Connection, oid: number): Promise<string> {
  const { rows } = await db.query(
    `SELECT sum(pg_catalog.pg_relation_size(relid))::float8 AS bytes
     FROM (SELECT relid FROM pg_catalog.pg_partition_tree($1::oid::regclass) UNION SELECT $1::oid::regclass) AS parts`,
    [oid],
  );
  const bytes = Number(rows[0]?.bytes ?? 0);
  return bytes > readInFull ? `TABLESAMPLE SYSTEM (${(100 * readInFull) / 2 / bytes})` : '';
}

function text(value: unknown): string | null {
  return value === undefined || value === null ? null : String(value);
}
