import type { Statement } from '../../sql/model.ts';
import { createPlacing, type Placing, type PlacingOptions } from '../app/placing.ts';
import { type Slot, slotsOf } from '../app/slots.ts';
import { expressionByType } from '../app/values.ts';
import type { FillColumn, FillTable } from '../fabricate/catalog.ts';
import type { Connection } from '../model.ts';
import { quoteLiteral } from '../roles.ts';
import type { FreshValues } from './fresh.ts';
import { type SampledRow, sampleParents, sampleRows } from './samples.ts';

/**
 * A statement of the application that gives another request each time, in the same shape: as in production, requests do
 * not meet on one row, nor on one unique value. Compared columns get values of a row that is there, the same row for all
 * of them; columns that are unique at some time in the plan get values of their own; foreign keys get one of a row that
 * can be referred to. All else stays as it is written.
 */
export interface Varied {
  next(): Promise<VariedRequest>;
  /** Whether its values may meet one another by themselves, e.g. two foreign keys that are unique together. */
  readonly mayCollide: boolean;
}

export interface VariedRequest {
  readonly sql: string;
  readonly parameters: readonly (string | null)[];
  /** To be called once it was done: rows that are known by a value it changed are known by the new one then. */
  done(): void;
}

/** Where a slot's value comes from. */
type Source =
  /** `once`: no row is used again. */
  | { readonly from: 'row'; readonly rows: SampledRow[]; readonly column: string; readonly once: boolean }
  | { readonly from: 'fresh'; readonly expression: string }
  | { readonly from: 'nowhere' };

interface Filling {
  readonly slot: Slot;
  readonly source: Source;
  /** Slots of the same key get the same value. */
  readonly tie: string;
}

/** Prepares statements by the schema and the rows as they are now. Reads within one transaction of `db`'s. */
export async function varyStatements(
  db: Connection,
  statements: readonly Statement[],
  options: PlacingOptions,
  fresh: FreshValues,
): Promise<Map<Statement, Varied>> {
  await db.exec('BEGIN');
  try {
    const placing = createPlacing(db, options);
    const placed = new Map<Statement, Placed[]>();
    for (const statement of statements) placed.set(statement, await placeSlots(statement, placing));
    const samples = await readSamples(db, [...placed.values()].flat());
    const varied = new Map<Statement, Varied>();
    for (const [statement, slots] of placed)
      varied.set(statement, await vary(db, statement, slots, { placing, samples, fresh }));
    return varied;
  } finally {
    await db.exec('ROLLBACK').catch(() => undefined);
  }
}

interface Placed {
  readonly slot: Slot;
  readonly place: { readonly table: FillTable; readonly column: FillColumn } | undefined;
}

async function placeSlots(statement: Statement, placing: Placing): Promise<Placed[]> {
  const placed: Placed[] = [];
  for (const slot of slotsOf(statement))
    placed.push({ slot, place: await placing.tableOf(slot.relations, slot.column) });
  return placed;
}

/** One sample for each table, with the columns that any of the statements names. */
async function readSamples(
  db: Connection,
  slots: readonly Placed[],
): Promise<ReadonlyMap<number, SampledRow[]>> {
  const tables = new Map<number, { table: FillTable; columns: Set<string> }>();
  for (const { place } of slots) {
    if (!place) continue;
    const known = tables.get(place.table.oid) ?? { table: place.table, columns: new Set() };
    known.columns.add(place.column.name);
    tables.set(place.table.oid, known);
  }
  const samples = new Map<number, SampledRow[]>();
  for (const [oid, { table, columns }] of tables) samples.set(oid, await sampleRows(db, table, [...columns]));
  return samples;
}

interface Means {
  readonly placing: Placing;
  readonly samples: ReadonlyMap<number, SampledRow[]>;
  readonly fresh: FreshValues;
}

async function vary(
  db: Connection,
  statement: Statement,
  slots: readonly Placed[],
  means: Means,
): Promise<Varied> {
  const parents = new Map<string, SampledRow[]>();
  const fillings: Filling[] = [];
  let mayCollide = false;
  for (const { slot, place } of slots) {
    const source = place
      ? await sourceOf(db, slot, place.table, place.column, means, parents)
      : await sourceByType(db, statement, slot);
    const isWritten = slot.role === 'insert' || slot.role === 'set';
    if (place && isWritten && source.from !== 'fresh')
      mayCollide ||=
        means.placing.isUnique(place.table, place.column) ||
        place.table.unique.some((key) => key.includes(place.column.name));
    fillings.push({ slot, source, tie: tieOf(slot) });
  }
  const changed = changedColumns(slots);
  const compared = changed[0] && means.samples.get(changed[0].table.oid);
  return { mayCollide, next: () => request(statement, fillings, { changed, compared }, means.fresh) };
}

