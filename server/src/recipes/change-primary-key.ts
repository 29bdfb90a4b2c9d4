import { backfillKey } from '../rules/backfill-key.ts';
import { columnOf, indexesOf, referencesTo, relationKey } from '../schema/lookup.ts';
import type { Column, Constraint, Table } from '../schema/model.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/names.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { alterTable, buildIndex, indexToConstraint, requireColumn, wait, withColumn } from './blocks.ts';
import { columnList, primaryKeyOf, sqlName } from './facts.ts';
import { script } from './finish.ts';
import {
  defineRecipe,
  type Given,
  type PlanDraft,
  refuse,
  type StepDraft,
  type VersionDraft,
} from './model.ts';

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

interface Key {
  readonly table: Table;
  /** In order, as they will be. */
  readonly columns: readonly Column[];
  /** The one that the plan adds, if it does. */
  readonly added: { readonly column: Column; readonly sequence: string } | undefined;
  readonly old: Constraint | undefined;
  /** Of the constraint. Unquoted. */
  readonly name: string;
  /** An index that is there already, on just these columns. */
  readonly ready: string | undefined;
  /** A unique constraint on just these columns, which the key makes superfluous. */
  readonly spare: Constraint | undefined;
  /** The table with the new column and key, for what the application does then. */
  readonly next: Table;
}

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
          ...dropSpare(given, key),
          wait('last_look', 'A week with the new key', '7d'),
        ],
      },
    ],
    cleanup: [
      ...(old
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
  const [reference] = [...referencesTo(facts.schema, relationKey(table.name))].filter(
    ({ constraint }) => constraint.references?.columns.join('\0') === old?.columns.join('\0'),
  );
  if (old && reference)
    refuse(
      `${reference.constraint.name} of ${sqlName(facts, reference.table)} refers to the key, and stands on its index: drop it first, and add it again after the plan (switchback new add_foreign_key), when the old columns are unique by a constraint of their own.`,
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
  const onSpare = [...referencesTo(facts.schema, relationKey(table.name))].find(
    ({ constraint }) => constraint.references?.columns.join('\0') === wanted.join('\0'),
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

/** Not as an identity: with it, Postgres would number all rows at once, and write the table anew. */
function addColumn(
  { facts }: Given,
  { table }: Key,
  { column, sequence }: NonNullable<Key['added']>,
): StepDraft {
  const quoted = quoteIdentifier(column.name);
  return {
    step: `Add ${column.name}, which numbers new rows`,
    id: 'add_column',
    why: 'The default comes after the column: so it is for new rows alone, and no old one is written.',
    sql: [
      `CREATE SEQUENCE ${sequence}`,
      alterTable(facts, table, `ADD COLUMN ${quoted} bigint`),
      alterTable(facts, table, `ALTER COLUMN ${quoted} SET DEFAULT ${column.default}`),
      `ALTER SEQUENCE ${sequence} OWNED BY ${sqlName(facts, table)}.${quoted}`,
    ],
    expect: { rewrite: false },
    rollback: script([alterTable(facts, table, `DROP COLUMN ${quoted}`)]),
    rollbackWhy: 'the sequence goes with its column',
  };
}

function migrate(given: Given, key: Key): readonly StepDraft[] {
  const { facts, names } = given;
  const { table, columns, added, old, name, ready } = key;
  const shown = sqlName(facts, table);
  const list = columnList(columns.map((one) => one.name));
  const steps: StepDraft[] = [
    { step: `Know (${list}) as the key`, id: 'deploy_v2', deploy: 'v2' },
    wait('watch_v2', 'Watch v2 for a day', '24h'),
  ];
  if (added) {
    const quoted = quoteIdentifier(added.column.name);
    steps.push(
      {
        step: 'Number the rows that are there',
        id: 'number_rows',
        backfill: {
          table,
          set: `${quoted} = nextval(${quoteLiteral(added.sequence)})`,
          where: `${quoted} IS NULL`,
        },
        rollback: { not_needed: 'the rollback of add_column drops the column' },
      },
      {
        step: 'None was missed',
        id: 'verify_numbers',
        verify: { sql: `SELECT count(*) FROM ${shown} WHERE ${quoted} IS NULL`, expect: 0 },
      },
      ...requireColumn(given, { table, column: added.column.name, id: 'number' }),
    );
  } else if (ready === undefined)
    steps.push({
      step: 'No two rows have the same key',
      id: 'verify_unique',
      verify: {
        sql: `SELECT count(*) FROM (SELECT FROM ${shown} GROUP BY ${list} HAVING count(*) > 1) AS twice`,
        expect: 0,
      },
    });
  if (ready === undefined)
    steps.push(
      ...buildIndex(given, {
        table,
        name,
        unique: true,
        definition: `(${list})`,
        id: 'build_key',
        step: 'Build what the new key will stand on, without blocking writes',
      }),
    );
  if (old) {
    const unique = names.constraint(table, old.columns.join('_'), 'key');
    const block = { table, name: unique, unique: true, definition: `(${columnList(old.columns)})` };
    const [build] = buildIndex(given, {
      ...block,
      id: 'build_old',
      step: 'The old key gets an index of its own',
      why: 'Its columns stay unique, and rows are found by them: only they are the primary key no longer.',
    });
    const sql = build && 'sql' in build ? build.sql[0] : undefined;
    if (build && sql !== undefined)
      steps.push(
        build,
        indexToConstraint(given, {
          table,
          name: unique,
          id: 'keep_old',
          what: 'Make it a constraint',
          kind: 'UNIQUE',
          index: sql,
        }),
      );
  }
  return steps;
}

/** One transaction: at no moment is there a table without a key. */
function change(given: Given, { table, columns, old, name }: Key): StepDraft {
  const { facts, names } = given;
  const list = columnList(columns.map((one) => one.name));
  const [quoted, shown] = [quoteIdentifier(name), sqlName(facts, table)];
  const add = alterTable(facts, table, `ADD CONSTRAINT ${quoted} PRIMARY KEY USING INDEX ${quoted}`);
  const drop = alterTable(facts, table, `DROP CONSTRAINT ${quoted}`);
  const rebuild = {
    transaction: false as const,
    sql: script([`CREATE UNIQUE INDEX CONCURRENTLY ${quoted} ON ${shown} (${list})`], false),
  };
  if (!old)
    return {
      step: `(${list}) is the primary key`,
      id: 'change_key',
      sql: [add],
      rollback: [{ sql: script([drop]) }, rebuild],
      rollbackWhy: 'dropping the constraint takes the index along; there was one before',
    };
  const was = quoteIdentifier(old.name);
  const index = quoteIdentifier(
    names.relation(table.name.schema, table.name.name, old.columns.join('_'), 'back'),
  );
  return {
    step: `(${list}) is the primary key`,
    id: 'change_key',
    why: 'In one transaction, so that at no moment the table is without a key.',
    sql: [alterTable(facts, table, `DROP CONSTRAINT ${was}`), add],
    rollback: [
      {
        transaction: false,
        sql: script(
          [`CREATE UNIQUE INDEX CONCURRENTLY ${index} ON ${shown} (${columnList(old.columns)})`],
          false,
        ),
      },
      {
        sql: script([
          drop,
          alterTable(facts, table, `ADD CONSTRAINT ${was} PRIMARY KEY USING INDEX ${index}`),
        ]),
      },
      rebuild,
    ],
  };
}

/** Two indexes on the same columns find nothing more, and every write pays for both. */
function dropSpare({ facts }: Given, { table, spare }: Key): readonly StepDraft[] {
  if (!spare) return [];
  return [
    {
      step: 'The constraint that says the same goes',
      id: 'drop_spare',
      sql: [alterTable(facts, table, `DROP CONSTRAINT ${quoteIdentifier(spare.name)}`)],
    },
  ];
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
