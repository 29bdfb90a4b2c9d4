import { findIndex } from '../schema/lookup.ts';
import type { Index, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { buildProgress, indexDefinition, indexMethods } from './add-index.ts';
import { duplicates } from './add-unique.ts';
import { buildIndex, indexName, wait } from './blocks.ts';
import { columnList, sqlName } from './facts.ts';
import { defineRecipe, type Given, type PlanDraft, refuse } from './model.ts';
import { unchanged } from './unchanged.ts';

export const replaceIndex = defineRecipe({
  type: 'replace_index',
  title: 'Replace an index',
  summary: 'The new one is built beside the old one, which goes once the new one has shown that it serves.',
  questions: [
    { id: 'table', prompt: 'Of which table?', kind: 'table' },
    { id: 'index', prompt: 'Which index is to be replaced?', kind: 'index' },
    { id: 'columns', prompt: 'On which columns is the new one, in which order?', kind: 'columns' },
    { id: 'method', prompt: 'Of which kind?', kind: 'choice', choices: indexMethods, default: () => 'btree' },
    { id: 'where', prompt: 'For which rows alone? (SQL condition)', kind: 'expression', optional: true },
  ],
  write,
});

function write(given: Given): PlanDraft {
  const { facts } = given;
  const table = given.table();
  const old = oldIndex(given, table);
  const columns = given.columns().map((one) => one.name);
  const definition = indexDefinition(given.answer('method'), columns, given.optional('where'));
  const name = sqlName(facts, table);
  const shown = indexName(facts, table, old.name.name);
  if (table.partitioned)
    refuse(
      `${name} is partitioned, and an index of all its partitions cannot be dropped while others go on. Add the new one (switchback new add_index), and drop the old one in a quiet hour.`,
      'table',
    );
  const next = given.names.relation(table.name.schema, table.name.name, columns.join('_'), 'idx');
  const nextShown = indexName(facts, table, next);
  return {
    title: `Replace the index ${shown}`,
    intro: ['Builds the new index first, so that there is no moment without one.'],
    tables: [table],
    versions: [
      unchanged(given, table, [...new Set([...columns, ...old.columns.flatMap((one) => one ?? [])])]),
    ],
    phases: [
      {
        phase: 'Expand',
        risk: 'low',
        steps: [
          ...(old.unique && columns.length < old.columns.length
            ? [
                {
                  step: 'There are no duplicates',
                  id: 'verify_unique',
                  why: 'The old index kept more columns unique together. The build fails at the first duplicate, and leaves an INVALID index behind.',
                  verify: { sql: duplicates(name, columns), expect: 0 },
                },
              ]
            : []),
          ...buildIndex(given, {
            table,
            name: next,
            unique: old.unique,
            definition,
            id: 'build_index',
            step: 'Build the new index',
            why: 'It waits for every transaction that is older than itself: start it when none is long.',
          }),
          wait('watch_index', 'Watch which of the two is used', '24h'),
        ],
      },
      {
        phase: 'Contract',
        risk: 'medium',
        steps: [
          {
            step: 'Drop the old index',
            id: 'drop_old',
            transaction: false,
            sql: [`DROP INDEX CONCURRENTLY ${shown}`],
          },
          {
            step: 'Give the new one its name',
            id: 'rename_index',
            why: 'So that whoever names it goes on finding it.',
            sql: [`ALTER INDEX ${nextShown} RENAME TO ${quoteIdentifier(old.name.name)}`],
          },
        ],
      },
    ],
    queries: [
      buildProgress,
      {
        name: 'Which index is used',
        sql: `SELECT indexrelname, idx_scan, idx_tup_read FROM pg_stat_user_indexes WHERE relid = '${name.replaceAll("'", "''")}'::regclass ORDER BY idx_scan DESC`,
      },
    ],
  };
}

function oldIndex(given: Given, table: Table): Index {
  const name = given.answer('index');
  const index = findIndex(given.facts.schema, { schema: table.name.schema, name });
  if (!index) refuse(`There is no index ${name}.`, 'index');
  if (index.constraint !== undefined)
    refuse(
      `${name} stands behind the constraint ${index.constraint}, and cannot be dropped without it. Add the other constraint first (switchback new add_unique), then drop this one.`,
      'index',
    );
  if (index.unique && !isWithin(index, given))
    refuse(
      `${name} holds ${columnList(index.columns.map((one) => one ?? '…'))} unique, and the new index would not: take the same columns, without more.`,
      'columns',
    );
  if (index.clustered || index.replicaIdentity)
    refuse(
      `${name} is ${index.clustered ? 'what CLUSTER goes by' : 'the replica identity of the table'}: give that to another index first (ALTER TABLE … ${index.clustered ? 'CLUSTER ON' : 'REPLICA IDENTITY USING INDEX'} …).`,
      'index',
    );
  return index;
}

/** Whatever the old index refuses, the new one does. */
function isWithin(index: Index, given: Given): boolean {
  const columns = given.columns().map((one) => one.name);
  const sameRows = index.predicate === undefined && given.optional('where') === undefined;
  return (
    sameRows && columns.every((one) => index.columns.includes(one)) && given.answer('method') === 'btree'
  );
}
