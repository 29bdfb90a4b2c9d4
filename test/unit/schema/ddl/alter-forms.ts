import type { Constraint, Table } from '../../../../server/src/schema/model.ts';
import { quoteIdentifier } from '../../../../server/src/sql/names.ts';
import { aColumnDefinition, aDefault, aTableConstraint } from './table-forms.ts';
import {
  aColumn,
  aNumber,
  aTable,
  aType,
  columnName,
  type Form,
  isNumber,
  maybe,
  relations,
  tables,
  type Weighted,
  type World,
  words,
  written,
} from './world.ts';

/** One subcommand of ALTER TABLE. */
type Subcommand = (world: World, table: Table) => string | undefined;

function onColumn(of: (world: World, table: Table, column: string) => string): Subcommand {
  return (world, table) => {
    const column = aColumn(world, table);
    return column && of(world, table, quoteIdentifier(column.name));
  };
}

const validity = (world: World, text: string) =>
  /^(?:CONSTRAINT \S+ |CONSTRAINT "[^"]+" )?(?:CHECK|FOREIGN|NOT NULL)/.test(text) &&
  !/NOT ENFORCED/.test(text)
    ? words(text, maybe(world, 30, 'NOT VALID'))
    : text;

const subcommands: readonly (readonly [number, Subcommand])[] = [
  [
    10,
    (world, table) =>
      words(
        'ADD COLUMN',
        maybe(world, 15, 'IF NOT EXISTS'),
        aColumnDefinition(world, columnName(world), table.columns),
      ),
  ],
  [
    8,
    onColumn((world, _, column) =>
      words('DROP COLUMN', maybe(world, 10, 'IF EXISTS'), column, maybe(world, 50, 'CASCADE')),
    ),
  ],
  [
    10,
    (world, table) => {
      const index = world.of(
        relations(world, 'index').filter(
          (one) => one.unique && world.schema.relations.get(one.table) === table,
        ),
      );
      return `ADD ${validity(world, aTableConstraint(world, table.columns, index && quoteIdentifier(index.name.name)))}`;
    },
  ],
  [
    6,
    (world, table) => {
      const constraint = world.of(table.constraints);
      return (
        constraint &&
        words(
          'DROP CONSTRAINT',
          maybe(world, 10, 'IF EXISTS'),
          quoteIdentifier(constraint.name),
          maybe(world, 40, 'CASCADE'),
        )
      );
    },
  ],
  [
    5,
    (world, table) => {
      const open = table.constraints.filter((one: Constraint) => !one.validated);
      const constraint = world.of(open.length > 0 ? open : table.constraints);
      return constraint && `VALIDATE CONSTRAINT ${quoteIdentifier(constraint.name)}`;
    },
  ],
  [5, onColumn((_, __, column) => `ALTER ${column} SET NOT NULL`)],
  [4, onColumn((_, __, column) => `ALTER ${column} DROP NOT NULL`)],
  [
    4,
    (world, table) => {
      const column = aColumn(world, table);
      const type = world.chance(60) ? world.one(['bigint', 'int']) : aType(world);
      return column && `ALTER ${quoteIdentifier(column.name)} TYPE ${type}${maybe(world, 30, ' USING NULL')}`;
    },
  ],
  [
    3,
    (world, table) => {
      const column = aColumn(world, table, isNumber);
      return column && `ALTER ${quoteIdentifier(column.name)} SET DEFAULT ${aDefault(world, 'int')}`;
    },
  ],
  [2, onColumn((_, __, column) => `ALTER ${column} DROP DEFAULT`)],
  [
    2,
    onColumn(
      (world, _, column) =>
        `ALTER ${column} ADD GENERATED ${world.one(['ALWAYS', 'BY DEFAULT'])} AS IDENTITY`,
    ),
  ],
  [1, onColumn((world, _, column) => `ALTER ${column} DROP IDENTITY${maybe(world, 50, ' IF EXISTS')}`)],
  [1, onColumn((world, _, column) => `ALTER ${column} SET GENERATED ${world.one(['ALWAYS', 'BY DEFAULT'])}`)],
  [1, onColumn((_, __, column) => `ALTER ${column} DROP EXPRESSION IF EXISTS`)],
  [
    1,
    (world, table) => {
      const column = aColumn(world, table, ({ generated }) => generated !== undefined);
      const others = table.columns.filter(({ generated }) => !generated);
      return column && `ALTER ${quoteIdentifier(column.name)} SET EXPRESSION AS (${aNumber(world, others)})`;
    },
  ],
  [1, (world) => `SET ${world.one(['LOGGED', 'UNLOGGED'])}`],
  [1, (world) => `${world.one(['ENABLE', 'DISABLE'])} ROW LEVEL SECURITY`],
  [
    2,
    (world, table) => {
      const key = world.of(table.constraints.filter(({ kind }) => kind === 'foreign key'));
      return (
        key &&
        `ALTER CONSTRAINT ${quoteIdentifier(key.name)} ${world.one(['DEFERRABLE', 'NOT DEFERRABLE', 'ENFORCED', 'NOT ENFORCED'])}`
      );
    },
  ],
  [
    2,
    (world, table) => {
      const constraint = world.of(table.constraints.filter(({ kind }) => kind === 'not null'));
      return (
        constraint &&
        `ALTER CONSTRAINT ${quoteIdentifier(constraint.name)} ${world.one(['INHERIT', 'NO INHERIT'])}`
      );
    },
  ],
];

