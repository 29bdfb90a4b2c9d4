import type { Column, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { type ColumnFacts, columnFacts } from './facts.ts';
import { type Given, refuse } from './model.ts';

/** Refuses what is on two columns that both change: it would have to be made for either without the other. */
export function refuseShared({ facts }: Given, table: Table, one: Column, other: Column): void {
  const bound = (column: Column) => namesOn(columnFacts(facts, table, column.name));
  const shared = bound(one).find((name) => bound(other).includes(name));
  if (shared !== undefined)
    refuse(
      `${quoteIdentifier(shared)} is on ${one.name} and on ${other.name}, and both change: drop it first, and make it again after the plan.`,
      'column',
    );
}

function namesOn(own: ColumnFacts | undefined): readonly string[] {
  if (!own) return [];
  return [
    ...own.indexes.map((index) => index.name.name),
    ...own.constraints.map((constraint) => constraint.name),
    ...own.statistics.map((object) => object.name.name),
    ...own.generated.map((column) => column.name),
  ];
}
