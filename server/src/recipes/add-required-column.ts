import type { Column } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { tableStatements } from './application.ts';
import { alterTable, requireColumn, wait, withColumn } from './blocks.ts';
import { refuseCheckedDomain } from './bound.ts';
import { sqlName } from './facts.ts';
import {
  defineRecipe,
  type Given,
  type PlanDraft,
  refuse,
  type StepDraft,
  type VersionDraft,
} from './model.ts';
import { newColumnName } from './new-names.ts';
import { progressQuery } from './standard.ts';
import { isSteady } from './twin.ts';

export const addRequiredColumn = defineRecipe({
  type: 'add_required_column',
  title: 'Add a required column',
  summary:
    'A column that every row has a value in: old rows get theirs in batches, or at once where it is one value for all, and NOT NULL is proven without a look at every row under a strong lock.',
  questions: [
    { id: 'table', prompt: 'To which table?', kind: 'table' },
    newColumnName,
    { id: 'type', prompt: 'Of which type?', kind: 'type' },
    {
      id: 'default',
      prompt:
        'What does a row get that is written without it? (SQL; the application must write it where empty)',
      kind: 'expression',
      optional: true,
    },
    {
      id: 'fill',
      prompt: 'What do the rows get that are there already? (SQL, of the columns of the row)',
      kind: 'expression',
      optional: true,
    },
  ],
  write,
});

function write(given: Given): PlanDraft {
  const { facts } = given;
  const table = given.table();
  const name = given.answer('name');
  const value = given.optional('default');
  const fill = given.optional('fill') ?? value;
  const shown = `${sqlName(facts, table)}.${quoteIdentifier(name)}`;
  refuseCheckedDomain(facts, given.answer('type'), shown, 'type');
  if (fill === undefined)
    refuse(
      `${shown} is to be NOT NULL, and nothing says what the rows get that are there already: --fill EXPRESSION, or --default for one value that new rows get as well.`,
      'fill',
    );
  const column: Column = {
    name,
    type: given.answer('type'),
    notNull: true,
    default: value ?? null,
    identity: undefined,
    generated: undefined,
    collation: undefined,
  };
  // Postgres keeps one value for all old rows in the catalog; a fill of its own is another one for each.
  const isInstant = value !== undefined && fill === value && isSteady(column);
  return {
    title: `Add ${shown}`,
    intro: [
      isInstant
        ? 'Adds a column with one default for all rows: Postgres notes it in its catalogs, and no row is written.'
        : 'Adds a column that every row has a value in. The rows that are there get theirs in batches, once the application writes it; only then it is required.',
    ],
    tables: [table],
    versions: versionsOf(given, column),
    phases: isInstant
      ? [
          {
            phase: 'Expand',
            risk: 'low',
            steps: [
              {
                step: `Add ${name}, with its default`,
                id: 'add_column',
                sql: [alterTable(facts, table, `ADD COLUMN ${definition(column)} NOT NULL`)],
                expect: { rewrite: false },
              },
            ],
          },
          { phase: 'Migrate', risk: 'low', steps: [{ step: `Use ${name}`, id: 'deploy_v2', deploy: 'v2' }] },
        ]
      : [
          { phase: 'Expand', risk: 'low', steps: [addColumn(given, column)] },
          { phase: 'Migrate', risk: 'medium', steps: filled(given, column, fill) },
        ],
    ...(isInstant
      ? {}
      : {
          queries: [progressQuery(`count(${quoteIdentifier(name)})`, sqlName(facts, table))],
        }),
    cleanup: ['Update the API documentation and its OpenAPI description'],
  };
}

function definition({ name, type, default: value }: Column): string {
  return `${quoteIdentifier(name)} ${type}${value == null ? '' : ` DEFAULT ${value}`}`;
}

/** A default that is computed for each row is set once the column is there: added with it, it would write every row. */
function addColumn(given: Given, column: Column): StepDraft {
  const { facts } = given;
  const table = given.table();
  const { name, default: value } = column;
  const add = alterTable(facts, table, `ADD COLUMN ${definition({ ...column, default: null })}`);
  const set =
    value == null
      ? []
      : [alterTable(facts, table, `ALTER COLUMN ${quoteIdentifier(name)} SET DEFAULT ${value}`)];
  return {
    step: `Add ${name}, which may be empty still`,
    id: 'add_column',
    ...(value == null
      ? {}
      : {
          why: 'The default comes after the column: so it is for new rows alone, and no old one is written.',
        }),
    sql: [add, ...set],
    expect: { rewrite: false },
  };
}

function versionsOf(given: Given, column: Column): readonly VersionDraft[] {
  const { facts } = given;
  const table = given.table();
  const next = withColumn(table, column);
  const reading = table.columns.filter((one) => one.notNull && one.default === null && !one.generated);
  const names = reading.slice(0, 5).map((one) => one.name);
  const use = (columns: readonly Column[]) => ({ table, columns, dual: [], reads: {}, lookup: undefined });
  return [
    {
      name: 'v1',
      says: `does not know ${column.name}`,
      statements: tableStatements(facts, table, { reads: names, writes: {} }),
      uses: [use(table.columns)],
    },
    {
      name: 'v2',
      says: `writes ${column.name}, but may still read rows without it`,
      statements: tableStatements(facts, next, {
        reads: [...names, column.name],
        writes: { [column.name]: [] },
      }),
      uses: [use(next.columns)],
    },
  ];
}

function filled(given: Given, column: Column, fill: string): readonly StepDraft[] {
  const { facts } = given;
  const table = given.table();
  const quoted = quoteIdentifier(column.name);
  return [
    { step: `Write ${column.name}`, id: 'deploy_v2', deploy: 'v2' },
    {
      step: 'Fill the rows that are there',
      id: 'fill',
      why: 'After the deploy: from now on no row comes without it.',
      backfill: { table, set: `${quoted} = ${fill}`, where: `${quoted} IS NULL` },
      rollback: { not_needed: 'the rollback of add_column drops the column' },
    },
    {
      step: 'None was missed',
      id: 'verify_fill',
      verify: { sql: `SELECT count(*) FROM ${sqlName(facts, table)} WHERE ${quoted} IS NULL`, expect: 0 },
    },
    ...requireColumn(given, { table, column: column.name, id: 'column' }),
    wait('watch_v2', 'Watch v2 for a day', '24h'),
  ];
}
