import type { TableDigest } from './data-digest.ts';
import type { OtherRow, TouchedRows } from './touched-rows.ts';

/**
 * What the application wrote to other tables about the rows of one, since the plan began. A rollback that keeps two tables
 * in step again brings that over, as the trigger that it restores would have done, however many steps ago that went.
 */
export interface WrittenElsewhere {
  /**
   * Whether it wrote this value of a column to a row of another table that holds the row's key; for no value, whether it
   * emptied the column of that name there, or deleted that row with it.
   */
  has(row: string, column: string, value: string): boolean;
  /** Whether it wrote a row of another table that holds all of the row's values. */
  hasRow(row: string): boolean;
  /** Whether it deleted a row of another table that held all of the row's values. */
  isGone(row: string): boolean;
}

/** `table` is that of the rows, which are hashes of its columns, as a digest holds them. */
export function writtenElsewhere(
  { table: { columns, key } }: TableDigest,
  touched: TouchedRows,
  oids: readonly number[],
): WrittenElsewhere {
  const places = key.map((number) => columns.findIndex((column) => column.number === number));
  let index: ReadonlyMap<string, readonly OtherRow[]> | undefined;
  const holding = (row: string): readonly OtherRow[] => {
    index ??= byValue(touched.others(oids));
    const values = row.split(' ');
    const [first, ...rest] = places.map((place) => values[place] ?? '');
    if (first === undefined) return [];
    return (index.get(first) ?? []).filter((other) => rest.every((value) => other.values.includes(value)));
  };
  const holdsAll = (row: string, isGone: boolean) => {
    const own = row.split(' ').filter((value) => value !== '-');
    return holding(row).some(
      ({ gone, values }) => gone === isGone && own.every((value) => values.includes(value)),
    );
  };
  return {
    // That something is empty says little: only the column of that name is believed.
    has: (row, column, value) =>
      holding(row).some(({ gone, names, values }) => {
        const same = values[names.indexOf(column)];
        if (value === '-') return gone ? same !== undefined : same === '-';
        return !gone && values.includes(value);
      }),
    hasRow: (row) => holdsAll(row, false),
    isGone: (row) => holdsAll(row, true),
  };
}

function byValue(rows: readonly OtherRow[]): Map<string, OtherRow[]> {
  const found = new Map<string, OtherRow[]>();
  for (const row of rows)
    for (const value of new Set(row.values)) {
      const list = found.get(value) ?? [];
      list.push(row);
      found.set(value, list);
    }
  return found;
}
