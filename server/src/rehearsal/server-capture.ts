import type { CapturedTable } from './captured-plan.ts';
import type { Connection } from './model.ts';
import { quoteIdentifier } from './roles.ts';
import { connectServer, type ServerTarget } from './server-connection.ts';
import { dumpSchema } from './server-dump.ts';
import { placeOf } from './server-errors.ts';

/** What a plan takes from a server. */
export interface Captured {
  /** The schema, by pg_dump. */
  readonly sql: string;
  readonly tables: readonly CapturedTable[];
  /** E.g. `16.14`. */
  readonly version: string;
}

/**
 * Reads a database's schema and the sizes of its tables, and changes nothing. Rejects with a message for the user,
 * also where there is no pg_dump for it.
 */
export async function captureServer(target: ServerTarget, signal?: AbortSignal): Promise<Captured>;
/** The same, once `confirm` said yes to the server's version; undefined where it said no. */
export async function captureServer(
  target: ServerTarget,
  signal: AbortSignal | undefined,
  confirm: (version: string) => Promise<boolean>,
): Promise<Captured | undefined>;
export async function captureServer(
  target: ServerTarget,
  signal?: AbortSignal,
  confirm?: (version: string) => Promise<boolean>,
): Promise<Captured | undefined> {
  const session = await connectServer(target, signal ? { signal } : {});
  try {
    const { rows } = await session.query(
      `SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000 AS major`,
    );
    const version = String(rows[0]?.version).split(' ')[0] ?? '';
    if (confirm && !(await confirm(version))) return undefined;
    const dump = await dumpSchema(target, { major: Number(rows[0]?.major) }, signal);
    if ('unavailable' in dump)
      throw new Error(
        `The schema of ${target.database} at ${placeOf(target)} was not captured. ${dump.unavailable} Or write it yourself where such a pg_dump is: pg_dump --schema-only > schema.sql.`,
      );
    return { sql: withoutTokens(dump.sql), tables: await readTables(session), version };
  } finally {
    await session.end();
  }
}

/** psql's \restrict has another token at each run: two captures of one schema are to be the same. */
function withoutTokens(sql: string): string {
  return sql.replaceAll(/^\\(un)?restrict .*\n/gm, '');
}

/** Rows as the last ANALYZE estimated them; partitioned tables with those of their partitions. */
const tablesQuery = `
  SELECT n.nspname::text AS schema, c.relname::text AS name, c.oid::int8 AS oid,
    sum(greatest(p.reltuples, 0))::int8 AS rows,
    sum(pg_catalog.pg_table_size(p.oid))::int8 AS bytes,
    bool_or(p.relkind IN ('r', 'm') AND p.reltuples < 0) AS unknown
  FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
    LATERAL (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid) WHERE c.relkind = 'p'
      UNION SELECT c.oid) t
    JOIN pg_catalog.pg_class p ON p.oid = t.relid
  WHERE c.relkind IN ('r', 'p', 'm') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  GROUP BY 1, 2, 3 ORDER BY 1, 2`;

async function readTables(session: Connection): Promise<CapturedTable[]> {
  await session.query('BEGIN READ ONLY');
  const { rows } = await session.query(tablesQuery);
  await session.query('COMMIT');
  const tables: CapturedTable[] = [];
  for (const row of rows) {
    const table = { schema: String(row.schema), name: String(row.name), bytes: Number(row.bytes) };
    tables.push({ ...table, rows: row.unknown ? await countRows(session, table) : Number(row.rows) });
  }
  return tables;
}

/** A table that was never analysed is young or small; a count that takes long after all is given up. */
async function countRows(
  session: Connection,
  { schema, name, bytes }: Omit<CapturedTable, 'rows'>,
): Promise<number | undefined> {
  if (bytes === 0) return 0;
  await session.query('BEGIN READ ONLY');
  try {
    await session.query(`SET LOCAL statement_timeout = '10s'`);
    const { rows } = await session.query(
      `SELECT count(*) AS n FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`,
    );
    return Number(rows[0]?.n);
  } catch {
    return undefined;
  } finally {
    await session.query('ROLLBACK');
  }
}
