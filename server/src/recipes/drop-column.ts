import { placeholder } from '../inverse/placeholders.ts';
import type { Column, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { isRequired, refusesNull, requiredColumns, tableStatements } from './application.ts';
import { alterTable, copyBack, wait } from './blocks.ts';
import { refuseDomainColumn, refuseInherited, refusePassed } from './bound.ts';
import { type ColumnFacts, columnFacts, columnList, primaryKeyOf, sqlName } from './facts.ts';
import { backfillSource } from './finish.ts';
import {
  defineRecipe,
  type Given,
  type PlanDraft,
  refuse,
  type StepDraft,
  type VersionDraft,
} from './model.ts';

export const dropColumn = defineRecipe({
  type: 'drop_column',
  title: 'Drop a column',
  summary:
    'The application forgets the column first, and its values are kept aside: even the drop can be undone, until that copy goes.',
  questions: [
    { id: 'table', prompt: 'Of which table?', kind: 'table' },
    { id: 'column', prompt: 'Which column?', kind: 'column' },
    {
      id: 'keep',
      prompt: 'What becomes of its values?',
      kind: 'choice',
      choices: [
        { value: 'aside', label: 'Keep them in a table', detail: 'The drop can be undone' },
        { value: 'none', label: 'Let them go', detail: 'The drop is a point of no return' },
      ],
      default: () => 'aside',
    },
    {
      id: 'fill',
      prompt:
        'What do rows get meanwhile that are written without it? (SQL; the version that is replaced may read it)',
      kind: 'expression',
      optional: true,
      default: (given) => fillFor(given),
    },
  ],
  write,
});

/** What is needed only where a row cannot be without a value: as a default it may not name columns. */
function fillFor(given: Given): string | undefined {
  const { schema, pgVersion } = given.facts;
  const way = {
    before: schema,
    now: schema,
    pgVersion,
    concurrently: true,
    byAttaching: false,
    qualified: false,
  };
  const [table, column] = [given.table(), given.column()];
  const known = placeholder(way, table, column);
  if (known !== undefined || !isRequired(table, column)) return known;
  const isBound = table.constraints.some(
    ({ kind, columns }) => kind !== 'unique' && kind !== 'not null' && columns.includes(column.name),
  );
  if (isBound) return undefined;
  if (column.type === 'uuid') return 'gen_random_uuid()';
  // Of what is unique no two rows may get the same.
  const room = /^character varying\((\d+)\)$/.exec(column.type ?? '')?.[1];
  const isText = column.type === 'text' || column.type === 'character varying' || Number(room) >= 36;
  return isText ? 'gen_random_uuid()::text' : undefined;
}

function write(given: Given): PlanDraft {
  const { facts } = given;
  const table = given.table();
  const column = given.column();
  const own = columnFacts(facts, table, column.name) ?? refuse('', 'column');
  const name = sqlName(facts, table);
  const shown = `${name}.${quoteIdentifier(column.name)}`;
  refuseInherited(facts, table, own);
  refuseBound(given, own, shown);
  const keeps = given.answer('keep') === 'aside';
  const key = primaryKeyOf(table)?.columns ?? [];
  if (keeps && key.length === 0)
    refuse(
      `${name} has no primary key by which values that are kept aside would find their rows again. Give it one first (switchback new change_primary_key), or let the values go: --keep none.`,
      'keep',
    );
  if (keeps) refuseDomainColumn(facts, table, own);
  const aside = given.names.relation(table.name.schema, table.name.name, column.name, 'dropped');
  return {
    title: `Drop ${shown}`,
    intro: [
      `Drops a column. The application forgets it first; the database then holds it for a week, and ${keeps ? 'a copy of its values for longer' : 'lets it go for good'}.`,
    ],
    tables: [table],
    versions: versionsOf(given, column),
    phases: [
      ...releasePhase(given, own),
      {
        phase: 'Migrate',
        risk: 'low',
        steps: [
          { step: `Forget ${column.name}`, id: 'deploy_v2', deploy: 'v2' },
          wait('last_look', 'A week without a wish to go back', '7d'),
        ],
      },
      {
        phase: 'Contract',
        risk: keeps ? 'low' : 'high',
        steps: contract(given, own, keeps ? aside : undefined),
      },
    ],
    cleanup: [
      ...(keeps
        ? [
            `Drop ${sqlName(facts, { name: { schema: table.name.schema, name: aside } })} once nobody will want the values back`,
          ]
        : []),
      'Update the API documentation and its OpenAPI description',
    ],
  };
}

/** Refuses to drop what others would miss. */
export function refuseBound({ facts }: Given, own: ColumnFacts, shown: string): void {
  const { column, constraints, referencedBy, views, generated, triggers, functions, policies, publications } =
    own;
  const stop = (what: string, instead: string): never => refuse(`${what} ${shown}. ${instead}`, 'column');
  const [reference, view, code] = [referencedBy[0], views[0], functions[0]];
  if (constraints.some(({ kind }) => kind === 'primary key'))
    stop('The primary key holds', 'Give the table another one first: switchback new change_primary_key.');
  if (own.isPartitionKey)
    stop(
      'The partition of a row is decided by',
      'Copy the table into one that is partitioned by another column first.',
    );
  if (reference)
    stop(
      `The foreign key ${reference.constraint.name} of ${sqlName(facts, reference.table)} points at`,
      'Drop that first, with the column that it is on.',
    );
  if (view)
    stop(
      `The ${view.kind} ${sqlName(facts, view)} reads`,
      'Replace it by one that does not first: Postgres takes no column out of a view.',
    );
  if (generated[0]) stop(`The generated column ${generated[0].name} is computed from`, 'Drop that first.');
  if (triggers[0]) stop(`The trigger ${triggers[0].name} fires on`, 'Make it without the column first.');
  if (policies[0])
    stop(
      `The policy ${policies[0].name} reads`,
      'Change it first: until then it decides who sees which row.',
    );
  if (publications[0])
    stop(
      `The publication ${publications[0].publication.name.name} lists`,
      'Take it from the list first, when its subscribers no longer need it.',
    );
  if (code)
    stop(
      `The function ${sqlName(facts, code)} says the name of`,
      'Change it first: Postgres tells nobody that it will fail.',
    );
  refusePassed(own);
  if (column.identity)
    stop('There is an identity, and its sequence, at', 'ALTER COLUMN … DROP IDENTITY first.');
}

function versionsOf({ facts, table: of }: Given, column: Column): readonly VersionDraft[] {
  const table = of();
  const rest: Table = { ...table, columns: table.columns.filter((one) => one.name !== column.name) };
  const reading = requiredColumns(rest)
    .slice(0, 5)
    .map(({ name }) => name);
  const use = (columns: readonly Column[]) => ({ table, columns, dual: [], reads: {}, lookup: undefined });
  const writable = column.generated === undefined;
  return [
    {
      name: 'v1',
      says: `reads and writes ${column.name}`,
      statements: tableStatements(facts, table, {
        reads: [column.name, ...reading],
        writes: writable ? { [column.name]: [] } : {},
      }),
      uses: [use(table.columns)],
    },
    {
      name: 'v2',
      says: `has forgotten ${column.name}`,
      statements: tableStatements(facts, rest, { reads: reading, writes: {} }),
      uses: [use(rest.columns)],
    },
  ];
}

/** v2 writes rows without it, and v1 may read those: they get something all the same. */
function releasePhase(given: Given, { column }: ColumnFacts): PlanDraft['phases'] {
  const { facts } = given;
  const table = given.table();
  if (!isRequired(table, column)) return [];
  const fill =
    given.optional('fill') ??
    refuse(
      `${column.name} is NOT NULL, and nothing says what rows get in it that v2 writes while v1 may still read them: --fill EXPRESSION.`,
      'fill',
    );
  return [
    {
      phase: 'Prepare',
      risk: 'low',
      steps: [
        {
          step: `Rows that are written without ${column.name} get something`,
          id: 'release',
          why: 'v2 writes such rows, and v1, which reads it, meets them while v2 rolls out, and after a rollback.',
          sql: [alterTable(facts, table, `ALTER COLUMN ${quoteIdentifier(column.name)} SET DEFAULT ${fill}`)],
        },
      ],
    },
  ];
}

function contract(given: Given, own: ColumnFacts, aside: string | undefined): readonly StepDraft[] {
  const { facts } = given;
  const table = given.table();
  const { column, constraints, indexes, statistics } = own;
  const quoted = quoteIdentifier(column.name);
  const name = sqlName(facts, table);
  const steps: StepDraft[] = [];
  const loose = constraints.filter(({ parent, local }) => parent === undefined && local !== false);
  // The default of a new column comes with it, and would be worked out for each row on the way back.
  const isGiven = column.generated === undefined && (column.default !== null || isRequired(table, column));
  // Where there is no way back from the drop, both may go with it.
  const comesBack = aside !== undefined;
  const changes = [
    ...(comesBack && column.notNull ? [`ALTER COLUMN ${quoted} DROP NOT NULL`] : []),
    ...(comesBack && isGiven ? [`ALTER COLUMN ${quoted} DROP DEFAULT`] : []),
    ...loose.map((one) => `DROP CONSTRAINT ${quoteIdentifier(one.name)}`),
  ];
  const first = [
    ...(changes.length > 0 ? [alterTable(facts, table, ...changes)] : []),
    ...statistics.map(
      (one) =>
        `DROP STATISTICS ${sqlName(facts, { name: { schema: one.name.schema ?? 'public', name: one.name.name } })}`,
    ),
  ];
  const fill = column.default ?? given.optional('fill');
  if (first.length > 0)
    steps.push({
      step: `Drop what binds ${column.name}`,
      id: 'unbind',
      why: 'By name, so that what would go with the column is seen to be meant.',
      sql: first,
      ...(comesBack && refusesNull(table, column) && fill !== undefined
        ? {
            rollbackFirst: [
              {
                backfill: backfillSource(given, {
                  table,
                  set: `${quoted} = ${fill}`,
                  where: `${quoted} IS NULL`,
                }),
              },
            ],
          }
        : {}),
    });
  if (indexes.length > 0)
    steps.push(
      table.partitioned
        ? {
            step: 'Drop the indexes on it',
            id: 'drop_indexes',
            sql: indexes.map((index) => `DROP INDEX ${sqlName(facts, index)}`),
          }
        : {
            step: 'Drop the indexes on it',
            id: 'drop_indexes',
            transaction: false,
            sql: indexes.map((index) => `DROP INDEX CONCURRENTLY ${sqlName(facts, index)}`),
          },
    );
  const drop = alterTable(facts, table, `DROP COLUMN ${quoted}`);
  if (aside === undefined)
    return [
      ...steps,
      {
        step: `Drop ${column.name}`,
        id: 'drop_column',
        sql: [drop],
        rollback: { impossible: `the values of ${column.name} are gone, but for those in a backup` },
      },
    ];
  const kept = sqlName(facts, { name: { schema: table.name.schema, name: aside } });
  const key = primaryKeyOf(table)?.columns ?? [];
  const found = `(SELECT kept.${quoted} FROM ${kept} AS kept WHERE ${key
    .map((one) => `kept.${quoteIdentifier(one)} = ${name}.${quoteIdentifier(one)}`)
    .join(' AND ')})`;
  return [
    ...steps,
    {
      step: 'Keep its values aside',
      id: 'keep_values',
      why: 'Nobody writes it any more. Reading them all locks nobody out.',
      sql: [
        `CREATE TABLE ${kept} AS\n  SELECT ${columnList([...key, column.name])} FROM ${name} WHERE ${quoted} IS NOT NULL`,
        `ALTER TABLE ${kept} ADD PRIMARY KEY (${columnList(key)})`,
      ],
      rollback: `DROP TABLE ${kept};`,
    },
    {
      step: `Drop ${column.name}`,
      id: 'drop_column',
      sql: [drop],
      rollbackThen: [copyBack(given, table, column.name, found)],
      rollbackWhy: 'the values come back from where they were kept',
    },
  ];
}
