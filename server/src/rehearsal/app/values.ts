import type { Statement } from '../../sql/model.ts';
import { type FillColumn, type FillTable, type ForeignKey, readType } from '../fabricate/catalog.ts';
import { valueExpression } from '../fabricate/values.ts';
import type { Connection } from '../model.ts';
import { quoteLiteral } from '../roles.ts';
import { attempt, type Evaluator } from './evaluator.ts';
import { createPlacing, type PlacingOptions } from './placing.ts';
import { createRowReader } from './row-reader.ts';
import { type Slot, slotsOf } from './slots.ts';

/** A statement ready to be sent. */
export interface Filled {
  readonly sql: string;
  readonly parameters: readonly (string | null)[];
  /** Whether other values would give another statement. */
  readonly varies: boolean;
}

/** Finds values for the statements of an application, by the schema as it is now. */
export interface ValueSource {
  /** Values for the parameters; constants stay. */
  fill(statement: Statement, n: number): Promise<Filled>;
  /** Values for the constants too, wherever the same again would meet a row that is there already. */
  refill(statement: Statement, n: number): Promise<Filled>;
  /** To be called once rows may be gone. */
  rowsChanged(): void;
}

export interface ValueSourceOptions extends PlacingOptions {
  readonly evaluator: Evaluator;
}

/** Of several foreign keys that a column is in, one that every row has: its other columns get values of the same row. */
function referringBy({ foreignKeys, columns }: FillTable, { name }: FillColumn): ForeignKey | undefined {
  const keys = foreignKeys.filter((key) => key.columns.includes(name));
  const required = (key: ForeignKey) =>
    key.columns.every((one) => columns.find((column) => column.name === one)?.notNull);
  return keys.find(required) ?? keys[0];
}

/** For as long as the schema stays as it is. `n` tells one use from another: no two of them give a key the same value. */
export function createValueSource(db: Connection, options: ValueSourceOptions): ValueSource {
  const { evaluator } = options;
  const rows = createRowReader(db);
  const { tableOf, expressionOf, isUnique } = createPlacing(db, options);

  const made = async (table: FillTable, column: FillColumn, distinct: boolean, n: number) => {
    const expression = await expressionOf(table, column, distinct);
    return expression === undefined ? undefined : evaluator.value(expression, n);
  };

  /** For a column that a row is written to. */
  const written = async (table: FillTable, column: FillColumn, n: number) => {
    const key = referringBy(table, column);
    // All columns of a key refer to one row: where one of them has to differ, all are looked for.
    const differs = table.unique.some((one) => key?.columns.some((name) => one.includes(name)));
    if (key && (isUnique(table, column) || differs)) return rows.parentValue(table, key, column, n);
    if (!key && isUnique(table, column)) return made(table, column, true, n);
    const existing = await rows.value(table, column, n);
    if (existing !== null) return existing;
    return key ? rows.parentValue(table, key, column, n) : made(table, column, false, n);
  };

  const compared = async (table: FillTable, column: FillColumn, n: number) =>
    (await rows.value(table, column, n)) ?? (await made(table, column, false, n));

  const typed = async (statement: Statement, parameter: number, n: number) => {
    const expression = await expressionByType(db, statement, parameter);
    return expression === undefined ? null : evaluator.value(expression, n);
  };

  const valueFor = async (statement: Statement, slot: Slot, n: number): Promise<string | null> => {
    const place = await tableOf(slot.relations, slot.column);
    if (!place) return slot.parameter === undefined ? null : typed(statement, slot.parameter, n);
    const { table, column } = place;
    const value =
      slot.role === 'where' ? await compared(table, column, n) : await written(table, column, n + slot.row);
    if (value === undefined || value === null) return null;
    return slot.list ? `{${JSON.stringify(value)}}` : value;
  };

  const parametersOf = async (statement: Statement, n: number) => {
    const values: (string | null)[] = [];
    for (const slot of slotsOf(statement)) {
      if (slot.parameter === undefined || slot.parameter < 1) continue;
      while (values.length < slot.parameter) values.push(null);
      values[slot.parameter - 1] ??= await valueFor(statement, slot, n);
    }
    return values;
  };

  return {
    rowsChanged: rows.changed,
    async fill(statement, n) {
      const parameters = await parametersOf(statement, n);
      return { sql: statement.text, parameters, varies: parameters.length > 0 };
    },
    async refill(statement, n) {
      const parameters = await parametersOf(statement, n);
      const chosen = new Map<string, string>();
      const edits: { readonly slot: Slot; readonly value: string }[] = [];
      const slots = slotsOf(statement).filter(({ literal }) => literal !== undefined);
      // The same constant twice is the same value twice: a version that writes a name to two columns goes on to.
      const tie = ({ role, row, literal }: Slot) => `${role} ${row} ${literal}`;
      for (const slot of slots) {
        const place = await tableOf(slot.relations, slot.column);
        if (!place || chosen.has(tie(slot))) continue;
        const { table, column } = place;
        const refers = table.foreignKeys.some(({ columns }) => columns.includes(column.name));
        if (slot.role !== 'where' && !refers && !isUnique(table, column)) continue;
        const value = await valueFor(statement, slot, n);
        if (value !== null) chosen.set(tie(slot), value);
      }
      for (const slot of slots) {
        const value = chosen.get(tie(slot));
        if (value !== undefined) edits.push({ slot, value });
      }
      let sql = statement.text;
      for (const { slot, value } of edits.sort((a, b) => b.slot.range.start - a.slot.range.start))
        sql = `${sql.slice(0, slot.range.start)}${quoteLiteral(value)}${sql.slice(slot.range.end)}`;
      return { sql, parameters, varies: parameters.length > 0 || edits.length > 0 };
    },
  };
}

/**
 * SQL for a value of the type that Postgres gives to a parameter. PREPARE outlives a transaction that is undone, so it
 * is taken back; one that fails leaves nothing.
 */
export async function expressionByType(
  db: Connection,
  { text }: Statement,
  parameter: number,
): Promise<string | undefined> {
  // The statement may be wrong by itself: running it tells how.
  const oid = await attempt(db, async () => {
    await db.query(`PREPARE switchback_types AS ${text}`);
    const { rows } = await db.query(
      `SELECT (parameter_types[$1])::oid::int8 AS oid FROM pg_catalog.pg_prepared_statements WHERE name = 'switchback_types'`,
      [parameter],
    );
    await db.query('DEALLOCATE switchback_types');
    return Number(rows[0]?.oid ?? 0);
  });
  const type = oid ? await readType(db, oid) : undefined;
  return (
    type && valueExpression(db, type, { i: 'i', salt: 1, hint: 'value', distinct: false, precise: false })
  );
}
