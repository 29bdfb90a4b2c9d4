import { columnOf, displayKey, indexesOf, relationKey, tableByKey } from '../../schema/lookup.ts';
import type { Constraint, Index, Schema, Table } from '../../schema/model.ts';
import { quoteIdentifier } from '../../sql/names.ts';

/** What an old column had, and the new one that replaces it has not. */
export type Lost =
  | { readonly kind: 'not null' }
  | {
      readonly kind: 'unique';
      /** The new one's columns. */
      readonly columns: readonly string[];
      readonly primary: boolean;
      readonly constraint: boolean;
      /** A unique index over part of the rows, which is all that the new one has. */
      readonly partial: Index | undefined;
    }
  | { readonly kind: 'default'; readonly source: string }
  | { readonly kind: 'foreign key'; readonly columns: readonly string[]; readonly constraint: Constraint }
  | { readonly kind: 'check'; readonly constraint: Constraint }
  | { readonly kind: 'reference'; readonly table: string; readonly constraint: Constraint };

interface Pair {
  readonly table: string;
  readonly from: string;
  readonly to: string;
}

/** Compares the old column in the first schema with the new one in the last. */
export function lostProperties(first: Schema, last: Schema, pair: Pair): readonly Lost[] {
  const [before, after] = [tableByKey(first, pair.table), tableByKey(last, pair.table)];
  const [old, now] = [columnOf(before, pair.from), columnOf(after, pair.to)];
  if (!before || !after || !old || !now) return [];
  const renamed = (columns: readonly string[]) =>
    columns.map((column) => (column === pair.from ? pair.to : column));
  const lost: Lost[] = [];
  const proven = after.constraints.some(
    ({ validated, provesNotNull }) => validated && provesNotNull.includes(pair.to),
  );
  if (old.notNull && now.notNull === false && !proven) lost.push({ kind: 'not null' });
  lost.push(...lostUniqueness(first, last, before, pair, renamed));
  const given = now.default !== null || now.identity || now.generated;
  if (typeof old.default === 'string' && !old.generated && !given)
    lost.push({ kind: 'default', source: old.default });
  for (const constraint of before.constraints) {
    if (!constraint.columns.includes(pair.from)) continue;
    const columns = renamed(constraint.columns);
    const alike = after.constraints.some(
      (one) => one.kind === constraint.kind && sameColumns(one.columns, columns),
    );
    if (alike) continue;
    if (constraint.kind === 'foreign key') lost.push({ kind: 'foreign key', columns, constraint });
    // NOT NULL said as a CHECK is told above, and a CHECK that says more than one thing may be said otherwise.
    if (constraint.kind === 'check' && constraint.columns.length === 1 && !constraint.provesNotNull.length)
      lost.push({ kind: 'check', constraint });
  }
  return [...lost, ...lostReferences(first, last, pair, renamed)];
}

function sameColumns(a: readonly (string | null)[], b: readonly (string | null)[]): boolean {
  return JSON.stringify([...a].sort()) === JSON.stringify([...b].sort());
}

function* lostUniqueness(
  first: Schema,
  last: Schema,
  { constraints }: Table,
  { table, from }: Pair,
  renamed: (columns: readonly string[]) => readonly string[],
): Generator<Lost> {
  const now = [...indexesOf(last, table)].filter(({ unique }) => unique);
  for (const index of indexesOf(first, table)) {
    const plain = index.columns.flatMap((column) => column ?? []);
    if (!index.unique || index.predicate !== undefined || plain.length !== index.columns.length) continue;
    if (!plain.includes(from)) continue;
    const columns = renamed(plain);
    const alike = now.filter((one) => sameColumns(one.columns, columns));
    if (alike.some(({ predicate }) => predicate === undefined)) continue;
    const primary = constraints.some((one) => one.kind === 'primary key' && one.index === index.name.name);
    yield {
      kind: 'unique',
      columns,
      primary,
      constraint: index.constraint !== undefined,
      partial: alike[0],
    };
  }
}

/** Foreign keys of other tables that pointed at the old column, where no such one points at the new. */
function* lostReferences(
  first: Schema,
  last: Schema,
  { table, from }: Pair,
  renamed: (columns: readonly string[]) => readonly string[],
): Generator<Lost> {
  for (const relation of first.relations.values()) {
    if (relation.kind !== 'table') continue;
    for (const constraint of relation.constraints) {
      const { references } = constraint;
      if (references?.table !== table || !references.columns.includes(from)) continue;
      const key = relationKey(relation.name);
      const other = tableByKey(last, key);
      const alike = other?.constraints.some(
        (one) =>
          one.references?.table === table && sameColumns(one.references.columns, renamed(references.columns)),
      );
      if (other && !alike) yield { kind: 'reference', table: displayKey(last, key), constraint };
    }
  }
}

/** One lost thing in words, as in `it had NOT NULL and a DEFAULT`. */
export function describeLost(lost: Lost): string {
  switch (lost.kind) {
    case 'not null':
      return 'NOT NULL';
    case 'unique':
      return `${lost.primary ? 'the PRIMARY KEY' : 'uniqueness'}${lost.partial ? ` (${quoteIdentifier(lost.partial.name.name)} is a partial index: no ON CONFLICT without its WHERE and no foreign key can use it, and no constraint can be made of it)` : ''}`;
    case 'default':
      return `the DEFAULT ${lost.source}`;
    case 'foreign key':
      return `the foreign key ${quoteIdentifier(lost.constraint.name)}`;
    case 'check':
      return `the CHECK ${quoteIdentifier(lost.constraint.name)}`;
    case 'reference':
      return `the foreign key ${quoteIdentifier(lost.constraint.name)} of ${lost.table} that points at it`;
  }
}
