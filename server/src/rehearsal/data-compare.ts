import type { DataDigest, TableDigest } from './data-digest.ts';
import { lostWrites, sameTable } from './lost-writes.ts';
import type { ColumnRows, RollbackData, TableRows } from './model.ts';
import type { TouchedRows } from './touched-rows.ts';
import { writtenElsewhere } from './written-elsewhere.ts';

/** What is known of the application between the two moments that are compared. */
export interface Meanwhile {
  readonly touched: TouchedRows;
  /** The moment of the first one, as `TouchedRows.mark` told it. */
  readonly mark: number;
  /** Right after the step, before the application wrote. */
  readonly applied?: DataDigest | undefined;
  /** After the application's last write, before the rollback: what it wrote is there. */
  readonly written?: DataDigest | undefined;
}

/**
 * What of the rows is not as it was before: of the tables that changed, on the columns that were there before. What the
 * application did meanwhile is left out; what of that a rollback took away is told.
 */
export function compareData(before: DataDigest, after: DataDigest, meanwhile: Meanwhile): RollbackData {
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
    if (was.table.isView) {
      const note = viewNote(was, is);
      if (note !== undefined) found.notes.push(note);
      continue;
    }
    found.compared.push(name);
    if (!is) {
      if (was.count > 0) found.missing.push({ table: name, rows: was.count });
      continue;
    }
    const note = limits(name, was);
    if (note !== undefined) found.notes.push(note);
    const difference =
      was.rows instanceof Map && is.rows instanceof Map && was.table.key.join() === is.table.key.join()
        ? byKey(was, is, meanwhile)
        : byWholeRow(was, is, meanwhile);
    if (difference.loose > 0)
      found.notes.push(
        `${name} has no primary key to tell by which of its rows the application wrote: ${difference.loose} may differ.`,
      );
    const { gone, overwritten } = lostWrites(was, is, meanwhile);
    // Without a key, rows of the application's are among those that are missing.
    const missing = Math.max(0, difference.missing - (difference.goneAmongMissing ?? 0));
    const written = Math.max(gone, difference.goneAmongMissing ?? 0);
    for (const [column, rows] of difference.stamped)
      found.notes.push(
        `${name}.${column} is set by a trigger at each UPDATE: ${rows.toLocaleString('en')} of its values ${rows === 1 ? 'is' : 'are'} newer than before. No rollback brings that back.`,
      );
    for (const [column, rows] of difference.lost) found.lost.push({ table: name, column, rows });
    for (const [column, rows] of overwritten)
      found.lost.push({ table: name, column, rows, by_application: true });
    for (const [column, rows] of difference.added) found.added.push({ table: name, column, rows });
    if (missing > 0) found.missing.push({ table: name, rows: missing });
    if (written > 0) found.missing.push({ table: name, rows: written, by_application: true });
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

/**
 * A materialized view's rows are another table's, and no rollback brings back what an earlier REFRESH found: that they
 * differ is said, and is no loss. That it is there and populated is its schema's matter.
 */
function viewNote(was: TableDigest, is: TableDigest | undefined): string | undefined {
  if (!is) return undefined;
  const { name, columns } = was.table;
  if (was.rows === undefined || is.rows === undefined)
    return `The rows of materialized view ${name} were not compared: they are too many.`;
  const names = columns
    .map((column) => column.name)
    .filter((column) => is.table.columns.some((now) => now.name === column));
  const [before, now] = [countRows(was, names), countRows(is, names)];
  const rows = Math.max(surplus(before, now), surplus(now, before));
  if (rows === 0) return undefined;
  return `Materialized view ${name} holds what a later REFRESH found: ${rows.toLocaleString('en')} of its rows ${rows === 1 ? 'differs' : 'differ'} from before. No rollback brings that back.`;
}

interface Difference {
  readonly lost: ReadonlyMap<string, number>;
  readonly added: ReadonlyMap<string, number>;
  /** Values that a trigger has set anew since, because of an UPDATE of other columns. */
  readonly stamped: ReadonlyMap<string, number>;
  readonly missing: number;
  readonly unexpected: number;
  /** Of the missing ones, those that the application wrote meanwhile. */
  readonly goneAmongMissing?: number;
  /** How many rows more could be missing and not be seen. */
  readonly loose: number;
}

function byKey(was: TableDigest, is: TableDigest, { touched, mark }: Meanwhile): Difference {
  const rowsBefore = was.rows as ReadonlyMap<string, string>;
  const rowsNow = is.rows as ReadonlyMap<string, string>;
  const oids = [was.table.oid, is.table.oid];
  const { key } = was.table;
  const since = touched.since(mark);
  const elsewhere = writtenElsewhere(was, touched, oids);
  const deleted = since.rows(oids, key, 'gone');
  const written = new Set([...since.rows(oids, key, 'inserted'), ...since.rows(oids, key, 'changed')]);
  const columns = was.table.columns.map(({ name, number, stamped }, at) => {
    const now = is.table.columns.findIndex((column) => column.name === name);
    // One that was dropped and made again has another number: its values are what the rollback put there.
    const isSame = was.table.oid === is.table.oid && is.table.columns[now]?.number === number;
    return { name, at, now, stamped: stamped && isSame };
  });
  const sameColumns =
    was.table.columns.length === is.table.columns.length && columns.every(({ at, now }) => at === now);
  const lost = new Map<string, number>();
  const added = new Map<string, number>();
  const stamped = new Map<string, number>();
  let missing = 0;
  let unexpected = 0;
  for (const [row, before] of rowsBefore) {
    const now = rowsNow.get(row);
    if (sameColumns && now === before) continue;
    if (now === undefined) {
      if (!deleted.has(row) && !elsewhere.isGone(before)) missing += 1;
      continue;
    }
    // Columns of a row that one version left behind may be brought up to another one's by any rollback.
    if (touched.has(oids, key, row)) continue;
    const [a, b] = [before.split(' '), now.split(' ')];
    for (const { name, at, now: place, stamped: isStamped } of columns) {
      const [value, seen] = [a[at], place < 0 ? '-' : b[place]];
      if (value === seen || (place >= 0 && elsewhere.has(before, name, seen ?? '-'))) continue;
      const into = isStamped && seen !== '-' ? stamped : value === '-' ? added : lost;
      into.set(name, (into.get(name) ?? 0) + 1);
    }
  }
  const come = writtenElsewhere(is, touched, oids);
  for (const [row, now] of rowsNow)
    if (!rowsBefore.has(row) && !written.has(row) && !come.hasRow(now)) unexpected += 1;
  // Of a sample the rest is counted at least.
  const { inserted, deleted: fewer } = since.activity(oids);
  const short = was.stride > 1 ? was.count + inserted - fewer - is.count : 0;
  return { lost, added, stamped, missing: missing > 0 ? missing : Math.max(0, short), unexpected, loose: 0 };
}

/**
 * Rows as wholes; where they differ in what a trigger writes at each UPDATE alone, that is told for itself. So it may be
 * where another column is the key by now than was.
 */
function byWholeRow(was: TableDigest, is: TableDigest, meanwhile: Meanwhile): Difference {
  const whole = byRow(was, is, meanwhile, new Set());
  const differing = whole.missing + whole.unexpected;
  const stamped = was.table.columns.filter(
    (column) =>
      column.stamped &&
      was.table.oid === is.table.oid &&
      is.table.columns.some(({ name, number }) => name === column.name && number === column.number),
  );
  if (differing === 0 || stamped.length === 0) return whole;
  const bare = byRow(was, is, meanwhile, new Set(stamped.map(({ name }) => name)));
  if (bare.missing + bare.unexpected >= differing) return whole;
  const rows = Math.max(whole.missing, whole.unexpected);
  return { ...bare, stamped: new Map(stamped.map(({ name }) => [name, rows])) };
}

/**
 * Without a key to tell rows by, they are compared as wholes. Where the step itself left them alone, what is to be there
 * is what was there before the rollback; else as many may differ as the application changed meanwhile.
 */
function byRow(
  was: TableDigest,
  is: TableDigest,
  meanwhile: Meanwhile,
  without: ReadonlySet<string>,
): Difference {
  const none = { lost: new Map(), added: new Map(), stamped: new Map() };
  const done = meanwhile.touched.since(meanwhile.mark).activity([...new Set([was.table.oid, is.table.oid])]);
  const short = was.count + done.inserted - done.deleted - is.count;
  if (was.rows === undefined || is.rows === undefined)
    return { ...none, missing: Math.max(0, short), unexpected: Math.max(0, -short), loose: 0 };
  const applied = sameTable(meanwhile.applied, was);
  const written = sameTable(meanwhile.written, was);
  const all = [was, is, applied, written].flatMap((one) => (one?.rows === undefined ? [] : [one]));
  const common = was.table.columns
    .map(({ name }) => name)
    .filter((name) => all.every(({ table }) => table.columns.some((column) => column.name === name)));
  const compared = common.filter((name) => !without.has(name));
  const kept = was.table.columns.filter(({ name }) => is.table.columns.some((now) => now.name === name));
  const lost = lostColumns(was, kept);
  const isPlain =
    applied?.rows !== undefined &&
    written?.rows !== undefined &&
    surplus(countRows(was, compared), countRows(applied, compared)) === 0 &&
    surplus(countRows(applied, compared), countRows(was, compared)) === 0;
  if (isPlain) {
    const [due, now] = [countRows(written, compared), countRows(is, compared)];
    const before = countRows(was, compared);
    const gone = [...due].reduce(
      (sum, [row, count]) =>
        sum + Math.min(Math.max(0, count - (now.get(row) ?? 0)), Math.max(0, count - (before.get(row) ?? 0))),
      0,
    );
    const exact = { missing: surplus(due, now), unexpected: surplus(now, due) };
    // Columns that the step took away and the rollback brought back are compared with what was before.
    if (common.length === kept.length) return { ...none, ...exact, lost, goneAmongMissing: gone, loose: 0 };
  }
  const names = kept.map(({ name }) => name).filter((name) => !without.has(name));
  const [before, now] = [countRows(was, names), countRows(is, names)];
  const missing = Math.max(0, surplus(before, now) - done.updated - done.deleted);
  const unexpected = Math.max(0, surplus(now, before) - done.updated - done.inserted);
  return {
    ...none,
    lost,
    missing: Math.max(missing, short + unexpected),
    unexpected,
    loose: done.updated + done.deleted,
  };
}

/** Values of columns that are there no more. */
function lostColumns(was: TableDigest, kept: readonly unknown[]): Map<string, number> {
  const gone = was.table.columns.filter((column) => !kept.includes(column));
  return new Map(
    gone.flatMap((column) => {
      const at = was.table.columns.indexOf(column);
      const rows = [...(was.rows?.values() ?? [])].filter((row) => row.split(' ')[at] !== '-').length;
      return rows > 0 ? [[column.name, rows] as const] : [];
    }),
  );
}

/** How often each row is there, by these columns. */
function countRows({ rows = [], table }: TableDigest, names: readonly string[]): Map<string, number> {
  const places = names.map((name) => table.columns.findIndex((column) => column.name === name));
  const counts = new Map<string, number>();
  for (const row of rows.values()) {
    const hashes = row.split(' ');
    const shown = places.map((place) => hashes[place]).join(' ');
    counts.set(shown, (counts.get(shown) ?? 0) + 1);
  }
  return counts;
}

/** How many rows of the first are not in the second. */
function surplus(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  return [...a].reduce((sum, [row, count]) => sum + Math.max(0, count - (b.get(row) ?? 0)), 0);
}
