import { type Facts, primaryKeyOf, sqlName } from '../../../server/src/recipes/facts.ts';
import type { Answers } from '../../../server/src/recipes/model.ts';
import { tablesOf } from '../../../server/src/recipes/typed-names.ts';
import { columnOf, indexesOf, relationKey } from '../../../server/src/schema/lookup.ts';
import type { Column, Table } from '../../../server/src/schema/model.ts';
import { quoteIdentifier } from '../../../server/src/sql/names.ts';

/** Rules whose notes are true of what a recipe is asked for, wherever that is: no plan for it can do without. */
export const trueNotes: Readonly<Record<string, readonly string[]>> = {
  add_required_column: ['rollback-discards-writes'],
  // What refers to a key changes with it, in one transaction, and so do the columns of an enum.
  change_primary_key: ['tables-locked-together'],
  partition_table: ['tables-locked-together'],
  replace_enum: ['tables-locked-together'],
};

/** Everything that a recipe can be asked for on a schema: each table, column, index and enum of it once or more. */
export function askedOf(type: string, facts: Facts): readonly Answers[] {
  const asked = asks[type];
  if (!asked) throw new Error(`What to ask ${type} for on a schema is not known: say it in asked.ts.`);
  return asked(facts).map((one) =>
    Object.fromEntries(
      Object.entries(one).flatMap(([id, answer]) => (answer === undefined ? [] : [[id, answer]])),
    ),
  );
}

type Ask = (facts: Facts) => readonly Answered[];

/** Answers of which some may be left out. */
type Answered = Readonly<Record<string, string | undefined>>;

/** Of each column of each table. */
function perColumn(ask: (place: Place, facts: Facts) => readonly Answered[]): Ask {
  return (facts) =>
    tablesOf(facts).flatMap((table) =>
      table.columns.flatMap((column) =>
        ask({ table, column, named: { table: sqlName(facts, table), column: column.name } }, facts),
      ),
    );
}

function perTable(ask: (table: string, of: Table, facts: Facts) => readonly Answered[]): Ask {
  return (facts) => tablesOf(facts).flatMap((table) => ask(sqlName(facts, table), table, facts));
}

interface Place {
  readonly table: Table;
  readonly column: Column;
  readonly named: { readonly table: string; readonly column: string };
}

