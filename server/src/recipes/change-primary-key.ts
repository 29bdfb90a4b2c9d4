import { backfillKey } from '../rules/backfill-key.ts';
import { columnOf, indexesOf, referencesTo, relationKey, viewsOf } from '../schema/lookup.ts';
import type { Table } from '../schema/model.ts';
import { quoteLiteral } from '../sql/names.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { wait, withColumn } from './blocks.ts';
import { refuseUnproven } from './bound.ts';
import { columnList, primaryKeyOf, sqlName } from './facts.ts';
import { needsKey } from './grouped.ts';
import { defineRecipe, type Given, type PlanDraft, refuse, type VersionDraft } from './model.ts';
import {
  addColumn,
  change,
  dropSpare,
  type Incoming,
  type Key,
  migrate,
  validate,
} from './primary-key-steps.ts';

export const changePrimaryKey = defineRecipe({
  type: 'change_primary_key',
  title: 'Give a table a primary key, or another one',
  summary:
    'Of columns that are there, or of a new one that numbers the rows. What it stands on is built while writes go on; the keys change places in a moment, and the old one stays unique.',
  questions: [
    { id: 'table', prompt: 'Of which table?', kind: 'table' },
    {
      id: 'columns',
      prompt: 'Which columns are the new key? (with commas; none for a new column that numbers the rows)',
      kind: 'columns',
      optional: true,
      validate(text, given) {
        const now = primaryKeyOf(given.table())?.columns.join('\0');
        const names = given.columns().map(({ name }) => name);
        if (new Set(names).size < names.length) return `${text} names a column twice.`;
        return names.join('\0') === now ? `${text} is the primary key already.` : undefined;
      },
    },
    {
      id: 'name',
      prompt: 'What is the new column to be called?',
      kind: 'name',
      when: ({ columns }) => columns === undefined,
      default: (given) => (columnOf(given.table(), 'id') ? undefined : 'id'),
      validate: (name, given) =>
        columnOf(given.table(), name)
          ? `${sqlName(given.facts, given.table())} has a column ${name} already: give another name, or make that one the key (--columns ${name}).`
          : undefined,
    },
  ],
  write,
});

function write(given: Given): PlanDraft {
  const { facts } = given;
  const key = keyOf(given);
  const { table, columns, added, old } = key;
  const name = sqlName(facts, table);
  const names = columnList(columns.map((one) => one.name));
  return {
    title: old ? `Make (${names}) the primary key of ${name}` : `Give ${name} a primary key, (${names})`,
    intro: [
      old
        ? 'Gives a table another primary key. The old one stays unique.'
        : 'Gives a table the primary key that it lacks.',
      'What it stands on is built while writes go on, and NOT NULL is proven beforehand, so that the change itself is a matter of a moment.',
    ],
    tables: [table],
    versions: versionsOf(given, key),
    phases: [
      ...(added ? [{ phase: 'Expand', risk: 'low' as const, steps: [addColumn(given, key, added)] }] : []),
      { phase: 'Migrate', risk: 'medium', steps: migrate(given, key) },
      {
        phase: 'Contract',
        risk: 'medium',
        steps: [
          change(given, key),
          ...validate(given, key),
          ...dropSpare(given, key),
          wait('last_look', 'A week with the new key', '7d'),
        ],
      },
    ],
    cleanup: [
      ...(old && key.incoming.length === 0
        ? [`Drop the unique constraint on (${columnList(old.columns)}) once nothing finds rows by it`]
        : []),
      'Update the API documentation, and replicas by logical replication that find rows by the key',
    ],
  };
}

