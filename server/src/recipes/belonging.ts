import { indexesOf, relationKey } from '../schema/lookup.ts';
import type { Constraint, Table } from '../schema/model.ts';
import { type Facts, primaryKeyOf } from './facts.ts';

/** That each row of a table belongs to one of another. */
export interface Belonging {
  readonly reference: Constraint;
  /** Pairs of columns, of the table and of the other one's primary key, that are the same for a row. */
  readonly pairs: readonly { readonly own: string; readonly key: string }[];
  /** Those that are unique by an index: no two rows belong to the same one. */
  readonly unique: readonly string[];
}

/** By a foreign key to the primary key of `into`, on columns that are unique; undefined where there is none. */
export function belonging({ schema }: Facts, table: Table, into: Table): Belonging | undefined {
  const key = primaryKeyOf(into)?.columns ?? [];
  const uniques = [...indexesOf(schema, relationKey(table.name))].filter(
    (one) => one.unique && one.predicate === undefined && one.deferrable !== true && one.parent === undefined,
  );
  for (const reference of table.constraints) {
    const { references, columns } = reference;
    if (references?.table !== relationKey(into.name)) continue;
    if ([...references.columns].sort().join('\0') !== [...key].sort().join('\0')) continue;
    const found = uniques.find((one) => one.columns.every((name) => name !== null && columns.includes(name)));
    if (found)
      return {
        reference,
        pairs: columns.map((own, at) => ({ own, key: references.columns[at] ?? '' })),
        unique: found.columns.flatMap((name) => name ?? []),
      };
  }
  return undefined;
}
