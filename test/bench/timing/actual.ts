import type { Client } from 'pg';
import { batch, type Case } from './cases.ts';

export interface Actual {
  /** ms */
  readonly ms: number;
  /** Bytes. */
  readonly wal: number;
}

/** Runs a case on the large tables as psql would, and measures it; then takes it back. */
export async function actualOf(client: Client, one: Case): Promise<Actual> {
  if (one.first !== undefined) await client.query(one.first);
  if (one.backfill || one.form === 'UPDATE') await client.query('CHECKPOINT');
  const before = await position(client);
  const ms = one.backfill ? await walk(client, one, one.backfill) : await statement(client, one);
  const wal = await since(client, before);
  if (one.undo !== undefined) await client.query(one.undo);
  return { ms, wal };
}

async function statement(client: Client, { sql, concurrently }: Case): Promise<number> {
  if (!concurrently) await client.query('BEGIN');
  const start = performance.now();
  await client.query(sql);
  const ms = performance.now() - start;
  if (!concurrently) await client.query('COMMIT');
  return ms;
}

/** By the key, a batch a transaction: what a backfill's author would write. */
async function walk(
  client: Client,
  { sql }: Case,
  { table, where }: { table: string; where: string },
): Promise<number> {
  const { rows } = await client.query(`SELECT max(id)::int AS last FROM ${table}`);
  const last = Number(rows[0]?.last);
  const start = performance.now();
  for (let from = 0; from < last; from += batch)
    await client.query(
      `UPDATE ${table} SET ${sql} WHERE id > ${from} AND id <= ${from + batch} AND (${where})`,
    );
  return performance.now() - start;
}

async function position(client: Client): Promise<string> {
  const { rows } = await client.query('SELECT pg_current_wal_insert_lsn()::text AS lsn');
  return String(rows[0]?.lsn);
}

async function since(client: Client, lsn: string): Promise<number> {
  const { rows } = await client.query(
    'SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::pg_lsn)::float8 AS bytes',
    [lsn],
  );
  return Number(rows[0]?.bytes);
}
