import { createIndex } from '../inverse/indexes.ts';
import { grantSql } from '../inverse/objects/describe.ts';
import { indexesOf, relationKey } from '../schema/lookup.ts';
import type { Column, Index, Table } from '../schema/model.ts';
import { defaultGrants } from '../schema/privileges.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { addValidated, alterTable, buildIndex, requireColumn, stepId } from './blocks.ts';
import { moveIdentity } from './counting.ts';
import { columnList, primaryKeyOf, sqlName } from './facts.ts';
import { script } from './finish.ts';
import type { Given, SqlDraft, StepDraft } from './model.ts';
import type { BoundToTable } from './partition-bound.ts';

/** How a table is to be partitioned. */
export interface Partitioning {
  readonly table: Table;
  readonly column: Column;
  readonly bounds: readonly string[];
  /** Name in SQL of the table, before and after. */
  readonly name: string;
  /** What the table is called from then on. */
  readonly old: Table;
  /** Columns of the key that works across partitions. */
  readonly key: readonly string[];
  /** Names of the unique index that the old table gets for it, unquoted; undefined where its own key will do. */
  readonly index: string | undefined;
  /** The CHECK that is the proof for ATTACH. Unquoted. */
  readonly check: string;
  readonly parts: readonly { readonly name: string; readonly bound: string }[];
  /** Name in SQL of the partition for all that no other one takes. */
  readonly rest: string;
  /** What is bound to the table, and has to be to the new one. */
  readonly bound: BoundToTable;
}

export function prepare(given: Given, made: Partitioning): readonly StepDraft[] {
  const { table, column, bounds, key, index, check } = made;
  return [
    ...(column.notNull ? [] : requireColumn(given, { table, column: column.name, id: 'column' })),
    ...addValidated(given, {
      table,
      name: check,
      id: 'prove_bound',
      what: `${column.name} is below ${bounds[0]}`,
      why: 'What Postgres knows of all rows already it need not look for when the table becomes a partition.',
      definition: `CHECK (${quoteIdentifier(column.name)} < ${bounds[0]})`,
    }),
    ...(index === undefined
      ? []
      : buildIndex(given, {
          table,
          name: index,
          unique: true,
          definition: `(${columnList(key)})`,
          id: 'build_key',
          step: 'Build the key that works across partitions, without blocking writes',
        })),
  ];
}

/** One transaction, so that no query ever finds the name gone. */
export function swap(given: Given, made: Partitioning): SqlDraft {
  const { facts, names } = given;
  const { table, column, bounds, name, old, key, index, parts, rest, bound } = made;
  const first = sqlName(facts, old);
  const primary = primaryKeyOf(table);
  const was = quoteIdentifier(primary?.name ?? '');
  const { schema } = table.name;
  const owned = [...facts.schema.relations.values()].flatMap((one) =>
    one.kind === 'sequence' &&
    one.ownedBy?.table === relationKey(table.name) &&
    one.ownedBy.column !== bound.identity?.column.name
      ? [{ name: sqlName(facts, one), column: quoteIdentifier(one.ownedBy.column) }]
      : [],
  );
  const sql = [
    ...bound.release,
    ...(index === undefined
      ? []
      : [
          alterTable(facts, table, `DROP CONSTRAINT ${was}`),
          alterTable(facts, table, `ADD CONSTRAINT ${was} PRIMARY KEY USING INDEX ${quoteIdentifier(index)}`),
        ]),
    `ALTER TABLE ${name} RENAME TO ${quoteIdentifier(old.name.name)}`,
    `CREATE TABLE ${name} (LIKE ${first} INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMMENTS)\n  PARTITION BY RANGE (${quoteIdentifier(column.name)})`,
    alterTable(facts, table, `ADD PRIMARY KEY (${columnList(key)})`),
    ...table.constraints
      .filter(({ kind }) => kind === 'check')
      .map((one) =>
        alterTable(
          facts,
          table,
          `ADD CONSTRAINT ${quoteIdentifier(one.name)} ${one.definition.replace(/ NOT VALID$/, '')}`,
        ),
      ),
    ...[...indexesOf(facts.schema, relationKey(table.name))]
      .filter((one) => one.constraint === undefined)
      .map((one) => indexLike(given, table, one)),
    ...table.constraints
      .filter(({ kind }) => kind === 'unique')
      .map((one) =>
        alterTable(
          facts,
          table,
          `ADD CONSTRAINT ${quoteIdentifier(names.constraint(table, one.columns.join('_'), 'key'))} ${one.definition}`,
        ),
      ),
    ...grantsOf(given, table, name),
    ...numbers(given, made, 'there'),
    ...owned.map((one) => `ALTER SEQUENCE ${one.name} OWNED BY ${name}.${one.column}`),
    `ALTER TABLE ${name} ATTACH PARTITION ${first} FOR VALUES FROM (MINVALUE) TO (${bounds[0]})`,
    ...parts.map(
      (part, at) =>
        `CREATE TABLE ${part.name} PARTITION OF ${name} FOR VALUES FROM (${bounds[at]}) TO (${part.bound})`,
    ),
    `CREATE TABLE ${rest} PARTITION OF ${name} DEFAULT`,
    ...bound.bind,
    ...bound.secure,
  ];
  const columns = columnList(table.columns.filter((one) => !one.generated).map((one) => one.name));
  const back = quoteIdentifier(
    names.relation(schema, table.name.name, (primary?.columns ?? []).join('_'), 'back'),
  );
  return {
    step: 'The table becomes the first partition of one that has its name',
    id: 'partition',
    why: 'In one transaction, so that no query ever finds the name gone. No row is read or written.',
    sql,
    expect: { rewrite: false },
    rollbackWhy: `rows that are in other partitions by then go back to the old table: possible until the first one from ${bounds[0]} on, which it refuses`,
    rollback: [
      ...(index === undefined
        ? []
        : [
            {
              transaction: false as const,
              sql: script(
                [
                  `CREATE UNIQUE INDEX CONCURRENTLY ${back} ON ${first} (${columnList(primary?.columns ?? [])})`,
                ],
                false,
              ),
            },
          ]),
      {
        sql: script([
          ...bound.release,
          `ALTER TABLE ${name} DETACH PARTITION ${first}`,
          `INSERT INTO ${first} (${columns})\n  SELECT ${columns} FROM ${name}`,
          ...owned.map((one) => `ALTER SEQUENCE ${one.name} OWNED BY ${first}.${one.column}`),
          ...numbers(given, made, 'back'),
          `DROP TABLE ${name}`,
          `ALTER TABLE ${first} RENAME TO ${quoteIdentifier(table.name.name)}`,
          ...(index === undefined
            ? []
            : [
                alterTable(facts, table, `DROP CONSTRAINT ${was}`),
                alterTable(facts, table, `ADD CONSTRAINT ${was} PRIMARY KEY USING INDEX ${back}`),
              ]),
          ...bound.bind,
        ]),
      },
      ...bound.validate.map((sql) => ({ sql: script([sql]) })),
      ...(index === undefined
        ? []
        : [
            {
              transaction: false as const,
              sql: script(
                [
                  `CREATE UNIQUE INDEX CONCURRENTLY ${quoteIdentifier(index)} ON ${name} (${columnList(key)})`,
                ],
                false,
              ),
            },
          ]),
    ],
  };
}

