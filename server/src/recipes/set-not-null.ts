import type { Column } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { requireColumn, wait } from './blocks.ts';
import { columnFacts, columnList, primaryKeyOf, sqlName } from './facts.ts';
import { backfillSource } from './finish.ts';
import {
  defineRecipe,
  type Given,
  type PlanDraft,
  refuse,
  type StepDraft,
  type VersionDraft,
} from './model.ts';

export const setNotNull = defineRecipe({
  type: 'set_not_null',
  title: 'Make a column NOT NULL',
  summary:
    'Rows without a value get one in batches, and it is kept which they were; NOT NULL then is proven without a look at every row under a strong lock.',
  questions: [
    { id: 'table', prompt: 'Of which table?', kind: 'table' },
    {
      id: 'column',
      prompt: 'Which column?',
      kind: 'column',
      validate(_, given) {
        const { name, notNull, generated } = given.column();
        if (notNull) return `${name} is NOT NULL already.`;
        return generated
          ? `${name} is computed from other columns: whether it is empty follows from those.`
          : undefined;
      },
    },
    {
      id: 'fill',
      prompt: 'What do rows get that have no value? (SQL, of the columns of the row; empty: there are none)',
      kind: 'expression',
      optional: true,
    },
  ],
  write,
});

function write(given: Given): PlanDraft {
  const { facts } = given;
  const table = given.table();
  const column = given.column();
  const fill = given.optional('fill');
  const shown = `${sqlName(facts, table)}.${quoteIdentifier(column.name)}`;
  const kept = given.names.relation(table.name.schema, table.name.name, column.name, 'filled');
  return {
    title: `Make ${shown} NOT NULL`,
    intro: [
      'Makes a column required. The application writes it always, first; then rows without a value get one, and Postgres holds everybody to it.',
    ],
    tables: [table],
    versions: versionsOf(given, column),
    phases: [
      {
        phase: 'Migrate',
        risk: 'medium',
        steps: [
          { step: `Write ${column.name} always`, id: 'deploy_v2', deploy: 'v2' },
          wait('watch_v2', 'Watch v2 for a day', '24h'),
          ...(fill === undefined ? [] : filled(given, column, fill, kept)),
          {
            step: 'No row is without a value',
            id: 'verify_rows',
            verify: {
              sql: `SELECT count(*) FROM ${sqlName(facts, table)} WHERE ${quoteIdentifier(column.name)} IS NULL`,
              expect: 0,
            },
          },
        ],
      },
      {
        phase: 'Contract',
        risk: 'low',
        steps: requireColumn(given, { table, column: column.name, id: 'column' }),
      },
    ],
    cleanup: [
      ...(fill === undefined
        ? []
        : [
            `Drop ${sqlName(facts, { name: { schema: table.name.schema, name: kept } })}, which keeps the rows that had no value, once nobody will go back`,
          ]),
      'Update the API documentation',
    ],
  };
}

function versionsOf({ facts, table: of }: Given, column: Column): readonly VersionDraft[] {
  const table = of();
  const others = requiredColumns(table).map(({ name }) => name);
  const reads = [column.name, ...others.slice(0, 5)];
  const use = { table, columns: table.columns, dual: [], reads: {}, lookup: undefined };
  const fixed = (columnFacts(facts, table, column.name)?.referencedBy.length ?? 0) > 0;
  const statements = tableStatements(facts, table, { reads, writes: { [column.name]: [] }, fixed });
  return [
    {
      name: 'v1',
      says: `may leave ${column.name} empty`,
      statements,
      uses: [use],
    },
    {
      name: 'v2',
      says: `always writes ${column.name}`,
      statements,
      uses: [use],
    },
  ];
}

/** Which rows get a value is kept, for the way back: afterwards nothing tells them from others. */
function filled(given: Given, column: Column, fill: string, kept: string): readonly StepDraft[] {
  const { facts } = given;
  const table = given.table();
  const name = sqlName(facts, table);
  const quoted = quoteIdentifier(column.name);
  const key = primaryKeyOf(table)?.columns ?? [];
  if (key.length === 0)
    refuse(
      `${name} has no primary key: its rows cannot be gone through in batches, nor be found again for the way back. Give it one first (switchback new change_primary_key).`,
      'table',
    );
  const keptName = sqlName(facts, { name: { schema: table.name.schema, name: kept } });
  const match = key
    .map((one) => `kept.${quoteIdentifier(one)} = ${name}.${quoteIdentifier(one)}`)
    .join(' AND ');
  return [
    {
      step: 'Keep which rows have no value',
      id: 'keep_rows',
      why: 'Reading them locks nobody out; for the way back nothing else would tell them from the others.',
      sql: [
        `CREATE TABLE ${keptName} AS\n  SELECT ${columnList(key)} FROM ${name} WHERE ${quoted} IS NULL`,
        `ALTER TABLE ${keptName} ADD PRIMARY KEY (${columnList(key)})`,
      ],
      rollback: `DROP TABLE ${keptName};`,
    },
    {
      step: 'Fill them',
      id: 'fill',
      backfill: { table, set: `${quoted} = ${fill}`, where: `${quoted} IS NULL` },
      rollback: {
        backfill: backfillSource(given, {
          table,
          set: `${quoted} = NULL`,
          where: `EXISTS (SELECT FROM ${keptName} AS kept WHERE ${match})`,
        }),
      },
    },
  ];
}