const asks: Readonly<Record<string, Ask>> = {
  rename_column: perColumn(({ named, column }) => [{ ...named, to: `${column.name.slice(0, 50)}_renamed` }]),
  rename_table: perTable((table, { name }) => [{ table, to: `${name.name.slice(0, 50)}_renamed` }]),
  change_column_type: perColumn(({ named, column }) =>
    otherTypes(column.type).map((type) => ({ ...named, type })),
  ),
  add_required_column: perTable((table, { columns }) => [
    { table, name: 'added', type: 'integer', default: '0' },
    { table, name: 'added', type: 'uuid', default: 'gen_random_uuid()' },
    { table, name: 'added', type: 'text', fill: `${quoteIdentifier(columns[0]?.name ?? '')}::text` },
  ]),
  set_not_null: perColumn(({ named, column }) => [{ ...named }, { ...named, fill: valueFor(column) }]),
  set_default: perColumn(({ named, column }) => [{ ...named, default: valueFor(column) }]),
  add_generated_column: perColumn(({ named, column }) => {
    const answers = {
      table: named.table,
      name: 'computed',
      type: 'text',
      expression: `${quoteIdentifier(column.name)}::text`,
    };
    return [answers, { ...answers, kept: 'virtual' }];
  }),
  add_index: perColumn(({ named, table }) => {
    const column = quoteIdentifier(named.column);
    const last = quoteIdentifier(table.columns[table.columns.length - 1]?.name ?? '');
    return [
      { table: named.table, columns: column },
      { table: named.table, columns: column, where: `${column} IS NOT NULL` },
      ...(last === column ? [] : [{ table: named.table, columns: `${column},${last}` }]),
    ];
  }),
  replace_index: perTable((table, of, { schema }) => {
    const columns = of.columns.slice(0, 2).map(({ name }) => quoteIdentifier(name));
    return [...indexesOf(schema, relationKey(of.name))].map(({ name }) => ({
      table,
      index: name.name,
      columns: columns.reverse().join(','),
    }));
  }),
  add_unique: perColumn(({ named }) => [{ table: named.table, columns: quoteIdentifier(named.column) }]),
  add_foreign_key: perColumn(({ named, column }, facts) =>
    tablesOf(facts).flatMap((other) => {
      const key = primaryKeyOf(other)?.columns ?? [];
      const fits =
        key.length === 1 && other.columns.some(({ name, type }) => name === key[0] && type === column.type);
      if (!fits) return [];
      const onDelete = ['no_action', 'cascade', 'set_null'][named.column.length % 3] ?? 'no_action';
      return [
        {
          table: named.table,
          columns: quoteIdentifier(named.column),
          references: sqlName(facts, other),
          on_delete: onDelete,
        },
      ];
    }),
  ),
  add_check: perColumn(({ named }) => {
    const column = quoteIdentifier(named.column);
    return [
      { table: named.table, condition: `${column} IS NOT NULL` },
      { table: named.table, condition: `length(${column}::text) < 500` },
    ];
  }),
  drop_column: perColumn(({ named }) => [{ ...named }, { ...named, keep: 'none' }]),
  drop_table: perTable((table) => [{ table }]),
  add_enum_value: perEnum((type, labels) => [
    { enum: type, value: 'added' },
    { enum: type, value: 'added', before: labels[0] ?? '' },
  ]),
  replace_enum: perEnum((type, labels) => [
    { enum: type, values: labels.slice(0, -1).join(','), map: `${labels.at(-1)}=${labels[0]}` },
    { enum: type, values: [...labels].reverse().join(',') },
  ]),
  large_delete: perColumn(({ named, column }) => [
    { table: named.table, where: `${quoteIdentifier(named.column)} IS NULL` },
    { table: named.table, where: `${quoteIdentifier(named.column)} = ${valueFor(column)}` },
  ]),
  split_column: perColumn(({ named, column }) => {
    if (!/^(?:text|character varying)/.test(column.type ?? '')) return [];
    const name = quoteIdentifier(named.column);
    return [
      {
        ...named,
        into: 'part_one,part_two',
        using: `split_part(${name}, ' ', 1); substr(${name}, strpos(${name} || ' ', ' ') + 1)`,
        join: "concat_ws(' ', part_one, part_two)",
      },
    ];
  }),
  move_column: perColumn(({ named, table, column }, facts) =>
    tablesOf(facts).flatMap((other) => {
      const refers = other.constraints.some(
        ({ references }) => references?.table === relationKey(table.name),
      );
      return refers && other !== table && !columnOf(other, column.name)
        ? [{ ...named, to: sqlName(facts, other) }]
        : [];
    }),
  ),
  merge_tables: perTable((table, of, facts) =>
    tablesOf(facts).flatMap((other) => {
      const names = (one: Table) => one.columns.map(({ name }) => name).join();
      const belongs = [of, other].some((one) =>
        one.constraints.some(({ references }) =>
          [of, other].some((to) => to !== one && references?.table === relationKey(to.name)),
        ),
      );
      return other !== of && (belongs || names(other) === names(of))
        ? [{ table, into: sqlName(facts, other) }]
        : [];
    }),
  ),
  change_primary_key: perTable((table, of, { schema }) => [
    { table, name: 'surrogate' },
    ...[...indexesOf(schema, relationKey(of.name))].flatMap(({ unique, columns }) =>
      unique && columns.every((one) => one !== null)
        ? [{ table, columns: columns.map((one) => quoteIdentifier(one ?? '')).join(',') }]
        : [],
    ),
  ]),
  partition_table: perColumn(({ named, column }) => {
    if (/^(?:date|timestamp)/.test(column.type ?? '')) return [{ ...named, bounds: '2100-01-01,2100-02-01' }];
    if (/^(?:integer|bigint)/.test(column.type ?? '')) return [{ ...named, bounds: '1000000000,2000000000' }];
    return [];
  }),
};

function perEnum(ask: (type: string, labels: readonly string[]) => readonly Answered[]): Ask {
  return (facts) =>
    [...facts.schema.types.values()].flatMap((type) =>
      type.kind === 'enum' ? ask(sqlName(facts, type), type.labels) : [],
    );
}

/** Types that somebody may want a column to have instead. */
function otherTypes(type = ''): readonly string[] {
  const found = typeChanges.find(([from]) => from.test(type));
  return found ? found[1] : ['text'];
}

const typeChanges: readonly (readonly [RegExp, readonly string[]])[] = [
  [/\[\]$/, ['jsonb']],
  [/^smallint$/, ['integer', 'bigint']],
  [/^integer$/, ['bigint', 'text']],
  [/^bigint$/, ['numeric', 'text']],
  [/^numeric/, ['numeric(30,10)', 'double precision']],
  [/^(?:double|real)/, ['numeric(20,6)']],
  [/^character varying/, ['text', 'varchar(1000)', 'varchar(12)']],
  [/^character\(/, ['text']],
  [/^text$/, ['varchar(1000)', 'bytea']],
  [/^timestamp without/, ['timestamptz']],
  [/^timestamp with/, ['timestamp']],
  [/^date$/, ['timestamptz']],
  [/^boolean$/, ['integer']],
  [/^json$/, ['jsonb']],
];

/** A value of the column's type, in SQL. */
function valueFor({ type = 'text' }: Column): string {
  if (type.endsWith('[]')) return `'{}'::${type}`;
  if (/^(?:smallint|integer|bigint|numeric|double|real|year)/.test(type)) return '1990';
  if (/^(?:text|character)/.test(type)) return "'x'";
  if (/^boolean$/.test(type)) return 'false';
  if (/^(?:date|timestamp)/.test(type)) return `'2020-01-01'::${type}`;
  if (/^json/.test(type)) return `'{}'::${type}`;
  if (/^uuid$/.test(type)) return "'00000000-0000-0000-0000-000000000000'::uuid";
  if (/^inet$/.test(type)) return "'127.0.0.1'::inet";
  if (/^bytea$/.test(type)) return "''::bytea";
  if (/^tsvector$/.test(type)) return "''::tsvector";
  return 'NULL';
}
