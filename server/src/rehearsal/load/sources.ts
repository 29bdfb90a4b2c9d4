import { attempt } from '../app/evaluator.ts';
import type { Placing } from '../app/placing.ts';
import type { Slot } from '../app/slots.ts';
import type { FillColumn, FillTable, ForeignKey } from '../fabricate/catalog.ts';
import type { Connection } from '../model.ts';
import { quoteIdentifier } from '../roles.ts';
import { type SampledRow, sampleParents, sampleRows, sampleUnusedParents } from './samples.ts';
import { anyOf, eachOnce, type Supply } from './supply.ts';

/** Where a slot's value comes from. */
export type Source =
  | { readonly from: 'row'; readonly supply: Supply; readonly column: string }
  | { readonly from: 'fresh'; readonly expression: string }
  | { readonly from: 'nowhere' };

/** Rows of a table that are there, which statements find by their values. */
export interface Sample {
  readonly rows: SampledRow[];
  readonly supply: Supply;
}

/** What the sources of one look at schema and rows have in common. */
export interface Means {
  /** Inside a transaction. */
  readonly db: Connection;
  /** For what is looked for later, outside of it; asked for nothing else. */
  readonly later: Connection;
  /** By the table's OID. */
  readonly samples: ReadonlyMap<number, Sample>;
  /** What several statements take rows of, by what it is. */
  readonly supplies: Map<string, Promise<Supply | undefined>>;
}

/** A slot's place, and what else its statement writes to the same row. */
export interface Written {
  readonly slot: Slot;
  readonly table: FillTable;
  readonly column: FillColumn;
  readonly together: ReadonlySet<string>;
}

const nowhere: Source = { from: 'nowhere' };

/** For a column that is compared with the slot's value. */
export async function comparedSource(
  { slot, table, column }: Omit<Written, 'together'>,
  placing: Placing,
  { samples }: Means,
): Promise<Source> {
  const { rows = [], supply } = samples.get(table.oid) ?? {};
  const present = rows.filter((row) => typeof row[column.name] === 'string');
  if (slot.parameter === undefined && !(slot.equals && isSelective(slot, present, column.name)))
    return nowhere;
  if (supply && present.length > 0) return { from: 'row', supply, column: column.name };
  return madeSource(placing, table, column, false);
}

/**
 * For a column that the slot's value is written to. What the table holds its rows to, and what will come to it, is met:
 * foreign keys refer to rows that are there, columns that must fit one another (by a CHECK, or by foreign keys that share
 * a column) come from one row that is there, unique columns get values of their own.
 */
export async function writtenSource(written: Written, placing: Placing, means: Means): Promise<Source> {
  const { slot, table, column, together } = written;
  const { name } = column;
  const keys = table.foreignKeys.filter((key) => key.columns.includes(name));
  const bond = bondOf(table, name);
  const own = means.samples.get(table.oid);
  const isParameter = slot.parameter !== undefined;
  // The rest of what has to fit stays: so does this. A value of its own is asked for all the same where it must be one.
  const isPart = slot.role === 'set' && bond.some((one) => !together.has(one));
  if (isPart && own && (keys.length > 0 || (isParameter && !placing.isUnique(table, column))))
    return own.rows.length > 0 ? { from: 'row', supply: own.supply, column: name } : nowhere;
  const fitting = () => fittingRows(means, table, bond, together);
  const from = (supply: Supply): Source => ({ from: 'row', supply, column: name });
  const [key] = keys;
  if (key) {
    const unique = unusedKeys(table, name);
    const isShared = keys.length > 1 || bond.length > key.columns.length;
    const supply =
      (unique.length === 0 && isShared ? await fitting() : undefined) ??
      (await parentsOf(means, table, unique.length > 0 ? unique : [key], unique.length > 0));
    if (supply) return from(supply);
    // No row can be referred to: nothing can stand there, or it does not matter yet.
    if (!column.notNull) return nowhere;
  }
  const present = own?.rows.filter((row) => typeof row[name] === 'string') ?? [];
  // A value made up would fall between the partitions.
  const isPartitioned = table.checks.some((check) => isOfPartitions(check) && check.columns.includes(name));
  if (isPartitioned && present.length > 0) return from(anyOf(present));
  if (placing.isUnique(table, column)) return madeSource(placing, table, column, true);
  if (!isParameter) return nowhere;
  const isHeld = table.checks.some((check) => !isOfPartitions(check) && check.columns.includes(name));
  // Of a row of its own: what is written is neither what its row has already, nor empty as that may be.
  const existing = isHeld ? await fitting() : present.length > 0 ? anyOf([...present]) : undefined;
  return existing ? from(existing) : madeSource(placing, table, column, false);
}

