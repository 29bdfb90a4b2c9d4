import type { Table } from '../schema/model.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { columnFacts, primaryKeyOf } from './facts.ts';
import type { Given, VersionDraft } from './model.ts';

/** Columns that a version reads and writes at the most: enough to meet what a step does to them. */
const mostColumns = 6;

/** The application where a plan asks nothing of it: one version, which runs before and after. `columns` come first. */
export function unchanged({ facts }: Given, table: Table, columns: readonly string[]): VersionDraft {
  const required = requiredColumns(table).map(({ name }) => name);
  const reads = [...new Set([...columns, ...required])].slice(0, mostColumns);
  // What others find the row by is not changed.
  const keys = new Set([
    ...(primaryKeyOf(table)?.columns ?? []),
    ...columns.filter((name) => (columnFacts(facts, table, name)?.referencedBy.length ?? 0) > 0),
  ]);
  const written = table.columns.filter(
    ({ name, generated, identity }) =>
      columns.includes(name) && !keys.has(name) && generated === undefined && identity === undefined,
  );
  return {
    name: 'v1',
    says: 'need not change',
    statements: tableStatements(facts, table, {
      reads,
      writes: Object.fromEntries(written.map(({ name }) => [name, []])),
    }),
    uses: [{ table, columns: table.columns, dual: [], reads: {}, lookup: undefined }],
  };
}
