import type { Column, Table } from '../../../../server/src/schema/model.ts';
import { quoteIdentifier } from '../../../../server/src/sql/names.ts';
import {
  aColumn,
  aCondition,
  aNumber,
  aTable,
  aType,
  columnName,
  type Form,
  isNumber,
  maybe,
  newName,
  relations,
  someColumns,
  tables,
  type Weighted,
  type World,
  words,
  written,
} from './world.ts';

/** Columns as the text declares them, for the constraints behind them. */
function declared(names: readonly string[]): readonly Column[] {
  return names.map((name) => ({
    name,
    type: 'integer',
    notNull: false,
    default: null,
    identity: undefined,
    generated: undefined,
    collation: undefined,
  }));
}

export function aColumnDefinition(world: World, name: string, others: readonly Column[]): string {
  const special = world.number(12);
  const quoted = quoteIdentifier(name);
  if (special === 11) return `${quoted} ${world.one(['serial', 'bigserial'])}${maybe(world, 30, ' UNIQUE')}`;
  if (special === 10)
    return `${quoted} ${world.one(['int', 'bigint'])} GENERATED ${world.one(['ALWAYS', 'BY DEFAULT'])} AS IDENTITY`;
  if (special === 9 && others.length > 0)
    return `${quoted} int GENERATED ALWAYS AS (${aNumber(
      world,
      others.filter((one) => !one.generated),
    )}) ${world.one(['STORED', 'VIRTUAL'])}`;
  const plain = world.chance(70) ? 'int' : aType(world);
  const self = plain === 'int' ? [...declared([name])] : [];
  const named = world.chance(15) ? `CONSTRAINT ${quoteIdentifier(`${name}_con`)} ` : '';
  const constraint = world.number(9);
  const text = [
    '',
    '',
    `${named}NOT NULL`,
    `${named}UNIQUE${maybe(world, 20, ' DEFERRABLE')}`,
    `${named}PRIMARY KEY`,
    self.length > 0 ? `${named}CHECK (${aCondition(world, self)})${maybe(world, 10, ' NO INHERIT')}` : '',
    aReference(world, named),
    `DEFAULT ${aDefault(world, plain)}`,
    plain === 'text' ? 'COLLATE "C"' : 'NULL',
  ][constraint];
  return words(quoted, plain, text);
}

function aReference(world: World, named: string): string {
  const target = aTable(world, ({ constraints }) => constraints.some(({ kind }) => kind === 'primary key'));
  if (!target) return '';
  return `${named}REFERENCES ${written(world, target.name)}${maybe(world, 30, ' ON DELETE CASCADE')}${maybe(world, 10, ' NOT ENFORCED')}`;
}

export function aDefault(world: World, type: string): string {
  if (type !== 'int' && type !== 'bigint' && type !== 'integer') return 'NULL';
  const sequence = world.chance(30) ? world.of(relations(world, 'sequence')) : undefined;
  if (sequence) return `nextval('${written(world, sequence.name).replaceAll("'", "''")}')`;
  return aNumber(world, []);
}

export function aTableConstraint(
  world: World,
  columns: readonly Column[],
  index: string | undefined,
): string {
  const named = world.chance(35)
    ? `CONSTRAINT ${quoteIdentifier(world.one(['c1', 'c2', 'T Con', 't_a_key', 'u_check']))}`
    : '';
  const numbers = columns.filter(isNumber);
  const later = maybe(
    world,
    15,
    world.one(['DEFERRABLE', 'DEFERRABLE INITIALLY DEFERRED', 'NOT DEFERRABLE']),
  );
  switch (world.number(8)) {
    case 0:
      return words(named, `PRIMARY KEY (${someColumns(world, columns).join(', ')})`, later);
    case 1:
      return words(
        named,
        `UNIQUE${maybe(world, 15, ' NULLS NOT DISTINCT')} (${someColumns(world, columns).join(', ')})`,
        maybe(world, 15, `INCLUDE (${someColumns(world, columns, 1).join(', ')})`),
        later,
      );
    case 2:
    case 3:
      return words(
        named,
        `CHECK (${aCondition(world, columns)})`,
        maybe(world, 10, 'NO INHERIT'),
        maybe(world, 10, 'NOT ENFORCED'),
      );
    case 4:
      return words(
        named,
        `EXCLUDE (${someColumns(world, numbers, 1).join('')} WITH =)`,
        maybe(world, 20, `WHERE (${aCondition(world, numbers)})`),
      );
    case 5:
      return words(named, 'NOT NULL', someColumns(world, columns, 1)[0], maybe(world, 10, 'NO INHERIT'));
    default:
      return index !== undefined && world.chance(50)
        ? words(named, world.one(['UNIQUE', 'PRIMARY KEY']), `USING INDEX ${index}`)
        : aForeignKey(world, named, columns);
  }
}