function numbers(
  given: Given,
  { table, old, bound }: Partitioning,
  way: 'there' | 'back',
): readonly string[] {
  if (!bound.identity) return [];
  const { column, counter } = bound.identity;
  const ends = [
    [old, column.name],
    [table, column.name],
  ] as const;
  const [from, to] = way === 'there' ? ends : ([ends[1], ends[0]] as const);
  return moveIdentity(given, table, counter, { kind: column.identity, from, to, between: way });
}

/** The foreign keys to the table are of the new one, and hold for new rows; then the old ones are looked at. */
export function validated({ facts }: Given, { bound }: Partitioning): readonly StepDraft[] {
  return bound.incoming.map(({ table, constraint }) => ({
    step: `For old rows too, ${sqlName(facts, table)} refers to the new table`,
    id: stepId('validate', constraint.name),
    sql: [alterTable(facts, table, `VALIDATE CONSTRAINT ${quoteIdentifier(constraint.name)}`)],
    rollback: { not_needed: 'the rollback of partition makes the foreign key again' },
  }));
}

/**
 * The first partition has its foreign keys; each of the new ones gets its own while it is empty. One of the whole table
 * would have Postgres look for it in each partition, with all of them locked, and the other table too.
 */
export function references(made: Partitioning): readonly StepDraft[] {
  const keys = made.table.constraints.filter(({ kind }) => kind === 'foreign key');
  return keys.map((one) => ({
    step: `The new partitions have ${one.name} too`,
    id: stepId('refer', one.name),
    why: 'They are empty until the bound is reached, so that there is nothing to check.',
    sql: [...made.parts.map((part) => part.name), made.rest].map(
      (part) =>
        `ALTER TABLE ${part} ADD CONSTRAINT ${quoteIdentifier(one.name)} ${one.definition.replace(/ NOT VALID$/, '')}`,
    ),
  }));
}

/** The same index on the new table, whose part the old one becomes. */
function indexLike({ facts, names }: Given, table: Table, index: Index): string {
  const { schema } = facts;
  const way = {
    before: schema,
    now: schema,
    pgVersion: facts.pgVersion,
    concurrently: false,
    byAttaching: false,
    qualified: false,
  };
  const sql = createIndex(way, index, { alone: false });
  const name = names.relation(table.name.schema, table.name.name, index.columnNames.join('_'), 'idx');
  const head = ` ON ${sqlName(facts, table)}`;
  return `CREATE ${index.unique ? 'UNIQUE ' : ''}INDEX ${quoteIdentifier(name)}${sql.slice(sql.indexOf(head))}`;
}

/** LIKE takes no privileges along. */
function grantsOf({ facts: { pgVersion } }: Given, table: Table, name: string): readonly string[] {
  const whole = table.grants
    ? grantSql(name, defaultGrants('table'), table.grants, { owner: table.owner, pgVersion })
    : [];
  const columns = table.columns.flatMap((one) =>
    one.grants
      ? grantSql(name, [], one.grants, {
          owner: table.owner,
          pgVersion,
          columns: ` (${quoteIdentifier(one.name)})`,
        })
      : [],
  );
  return [...whole, ...columns];
}
