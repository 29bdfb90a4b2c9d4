import { defaultValueOf } from './default-value.ts';
import type { Enum, Key, Model, Property } from './model.ts';
import { freeName } from './names.ts';
import { remarkOn } from './service.ts';

/** Prisma's scalar types; a type that it has none for can only be named. */
interface Scalar {
  readonly name: string;
  /** What follows `@db.`; undefined where it is what Prisma takes the scalar for anyway. */
  readonly native: string | undefined;
}

const plain: Readonly<Record<string, readonly [string, string?]>> = {
  bigint: ['BigInt'],
  integer: ['Int'],
  smallint: ['Int', 'SmallInt'],
  oid: ['Int', 'Oid'],
  boolean: ['Boolean'],
  real: ['Float', 'Real'],
  'double precision': ['Float'],
  money: ['Decimal', 'Money'],
  text: ['String'],
  citext: ['String', 'Citext'],
  uuid: ['String', 'Uuid'],
  inet: ['String', 'Inet'],
  xml: ['String', 'Xml'],
  bytea: ['Bytes'],
  date: ['DateTime', 'Date'],
  json: ['Json', 'Json'],
  jsonb: ['Json'],
};

/** With modifiers; the number is what the type has where the column says none. */
const sized: Readonly<Record<string, readonly [string, string, number?]>> = {
  'character varying': ['String', 'VarChar'],
  bpchar: ['String', 'Char'],
  numeric: ['Decimal', 'Decimal'],
  bit: ['String', 'Bit', 1],
  'bit varying': ['String', 'VarBit'],
  'timestamp with time zone': ['DateTime', 'Timestamptz', 6],
  'timestamp without time zone': ['DateTime', 'Timestamp', 6],
  'time with time zone': ['DateTime', 'Timetz', 6],
  'time without time zone': ['DateTime', 'Time', 6],
};

/** Undefined where Prisma has no type for it: the client neither reads nor writes the column. */
export function scalarOf({ type }: Property): Scalar | undefined {
  if (type.enum !== undefined) return { name: type.enum, native: undefined };
  const [name, native] = plain[type.base] ?? [];
  if (name !== undefined) return { name, native };
  const [wide, attribute, usual] = sized[type.base] ?? [];
  if (wide === undefined || attribute === undefined) return undefined;
  const numbers = type.numbers.length > 0 || usual === undefined ? type.numbers : [usual];
  return { name: wide, native: numbers.length > 0 ? `${attribute}(${numbers.join(', ')})` : attribute };
}

/** Whether Prisma's client can make rows of it: each needs a value only for what the client has a type for. */
export function isWritable(model: Model): boolean {
  return (
    uniqueKeys(model).length > 0 &&
    !model.properties.some(
      (one) => scalarOf(one) === undefined && !one.nullable && one.default === null && one.made === undefined,
    )
  );
}

/** Keys by which Prisma can tell rows apart: all of the columns have a value in every row. */
function uniqueKeys({ primaryKey, uniques }: Model): readonly Key[] {
  return [...(primaryKey ? [primaryKey] : []), ...uniques].filter((key) =>
    key.properties.every((one) => !one.nullable && scalarOf(one) !== undefined),
  );
}

/** The property is unique by itself: the client can find a row by it. */
export function isUniqueInPrisma({ primaryKey, uniques }: Model, property: Property): boolean {
  return [primaryKey, ...uniques].some(
    (key) => key?.properties.length === 1 && key.properties[0] === property,
  );
}

/** Models and the enums that they use, as `prisma format` lays them out. */
export function prismaSchema(models: readonly Model[]): string {
  const schemas = [
    ...new Set(models.flatMap((one) => [one.table.schema, ...one.enums.map(({ type }) => type.schema)])),
  ];
  const multi = schemas.some((one) => one !== 'public');
  const enums = new Map(models.flatMap((one) => one.enums.map((each) => [each.name, each] as const)));
  return [
    ...models.map((one) => modelBlock(one, multi)),
    ...[...enums.values()].map((one) => enumBlock(one, multi)),
  ].join('\n\n');
}

type Line = { readonly comment: string } | { readonly cells: readonly [string, string, string] };

function modelBlock(model: Model, multi: boolean): string {
  const { name, table, properties } = model;
  const fields = properties.flatMap((one): readonly Line[] => [
    ...remarks(one),
    { cells: [one.name, fieldType(one), attributes(one, model)] },
  ]);
  const end = [
    ...keyLines(model),
    ...(table.name === name ? [] : [`@@map(${JSON.stringify(table.name)})`]),
    ...(multi ? [`@@schema(${JSON.stringify(table.schema)})`] : []),
    ...(uniqueKeys(model).length === 0 ? ['@@ignore'] : []),
  ];
  return [
    `model ${name} {`,
    ...aligned(fields),
    ...(model.isRelated ? ['', '  // Relation fields stay as they are.'] : []),
    ...(end.length > 0 ? ['', ...end.map((line) => `  ${line}`)] : []),
    '}',
  ].join('\n');
}

function remarks(property: Property): readonly Line[] {
  const remark = remarkOn(property);
  return remark === undefined ? [] : [{ comment: `/// ${remark}` }];
}

