import type { SqlParser } from '../../sql/model.ts';
import type { Connection } from '../model.ts';
import { columnConditions, fittingExpression } from './candidates.ts';
import type { FillColumn, FillTable } from './catalog.ts';
import { type ColumnStatistics, spreadValue } from './statistics.ts';
import { type ValueContext, valueExpression } from './values.ts';

export interface OwnOptions extends Pick<ValueContext, 'distinct' | 'precise'> {
  /** How a real column's values are spread, and how many rows there will be; like no other where absent. */
  readonly spread?: { readonly known: ColumnStatistics; readonly rows: number } | undefined;
}

/**
 * SQL for a column's value in the row that the column `i` numbers, from 1: a plausible one that meets the conditions of
 * that column alone; undefined where none is known of its type.
 */
export async function ownExpression(
  db: Connection,
  parser: SqlParser,
  table: FillTable,
  column: FillColumn,
  { distinct, precise, spread }: OwnOptions,
): Promise<string | undefined> {
  const { type, number, name, sequence } = column;
  if (sequence) return `(${sequence.start} + (i - 1) * ${sequence.increment})::${type.baseName}`;
  const usual: string[] = [];
  for (const isPrecise of precise ? [true, false] : [false]) {
    const context = { i: 'i', salt: number, hint: name, distinct, precise: isPrecise };
    const value = await valueExpression(db, type, context);
    if (value === undefined) return undefined;
    const isMostly = !distinct && hasConstantDefault(column);
    usual.push(isMostly ? `CASE WHEN i % 3 = 0 THEN ${value} ELSE ${column.default} END` : value);
  }
  const real =
    spread && !distinct ? spreadValue(column, spread.known, usual.at(-1) ?? 'NULL', spread.rows) : undefined;
  // What a lesser type would lose is wanted all the same.
  if (real !== undefined)
    usual.unshift(precise ? `CASE WHEN i % 6 = 3 THEN ${usual[0]} ELSE ${real} END` : real, real);
  const conditions = columnConditions(column, table.checks);
  const chosen =
    conditions.length === 0 && real === undefined
      ? usual[0]
      : await fittingExpression(db, parser, { column, conditions }, usual, distinct);
  return `(${chosen})::${type.baseName}`;
}

/** Production's rows mostly hold the default, where it is one value and not made anew for each row. */
function hasConstantDefault(column: FillColumn): boolean {
  return (
    column.default !== null &&
    /^('([^']|'')*'|-?\d+(\.\d+)?|true|false)(::[\w ."()[\],]+)?$/i.test(column.default)
  );
}