function aForeignKey(world: World, named: string, columns: readonly Column[]): string {
  const keyed = tables(world).flatMap((table) =>
    table.constraints.flatMap((one) =>
      one.kind === 'primary key' || one.kind === 'unique' ? [{ table, columns: one.columns }] : [],
    ),
  );
  const target = world.of(keyed);
  if (!target) return words(named, `CHECK (${aCondition(world, columns)})`);
  const own = someColumns(world, columns.filter(isNumber), target.columns.length).join(', ');
  const there = world.chance(70) ? `(${target.columns.map(quoteIdentifier).join(', ')})` : '';
  return words(
    named,
    `FOREIGN KEY (${own}) REFERENCES ${written(world, target.table.name)} ${there}`,
    maybe(world, 20, 'ON DELETE SET NULL'),
    maybe(world, 10, 'NOT ENFORCED'),
  );
}

function elements(world: World, known: readonly Column[]): string {
  const names = new Set<string>();
  const count = world.number(4) + (known.length > 0 ? 0 : 1);
  while (names.size < count && names.size < 5) {
    const before = names.size;
    names.add(columnName(world));
    if (names.size === before) break;
  }
  const columns = [...names];
  const lines = columns.map((name, at) => aColumnDefinition(world, name, declared(columns.slice(0, at))));
  const all = [...declared(columns), ...known];
  if (world.chance(40)) lines.push(aTableConstraint(world, all, undefined));
  return lines.join(', ');
}

const createTable: Form = (world) => {
  const persistence = world.chance(12) ? world.one(['TEMP', 'UNLOGGED']) : '';
  const inherits = world.chance(20)
    ? aTable(world, (table) => !table.partitioned && !table.partition)
    : undefined;
  const second =
    inherits && world.chance(20)
      ? aTable(world, (table) => !table.partitioned && !table.partition)
      : undefined;
  const name = persistence === 'TEMP' ? newName(world).replace(/^.*\.(?=[^.]+$)/, '') : newName(world);
  return words(
    'CREATE',
    persistence,
    'TABLE',
    maybe(world, 10, 'IF NOT EXISTS'),
    name,
    `(${elements(world, [...(inherits?.columns ?? [])])})`,
    inherits &&
      `INHERITS (${[inherits, ...(second && second !== inherits ? [second] : [])].map((one) => written(world, one.name)).join(', ')})`,
  );
};

const createPartitioned: Form = (world) => {
  const key = world.one(['a', 'b']);
  const rest = elements(world, []).replaceAll(/\b[ab]\b/g, 'x$&');
  const constraint = world.one([
    '',
    '',
    `, PRIMARY KEY (${key})`,
    `, UNIQUE (${key})`,
    `, CHECK (${key} > 0)`,
  ]);
  return `CREATE TABLE ${newName(world)} (${key} int${maybe(world, 30, ' NOT NULL')}${rest ? `, ${rest}` : ''}${constraint}) PARTITION BY ${world.one(['RANGE', 'LIST'])} (${key})`;
};

function bound(world: World, parent: Table): string {
  if (world.chance(12)) return 'DEFAULT';
  const at = world.number(8);
  return parent.partitionKey?.strategy === 'list'
    ? `FOR VALUES IN (${at})`
    : `FOR VALUES FROM (${at * 10}) TO (${at * 10 + 10})`;
}

const createPartition: Form = (world) => {
  const parent = aTable(world, (table) => table.partitioned);
  if (!parent) return undefined;
  const column = aColumn(world, parent);
  const list =
    column && world.chance(20)
      ? `(${quoteIdentifier(column.name)} ${world.one(['NOT NULL', 'DEFAULT NULL', 'CONSTRAINT own CHECK (true)'])})`
      : '';
  const key = aColumn(world, parent, isNumber);
  const below = key && world.chance(20) ? `PARTITION BY RANGE (${quoteIdentifier(key.name)})` : '';
  return words(
    `CREATE TABLE ${newName(world)} PARTITION OF ${written(world, parent.name)}`,
    list,
    bound(world, parent),
    below,
  );
};

const attach: Form = (world) => {
  const parent = aTable(world, (table) => table.partitioned);
  if (!parent) return undefined;
  const fits = (table: Table) =>
    table !== parent && table.parents.length === 0 && table.columns.length === parent.columns.length;
  const child = aTable(world, fits) ?? aTable(world);
  return (
    child &&
    `ALTER TABLE ${written(world, parent.name)} ATTACH PARTITION ${written(world, child.name)} ${bound(world, parent)}`
  );
};

/** Makes attaching likely: a table that is like a partitioned one. */
const createLikeParent: Form = (world) => {
  const parent = aTable(world, (table) => table.partitioned);
  const including = world.one(['INCLUDING ALL', 'INCLUDING CONSTRAINTS', '', 'INCLUDING INDEXES']);
  return parent && `CREATE TABLE ${newName(world)} (LIKE ${written(world, parent.name)} ${including})`;
};

