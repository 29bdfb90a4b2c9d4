import type { DataDigest, TableDigest } from './data-digest.ts';
import type { ColumnRows, RollbackData, TableRows } from './model.ts';
import type { TouchedRows } from './touched-rows.ts';

/**
 * What of the rows is not as it was before: of the tables that changed, on the columns that were there before. Rows
 * that the application touched are left out.
 */
export function compareData(before: DataDigest, after: DataDigest, touched: TouchedRows): RollbackData {
  const found = {
    compared: [] as string[],
    lost: [] as ColumnRows[],
    added: [] as ColumnRows[],
    missing: [] as TableRows[],
    unexpected: [] as TableRows[],
    notes: [] as string[],
  };
  for (const [name, was] of before.tables) {
    const is = after.tables.get(name);
    if (is === was) continue;
    found.compared.push(name);
    if (!is) {
      if (was.count > 0) found.missing.push({ table: name, rows: was.count });
      continue;
    }
    const note = limits(name, was);
    if (note !== undefined) found.notes.push(note);
    const loose = touched.count([was.table.oid, is.table.oid]);
    if (loose > 0)
      found.notes.push(
        `${name} has no primary key to tell by which of its rows the application wrote: ${loose} may differ.`,
      );
    const difference =
      was.rows instanceof Map && is.rows instanceof Map && was.table.key.join() === is.table.key.join()
        ? byKey(was, is, touched)
        : byRow(was, is, touched);
    for (const [column, rows] of difference.lost) found.lost.push({ table: name, column, rows });
    for (const [column, rows] of difference.added) found.added.push({ table: name, column, rows });
    if (difference.missing > 0) found.missing.push({ table: name, rows: difference.missing });
    if (difference.unexpected > 0) found.unexpected.push({ table: name, rows: difference.unexpected });
  }
  return found;
}

/** Whether the rows are as they were. */
export function isSameData({ lost, added, missing, unexpected }: RollbackData): boolean {
  return lost.length + added.length + missing.length + unexpected.length === 0;
}

function limits(name: string, { stride, rows, count }: TableDigest): string | undefined {
  const many = count.toLocaleString('en');
  if (rows === undefined)
    return `${name} has no primary key and ${many} rows: they were counted, not compared.`;
  return stride > 1 ? `Of the ${many} rows of ${name} one in ${stride} was compared.` : undefined;
}

interface Difference {
  readonly lost: ReadonlyMap<string, number>;
  readonly added: ReadonlyMap<string, number>;
  readonly missing: number;
  readonly unexpected: number;
}

function byKey(was: TableDigest, is: TableDigest, touched: TouchedRows): Difference {
  const rowsBefore = was.rows as ReadonlyMap<string, string>;
  const rowsNow = is.rows as ReadonlyMap<string, string>;
  const oids = [was.table.oid, is.table.oid];
  const isTouched = (row: string) => touched.has(oids, was.table.key, row);
  const columns = was.table.columns.map(({ name }, at) => ({
    name,
    at,
    now: is.table.columns.findIndex((column) => column.name === name),
  }));
  const sameColumns =
    was.table.columns.length === is.table.columns.length && columns.every(({ at, now }) => at === now);
  const lost = new Map<string, number>();
  const added = new Map<string, number>();
  let missing = 0;
  let unexpected = 0;
  for (const [key, before] of rowsBefore) {
    const now = rowsNow.get(key);
    if ((sameColumns && now === before) || isTouched(key)) continue;
    if (now === undefined) {
      missing += 1;
      continue;
    }
    const [a, b] = [before.split(' '), now.split(' ')];
    for (const { name, at, now: place } of columns) {
      const [value, seen] = [a[at], place < 0 ? '-' : b[place]];
      if (value === seen) continue;
      const into = value === '-' ? added : lost;
      into.set(name, (into.get(name) ?? 0) + 1);
    }
  }
  for (const key of rowsNow.keys()) if (!rowsBefore.has(key) && !isTouched(key)) unexpected += 1;
  return { lost, added, missing, unexpected };
}

/** Without a key to tell rows by, they are compared as wholes; as many may differ as the application touched. */
function byRow(was: TableDigest, is: TableDigest, touched: TouchedRows): Difference {
  const none = { lost: new Map(), added: new Map() };
  const allowed = touched.count([was.table.oid, is.table.oid]);
  if (was.rows === undefined || is.rows === undefined) {
    const more = is.count - was.count;
    return { ...none, missing: Math.max(0, -more - allowed), unexpected: Math.max(0, more - allowed) };
  }
  const common = was.table.columns.filter(({ name }) => is.table.columns.some((now) => now.name === name));
  const [before, now] = [was, is].map(({ rows = [], table }) => {
    const places = common.map(({ name }) => table.columns.findIndex((column) => column.name === name));
    const counts = new Map<string, number>();
    for (const row of rows.values()) {
      const hashes = row.split(' ');
      const shown = places.map((place) => hashes[place]).join(' ');
      counts.set(shown, (counts.get(shown) ?? 0) + 1);
    }
    return counts;
  }) as [Map<string, number>, Map<string, number>];
  const more = (a: Map<string, number>, b: Map<string, number>) =>
    [...a].reduce((sum, [row, count]) => sum + Math.max(0, count - (b.get(row) ?? 0)), 0);
  const gone = was.table.columns.filter((column) => !common.includes(column));
  const lost = new Map(
    gone.flatMap((column) => {
      const at = was.table.columns.indexOf(column);
      const rows = [...(was.rows?.values() ?? [])].filter((row) => row.split(' ')[at] !== '-').length;
      return rows > 0 ? [[column.name, rows] as const] : [];
    }),
  );
  return {
    ...none,
    lost,
    missing: Math.max(0, more(before, now) - allowed),
    unexpected: Math.max(0, more(now, before) - allowed),
  };
}
