import type { SqlParser } from '../../sql/model.ts';
import { isDatabaseError } from '../errors.ts';
import { columnConditions, domainCondition } from '../fabricate/candidates.ts';
import type { FillColumn, FillTable } from '../fabricate/catalog.ts';
import type { Connection } from '../model.ts';
import { quoteIdentifier, quoteLiteral } from '../roles.ts';
import { distinctValues, extremes, hasRange, rank, variedValue } from './columns.ts';
import type { Key } from './keys.ts';

/** The rows that a table had, numbered from 0: what new ones are copied from. */
export interface Base {
  readonly table: FillTable;
  /** The temporary table that holds them, with their number in the column `row of base`. */
  readonly name: string;
  readonly rows: number;
  readonly keys: readonly Key[];
  /** Columns of which nearly every row has a value of its own. */
  readonly varied: ReadonlySet<string>;
}

/** A parent that has new rows too: its rows numbered, those that it had before first. */
export interface GrownParent {
  /** The temporary table with its keys and the column `row of parent`. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly before: number;
  readonly rows: number;
}

/** How new rows come about: the ways are tried in order until one is let in. */
export interface CopyMode {
  /** Whether columns that nearly tell rows apart get other values too. */
  readonly varies: boolean;
  /** Whether new rows refer to the new rows of their parents. */
  readonly refers: boolean;
  /** Whether rows that break a CHECK are passed over, which are errors else. */
  readonly checks: boolean;
}

export const copyModes: readonly CopyMode[] = [
  { varies: true, refers: true, checks: false },
  { varies: true, refers: true, checks: true },
  { varies: false, refers: true, checks: true },
  { varies: false, refers: false, checks: true },
];

export interface Copying {
  readonly base: Base;
  readonly expressions: ReadonlyMap<FillColumn, string>;
  readonly joins: readonly string[];
  readonly conditions: readonly string[];
}

/** Some of a table's new rows: `rows` of them, after `made`, of which each base row had `copies` at most. */
export interface Sweep {
  readonly rows: number;
  readonly made: number;
  readonly copies: number;
}

export interface CopyInput {
  readonly base: Base;
  readonly mode: CopyMode;
  /** By the column lists of foreign keys: `parentOf`. */
  readonly parents: ReadonlyMap<string, GrownParent>;
  /** New rows in all. */
  readonly rows: number;
  readonly parser: SqlParser;
}

/** Names a foreign key within its table. */
export function keyName(columns: readonly string[]): string {
  return JSON.stringify(columns);
}

/** Decides for each column what a new row has there: what the row has that it is copied from, or something else. */
export async function planCopies(db: Connection, input: CopyInput): Promise<Copying> {
  const { base, mode } = input;
  const { table, keys, varied } = base;
  const expressions = new Map<FillColumn, string>(
    table.columns.map((column) => [column, `b.${quoteIdentifier(column.name)}`]),
  );
  const { joins, conditions, referring, told } = mode.refers ? refer(input, expressions) : noReferences;
  const inForeignKey = new Set(table.foreignKeys.flatMap(({ columns }) => columns));
  const distinct = new Set<string>();
  for (const { columns: simple, inside } of keys) {
    const all = [...new Set([...simple, ...inside])];
    if (
      all.some((name) => distinct.has(name)) ||
      told.some((names) => names.every((name) => all.includes(name)))
    )
      continue;
    const own = table.columns
      .filter(({ name }) => all.includes(name) && !inForeignKey.has(name))
      .flatMap((column) => {
        const place = rank(column);
        return place === undefined
          ? []
          : [{ column, place: place + (isPartitionKey(table, column) ? 10 : 0) }];
      })
      .sort((a, b) => a.place - b.place);
    for (const { column } of own) {
      const chosen = await tellApart(db, input, column, all.length === 1);
      if (chosen === undefined) continue;
      expressions.set(column, chosen);
      distinct.add(column.name);
      break;
    }
  }
  if (mode.varies)
    for (const column of table.columns) {
      const { name } = column;
      if (distinct.has(name) || inForeignKey.has(name) || referring.has(name) || !varied.has(name)) continue;
      if (isPartitionKey(table, column)) continue;
      const value = variedValue(column, { x: `b.${quoteIdentifier(name)}`, k: 's.k' });
      if (value !== undefined && (await fits(db, input, column, value, false)) >= 0.99)
        expressions.set(column, cast(column, value));
    }
  const checks = mode.checks
    ? [
        ...table.checks.map(({ expression }) => expression),
        ...table.columns.flatMap((column) =>
          column.type.domainChecks.map((check) => domainCondition(column, check)),
        ),
      ].map((condition) => `(${condition}) IS NOT FALSE`)
    : [];
  return { base, expressions, joins, conditions: [...conditions, ...checks] };
}

function isPartitionKey({ checks }: FillTable, { name }: FillColumn): boolean {
  return checks.some((check) => check.name === 'partitions' && check.columns.includes(name));
}

interface References {
  readonly joins: readonly string[];
  readonly conditions: readonly string[];
  readonly referring: ReadonlySet<string>;
  /** Foreign keys whose new values are different for every copy of a row. */
  readonly told: readonly (readonly string[])[];
}

const noReferences: References = { joins: [], conditions: [], referring: new Set(), told: [] };

/**
 * Lets copies refer to copies: the children of a parent's copy are copies of that parent's children, so that there are
 * as many for each, and what is unique among them stays so.
 */
function refer({ base, parents, rows }: CopyInput, expressions: Map<FillColumn, string>): References {
  const joins: string[] = [];
  const conditions: string[] = [];
  const told: (readonly string[])[] = [];
  const taken = new Set<string>();
  const byWidth = [...base.table.foreignKeys].sort((a, b) => b.columns.length - a.columns.length);
  for (const [at, key] of byWidth.entries()) {
    if (key.columns.some((name) => taken.has(name))) {
      conditions.push(exists(key));
      continue;
    }
    const parent = parents.get(keyName(key.columns));
    const copies = parent ? Math.floor((parent.rows - parent.before) / parent.before) : 0;
    if (!parent || copies < 1) continue;
    const row = '"row of parent"';
    const same = key.parentColumns.map(
      (name, n) => `o${at}.${quoteIdentifier(name)} = b.${quoteIdentifier(key.columns[n] ?? name)}`,
    );
    joins.push(
      `LEFT JOIN ${parent.name} AS o${at} ON ${same.join(' AND ')}`,
      `LEFT JOIN ${parent.name} AS n${at} ON n${at}.${row} = (${parent.before} + o${at}.${row} * ${copies} + s.k % ${copies}) % ${parent.rows}`,
    );
    for (const [n, name] of key.columns.entries()) {
      const column = base.table.columns.find((one) => one.name === name);
      const value = `n${at}.${quoteIdentifier(key.parentColumns[n] ?? name)}`;
      if (column) expressions.set(column, `coalesce(${value}, b.${quoteIdentifier(name)})`);
      taken.add(name);
    }
    if (rows / base.rows <= copies + 1) told.push(key.columns);
  }
  return { joins, conditions, referring: taken, told };
}

function exists({ columns, parentColumns, parentName }: FillTable['foreignKeys'][number]): string {
  const own = columns.map((name) => `candidate.${quoteIdentifier(name)}`);
  const pairs = own.map((name, at) => `parent.${quoteIdentifier(parentColumns[at] ?? '')} = ${name}`);
  const isNull = own.map((name) => `${name} IS NULL`).join(' OR ');
  return `(${isNull} OR EXISTS (SELECT FROM ${parentName} AS parent WHERE ${pairs.join(' AND ')}))`;
}

function cast({ type, notNull }: FillColumn, value: string, x?: string): string {
  const typed = `(${value})::${type.baseName}`;
  return notNull || x === undefined ? typed : `CASE WHEN ${x} IS NOT NULL THEN ${typed} END`;
}

/** A value for the column that no other row has; undefined where none is found that its conditions let in. */
async function tellApart(
  db: Connection,
  input: CopyInput,
  column: FillColumn,
  isAlone: boolean,
): Promise<string | undefined> {
  const x = `b.${quoteIdentifier(column.name)}`;
  const ends = await readEnds(db, input.base, column);
  if (!ends) return undefined;
  const telling = { x, i: 's.i', k: 's.k', rows: input.rows, before: input.base.rows, ...ends };
  let best = { value: '', fit: 0.3 };
  for (const value of distinctValues(column, telling, isAlone)) {
    const first = await fits(db, input, column, value, true);
    // Among few rows, even short texts rarely meet.
    const found = first > best.fit ? await fits(db, input, column, value, true, 20 * probes) : first;
    if (found > best.fit) best = { value, fit: found };
    if (best.fit >= 0.98) break;
  }
  return best.value === '' ? undefined : cast(column, best.value, x);
}

/** The least and the greatest value as constants; of a column that a sequence feeds, with where that stands. */
async function readEnds(
  db: Connection,
  { name }: Base,
  column: FillColumn,
): Promise<{ readonly min: string; readonly max: string } | undefined> {
  const isRange = column.type.kind === 'r';
  if (!isRange && !hasRange(column)) return { min: 'NULL', max: 'NULL' };
  const { min, max } = extremes(column, quoteIdentifier(column.name));
  const { rows } = await db.query(
    `SELECT ${min}::text AS min, ${max}::text AS max, pg_catalog.pg_typeof(${min})::text AS type FROM ${name}`,
  );
  const found = rows[0];
  if (!found || found.min === null || found.max === null) return undefined;
  const constant = (value: unknown) => `${quoteLiteral(String(value))}::${String(found.type)}`;
  const { sequence } = column;
  if (!sequence || sequence.increment < 0) return { min: constant(found.min), max: constant(found.max) };
  const { rows: last } = await db.query(
    `SELECT pg_catalog.pg_sequence_last_value(${sequence.oid}::oid::regclass)::text AS value`,
  );
  const stands = last[0]?.value;
  const isBehind = typeof stands === 'string' && BigInt(stands) > BigInt(String(found.max));
  return { min: constant(found.min), max: constant(isBehind ? stands : found.max) };
}

/** How many of the rows are tried beforehand. */
const probes = 1000;

/** The share of new rows, of a few tried, whose value the column's conditions let in; and of different ones. */
async function fits(
  db: Connection,
  { base, rows }: CopyInput,
  column: FillColumn,
  value: string,
  distinct: boolean,
  tried = probes,
): Promise<number> {
  const name = quoteIdentifier(column.name);
  const conditions = columnConditions(column, base.table.checks).map((one) => `(${one}) IS NOT FALSE`);
  if (distinct)
    conditions.push(`${name} NOT IN (SELECT ${name} FROM ${base.name} WHERE ${name} IS NOT NULL)`);
  const met = conditions.length > 0 ? conditions.join(' AND ') : 'true';
  const all = { rows, made: 0, copies: 0 };
  // At random, the same each time: at a steady beat, copies that meet would never be tried together.
  const place = `(pg_catalog.hashint8extended(g, 0) & 9007199254740991) % ${rows}`;
  const sample = `SELECT DISTINCT ${place} AS i FROM pg_catalog.generate_series(1::int8, ${Math.min(tried, rows)}) g`;
  try {
    const { rows: found } = await db.query(
      `SELECT count("row of base")::int AS all, count(${name}) FILTER (WHERE ${met})::int AS met,
        count(DISTINCT ${name}::text) FILTER (WHERE ${met})::int AS distinct
        FROM (SELECT (${value})::${column.type.baseName} AS ${name}, CASE WHEN b.${name} IS NOT NULL THEN 1 END AS "row of base"
          FROM ${source(base, all, sample)}) AS candidate`,
    );
    const { all: given, met: fitting, distinct: different } = found[0] ?? {};
    return Number(given) === 0 ? 1 : Number(distinct ? different : fitting) / Number(given);
  } catch (error) {
    // A value that the type cannot hold, or that the condition cannot even be asked about.
    if (isDatabaseError(error) && error.code !== undefined) return -1;
    throw error;
  }
}

/** The new rows of a sweep that `sample` numbers, with what each is copied from: in the order of those, evenly. */
function source(base: Base, { rows, made, copies }: Sweep, sample: string): string {
  return `(SELECT ${made} + i AS i, r, ${copies} + i - (r * ${rows}::int8 + ${base.rows - 1}) / ${base.rows} AS k
      FROM (SELECT i, i * ${base.rows} / ${rows} AS r FROM (${sample}) AS sampled) AS numbered) AS s
    JOIN ${base.name} AS b ON b."row of base" = s.r`;
}

/** Inserts those rows of a sweep that are numbered so; rows that meet a unique key again are passed over. */
export function copySql(
  { base, expressions, joins, conditions }: Copying,
  sweep: Sweep,
  from: number,
  to: number,
): string {
  const names = [...expressions.keys()].map(({ name }) => quoteIdentifier(name));
  const values = [...expressions].map(([{ name }, value]) => `${value} AS ${quoteIdentifier(name)}`);
  const sample = `SELECT i FROM pg_catalog.generate_series(${from}::int8, ${to - 1}::int8) AS all_rows(i)`;
  return `INSERT INTO ${base.table.name} (${names.join(', ')}) OVERRIDING SYSTEM VALUE
    SELECT ${names.join(', ')} FROM (
      SELECT ${values.join(', ')} FROM ${source(base, sweep, sample)} ${joins.join(' ')}
    ) AS candidate ${conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''} ON CONFLICT DO NOTHING`;
}