const detach: Form = (world) => {
  const child = aTable(world, (table) => table.partition);
  const parent = world.schema.relations.get(child?.parents[0] ?? '');
  return (
    child &&
    parent &&
    `ALTER TABLE ${written(world, parent.name)} DETACH PARTITION ${written(world, child.name)}`
  );
};

const createLike: Form = (world) => {
  const source = aTable(world);
  if (!source) return undefined;
  const options = ['DEFAULTS', 'CONSTRAINTS', 'INDEXES', 'IDENTITY', 'GENERATED', 'ALL'].filter(() =>
    world.chance(30),
  );
  const including = options.map((option) => `INCLUDING ${option}`).join(' ');
  return `CREATE TABLE ${newName(world)} (${words(`LIKE ${written(world, source.name)}`, including)}${maybe(world, 30, ', extra int UNIQUE')})`;
};

export function aQuery(world: World): string | undefined {
  const sources = [...tables(world), ...relations(world, 'view'), ...relations(world, 'materialized view')];
  const source = world.of(sources);
  if (!source) return "SELECT 1 AS one, 'x'::text AS two";
  const columns = source.kind === 'table' ? source.columns : (source.columns ?? []);
  const from = written(world, source.name);
  const listed = columns.filter(() => world.chance(60)).map(({ name }) => quoteIdentifier(name));
  const number = source.kind === 'table' ? aNumber(world, source.columns) : '1';
  switch (world.number(6)) {
    case 0:
      return `TABLE ${from}`;
    case 1:
      return `SELECT x.* FROM ${from} AS x`;
    case 2:
      return `SELECT ${[...listed, `${number} AS computed`].join(', ')} FROM ${from}`;
    case 3:
      return `SELECT count(*) FROM ${from}`;
    case 4:
      return `WITH q AS (SELECT * FROM ${from}) SELECT * FROM q`;
    default:
      return `SELECT ${listed.length > 0 ? listed.join(', ') : '1 AS one'} FROM ${from}${maybe(world, 30, ` WHERE ${number} > 0`)}`;
  }
}

const createTableAs: Form = (world) => {
  const query = aQuery(world);
  return (
    query &&
    `CREATE TABLE ${maybe(world, 10, 'IF NOT EXISTS ')}${newName(world)} AS ${query}${maybe(world, 20, ' WITH NO DATA')}`
  );
};

const selectInto: Form = (world) => {
  const source = aTable(world);
  return source && `SELECT * INTO ${newName(world)} FROM ${written(world, source.name)}`;
};

const createTyped: Form = (world) => {
  const type = world.of([...world.schema.types.values()].filter(({ kind }) => kind === 'composite'));
  const attribute = type?.attributes?.[0];
  const extra =
    attribute && world.chance(40) ? `(${quoteIdentifier(attribute.name)} WITH OPTIONS NOT NULL)` : '';
  return type && words(`CREATE TABLE ${newName(world)} OF ${written(world, type.name)}`, extra);
};

const renameTable: Form = (world) => {
  const table = aTable(world);
  return (
    table &&
    `ALTER TABLE ${written(world, table.name)} RENAME TO ${quoteIdentifier(world.one(['t', 'u', 'v', 'renamed', 'Odd Name', 'w']))}`
  );
};

const setSchema: Form = (world) => {
  const kinds = {
    table: 'TABLE',
    view: 'VIEW',
    'materialized view': 'MATERIALIZED VIEW',
    sequence: 'SEQUENCE',
  } as const;
  const movable = [...world.schema.relations.values()].filter((one) => one.kind !== 'index');
  const relation = world.of(movable);
  if (!relation) return undefined;
  return `ALTER ${kinds[relation.kind]} ${written(world, relation.name)} SET SCHEMA ${quoteIdentifier(world.one(['app', 'public', 'Other']))}`;
};

const dropTable: Form = (world) => {
  const table = aTable(world);
  const other = world.chance(15) ? aTable(world) : undefined;
  const names = [table, other].flatMap((one) => (one ? [written(world, one.name)] : []));
  return names.length > 0
    ? words('DROP TABLE', maybe(world, 20, 'IF EXISTS'), names.join(', '), maybe(world, 50, 'CASCADE'))
    : undefined;
};

const dropMissing: Form = (world) =>
  `DROP ${world.one(['TABLE', 'VIEW', 'SEQUENCE', 'INDEX', 'TYPE', 'MATERIALIZED VIEW'])} ${maybe(world, 70, 'IF EXISTS ')}missing`;

/** With how often each comes, against the others. */
export const creatingForms: Weighted = [
  [14, createTable],
  [5, createPartitioned],
  [7, createPartition],
];

export const partitionForms: Weighted = [
  [5, createPartitioned],
  [7, createPartition],
  [4, attach],
  [3, createLikeParent],
  [3, detach],
];

export const tableForms: Weighted = [
  [4, createLike],
  [3, createTableAs],
  [1, selectInto],
  [2, createTyped],
  [3, renameTable],
  [3, setSchema],
  [5, dropTable],
  [1, dropMissing],
];
