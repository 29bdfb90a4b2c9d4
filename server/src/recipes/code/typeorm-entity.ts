import { defaultValueOf } from './default-value.ts';
import { joined, listed } from './layout.ts';
import type { Key, Model, Property } from './model.ts';
import { kebabCase, textLiteral } from './names.ts';
import { remarkOn } from './service.ts';

/** Of types that TypeORM knows: what it calls them, and what they are in TypeScript. */
const types: Readonly<Record<string, readonly [string, string]>> = {
  bigint: ['bigint', 'string'],
  integer: ['integer', 'number'],
  smallint: ['smallint', 'number'],
  boolean: ['boolean', 'boolean'],
  real: ['real', 'number'],
  'double precision': ['double precision', 'number'],
  numeric: ['numeric', 'string'],
  money: ['money', 'string'],
  text: ['text', 'string'],
  citext: ['citext', 'string'],
  uuid: ['uuid', 'string'],
  'character varying': ['varchar', 'string'],
  bpchar: ['char', 'string'],
  bit: ['bit', 'string'],
  'bit varying': ['varbit', 'string'],
  bytea: ['bytea', 'Buffer'],
  date: ['date', 'string'],
  'timestamp with time zone': ['timestamptz', 'Date'],
  'timestamp without time zone': ['timestamp', 'Date'],
  'time with time zone': ['timetz', 'string'],
  'time without time zone': ['time', 'string'],
  interval: ['interval', 'object'],
  json: ['json', 'object'],
  jsonb: ['jsonb', 'object'],
  jsonpath: ['jsonpath', 'string'],
  xml: ['xml', 'string'],
  inet: ['inet', 'string'],
  cidr: ['cidr', 'string'],
  macaddr: ['macaddr', 'string'],
  macaddr8: ['macaddr8', 'string'],
  hstore: ['hstore', 'object'],
  ltree: ['ltree', 'string'],
  tsvector: ['tsvector', 'string'],
  tsquery: ['tsquery', 'string'],
  int4range: ['int4range', 'string'],
  int8range: ['int8range', 'string'],
  numrange: ['numrange', 'string'],
  tsrange: ['tsrange', 'string'],
  tstzrange: ['tstzrange', 'string'],
  daterange: ['daterange', 'string'],
};

const withLength: ReadonlySet<string> = new Set(['character varying', 'bpchar', 'bit', 'bit varying']);

/** What the property holds in TypeScript. */
function typeScriptType(property: Property, model: Model): string {
  const { type, nullable } = property;
  const own = model.enums.find((one) => one.name === type.enum)?.name ?? types[type.base]?.[1] ?? 'string';
  // The driver reads an array of numerics as numbers, though one alone is text.
  const inner = type.array && type.base === 'numeric' ? 'number' : own;
  const whole = type.array ? `${inner}[]` : inner;
  return nullable ? `${whole} | null` : whole;
}

/** The entity's file, without its ending. */
export function entityFile({ name }: Model): string {
  return `${kebabCase(name, 'row')}.entity`;
}

/** The entity's text. */
export function typeormEntity(model: Model): string {
  const { name, table, properties, primaryKey, uniques, indexes } = model;
  const keys = [
    ...uniques.map((key) => ['Unique', `@Unique(${keyArguments(key)})`] as const),
    ...indexes.map((key) => ['Index', `@Index(${keyArguments(key)})`] as const),
  ];
  const fields = properties.map((one) => field(one, model));
  const names = new Set([...keys, ...fields].map(([word]) => word));
  const imports = [
    'Column',
    'Entity',
    'Generated',
    'Index',
    'PrimaryColumn',
    'PrimaryGeneratedColumn',
    'Unique',
  ].filter((one) => one === 'Entity' || names.has(one) || (one === 'Column' && names.has('Generated')));
  const entity =
    table.schema === 'public'
      ? `@Entity(${textLiteral(table.name)})`
      : `@Entity({ name: ${textLiteral(table.name)}, schema: ${textLiteral(table.schema)} })`;
  return [
    `import { ${imports.join(', ')} } from 'typeorm';`,
    '',
    ...model.enums.flatMap((one) => [
      joined(
        `export type ${one.name} =`,
        one.labels.length > 0 ? one.labels.map(textLiteral) : ['never'],
        '|',
      ),
      '',
    ]),
    entity,
    ...keys.map(([, line]) => line),
    `export class ${name} {`,
    fields.map(([, lines]) => lines.map((line) => `  ${line}`).join('\n')).join('\n\n'),
    ...(model.isRelated ? ['', '  // Relations stay as they are.'] : []),
    ...(primaryKey
      ? []
      : ['', '  // The table has no primary key. TypeORM wants one, and takes these columns for it.']),
    '}',
  ].join('\n');
}

function keyArguments({ name, properties }: Key): string {
  return `${textLiteral(name)}, [${properties.map((one) => textLiteral(one.name)).join(', ')}]`;
}

type Options = readonly (readonly [string, string])[];