function keyOf(given: Given): Key {
  const { facts, names } = given;
  const table = given.table();
  const name = sqlName(facts, table);
  if (table.foreign) refuse(`${name} is a foreign table: change it on the server that has it.`, 'table');
  if (table.partitioned || table.parents.length > 0)
    refuse(
      `${name} is partitioned, or a partition: Postgres builds its key on all parts while their writers wait, and takes no index for it. Copy it into a new table.`,
      'table',
    );
  const old = primaryKeyOf(table);
  const all = [...referencesTo(facts.schema, relationKey(table.name))].filter(
    ({ constraint }) =>
      constraint.parent === undefined &&
      old !== undefined &&
      sameColumns(constraint.references?.columns, old.columns),
  );
  // Its own last: so the table itself is locked for as short as may be.
  const isOwn = (one: Incoming) => relationKey(one.table.name) === relationKey(table.name);
  const incoming = [...all.filter((one) => !isOwn(one)), ...all.filter(isOwn)];
  for (const one of incoming) refuseUnproven(facts, one.table, one.constraint);
  const divided = incoming.find((one) => one.table.partitioned);
  if (divided)
    refuse(
      `${divided.constraint.name} of ${sqlName(facts, divided.table)}, which is partitioned, refers to the key and stands on its index; Postgres makes it again only with all rows looked at, while writers wait. Drop it first, and add it again in a quiet hour, when the old columns are unique by a constraint of their own.`,
      'table',
    );
  const grouped =
    old && [...viewsOf(facts.schema, relationKey(table.name))].find((view) => needsKey(view, old.columns));
  if (grouped)
    refuse(
      `The view ${sqlName(facts, grouped)} groups by ${columnList(old.columns)} and shows other columns too, which only the primary key allows: it would keep the key from changing. Name all of them in its GROUP BY first (CREATE OR REPLACE VIEW).`,
      'table',
    );
  const isNew = given.optional('columns') === undefined;
  if (isNew && !backfillKey(facts.schema, table))
    refuse(
      `${name} has no index on columns that are NOT NULL, so that its rows cannot be numbered batch by batch. Make columns the key that identify a row (--columns a,b), or give it such an index first.`,
      'columns',
    );
  const added = isNew ? numbered(given, table) : undefined;
  const columns = added ? [added.column] : given.columns();
  const empty = added ? undefined : columns.find((one) => !one.notNull);
  if (empty)
    refuse(
      `${empty.name} may be NULL, and a key may not: fill it and require it first (switchback new set_not_null).`,
      'columns',
    );
  const wanted = columns.map((one) => one.name);
  const ready = [...indexesOf(facts.schema, relationKey(table.name))].find(
    (one) =>
      one.unique &&
      one.constraint === undefined &&
      one.predicate === undefined &&
      one.method === 'btree' &&
      one.valid !== false &&
      one.include.length === 0 &&
      one.columns.join('\0') === wanted.join('\0'),
  );
  const spare = table.constraints.find(
    (one) => one.kind === 'unique' && one.columns.join('\0') === wanted.join('\0'),
  );
  const onSpare = [...referencesTo(facts.schema, relationKey(table.name))].find(({ constraint }) =>
    sameColumns(constraint.references?.columns, wanted),
  );
  if (spare && onSpare)
    refuse(
      `${onSpare.constraint.name} of ${sqlName(facts, onSpare.table)} stands on ${spare.name}, which the new key would make superfluous: drop it first, and add it again after the plan (switchback new add_foreign_key).`,
      'columns',
    );
  const generated = columns.find((one) => one.generated);
  if (generated)
    refuse(`${generated.name} is a generated column: a key of it is not planned here.`, 'columns');
  const constraint = ready?.name.name ?? names.constraint(table, old ? wanted.join('_') : undefined, 'pkey');
  const whole = added ? withColumn(table, added.column) : table;
  return {
    table,
    columns,
    added,
    old,
    kept: old && names.constraint(table, old.columns.join('_'), 'key'),
    incoming,
    name: constraint,
    ready: ready?.name.name,
    spare,
    next: {
      ...whole,
      columns: whole.columns.map((one) => (wanted.includes(one.name) ? { ...one, notNull: true } : one)),
      constraints: [
        ...whole.constraints.filter((one) => one !== old),
        {
          name: constraint,
          kind: 'primary key',
          columns: wanted,
          validated: true,
          expression: undefined,
          provesNotNull: [],
          references: undefined,
          index: constraint,
          definition: `PRIMARY KEY (${columnList(wanted)})`,
          inherits: true,
        },
      ],
    },
  };
}

/** In whatever order a foreign key names them. */
function sameColumns(one: readonly string[] | undefined, other: readonly string[]): boolean {
  return one?.toSorted().join('\0') === other.toSorted().join('\0');
}

function numbered(given: Given, table: Table): Key['added'] {
  const { facts, names } = given;
  const name = given.answer('name');
  const { schema } = table.name;
  const sequence = sqlName(facts, {
    name: { schema, name: names.relation(schema, table.name.name, name, 'seq') },
  });
  return {
    sequence,
    column: {
      name,
      type: 'bigint',
      notNull: false,
      default: `nextval(${quoteLiteral(sequence)}::regclass)`,
      identity: undefined,
      generated: undefined,
      collation: undefined,
    },
  };
}

function versionsOf({ facts }: Given, { table, next, columns, added, old }: Key): readonly VersionDraft[] {
  const own = columns.map((one) => one.name);
  const reading = requiredColumns(table)
    .slice(0, 5)
    .map((one) => one.name);
  const use = (one: Table) => [{ table, columns: one.columns, dual: [], reads: {}, lookup: undefined }];
  return [
    {
      name: 'v1',
      says: old ? `finds rows by (${columnList(old.columns)})` : 'knows of no key',
      statements: tableStatements(facts, table, { reads: reading, writes: {} }),
      uses: use(table),
    },
    {
      name: 'v2',
      says: `writes (${columnList(own)}) always, and finds rows by it`,
      statements: tableStatements(facts, next, {
        reads: reading,
        writes: {},
        ...(added ? { without: own } : {}),
      }),
      uses: use(next),
    },
  ];
}
