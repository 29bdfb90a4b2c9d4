import type { Column, Constraint, Table } from '../schema/model.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/names.ts';
import { alterTable, buildIndex, indexToConstraint, requireColumn, stepId, wait } from './blocks.ts';
import { columnList, sqlName } from './facts.ts';
import { script } from './finish.ts';
import type { Given, StepDraft } from './model.ts';

export interface Key {
  readonly table: Table;
  /** In order, as they will be. */
  readonly columns: readonly Column[];
  /** The one that the plan adds, if it does. */
  readonly added: { readonly column: Column; readonly sequence: string } | undefined;
  readonly old: Constraint | undefined;
  /** Name of the unique constraint on the old one's columns. Unquoted. */
  readonly kept: string | undefined;
  /** Foreign keys to the old one. */
  readonly incoming: readonly Incoming[];
  /** Of the constraint. Unquoted. */
  readonly name: string;
  /** An index that is there already, on just these columns. */
  readonly ready: string | undefined;
  /** A unique constraint on just these columns, which the key makes superfluous. */
  readonly spare: Constraint | undefined;
  /** The table with the new column and key, for what the application does then. */
  readonly next: Table;
}

export interface Incoming {
  readonly table: Table;
  readonly constraint: Constraint;
}

/** Not as an identity: with it, Postgres would number all rows at once, and write the table anew. */
export function addColumn(
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

export function migrate(given: Given, key: Key): readonly StepDraft[] {
  const { facts } = given;
  const { table, columns, added, old, kept, name, ready } = key;
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
  if (old && kept !== undefined) {
    const block = { table, name: kept, unique: true, definition: `(${columnList(old.columns)})` };
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
          name: kept,
          id: 'keep_old',
          what: 'Make it a constraint',
          kind: 'UNIQUE',
          index: sql,
        }),
      );
  }
  return steps;
}

/**
 * One transaction: at no moment is there a table without a key. What referred to the old one stands on the unique
 * constraint from then on, and holds for new rows at once.
 */
export function change(given: Given, { table, columns, old, kept, incoming, name }: Key): StepDraft {
  const { facts, names } = given;
  const list = columnList(columns.map((one) => one.name));
  const [quoted, shown] = [quoteIdentifier(name), sqlName(facts, table)];
  const add = alterTable(facts, table, `ADD CONSTRAINT ${quoted} PRIMARY KEY USING INDEX ${quoted}`);
  const drop = alterTable(facts, table, `DROP CONSTRAINT ${quoted}`);
  const build = (index: string, on: string) =>
    `CREATE UNIQUE INDEX CONCURRENTLY ${index} ON ${shown} (${on})`;
  const rebuild = { transaction: false as const, sql: script([build(quoted, list)], false) };
  if (!old || kept === undefined)
    return {
      step: `(${list}) is the primary key`,
      id: 'change_key',
      sql: [add],
      rollback: [{ sql: script([drop]) }, rebuild],
      rollbackWhy: 'dropping the constraint takes the index along; there was one before',
    };
  const [was, unique] = [old.name, kept].map(quoteIdentifier);
  const before = columnList(old.columns);
  const index = quoteIdentifier(
    names.relation(table.name.schema, table.name.name, old.columns.join('_'), 'back'),
  );
  const referring = (what: (one: Constraint) => string) =>
    incoming.map((one) => alterTable(facts, one.table, what(one.constraint)));
  const release = referring((one) => `DROP CONSTRAINT ${quoteIdentifier(one.name)}`);
  const bind = referring(
    (one) =>
      `ADD CONSTRAINT ${quoteIdentifier(one.name)} ${one.definition.replace(/ NOT VALID$/, '')} NOT VALID`,
  );
  const isReferred = incoming.length > 0;
  return {
    step: `(${list}) is the primary key`,
    id: 'change_key',
    why: `In one transaction, so that at no moment the table is without a key.${isReferred ? ' What refers to the old one stands on its unique constraint from then on, and holds for new rows at once.' : ''}`,
    sql: [...release, alterTable(facts, table, `DROP CONSTRAINT ${was}`), add, ...bind],
    rollback: [
      { transaction: false, sql: script([build(index, before)], false) },
      {
        sql: script([
          ...release,
          drop,
          // Else the foreign keys would stand on that again, which goes with the step before.
          ...(isReferred ? [alterTable(facts, table, `DROP CONSTRAINT ${unique}`)] : []),
          alterTable(facts, table, `ADD CONSTRAINT ${was} PRIMARY KEY USING INDEX ${index}`),
          ...bind,
        ]),
      },
      ...lookedAt(given, incoming).map(({ sql }) => ({ sql: script([sql]) })),
      rebuild,
      ...(isReferred
        ? [
            { transaction: false as const, sql: script([build(unique ?? '', before)], false) },
            {
              sql: script([
                alterTable(facts, table, `ADD CONSTRAINT ${unique} UNIQUE USING INDEX ${unique}`),
              ]),
            },
          ]
        : []),
    ],
  };
}

/** The foreign keys whose old rows are looked at again, each with the statement that does. */
function lookedAt({ facts }: Given, incoming: readonly Incoming[]) {
  return incoming
    .filter(({ constraint }) => constraint.validated)
    .map(({ table, constraint }) => ({
      table,
      constraint,
      sql: alterTable(facts, table, `VALIDATE CONSTRAINT ${quoteIdentifier(constraint.name)}`),
    }));
}

export function validate(given: Given, { incoming }: Key): readonly StepDraft[] {
  return lookedAt(given, incoming).map(({ table, constraint, sql }) => ({
    step: `For old rows too, ${sqlName(given.facts, table)} refers to the old key`,
    id: stepId('validate', constraint.name),
    sql: [sql],
    rollback: { not_needed: 'the rollback of change_key makes the foreign key again' },
  }));
}

/** Two indexes on the same columns find nothing more, and every write pays for both. */
export function dropSpare({ facts }: Given, { table, spare }: Key): readonly StepDraft[] {
  if (!spare) return [];
  return [
    {
      step: 'The constraint that says the same goes',
      id: 'drop_spare',
      sql: [alterTable(facts, table, `DROP CONSTRAINT ${quoteIdentifier(spare.name)}`)],
    },
  ];
}