function field(property: Property, model: Model): readonly [string, readonly string[]] {
  const { name, column, made } = property;
  const isKey = isInKey(property, model);
  const named: Options = name === column ? [] : [['name', textLiteral(column)]];
  const remark = remarkOn(property) ?? changing(property);
  const comment = remark === undefined ? [] : [`/** ${remark} */`];
  const declared = `${name}!: ${typeScriptType(property, model)};`;
  const type: Options = [['type', textLiteral(types[property.type.base]?.[0] ?? 'text')]];
  if (isKey && (made === 'always' || made === 'by default' || made === 'serial')) {
    const identity: Options =
      made === 'serial' ? [] : [['generatedIdentity', made === 'always' ? "'ALWAYS'" : "'BY DEFAULT'"]];
    const way = made === 'serial' ? 'increment' : 'identity';
    const decorator = called('PrimaryGeneratedColumn', [...named, ...type, ...identity], textLiteral(way));
    return ['PrimaryGeneratedColumn', [...comment, ...decorator, declared]];
  }
  if (made === 'always' || made === 'by default')
    return [
      'Generated',
      [
        ...comment,
        ...called('Column', columnOptions(property, false, model, named)),
        "@Generated('increment')",
        declared,
      ],
    ];
  const word = isKey ? 'PrimaryColumn' : 'Column';
  return [word, [...comment, ...called(word, columnOptions(property, isKey, model, named)), declared]];
}

/** The driver goes by the column's type, and not by the entity's. */
function changing({ column, type, meets }: Property): string | undefined {
  const [old, next] = [types[meets ?? '']?.[1], types[type.base]?.[1]];
  if (old === undefined || next === undefined || old === next || type.array) return undefined;
  return `Until the type of ${column} has changed, the driver gives a ${old} here: be ready for both.`;
}

/** TypeORM wants a key: without one, that of the first unique columns that are always there; else all columns. */
function isInKey(property: Property, { primaryKey, uniques, properties }: Model): boolean {
  const key =
    primaryKey?.properties ??
    uniques.find((one) => one.properties.every(({ nullable }) => !nullable))?.properties ??
    properties.filter(({ nullable }) => !nullable);
  return key.includes(property) || (key.length === 0 && property === properties[0]);
}

function columnOptions(property: Property, isKey: boolean, model: Model, named: Options): Options {
  const { type, nullable, twin } = property;
  const own = model.enums.find((one) => one.name === type.enum);
  const base: Options = own
    ? [
        ['type', "'enum'"],
        ['enum', `[${own.labels.map(textLiteral).join(', ')}]`],
        ['enumName', textLiteral(own.type.name)],
      ]
    : [['type', textLiteral(types[type.base]?.[0] ?? 'text')], ...sizeOf(property)];
  const value = defaultOf(property);
  return [
    ...named,
    ...base,
    ...(type.array ? [['array', 'true'] as const] : []),
    ...(nullable && !isKey ? [['nullable', 'true'] as const] : []),
    ...(value === undefined ? [] : [['default', value] as const]),
    ...madeOptions(property),
    ...(twin ? [['select', 'false'] as const] : []),
  ];
}

/** What the database makes is read after a write, and never written. */
function madeOptions({ made, kept, default: source }: Property): Options {
  const never: Options = [
    ['insert', 'false'],
    ['update', 'false'],
  ];
  if (made === 'always') return [['generatedIdentity', "'ALWAYS'"], ...never];
  if (made === 'by default') return [['generatedIdentity', "'BY DEFAULT'"]];
  if (made !== 'generated') return [];
  return [
    ['generatedType', kept === 'virtual' ? "'VIRTUAL'" : "'STORED'"],
    ['asExpression', textLiteral(onOneLine(source ?? ''))],
    ...never,
  ];
}

function onOneLine(sql: string): string {
  return sql.trim().replace(/\s*\n\s*/g, ' ');
}

function sizeOf({ type }: Property): Options {
  const [first, second] = type.numbers;
  if (first === undefined) return [];
  if (withLength.has(type.base)) return [['length', String(first)]];
  if (type.base === 'numeric')
    return [
      ['precision', String(first)],
      ...(second === undefined ? [] : [['scale', String(second)] as const]),
    ];
  return /^time/.test(type.base) ? [['precision', String(first)]] : [];
}

/** As TypeScript: a value where it is one, else the SQL. */
function defaultOf(property: Property): string | undefined {
  const { made, type } = property;
  if (made && made !== 'serial') return undefined;
  const value = defaultValueOf(property.default);
  if (!value) return undefined;
  const sql = `() => ${textLiteral(onOneLine(property.default ?? ''))}`;
  if (type.array) return sql;
  if (value.kind === 'text' && (type.enum !== undefined || types[type.base]?.[1] === 'string'))
    return value.value.includes("'") ? sql : textLiteral(value.value);
  if (value.kind === 'number' && types[type.base]?.[1] === 'number') return value.value;
  if (value.kind === 'boolean') return String(value.value);
  return sql;
}

function called(word: string, options: Options, first?: string): readonly string[] {
  const items = options.map(([key, value]) => `${key}: ${value}`);
  return listed(`@${word}(${first === undefined ? '' : `${first}, `}`, items, ['{', '})'], 2);
}
