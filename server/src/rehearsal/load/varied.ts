import type { Statement } from '../../sql/model.ts';
import { createPlacing, type Placing, type PlacingOptions } from '../app/placing.ts';
import { type Slot, slotsOf } from '../app/slots.ts';
import { expressionByType } from '../app/values.ts';
import type { FillColumn, FillTable } from '../fabricate/catalog.ts';
import type { Connection } from '../model.ts';
import { quoteLiteral } from '../roles.ts';
import type { FreshValues } from './fresh.ts';
import { type SampledRow, sampleRows } from './samples.ts';
import { comparedSource, type Means, type Sample, type Source, writtenSource } from './sources.ts';
import { anyOf, type Supply } from './supply.ts';

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
  /** It writes again what can be there once only, since nothing else was left: Postgres will refuse it. */
  readonly isSpent: boolean;
  /** To be called once it was done: rows that are known by a value it changed are known by the new one then. */
  done(): void;
}

interface Filling {
  readonly slot: Slot;
  readonly source: Source;
  /** Slots of the same key get the same value. */
  readonly tie: string;
}

/** A statement of one of the versions. */
export interface VersionStatement {
  readonly version: string;
  readonly statement: Statement;
}

/** What statements are looked at by. */
export interface VaryOptions extends PlacingOptions {
  readonly fresh: FreshValues;
  /** For rows that are looked for while requests come, and nothing else. */
  readonly later: Connection;
}

/**
 * Prepares statements by the schema and the rows as they are now, in their order. Reads within one transaction of
 * `db`'s.
 */
export async function varyStatements(
  db: Connection,
  statements: readonly VersionStatement[],
  { fresh, later, ...options }: VaryOptions,
): Promise<readonly Varied[]> {
  await db.exec('BEGIN');
  try {
    const placings = new Map<string, Placing>();
    const placed: { readonly statement: Statement; readonly placing: Placing; readonly slots: Placed[] }[] =
      [];
    for (const { version, statement } of statements) {
      const placing = placings.get(version) ?? createPlacing(db, options, version);
      placings.set(version, placing);
      placed.push({ statement, placing, slots: await placeSlots(statement, placing) });
    }
    const samples = await readSamples(
      db,
      placed.flatMap(({ slots }) => slots),
    );
    const means: Means = { db, later, samples, supplies: new Map() };
    const varied: Varied[] = [];
    for (const { statement, placing, slots } of placed)
      varied.push(await vary(statement, slots, placing, means, fresh));
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
async function readSamples(db: Connection, slots: readonly Placed[]): Promise<ReadonlyMap<number, Sample>> {
  const tables = new Map<number, { table: FillTable; columns: Set<string> }>();
  for (const { place } of slots) {
    if (!place) continue;
    const known = tables.get(place.table.oid) ?? { table: place.table, columns: new Set() };
    known.columns.add(place.column.name);
    tables.set(place.table.oid, known);
  }
  const samples = new Map<number, Sample>();
  for (const [oid, { table, columns }] of tables) {
    const rows = await sampleRows(db, table, [...columns]);
    samples.set(oid, { rows, supply: anyOf(rows) });
  }
  return samples;
}

async function vary(
  statement: Statement,
  slots: readonly Placed[],
  placing: Placing,
  means: Means,
  fresh: FreshValues,
): Promise<Varied> {
  const fillings: Filling[] = [];
  let mayCollide = false;
  for (const { slot, place } of slots) {
    const isWritten = slot.role === 'insert' || slot.role === 'set';
    const source = !place
      ? await sourceByType(means.db, statement, slot)
      : isWritten
        ? await writtenSource({ slot, ...place, together: writtenWith(slot, slots) }, placing, means)
        : await comparedSource({ slot, ...place }, placing, means);
    if (place && isWritten && source.from !== 'fresh')
      mayCollide ||=
        placing.isUnique(place.table, place.column) ||
        place.table.unique.some((key) => key.includes(place.column.name));
    fillings.push({ slot, source, tie: tieOf(slot) });
  }
  const changed = changedColumns(slots);
  const compared = changed[0] && means.samples.get(changed[0].table.oid)?.supply;
  return { mayCollide, next: () => request(statement, fillings, { changed, compared }, fresh) };
}

/** Columns that the statement writes to the same row. */
function writtenWith({ role, row }: Slot, slots: readonly Placed[]): ReadonlySet<string> {
  const same = slots.filter(({ slot }) => slot.role === role && slot.row === row);
  return new Set(same.flatMap(({ place }) => place?.column.name ?? []));
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
  readonly compared: Supply | undefined;
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
  /** By the statement's row, of each supply the one that all of its values come from. */
  const rows: Map<Supply, SampledRow | undefined>[] = [];
  let isSpent = false;
  const rowOf = ({ supply, column }: Extract<Source, { from: 'row' }>, at: number) => {
    const known = rows[at] ?? new Map<Supply, SampledRow | undefined>();
    rows[at] = known;
    if (!known.has(supply)) {
      known.set(supply, supply.row(column));
      isSpent ||= supply.isSpent?.() === true;
    }
    return known.get(supply);
  };
  const chosen = new Map<string, string | null>();
  for (const { slot, source, tie } of fillings) {
    if (chosen.has(tie) && chosen.get(tie) !== null) continue;
    if (source.from === 'fresh') chosen.set(tie, await fresh.take(source.expression));
    else if (source.from !== 'nowhere') chosen.set(tie, rowOf(source, slot.row)?.[source.column] ?? null);
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
  const known = compared && rows[0]?.get(compared);
  return {
    sql,
    parameters,
    isSpent,
    done() {
      if (!known) return;
      for (const { slot, column } of changed)
        if (column in known) known[column] = chosen.get(tieOf(slot)) ?? slot.literal ?? null;
    },
  };
}