/** In columns, as `prisma format` has it. */
function aligned(lines: readonly Line[]): readonly string[] {
  const cells = lines.flatMap((line) => ('cells' in line ? [line.cells] : []));
  const [first = 0, second = 0] = [0, 1].map((at) =>
    Math.max(0, ...cells.map((each) => each[at]?.length ?? 0)),
  );
  return lines.map((line) => {
    if ('comment' in line) return `  ${line.comment}`;
    const [name, type, rest] = line.cells;
    return `  ${name.padEnd(first)} ${type.padEnd(second)} ${rest}`.trimEnd();
  });
}

function fieldType(property: Property): string {
  const { type, nullable } = property;
  const scalar = scalarOf(property);
  const name = scalar?.name ?? `Unsupported(${JSON.stringify(unsupported(property))})`;
  if (type.array && scalar) return `${name}[]`;
  return nullable ? `${name}?` : name;
}

function unsupported({ type }: Property): string {
  const numbers = type.numbers.length > 0 ? `(${type.numbers.join(',')})` : '';
  return `${type.base}${numbers}${type.array ? '[]' : ''}`;
}

function attributes(property: Property, model: Model): string {
  const { name, column } = property;
  const { primaryKey, uniques, table } = model;
  const alone = (key: Key | undefined) => key?.properties.length === 1 && key.properties[0] === property;
  const unique = uniques.find(alone);
  const scalar = scalarOf(property);
  const value = defaultOf(property);
  return [
    primaryKey && alone(primaryKey) ? `@id${mapped(primaryKey, `${table.name}_pkey`)}` : '',
    unique ? `@unique${mapped(unique, `${table.name}_${column}_key`)}` : '',
    value === undefined ? '' : `@default(${value})`,
    name === column ? '' : `@map(${JSON.stringify(column)})`,
    scalar?.native === undefined ? '' : `@db.${scalar.native}`,
  ]
    .filter((one) => one !== '')
    .join(' ');
}

/** Where the name in the database is not the one that Prisma expects. */
function mapped({ name }: Key, expected: string): string {
  return name === expected ? '' : `(map: ${JSON.stringify(name)})`;
}

function keyLines({ table, primaryKey, uniques, indexes }: Model): readonly string[] {
  const line = (word: string, key: Key, ending: string) => {
    const expected = [table.name, ...key.properties.map(({ column }) => column), ending].join('_');
    const shown = word === '@@id' ? `${table.name}_pkey` : expected;
    const map = key.name === shown ? '' : `, map: ${JSON.stringify(key.name)}`;
    return `${word}([${key.properties.map((one) => one.name).join(', ')}]${map})`;
  };
  const several = (key: Key) => key.properties.length > 1;
  const known = (key: Key) => key.properties.every((one) => scalarOf(one) !== undefined);
  return [
    ...(primaryKey && several(primaryKey) ? [line('@@id', primaryKey, 'pkey')] : []),
    ...uniques.filter((key) => several(key) && known(key)).map((key) => line('@@unique', key, 'key')),
    ...indexes.filter(known).map((key) => line('@@index', key, 'idx')),
  ];
}

function defaultOf(property: Property): string | undefined {
  const { made, type, nullable } = property;
  const scalar = scalarOf(property)?.name;
  if (made === 'generated') return nullable ? undefined : 'dbgenerated()';
  if (made) return scalar === 'Int' || scalar === 'BigInt' ? 'autoincrement()' : 'dbgenerated()';
  const value = defaultValueOf(property.default);
  if (!value) return undefined;
  const asSql = `dbgenerated(${JSON.stringify(property.default?.trim().replace(/\s*\n\s*/g, ' '))})`;
  if (scalar === undefined || (type.array && !(value.kind === 'text' && value.value === '{}'))) return asSql;
  if (type.array) return '[]';
  if (value.kind === 'now')
    return scalar === 'DateTime' && type.base.startsWith('timestamp') ? 'now()' : asSql;
  if (value.kind === 'boolean') return scalar === 'Boolean' ? String(value.value) : asSql;
  if (value.kind === 'number') return isNumberOf(scalar, value.value) ? value.value : asSql;
  if (value.kind !== 'text') return asSql;
  if (type.enum !== undefined) return enumValue(value.value);
  return (scalar === 'String' && hasPlainText(type.base)) || (scalar === 'Json' && isJson(value.value))
    ? JSON.stringify(value.value)
    : asSql;
}

function hasPlainText(base: string): boolean {
  return ['text', 'character varying', 'bpchar', 'citext'].includes(base);
}

function isNumberOf(scalar: string, value: string): boolean {
  if (scalar === 'Int' || scalar === 'BigInt') return /^-?\d+$/.test(value);
  return scalar === 'Float' || scalar === 'Decimal';
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

function enumBlock({ name, type, labels }: Enum, multi: boolean): string {
  const used = new Set<string>();
  const lines = labels.map((label) => {
    const value = freeName(enumValue(label), used);
    return { cells: [value, value === label ? '' : `@map(${JSON.stringify(label)})`, ''] as const };
  });
  const end = [
    ...(type.name === name ? [] : [`  @@map(${JSON.stringify(type.name)})`]),
    ...(multi ? [`  @@schema(${JSON.stringify(type.schema)})`] : []),
  ];
  return [`enum ${name} {`, ...aligned(lines), ...(end.length > 0 ? ['', ...end] : []), '}'].join('\n');
}

function enumValue(label: string): string {
  const value = label
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .replace(/^_+/, '');
  return /^[A-Za-z]/.test(value) ? value : `value_${value}`.replace(/_$/, '');
}
