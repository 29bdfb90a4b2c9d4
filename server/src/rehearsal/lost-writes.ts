import type { Meanwhile } from './data-compare.ts';
import type { DataDigest, TableDigest } from './data-digest.ts';

/** What the application wrote and a rollback took away. */
export interface LostWrites {
  /** Rows. */
  readonly gone: number;
  /** Values, by column, of rows that are still there. */
  readonly overwritten: ReadonlyMap<string, number>;
}

/** The table under which the application found this one: by its name, else the same one under another. */
export function sameTable(digest: DataDigest | undefined, { table }: TableDigest): TableDigest | undefined {
  if (!digest) return undefined;
  return (
    digest.tables.get(table.name) ?? [...digest.tables.values()].find((one) => one.table.oid === table.oid)
  );
}

/**
 * Rows that the application inserted since a moment and that were there before the rollback, and are no more; and values
 * that it wrote, right before the rollback, into columns that were there before the step. Told by the primary key.
 */
export function lostWrites(was: TableDigest, is: TableDigest, meanwhile: Meanwhile): LostWrites {
  const { touched, mark, applied } = meanwhile;
  const overwritten = new Map<string, number>();
  const written = sameTable(meanwhile.written, was);
  if (!written || !(written.rows instanceof Map) || written === is) return { gone: 0, overwritten };
  const since = touched.since(mark);
  const { key, oid } = written.table;
  if (!(is.rows instanceof Map) || keyNames(written) !== keyNames(is)) {
    // Told by their number alone; rows that are missing without the application are told already.
    if (written.table.oid === is.table.oid) return { gone: 0, overwritten };
    const short = was.count + since.activity([oid]).inserted - since.activity([oid]).deleted - is.count;
    return { gone: Math.max(0, Math.min(short, since.activity([oid]).inserted)), overwritten };
  }
  const inserted = since.rows([oid], key, 'inserted');
  let gone = 0;
  for (const row of inserted) if (written.rows.has(row) && !is.rows.has(row)) gone += 1;
  const first = sameTable(applied, was);
  if (!first || first.table.oid !== oid || !(first.rows instanceof Map)) return { gone, overwritten };
  for (const { name, at, now, sameType, named } of columnsOf(was, written, is)) {
    if (!since.names([oid], named)) continue;
    for (const row of new Set([...inserted, ...since.rows([oid], key, 'changed')])) {
      const value = written.rows.get(row)?.split(' ')[at];
      const seen = is.rows.get(row)?.split(' ')[now];
      const earlier = first.rows.get(row)?.split(' ')[at];
      if (value === undefined || seen === undefined || value === '-' || value === earlier) continue;
      if (sameType ? value !== seen : seen === '-') overwritten.set(name, (overwritten.get(name) ?? 0) + 1);
    }
  }
  return { gone, overwritten };
}

function keyNames({ table: { key, columns } }: TableDigest): string {
  return JSON.stringify(key.map((number) => columns.find((column) => column.number === number)?.name));
}

/** Columns that were there before the step, that the application could write to, and that are there now. */
function columnsOf(was: TableDigest, written: TableDigest, is: TableDigest) {
  return written.table.columns.flatMap(({ name, number, type }, at) => {
    const byName = is.table.columns.findIndex((column) => column.name === name);
    const renamed = is.table.columns.findIndex((column) => column.number === number);
    const now = byName < 0 && written.table.oid === is.table.oid ? renamed : byName;
    const found = is.table.columns[now];
    if (!found || !was.table.columns.some((column) => column.name === found.name)) return [];
    return [{ name: found.name, at, now, sameType: found.type === type, named: name }];
  });
}
