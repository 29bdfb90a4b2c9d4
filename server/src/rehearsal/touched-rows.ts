import {
  type DataDigest,
  type Digester,
  type DigestTable,
  from,
  keyExpression,
  numbersIn,
  rowExpression,
  type TableDigest,
} from './data-digest.ts';
import type { Connection } from './model.ts';

/** The rows that the application wrote, changed or deleted since the plan began. */
export interface TouchedRows {
  /** Whether a row, by the key whose columns have these numbers, is one of a table's. */
  has(oids: readonly number[], key: readonly number[], row: string): boolean;
  /** Rows of all other tables that were written or deleted, as the application left them. */
  others(oids: readonly number[]): readonly OtherRow[];
  /** A moment, to tell what was done after it. */
  mark(): number;
  since(mark: number): TouchedSince;
  add(oid: number, key: readonly number[], rows: Iterable<string>, how: Touch): void;
  addActivity(activity: TableActivity): void;
  /** What a row holds now, or held before it was deleted. */
  addRow(oid: number, row: string, values: OtherRow): void;
  /** Columns that a statement named to write to; undefined: all of the table's. */
  addColumns(oid: number, names: readonly string[] | undefined): void;
}

export type Touch = 'inserted' | 'changed' | 'gone';

/** What the application did after a moment. */
export interface TouchedSince {
  /** Rows of a table that were touched so at any time. */
  rows(oids: readonly number[], key: readonly number[], how: Touch): ReadonlySet<string>;
  activity(oids: readonly number[]): Omit<TableActivity, 'oid'>;
  /** Whether a statement that wrote to the table named the column to do so. */
  names(oids: readonly number[], column: string): boolean;
}

/** A row that the application wrote or deleted: the names of its columns, and for each a hash as digests hold it. */
export interface OtherRow {
  readonly names: readonly string[];
  readonly values: readonly string[];
  readonly gone: boolean;
}

