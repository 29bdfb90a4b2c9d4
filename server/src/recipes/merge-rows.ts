import type { Table } from '../schema/model.ts';
import { type Given, type PlanDraft, refuse } from './model.ts';

/** By name and type, in whatever order. */
export function sameColumns(table: Table, into: Table): boolean {
  const shape = ({ columns }: Table) =>
    columns
      .map(({ name, type }) => JSON.stringify([name, type]))
      .sort()
      .join();
  return shape(table) === shape(into);
}

export function mergeRows(_given: Given): PlanDraft {
  return refuse(
    'Rows that move from one table into another of the same columns are not planned here: let a version of the application read both first, move them with a backfill and a trigger, and drop the empty table (switchback new drop_table).',
    'moves',
  );
}
