import type { Analysis } from '../../analyze.ts';
import type { Index, Schema } from '../../schema/model.ts';

/**
 * Columns that must be unique at some time in the plan, as `table.column` without schemas: what the application writes
 * to them in one step must not stand in the way of a later one's unique index.
 */
export function uniqueColumns({
  baseline,
  steps,
}: Pick<Analysis, 'baseline' | 'steps'>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const schema of new Set([baseline, ...steps.flatMap(({ before, after }) => [before, after])]))
    addFrom(schema, found);
  return found;
}

function addFrom(schema: Schema, found: Set<string>): void {
  for (const relation of schema.relations.values()) {
    if (relation.kind === 'index' && relation.unique) {
      const table = schema.relations.get(relation.table)?.name.name ?? '';
      for (const column of relation.columns) if (column !== null) found.add(`${table}.${column}`);
      if (relation.columns.includes(null))
        for (const column of readByExpressions(relation)) found.add(`${table}.${column}`);
    }
    if (relation.kind !== 'table') continue;
    for (const { kind, columns } of relation.constraints)
      if (kind === 'unique' || kind === 'primary key')
        for (const column of columns) found.add(`${relation.name.name}.${column}`);
  }
}

/** Of `lower(email)` email. What the predicate alone reads need not differ: columns that it names count only where no other is read. */
function readByExpressions({ reads, predicate = '' }: Index): readonly string[] {
  const others = reads.filter((column) => !predicate.includes(column));
  return others.length > 0 ? others : reads;
}
