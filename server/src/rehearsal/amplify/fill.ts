import type { SqlParser } from '../../sql/model.ts';
import { isDatabaseError } from '../errors.ts';
import type { FillTable } from '../fabricate/catalog.ts';
import { disableTriggers, restoreTriggers } from '../fabricate/triggers.ts';
import type { Connection } from '../model.ts';
import { quoteIdentifier } from '../roles.ts';
import {
  type Base,
  type CopyInput,
  type Copying,
  copyModes,
  copySql,
  type GrownParent,
  planCopies,
  type Sweep,
} from './copies.ts';
import { readKeys, readVaried } from './keys.ts';

/** Takes the rows that a table has, numbered, to copy new ones from. */
export async function takeBase(db: Connection, table: FillTable, rows: number): Promise<Base> {
  await db.query(`ANALYZE ${table.name}`);
  const [keys, varied] = [await readKeys(db, table.oid), await readVaried(db, table.oid)];
  const name = `pg_temp."switchback base ${table.oid}"`;
  // In the order in which they lie: columns that ascend with it do so among the new rows too.
  await db.query(
    `CREATE TEMPORARY TABLE "switchback base ${table.oid}" AS
      SELECT row_number() OVER () - 1 AS "row of base", * FROM ${rowsOf(table)}`,
  );
  await db.query(`ANALYZE ${name}`);
  return { table, name, rows, keys, varied };
}

/** Without the rows of those that inherit from it. */
function rowsOf({ name, partitioned }: FillTable): string {
  return partitioned ? name : `ONLY ${name}`;
}

/** Numbers the rows of a table that was filled up, by one of its keys. */
export async function numberParents(
  db: Connection,
  base: Base,
  columns: readonly string[],
  at: number,
): Promise<GrownParent> {
  const name = `switchback parent ${base.table.oid} ${at}`;
  const listed = (alias: string) => columns.map((column) => `${alias}.${quoteIdentifier(column)}`);
  const same = columns.map((column) => `b.${quoteIdentifier(column)} = p.${quoteIdentifier(column)}`);
  await db.query(
    `CREATE TEMPORARY TABLE ${quoteIdentifier(name)} AS
      SELECT row_number() OVER (ORDER BY b."row of base" IS NULL, b."row of base", ${listed('p').join(', ')}) - 1 AS "row of parent",
        ${listed('p').join(', ')}
      FROM ${rowsOf(base.table)} AS p LEFT JOIN ${base.name} AS b ON ${same.join(' AND ')}`,
  );
  const full = `pg_temp.${quoteIdentifier(name)}`;
  await db.query(`ANALYZE ${full}`);
  const { rows } = await db.query(`SELECT count(*)::int AS n FROM ${full}`);
  return { name: full, columns, before: base.rows, rows: Number(rows[0]?.n ?? 0) };
}

export interface FillInput {
  readonly base: Base;
  readonly parents: CopyInput['parents'];
  /** Rows to add. */
  readonly rows: number;
  readonly parser: SqlParser;
  /** When to end, as `performance.now()` counts. */
  readonly deadline: number;
  readonly onRows: (added: number) => void;
}

export interface Filled {
  readonly added: number;
  /** Why there are not as many as were asked for; undefined where there are. */
  readonly short: string | undefined;
}

/** Rows of the first sweep, by which the speed is known: few, since each sweep starts over with what ascends. */
const trial = { least: 200, most: 2000, share: 0.05 };
/** ms that one statement is to take: as soon the time limit is heeded, and progress told. */
const stretch = 1000;
const mostAtOnce = 50_000;

/** Copies a table's rows until it has as many more as asked for, or the time is up. */
export async function fillUp(db: Connection, input: FillInput): Promise<Filled> {
  const { table } = input.base;
  await disableTriggers(db, table);
  try {
    return await inSomeWay(db, input);
  } finally {
    await restoreTriggers(db, table);
  }
}

async function inSomeWay(db: Connection, input: FillInput): Promise<Filled> {
  const tried = Math.min(Math.max(trial.least, Math.ceil(input.rows * trial.share)), trial.most);
  const first: Sweep = { rows: Math.min(input.rows, tried), made: 0, copies: 0 };
  let reason = '';
  for (const mode of copyModes) {
    const started = performance.now();
    try {
      const copying = await planCopies(db, { ...input, mode });
      const asked = performance.now();
      const added = await insert(db, copying, first, 0, first.rows);
      if (added > 0) return await goOn(db, input, copying, { first, added, ms: performance.now() - asked });
      reason = 'each row that could be made has a key that is there already, or breaks a CHECK';
    } catch (error) {
      if (!isDatabaseError(error) || error.code === undefined) throw error;
      reason = error.message;
    }
    if (performance.now() + (performance.now() - started) > input.deadline) break;
  }
  return { added: 0, short: reason === '' ? timeIsUp : reason };
}

const timeIsUp = 'the time for filling was up';

interface Begun {
  readonly first: Sweep;
  readonly added: number;
  /** How long the first sweep took. */
  readonly ms: number;
}

async function goOn(
  db: Connection,
  { base, rows, deadline, onRows }: FillInput,
  copying: Copying,
  { first, added, ms }: Begun,
): Promise<Filled> {
  const speed = first.rows / Math.max(ms, 1);
  const possible = Math.max(0, Math.floor(speed * 0.8 * (deadline - performance.now())));
  const left = rows - first.rows;
  const sweep: Sweep = {
    rows: Math.min(left, possible),
    made: first.rows,
    copies: Math.ceil(first.rows / base.rows),
  };
  let sum = added;
  let at = 0;
  let size = Math.round(speed * stretch);
  while (at < sweep.rows && performance.now() < deadline) {
    onRows(sum);
    const to = Math.min(sweep.rows, at + Math.max(trial.most, Math.min(size, mostAtOnce)));
    const since = performance.now();
    try {
      sum += await insert(db, copying, sweep, at, to);
    } catch (error) {
      if (!isDatabaseError(error) || error.code === undefined) throw error;
      return { added: sum, short: error.message };
    }
    size = Math.round(((to - at) * stretch) / Math.max(performance.now() - since, 1));
    at = to;
  }
  if (at < left) return { added: sum, short: timeIsUp };
  return {
    added: sum,
    short: sum < rows * 0.9 ? 'further rows have keys that are there already' : undefined,
  };
}

async function insert(
  db: Connection,
  copying: Copying,
  sweep: Sweep,
  from: number,
  to: number,
): Promise<number> {
  return (await db.query(copySql(copying, sweep, from, to))).affectedRows;
}