/** Each as often as its weight says. */
export function weighted<One>(list: readonly (readonly [number, One])[]): readonly One[] {
  return list.flatMap(([weight, one]) => Array.from({ length: weight }, () => one));
}

const allSubcommands = weighted(subcommands);

const alterTable: Form = (world) => {
  const table = aTable(world);
  if (!table) return undefined;
  const count = world.chance(15) ? 2 : 1;
  const parts = Array.from({ length: count }, () => world.of(allSubcommands)?.(world, table)).flatMap(
    (one) => one ?? [],
  );
  if (parts.length === 0) return undefined;
  return words(
    'ALTER TABLE',
    maybe(world, 5, 'IF EXISTS'),
    maybe(world, 5, 'ONLY'),
    written(world, table.name),
    parts.join(', '),
  );
};

const renameColumn: Form = (world) => {
  const table = aTable(world);
  const column = table && aColumn(world, table);
  return (
    column &&
    words(
      'ALTER TABLE',
      maybe(world, 5, 'ONLY'),
      written(world, table.name),
      'RENAME',
      quoteIdentifier(column.name),
      'TO',
      quoteIdentifier(world.one(['a', 'b', 'z', 'New Col', 'user'])),
    )
  );
};

const renameConstraint: Form = (world) => {
  const table = aTable(world);
  const constraint = table && world.of(table.constraints);
  return (
    constraint &&
    `ALTER TABLE ${written(world, table.name)} RENAME CONSTRAINT ${quoteIdentifier(constraint.name)} TO ${quoteIdentifier(world.one(['renamed_con', 'c1', 'T Con', 't_pkey', 'u_pkey']))}`
  );
};

const inherit: Form = (world) => {
  const table = aTable(world, (one) => !one.partition && !one.partitioned);
  if (!table) return undefined;
  const parents = tables(world).filter((one) =>
    table.parents.includes(`${quoteIdentifier(one.name.schema)}.${quoteIdentifier(one.name.name)}`),
  );
  const left = parents.length > 0 && world.chance(50) ? world.of(parents) : undefined;
  if (left) return `ALTER TABLE ${written(world, table.name)} NO INHERIT ${written(world, left.name)}`;
  const parent = aTable(
    world,
    (one) => one !== table && one.columns.every(({ name }) => table.columns.some((own) => own.name === name)),
  );
  return parent && `ALTER TABLE ${written(world, table.name)} INHERIT ${written(world, parent.name)}`;
};

const typed: Form = (world) => {
  const table = aTable(world);
  const type = world.of([...world.schema.types.values()].filter(({ kind }) => kind === 'composite'));
  if (!table) return undefined;
  return table.ofType !== undefined || !type
    ? `ALTER TABLE ${written(world, table.name)} NOT OF`
    : `ALTER TABLE ${written(world, table.name)} OF ${written(world, type.name)}`;
};

export const alterForms: Weighted = [
  [50, alterTable],
  [6, renameColumn],
  [4, renameConstraint],
  [4, inherit],
  [1, typed],
];
