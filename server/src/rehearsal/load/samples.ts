import type { FillTable, ForeignKey } from '../fabricate/catalog.ts';
import type { Connection } from '../model.ts';
import { quoteIdentifier } from '../roles.ts';

/** A row that was there when it was read: text by column. */
export type SampledRow = Record<string, string | null>;

/** Rows that are kept of a table. */
const most = 2000;
/** Of a table with more bytes, only so many are read: some of its pages, picked at random. */
const readInFull = 8 * 1024 * 1024;

/** Rows of a table in random order, and what is in these columns of theirs. */
export async function sampleRows(
  db: Connection,
  { oid, name }: FillTable,
  columns: readonly string[],
): Promise<SampledRow[]> {
  if (columns.length === 0) return [];
  const { rows } = await db.query(
    `SELECT ${columns.map((column, at) => `${quoteIdentifier(column)}::text AS c${at}`).join(', ')}
     FROM ${name} ${await sampling(db, oid)} ORDER BY pg_catalog.random() LIMIT ${most}`,
  );
  return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, text(row[`c${at}`])])));
}

/**
 * Values that a foreign key's columns can take, by their names. With `alone`, of rows that nothing refers to by this key
 * yet: for a key that refers to each at most once.
 */
export async function sampleParents(
  db: Connection,
  table: FillTable,
  { columns, parent, parentName, parentColumns }: ForeignKey,
  alone: boolean,
): Promise<SampledRow[]> {
  const free = columns.map(
    (column, at) =>
      `child.${quoteIdentifier(column)} = parent.${quoteIdentifier(parentColumns[at] ?? column)}`,
  );
  const { rows } = await db.query(
    `SELECT ${parentColumns.map((column, at) => `parent.${quoteIdentifier(column)}::text AS c${at}`).join(', ')}
     FROM ${parentName} AS parent ${await sampling(db, parent)}
     WHERE ${parentColumns.map((column) => `parent.${quoteIdentifier(column)} IS NOT NULL`).join(' AND ')}
       ${alone ? `AND NOT EXISTS (SELECT FROM ${table.name} AS child WHERE ${free.join(' AND ')})` : ''}
     ORDER BY pg_catalog.random() LIMIT ${most}`,
  );
  return rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, text(row[`c${at}`])])));
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
