import { indexesOf, relationKey } from '../schema/lookup.ts';
import type { Table } from '../schema/model.ts';
import { buildIndex } from './blocks.ts';
import { columnList, type Facts, sqlName } from './facts.ts';
import { defineRecipe, type Given, type PlanDraft, refuse } from './model.ts';
import { unchanged } from './unchanged.ts';

export const indexMethods = [
  { value: 'btree', label: 'B-tree', detail: 'Equality, ranges, order' },
  { value: 'hash', label: 'Hash', detail: 'Equality of long values' },
  { value: 'gin', label: 'GIN', detail: 'jsonb, arrays, full text' },
  { value: 'gist', label: 'GiST', detail: 'Ranges, geometry, nearest neighbours' },
  { value: 'brin', label: 'BRIN', detail: 'Huge tables whose rows lie in the order of the column' },
] as const;

export const addIndex = defineRecipe({
  type: 'add_index',
  title: 'Add an index',
  summary: 'Built while reads and writes go on; on a partitioned table partition by partition.',
  questions: [
    { id: 'table', prompt: 'On which table?', kind: 'table' },
    { id: 'columns', prompt: 'On which columns, in which order?', kind: 'columns' },
    {
      id: 'method',
      prompt: 'Of which kind?',
      kind: 'choice',
      choices: indexMethods,
      default: () => 'btree',
    },
    {
      id: 'where',
      prompt: 'For which rows alone? (SQL condition)',
      kind: 'expression',
      optional: true,
    },
    { id: 'name', prompt: 'What is it to be called?', kind: 'name', optional: true },
  ],
  write,
});

/** What stands behind the table's name. */
export function indexDefinition(
  method: string,
  columns: readonly string[],
  where: string | undefined,
): string {
  const using = method === 'btree' ? '' : `USING ${method} `;
  return `${using}(${columnList(columns)})${where === undefined ? '' : ` WHERE ${where}`}`;
}

function write(given: Given): PlanDraft {
  const { facts } = given;
  const table = given.table();
  const columns = given.columns().map((one) => one.name);
  const where = given.optional('where');
  const method = given.answer('method');
  if (method === 'hash' && columns.length > 1)
    refuse('A hash index is on one column. Choose btree for several.', 'method');
  const same = where === undefined && method === 'btree' ? leading(facts, table, columns) : undefined;
  if (same !== undefined)
    refuse(
      `The index ${same} of ${sqlName(facts, table)} begins with ${columnList(columns)} already, and serves whatever this one would.`,
      'columns',
    );
  const name =
    given.optional('name') ??
    given.names.relation(table.name.schema, table.name.name, columns.join('_'), 'idx');
  const shown = `${sqlName(facts, table)} (${columnList(columns)})`;
  return {
    title: `Index ${shown}`,
    intro: ['Builds an index while the application goes on reading and writing.'],
    tables: [table],
    versions: [unchanged(given, table, columns)],
    phases: [
      {
        phase: 'Expand',
        risk: 'low',
        steps: buildIndex(given, {
          table,
          name,
          definition: indexDefinition(method, columns, where),
          id: 'build_index',
          step: `Build the index`,
          why: 'It waits for every transaction that is older than itself: start it when none is long.',
        }),
      },
    ],
    queries: [buildProgress],
    cleanup: ['Look after a week whether pg_stat_user_indexes counts scans of it'],
  };
}

/** Phases of a running build. Source: https://www.postgresql.org/docs/current/progress-reporting.html */
export const buildProgress = {
  name: 'Build progress',
  sql: 'SELECT phase, round(100.0 * blocks_done / nullif(blocks_total, 0), 1) AS blocks_percent, lockers_done, lockers_total\nFROM pg_stat_progress_create_index WHERE datname = current_database()',
};

/** An index of whole rows that begins with these columns. */
function leading({ schema }: Facts, table: Table, columns: readonly string[]): string | undefined {
  const found = [...indexesOf(schema, relationKey(table.name))].find(
    (index) =>
      index.method === 'btree' &&
      index.predicate === undefined &&
      columns.every((name, at) => index.columns[at] === name),
  );
  return found?.name.name;
}
