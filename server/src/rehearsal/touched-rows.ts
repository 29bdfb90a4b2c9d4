import { type DataDigest, type Digester, type DigestTable, from, keyExpression } from './data-digest.ts';
import type { Connection } from './model.ts';

/** The rows that the application wrote, changed or deleted since the plan began. */
export interface TouchedRows {
  /** Whether a row, by the key whose columns have these numbers, is one of a table's. */
  has(oids: readonly number[], key: readonly number[], row: string): boolean;
  /** How many of a table without a primary key. */
  count(oids: readonly number[]): number;
  add(oid: number, key: readonly number[], rows: Iterable<string>): void;
  addCount(oid: number, rows: number): void;
}

export function createTouchedRows(): TouchedRows {
  const rows = new Map<string, Set<string>>();
  const counts = new Map<number, number>();
  const keyOf = (oid: number, key: readonly number[]) => `${oid} ${key.join()}`;
  return {
    has: (oids, key, row) => oids.some((oid) => rows.get(keyOf(oid, key))?.has(row) === true),
    count: (oids) => [...new Set(oids)].reduce((sum, oid) => sum + (counts.get(oid) ?? 0), 0),
    add(oid, key, more) {
      const name = keyOf(oid, key);
      const known = rows.get(name) ?? new Set();
      for (const row of more) known.add(row);
      rows.set(name, known);
    },
    addCount: (oid, more) => void counts.set(oid, (counts.get(oid) ?? 0) + more),
  };
}

/** What was done to a table. */
interface TableActivity {
  readonly oid: number;
  readonly written: number;
  readonly deleted: number;
}

const activityQuery = `
  SELECT oid::int8 AS oid, sum(written)::int8 AS written, sum(deleted)::int8 AS deleted FROM (
    SELECT coalesce(pg_catalog.pg_partition_root(c.oid)::oid, c.oid) AS oid,
      pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) + pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) AS written,
      pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) AS deleted
    FROM pg_catalog.pg_class c WHERE c.relkind = 'r' AND c.oid >= 16384) activity
  WHERE written > 0 OR deleted > 0 GROUP BY 1`;

async function activity(db: Connection): Promise<Map<number, TableActivity>> {
  const { rows } = await db.query(activityQuery);
  return new Map(
    rows.map(({ oid, written, deleted }) => [
      Number(oid),
      { oid: Number(oid), written: Number(written), deleted: Number(deleted) },
    ]),
  );
}

/** The counters also hold what earlier transactions did and the server did not yet add to its statistics. */
function activitySince(before: ReadonlyMap<number, TableActivity>, now: ReadonlyMap<number, TableActivity>) {
  return [...now.values()]
    .map(({ oid, written, deleted }) => ({
      oid,
      written: written - (before.get(oid)?.written ?? 0),
      deleted: deleted - (before.get(oid)?.deleted ?? 0),
    }))
    .filter(({ written, deleted }) => written > 0 || deleted > 0);
}

export interface Witness {
  readonly digester: Digester;
  /** Of the tables as they are now. */
  readonly digest: DataDigest;
  readonly touched: TouchedRows;
}

/**
 * Runs `write` in the open transaction, and notes the rows that it wrote and deleted. To tell those that are gone it is
 * run twice, the first time to be undone. Resolves with a function that adds them to the touched rows, for once the
 * transaction is committed, and with how many rows they are.
 */
export async function noteTouched(
  db: Connection,
  { digester, digest, touched }: Witness,
  write: () => Promise<unknown>,
  changesKeys: boolean,
): Promise<{ readonly rows: number; commit(): void }> {
  const tables = new Map([...digest.tables.values()].map(({ table }) => [table.oid, table]));
  await db.query('SAVEPOINT written');
  const counters = await activity(db);
  await write();
  const done = activitySince(counters, await activity(db));
  const changed = done.flatMap(({ oid, written, deleted }) => {
    const table = tables.get(oid);
    return table ? [{ table, written, deleted, keys: usableKeys(table, digester) }] : [];
  });
  const gone = new Map<string, Set<string>>();
  if (changesKeys || changed.some(({ deleted }) => deleted > 0)) {
    const left = await keysOfAll(db, changed);
    await db.query('ROLLBACK TO SAVEPOINT written');
    const before = await keysOfAll(db, changed);
    for (const [name, keys] of before) {
      const still = left.get(name) ?? new Set();
      gone.set(name, new Set([...keys].filter((key) => !still.has(key))));
    }
    await write();
  }
  const written = new Map<string, Set<string>>();
  for (const { table, keys } of changed)
    for (const key of keys) {
      const { rows } = await db.query(
        `SELECT ${keyExpression(table, key)} AS k FROM ${from(table)}
          WHERE pg_catalog.age(xmin) <= pg_catalog.age(pg_catalog.pg_current_xact_id()::xid)`,
      );
      written.set(`${table.oid} ${key.join()}`, new Set(rows.map(({ k }) => String(k))));
    }
  return {
    rows: changed.reduce((sum, one) => sum + one.written + one.deleted, 0),
    commit() {
      for (const { table, keys, written: count, deleted } of changed) {
        if (table.key.length === 0) touched.addCount(table.oid, count + deleted);
        for (const key of keys) {
          const name = `${table.oid} ${key.join()}`;
          touched.add(table.oid, key, written.get(name) ?? []);
          touched.add(table.oid, key, gone.get(name) ?? []);
        }
      }
    },
  };
}

function usableKeys(table: DigestTable, digester: Digester): readonly (readonly number[])[] {
  return digester.keysOf(table.oid).filter((key) => keyExpression(table, key) !== undefined);
}

async function keysOfAll(
  db: Connection,
  changed: readonly { readonly table: DigestTable; readonly keys: readonly (readonly number[])[] }[],
): Promise<Map<string, Set<string>>> {
  const found = new Map<string, Set<string>>();
  for (const { table, keys } of changed)
    for (const key of keys) {
      const { rows } = await db.query(`SELECT ${keyExpression(table, key)} AS k FROM ${from(table)}`);
      found.set(`${table.oid} ${key.join()}`, new Set(rows.map(({ k }) => String(k))));
    }
  return found;
}