async function madeSource(
  placing: Placing,
  table: FillTable,
  column: FillColumn,
  distinct: boolean,
): Promise<Source> {
  const expression = await placing.expressionOf(table, column, distinct);
  return expression === undefined ? nowhere : { from: 'fresh', expression };
}

/** Whether a value of the column stands for few rows; a constant that many rows have is meant as it is. */
function isSelective({ literal }: Slot, rows: readonly SampledRow[], column: string): boolean {
  const values = new Set(rows.map((row) => row[column]));
  return values.size > rows.length / 2 || (rows.length > 0 && !values.has(literal ?? null));
}

function isOfPartitions({ name }: { readonly name: string }): boolean {
  return name === 'partitions';
}

/** Columns that have to fit one another in each row, this one among them. */
function bondOf({ foreignKeys, checks }: FillTable, column: string): readonly string[] {
  const groups = [...foreignKeys, ...checks.filter((check) => !isOfPartitions(check))].map(
    ({ columns }) => columns,
  );
  const bond = new Set([column]);
  for (let size = 0; size < bond.size; ) {
    size = bond.size;
    for (const group of groups)
      if (group.some((one) => bond.has(one))) for (const one of group) bond.add(one);
  }
  return [...bond].sort();
}

/** Foreign keys whose columns alone are unique, where this column is among them; none where others tell rows apart. */
function unusedKeys({ unique, foreignKeys }: FillTable, column: string): readonly ForeignKey[] {
  for (const columns of unique) {
    const keys = [...new Set(columns.map((name) => foreignKeys.find((key) => key.columns.includes(name))))];
    const all = keys.flatMap((key) => key?.columns ?? []);
    const isApart = new Set(all).size === all.length;
    const found = keys.flatMap((key) => key ?? []);
    if (found.length === keys.length && isApart && all.includes(column)) return found;
  }
  return [];
}

function supplyOf(
  { supplies }: Means,
  id: string,
  find: () => Promise<Supply | undefined>,
): Promise<Supply | undefined> {
  const known = supplies.get(id) ?? find();
  supplies.set(id, known);
  return known;
}

function parentsOf(
  means: Means,
  table: FillTable,
  keys: readonly ForeignKey[],
  once: boolean,
): Promise<Supply | undefined> {
  const id = JSON.stringify([table.oid, keys, once]);
  return supplyOf(means, id, async () => {
    const { db, later } = means;
    const any = await parentsTogether(db, keys);
    if (any.length === 0 || !once) return any.length > 0 ? anyOf(any) : undefined;
    const unused = await sampleUnusedParents(db, table, keys);
    return eachOnce(unused, any, () => sampleUnusedParents(later, table, keys));
  });
}

/** Values that the columns of all of these foreign keys can take; none where one of them has nothing to refer to. */
async function parentsTogether(db: Connection, keys: readonly ForeignKey[]): Promise<readonly SampledRow[]> {
  const each: SampledRow[][] = [];
  for (const key of keys) each.push(await sampleParents(db, key));
  const rows = each.some((one) => one.length === 0) ? [] : (each[0] ?? []);
  return rows.map((_, at) => Object.assign({}, ...each.map((one) => one[at % one.length])));
}

/** Rows that have a value in all of these columns and meet what is asked of them now and later. */
function fittingRows(
  means: Means,
  table: FillTable,
  bond: readonly string[],
  together: ReadonlySet<string>,
): Promise<Supply | undefined> {
  const columns = bond.filter((name) => together.has(name));
  const conditions = table.checks
    .filter((check) => !isOfPartitions(check) && check.columns.some((name) => bond.includes(name)))
    .map(({ expression }) => expression);
  const present = columns.map((name) => `${quoteIdentifier(name)} IS NOT NULL`);
  const id = JSON.stringify([table.oid, columns, conditions]);
  return supplyOf(means, id, async () => {
    const { db } = means;
    const rows = await attempt(db, () => sampleRows(db, table, columns, [...present, ...conditions]));
    return rows && rows.length > 0 ? anyOf(rows) : undefined;
  });
}