async function sourceOf(
  db: Connection,
  slot: Slot,
  table: FillTable,
  column: FillColumn,
  { placing, samples }: Means,
  parents: Map<string, SampledRow[]>,
): Promise<Source> {
  const rows = samples.get(table.oid) ?? [];
  const isParameter = slot.parameter !== undefined;
  const made = async (distinct: boolean): Promise<Source> => {
    const expression = await placing.expressionOf(table, column, distinct);
    return expression === undefined ? { from: 'nowhere' } : { from: 'fresh', expression };
  };
  const present = rows.filter((row) => typeof row[column.name] === 'string');
  const sampled = (): Source | Promise<Source> =>
    present.length > 0 ? { from: 'row', rows, column: column.name, once: false } : made(false);
  if (slot.role === 'where') {
    if (isParameter) return sampled();
    return slot.equals && isSelective(slot, present, column.name) ? sampled() : { from: 'nowhere' };
  }
  // A value made up would fall between the partitions.
  const isPartitioned = table.checks.some(
    ({ name, columns }) => name === 'partitions' && columns.includes(column.name),
  );
  const isUnique = placing.isUnique(table, column);
  const key = table.foreignKeys.find(({ columns }) => columns.includes(column.name));
  if (key) {
    const alone = table.unique.some((one) => one.every((name) => key.columns.includes(name)));
    const id = `${table.oid} ${key.columns.join()}`;
    const found = parents.get(id) ?? (await sampleParents(db, table, key, alone));
    parents.set(id, found);
    return found.length > 0
      ? { from: 'row', rows: found, column: column.name, once: alone }
      : { from: 'nowhere' };
  }
  // Of a row of its own: what is written is neither what its row has already, nor empty as that may be.
  const written: Source | undefined =
    present.length > 0 ? { from: 'row', rows: [...present], column: column.name, once: false } : undefined;
  if (isPartitioned && written) return written;
  if (isUnique) return made(true);
  if (!isParameter) return { from: 'nowhere' };
  return written ?? made(false);
}

/** Whether a value of the column stands for few rows; a constant that many rows have is meant as it is. */
function isSelective({ literal }: Slot, rows: readonly SampledRow[], column: string): boolean {
  const values = new Set(rows.map((row) => row[column]));
  return values.size > rows.length / 2 || (rows.length > 0 && !values.has(literal ?? null));
}

async function sourceByType(db: Connection, statement: Statement, { parameter }: Slot): Promise<Source> {
  if (parameter === undefined) return { from: 'nowhere' };
  const expression = await expressionByType(db, statement, parameter);
  return expression === undefined ? { from: 'nowhere' } : { from: 'fresh', expression };
}

/** The same constant, or parameter, in two columns is the same value in both. */
function tieOf({ role, row, literal, parameter }: Slot): string {
  return parameter === undefined ? `${role} ${row} ${literal}` : `$${parameter}`;
}

interface Changed {
  /** What an UPDATE sets. */
  readonly changed: readonly { readonly slot: Slot; readonly table: FillTable; readonly column: string }[];
  /** Rows of its table, by which it may have found the one that it changes. */
  readonly compared: readonly SampledRow[] | undefined;
}

function changedColumns(slots: readonly Placed[]): Changed['changed'] {
  return slots.flatMap(({ slot, place }) =>
    slot.role === 'set' && place ? [{ slot, table: place.table, column: place.column.name }] : [],
  );
}

async function request(
  statement: Statement,
  fillings: readonly Filling[],
  { changed, compared }: Changed,
  fresh: FreshValues,
): Promise<VariedRequest> {
  const rows = new Map<readonly SampledRow[], SampledRow | undefined>();
  const rowOf = ({ rows: of, column, once }: Extract<Source, { rows: unknown }>) => {
    const row = rows.get(of) ?? (once ? of.pop() : pick(of, column));
    rows.set(of, row);
    return row;
  };
  const chosen = new Map<string, string | null>();
  for (const { source, tie } of fillings) {
    if (chosen.has(tie) && chosen.get(tie) !== null) continue;
    if (source.from === 'fresh') chosen.set(tie, await fresh.take(source.expression));
    else if (source.from !== 'nowhere') chosen.set(tie, rowOf(source)?.[source.column] ?? null);
    else if (!chosen.has(tie)) chosen.set(tie, null);
  }
  const parameters: (string | null)[] = [];
  let sql = statement.text;
  for (const { slot, tie } of [...fillings].sort((a, b) => b.slot.range.start - a.slot.range.start)) {
    const value = chosen.get(tie) ?? null;
    if (slot.parameter !== undefined) {
      while (parameters.length < slot.parameter) parameters.push(null);
      parameters[slot.parameter - 1] = value !== null && slot.list ? `{${JSON.stringify(value)}}` : value;
    } else if (value !== null)
      sql = `${sql.slice(0, slot.range.start)}${quoteLiteral(value)}${sql.slice(slot.range.end)}`;
  }
  const known = compared && rows.get(compared);
  return {
    sql,
    parameters,
    done() {
      if (!known) return;
      for (const { slot, column } of changed)
        if (column in known) known[column] = chosen.get(tieOf(slot)) ?? slot.literal ?? null;
    },
  };
}

/** A row that has a value there, at random; undefined where hardly any has. */
function pick(rows: readonly SampledRow[], column: string): SampledRow | undefined {
  for (let count = 0; count < 20; count++) {
    const row = rows[Math.floor(Math.random() * rows.length)];
    if (typeof row?.[column] === 'string') return row;
  }
  return undefined;
}