/** What was done to a table: how many rows. */
export interface TableActivity {
  readonly oid: number;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

export function createTouchedRows(): TouchedRows {
  const known = new Map<string, Set<string>>();
  const keyOf = (oid: number, key: readonly number[]) => `${oid} ${key.join()}`;
  let moment = 0;
  const rows: { at: number; name: string; how: Touch; rows: readonly string[] }[] = [];
  const activities: (TableActivity & { readonly at: number })[] = [];
  const columns: { at: number; oid: number; names: readonly string[] | undefined }[] = [];
  const contents = new Map<number, Map<string, OtherRow>>();
  return {
    has: (oids, key, row) => oids.some((oid) => known.get(keyOf(oid, key))?.has(row) === true),
    others: (oids) => [...contents].flatMap(([oid, rows]) => (oids.includes(oid) ? [] : [...rows.values()])),
    mark: () => moment++,
    since: (mark) => ({
      rows: (oids, key, how) => {
        const names = oids.map((oid) => keyOf(oid, key));
        return new Set(
          rows.flatMap((one) =>
            one.at > mark && one.how === how && names.includes(one.name) ? one.rows : [],
          ),
        );
      },
      activity: (oids) => {
        const done = activities.filter(({ at, oid }) => at > mark && oids.includes(oid));
        const sum = (of: 'inserted' | 'updated' | 'deleted') =>
          done.reduce((total, one) => total + one[of], 0);
        return { inserted: sum('inserted'), updated: sum('updated'), deleted: sum('deleted') };
      },
      names: (oids, column) =>
        columns.some(
          ({ at, oid, names }) =>
            at > mark && oids.includes(oid) && (names === undefined || names.includes(column)),
        ),
    }),
    add(oid, key, more, how) {
      const name = keyOf(oid, key);
      const added = [...more];
      const before = known.get(name) ?? new Set();
      for (const row of added) before.add(row);
      known.set(name, before);
      rows.push({ at: moment, name, how, rows: added });
    },
    addRow(oid, row, values) {
      const known = contents.get(oid) ?? new Map<string, OtherRow>();
      contents.set(oid, known.set(row, values));
    },
    addActivity: (activity) => void activities.push({ at: moment, ...activity }),
    addColumns: (oid, names) => void columns.push({ at: moment, oid, names }),
  };
}

const activityQuery = `
  SELECT oid::int8 AS oid, sum(inserted)::int8 AS inserted, sum(updated)::int8 AS updated,
    sum(deleted)::int8 AS deleted FROM (
    SELECT coalesce(pg_catalog.pg_partition_root(c.oid)::oid, c.oid) AS oid,
      pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) AS inserted,
      pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) AS updated,
      pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) AS deleted
    FROM pg_catalog.pg_class c WHERE c.relkind = 'r' AND c.oid >= 16384) activity
  WHERE inserted > 0 OR updated > 0 OR deleted > 0 GROUP BY 1`;

async function activity(db: Connection): Promise<Map<number, TableActivity>> {
  const { rows } = await db.query(activityQuery, [], { often: true });
  return new Map(
    rows.map(({ oid, inserted, updated, deleted }) => [
      Number(oid),
      { oid: Number(oid), inserted: Number(inserted), updated: Number(updated), deleted: Number(deleted) },
    ]),
  );
}

/** The counters also hold what earlier transactions did and the server did not yet add to its statistics. */
function activitySince(before: ReadonlyMap<number, TableActivity>, now: ReadonlyMap<number, TableActivity>) {
  return [...now.values()]
    .map((one) => ({
      oid: one.oid,
      inserted: one.inserted - (before.get(one.oid)?.inserted ?? 0),
      updated: one.updated - (before.get(one.oid)?.updated ?? 0),
      deleted: one.deleted - (before.get(one.oid)?.deleted ?? 0),
    }))
    .filter(({ inserted, updated, deleted }) => inserted + updated > 0 || deleted > 0);
}

export interface Witness {
  readonly digester: Digester;
  /** Of the tables as they are now. */
  readonly digest: DataDigest;
  readonly touched: TouchedRows;
  /** What the statement names to write to; undefined: every column. */
  readonly columns?: readonly string[] | undefined;
}

/**
 * Runs `write` in the open transaction, and notes the rows that it wrote and deleted. To tell those that are gone it is
 * run twice, the first time to be undone. Resolves with a function that adds them to the touched rows, for once the
 * transaction is committed, and with how many rows they are.
 */
export async function noteTouched(
  db: Connection,
  { digester, digest, touched, columns }: Witness,
  write: () => Promise<unknown>,
  changesKeys: boolean,
): Promise<{ readonly rows: number; commit(): void }> {
  const tables = new Map([...digest.tables.values()].map(({ table }) => [table.oid, table]));
  await db.query('SAVEPOINT written');
  const counters = await activity(db);
  await write();
  const done = activitySince(counters, await activity(db));
  const changed = done.flatMap((activity) => {
    const table = tables.get(activity.oid);
    return table ? [{ table, activity, keys: usableKeys(table, digester) }] : [];
  });
  const gone = new Map<string, Set<string>>();
  if (changesKeys || changed.some(({ activity }) => activity.deleted > 0)) {
    const left = await keysOfAll(db, changed);
    await db.query('ROLLBACK TO SAVEPOINT written');
    const before = await keysOfAll(db, changed);
    for (const [name, keys] of before) {
      const still = left.get(name) ?? new Set();
      gone.set(name, new Set([...keys].filter((key) => !still.has(key))));
    }
    await write();
  }
  const written = new Map<string, Map<string, string>>();
  for (const { table, keys } of changed)
    for (const key of keys) {
      const { rows } = await db.query(
        `SELECT ${keyExpression(table, key)} AS k, ${rowExpression(table)} AS all FROM ${from(table)}
          WHERE pg_catalog.age(xmin) <= pg_catalog.age(pg_catalog.pg_current_xact_id()::xid)`,
      );
      written.set(`${table.oid} ${key.join()}`, new Map(rows.map(({ k, all }) => [String(k), String(all)])));
    }
  return {
    rows: changed.reduce(
      (sum, { activity: { inserted, updated, deleted } }) => sum + inserted + updated + deleted,
      0,
    ),
    commit() {
      for (const { table, activity, keys } of changed) {
        touched.addActivity(activity);
        touched.addColumns(table.oid, columns);
        // A key that was no table's key when the digest was read is not told by it.
        const known = digest.tables.get(table.name)?.rows;
        for (const key of keys) {
          const name = `${table.oid} ${key.join()}`;
          const values = written.get(name) ?? new Map<string, string>();
          const rows = [...values.keys()];
          const isNew = (row: string) =>
            key.join() === table.key.join() && known instanceof Map && !known.has(row);
          const add = (oid: number, its: readonly number[]) => {
            touched.add(oid, its, rows.filter(isNew), 'inserted');
            touched.add(
              oid,
              its,
              rows.filter((row) => !isNew(row)),
              'changed',
            );
            touched.add(oid, its, gone.get(name) ?? [], 'gone');
          };
          add(table.oid, key);
          if (key.join() === table.key.join()) addContents(touched, table, values, gone.get(name), known);
          for (const other of digester.namesakes(table)) {
            const its = numbersIn(other, table, key);
            if (its.length > 0) add(other.oid, its);
          }
        }
      }
    },
  };
}

function addContents(
  touched: TouchedRows,
  { oid, columns }: DigestTable,
  written: ReadonlyMap<string, string>,
  gone: Iterable<string> = [],
  before: TableDigest['rows'],
): void {
  const names = columns.map(({ name }) => name);
  for (const [row, all] of written) touched.addRow(oid, row, { names, values: all.split(' '), gone: false });
  if (!(before instanceof Map)) return;
  for (const row of gone) {
    const all = before.get(row);
    if (all !== undefined) touched.addRow(oid, row, { names, values: all.split(' '), gone: true });
  }
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
