import type {
  Column,
  QualifiedName,
  Relation,
  Schema,
  Table,
  View,
} from '../../../../server/src/schema/model.ts';
import { quoteIdentifier, writeName } from '../../../../server/src/sql/names.ts';

/** The database so far and the source of chance: what a form makes its statement of. */
export interface World {
  readonly schema: Schema;
  /** A number from 0 to `below - 1`. */
  number(below: number): number;
  /** True in so many of 100 cases. */
  chance(percent: number): boolean;
  /** One of the list; undefined of none. */
  of<One>(list: readonly One[]): One | undefined;
  /** One of a list that has at least one. */
  one<One>(list: readonly [One, ...One[]]): One;
}

/** One kind of statement; undefined where the database has nothing that it could be about. */
export type Form = (world: World) => string | undefined;

/** Forms, with how often each comes against the others. */
export type Weighted = readonly (readonly [number, Form])[];

/** Takes its choices from a list of numbers, and zeros once that is used up: a shorter list makes a simpler statement. */
export function createWorld(schema: Schema, numbers: readonly number[]): World {
  let at = 0;
  const number = (below: number) => (below > 0 ? (numbers[at++] ?? 0) % below : 0);
  return {
    schema,
    number,
    chance: (percent) => number(100) >= 100 - percent,
    of: (list) => list[number(list.length)],
    one: (list) => list[number(list.length)] ?? list[0],
  };
}

const tableNames = ['t', 'u', 'v', 'w', 'Odd Name', 'order', 'größe', 't_a', 't_pkey'] as const;
const columnNames = ['a', 'b', 'c', 'd', 'e', 'Weird Col', 'user', 'ü', 'check'] as const;
const schemaNames = ['public', 'app', 'Other'] as const;

export function tableName(world: World): string {
  return world.one(tableNames);
}

export function columnName(world: World): string {
  return world.one(columnNames);
}

export function schemaName(world: World): string {
  return world.one(schemaNames);
}

/** A name for something new, with its schema now and then. */
export function newName(world: World): string {
  const name = tableName(world);
  const schema = world.chance(25) ? schemaName(world) : undefined;
  return writeName({
    schema: schema !== undefined && world.schema.schemas.has(schema) ? schema : undefined,
    name,
  });
}

/** A name that is there, without its schema where the search path finds it. */
export function written(world: World, name: QualifiedName): string {
  const visible = world.schema.searchPath[0] === name.schema || name.schema === 'pg_temp';
  return visible && world.chance(80) ? quoteIdentifier(name.name) : writeName(name);
}

type OfKind<Kind extends Relation['kind']> = Kind extends View['kind']
  ? View
  : Extract<Relation, { kind: Kind }>;

export function relations<Kind extends Relation['kind']>(world: World, kind: Kind): readonly OfKind<Kind>[] {
  return [...world.schema.relations.values()].filter(
    (one): one is Relation & OfKind<Kind> => one.kind === kind,
  );
}

export function tables(world: World): readonly Table[] {
  return relations(world, 'table').filter((table) => !table.foreign);
}

export function aTable(world: World, wanted: (table: Table) => boolean = () => true): Table | undefined {
  return world.of(tables(world).filter(wanted));
}

export function aColumn(
  world: World,
  table: Table,
  wanted: (column: Column) => boolean = () => true,
): Column | undefined {
  return world.of(table.columns.filter(wanted));
}

export const isNumber = ({ type }: Column): boolean => type === 'integer' || type === 'bigint';

/** A type, the user's own included; whole numbers most of the time, so that expressions fit. */
export function aType(world: World): string {
  if (world.chance(65)) return world.one(['int', 'bigint']);
  const own = [...world.schema.types.values()];
  if (own.length > 0 && world.chance(40)) {
    const type = world.of(own);
    if (type) return written(world, type.name) + (world.chance(20) ? '[]' : '');
  }
  return world.one([
    'text',
    'varchar(20)',
    'numeric(10,2)',
    'boolean',
    'timestamptz',
    'int[]',
    'jsonb',
    'date',
  ]);
}

/** A number made of the table's columns and the functions there are. */
export function aNumber(world: World, columns: readonly Column[]): string {
  const column = world.of(columns.filter(isNumber));
  const plain = column ? quoteIdentifier(column.name) : '1';
  const calls = [...world.schema.functions.values()].filter(
    ({ kind, volatility, overloads }) =>
      kind === 'function' &&
      volatility === 'immutable' &&
      overloads?.some(({ argumentTypes }) => argumentTypes.join() === 'integer'),
  );
  const called = world.chance(30) ? world.of(calls) : undefined;
  const value = called ? `${written(world, called.name)}((${plain})::int)` : plain;
  return world.one([value, `${value} + 1`, `abs(${value})`, `coalesce(${value}, 0)`]);
}

/** A condition on the table's columns. */
export function aCondition(world: World, columns: readonly Column[]): string {
  const column = world.of(columns);
  const cast = world.chance(10)
    ? world.of([...world.schema.types.values()].filter(({ kind }) => kind === 'enum'))
    : undefined;
  if (cast) return `NULL::${written(world, cast.name)} IS NULL`;
  if (column && world.chance(30)) return `${quoteIdentifier(column.name)} IS NOT NULL`;
  const second = world.chance(30) ? aNumber(world, columns) : '0';
  return `${aNumber(world, columns)} ${world.one(['>', '<>', '<'])} ${second}`;
}

/** Some of the columns, each once. */
export function someColumns(world: World, columns: readonly Column[], most = 2): readonly string[] {
  const left = columns.map(({ name }) => name);
  const chosen: string[] = [];
  const count = 1 + world.number(Math.min(most, Math.max(left.length, 1)));
  while (chosen.length < count && left.length > 0)
    chosen.push(...left.splice(world.number(left.length), 1).map(quoteIdentifier));
  return chosen;
}

/** Something to say or not: the words in so many of 100 cases. */
export function maybe(world: World, percent: number, words: string): string {
  return world.chance(percent) ? words : '';
}

/** Words with the blanks between those that are there. */
export function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== '').join(' ');
}
