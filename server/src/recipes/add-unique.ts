import { indexesOf, relationKey } from '../schema/lookup.ts';
import type { Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { buildProgress } from './add-index.ts';
import { buildIndex, indexToConstraint } from './blocks.ts';
import { columnList, type Facts, sqlName } from './facts.ts';
import { defineRecipe, type Given, type PlanDraft, refuse, type StepDraft } from './model.ts';
import { constraintName, nameOfConstraint } from './new-names.ts';
import { unchanged } from './unchanged.ts';

export const addUnique = defineRecipe({
  type: 'add_unique',
  title: 'Add a unique constraint',
  summary:
    'The index behind it is built while writes go on, and refuses duplicates from its first moment; then it becomes the constraint in an instant.',
  questions: [
    { id: 'table', prompt: 'On which table?', kind: 'table' },
    { id: 'columns', prompt: 'Which columns together are to be unique?', kind: 'columns' },
    constraintName,
  ],
  write,
});

function write(given: Given): PlanDraft {
  const { facts } = given;
  const table = given.table();
  const columns = given.columns().map((one) => one.name);
  const name = sqlName(facts, table);
  const list = columnList(columns);
  const same = uniqueOn(facts, table, columns);
  if (same !== undefined) refuse(`${name} has ${same}, by which ${list} is unique already.`, 'columns');
  const missing = table.partitionKey?.columns.find((one) => one === null || !columns.includes(one));
  if (table.partitioned && (table.partitionKey === undefined || missing !== undefined))
    refuse(
      `${name} is partitioned${missing ? ` by ${missing}` : ''}, and Postgres holds unique only what includes the columns it is partitioned by: take them in.`,
      'columns',
    );
  const constraint = nameOfConstraint(given, table, columns.join('_'), 'key');
  return {
    title: `Make ${list} of ${name} unique`,
    intro: [
      'Makes columns unique while the application goes on writing. From the moment the index begins to be built a duplicate is refused: the application has to know what to do then.',
    ],
    tables: [table],
    versions: [unchanged(given, table, columns)],
    checklist: [
      `The application answers a refused duplicate of ${list} (SQLSTATE 23505) in a way that its users understand`,
    ],
    phases: [
      {
        phase: 'Expand',
        risk: 'medium',
        steps: [
          {
            step: 'There are no duplicates',
            id: 'verify_unique',
            why: 'The build fails at the first one, and leaves an INVALID index behind.',
            verify: { sql: duplicates(name, columns), expect: 0 },
          },
          ...build(given, table, columns, constraint),
        ],
      },
    ],
    queries: [buildProgress],
    cleanup: ['Drop indexes that the new one makes superfluous, by a plan of their own'],
  };
}

function build(
  given: Given,
  table: Table,
  columns: readonly string[],
  constraint: string,
): readonly StepDraft[] {
  const { facts } = given;
  const list = columnList(columns);
  const steps = buildIndex(given, {
    table,
    name: constraint,
    unique: true,
    definition: `(${list})`,
    id: 'build_index',
    step: 'Build the unique index',
    why: 'It waits for every transaction that is older than itself: start it when none is long.',
  });
  // A partitioned table takes no index over as a constraint; the index holds the same.
  if (table.partitioned) return steps;
  return [
    ...steps,
    indexToConstraint(given, {
      table,
      name: constraint,
      id: 'add_constraint',
      what: 'The index becomes the constraint',
      kind: 'UNIQUE',
      index: `CREATE UNIQUE INDEX CONCURRENTLY ${quoteIdentifier(constraint)} ON ${sqlName(facts, table)} (${list})`,
    }),
  ];
}

/** NULLs are no duplicates of each other. */
export function duplicates(table: string, columns: readonly string[]): string {
  const list = columnList(columns);
  const given = columns.map((one) => `${quoteIdentifier(one)} IS NOT NULL`).join(' AND ');
  return `SELECT count(*) FROM (\n  SELECT FROM ${table} WHERE ${given} GROUP BY ${list} HAVING count(*) > 1\n) AS duplicates`;
}

/** What holds some of these columns unique by themselves: `the constraint users_email_key`. */
export function uniqueOn({ schema }: Facts, table: Table, columns: readonly string[]): string | undefined {
  for (const index of indexesOf(schema, relationKey(table.name)))
    if (
      index.unique &&
      index.predicate === undefined &&
      index.valid !== false &&
      index.columns.every((one) => one !== null && columns.includes(one))
    )
      return index.constraint === undefined
        ? `the unique index ${index.name.name}`
        : `the constraint ${index.constraint}`;
  return undefined;
}
