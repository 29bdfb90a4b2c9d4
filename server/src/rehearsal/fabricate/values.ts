import type { Connection } from '../model.ts';
import { quoteLiteral } from '../roles.ts';
import { readTypeParts, type TypeFacts } from './catalog.ts';

/** Which value: `i` is the SQL of the row's number, from 1; `salt` tells columns of one table apart. */
export interface ValueContext {
  readonly i: string;
  readonly salt: number;
  /** The column's name: `email` asks for another text than `city`. */
  readonly hint: string;
  /** Every row another value. */
  readonly distinct: boolean;
  /** Every sixth row a value that a lesser type cannot hold: digits, fractions of seconds, blanks at its end. */
  readonly precise: boolean;
}

/**
 * An SQL expression for a plausible value of a type, the same for the same row each time; undefined for a type
 * that none is known of. Later columns get later times and greater numbers, so that `starts_at < ends_at` holds.
 */
export async function valueExpression(
  db: Connection,
  type: TypeFacts,
  context: ValueContext,
  depth = 0,
): Promise<string | undefined> {
  // Of a part no check can be asked before the whole is made.
  if (depth > 4 || (depth > 0 && type.domainChecks.length > 0)) return undefined;
  const simple = simpleValue(type, context);
  if (simple !== undefined) return simple;
  const { i } = context;
  const cast = castTo(type);
  const parts = await readTypeParts(db, type);
  const inner = (of: TypeFacts, at = i) =>
    valueExpression(db, of, { ...context, i: at, precise: false }, depth + 1);
  if (type.kind === 'e')
    return parts.labels.length > 0
      ? pick(
          parts.labels.map((label) => `${quoteLiteral(label)}${cast}`),
          i,
        )
      : undefined;
  if (type.kind === 'c') {
    const fields = await Promise.all(parts.fields.map((field) => inner(field)));
    return fields.includes(undefined) ? undefined : `ROW(${fields.join(', ')})${cast}`;
  }
  if (!parts.element) return undefined;
  if (type.kind === 'r') {
    const [low, high] = [
      await inner(parts.element, `(${i} * 2)`),
      await inner(parts.element, `(${i} * 2 + 1)`),
    ];
    return low && high
      ? `${typeFunction(type)}(least(${low}, ${high}), greatest(${low}, ${high}))`
      : undefined;
  }
  const element = await inner(parts.element);
  if (element === undefined) return undefined;
  if (type.kind === 'm') return `${typeFunction(type)}(${element})`;
  return `ARRAY[${element}, ${await inner(parts.element, `(${i} + 1)`)}]${cast}`;
}

function castTo(type: TypeFacts): string {
  return `::${type.baseName}`;
}

function typeFunction(type: TypeFacts): string {
  return type.baseName.replace(/\(.*\)$/, '');
}

function pick(values: readonly string[], i: string): string {
  return `(ARRAY[${values.join(', ')}])[1 + ${i} % ${values.length}]`;
}

/** Spread over a few hundred values, and a little more for every later column. */
function spread(i: string, salt: number, values: number): string {
  return `(${i}::int8 * 37 % ${values} + ${salt})`;
}

const day = `timestamp '2024-01-01'`;

/** `usual`, and in every sixth row `other`: in one of the first three, which take a column's value and not its default. */
function sometimes(i: string, usual: string, other: string | undefined): string {
  return other === undefined ? usual : `CASE WHEN ${i} % 6 = 3 THEN ${other} ELSE ${usual} END`;
}

function simpleValue(type: TypeFacts, context: ValueContext): string | undefined {
  const { i, salt, hint, distinct, precise } = context;
  const hash = `md5(${quoteLiteral(`${hint} ${salt} `)} || ${i})`;
  const number = distinct ? i : spread(i, salt, 997);
  const hours = `${day} + ${distinct ? i : `(${i} % 5000)`} * interval '1 hour' + interval '${salt} minutes'`;
  const fraction = precise ? ` + ${sometimes(i, "interval '0'", "interval '123456 microseconds'")}` : '';
  const moment = `${hours}${fraction}`;
  const some = (usual: string, other: string) => (precise ? sometimes(i, usual, other) : usual);
  switch (type.base) {
    case 'int2':
      return `(${distinct ? i : spread(i, salt, 97)})::int2`;
    // Modest ones, as production's mostly are: those that an integer cannot hold would forbid every narrowing.
    case 'int8':
    case 'int4':
    case 'oid':
      return `(${number})::${type.base}`;
    case 'float4':
      return `(${number} + 0.5)::float4`;
    case 'float8':
      return `(${number} + ${some('0.5', '0.1234567890123')})::float8`;
    case 'numeric':
      return numericValue(type.modifier, context);
    case 'money':
      return `(${number})::money`;
    case 'bool':
      return `((${i} + ${salt}) % 2 = 0)`;
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'name':
    case 'citext':
      return textValue(type, context);
    case 'char':
      return `chr(65 + (${i} % 26)::int)::"char"`;
    case 'date':
      return `(date '2024-01-01' + (${distinct ? i : `(${i} % 700)`})::int + ${salt})`;
    case 'timestamp':
      return `(${moment})`;
    case 'timestamptz':
      return `((${moment}) AT TIME ZONE 'UTC')`;
    case 'time':
      return `(time '08:00' + (${i} % 900) * interval '1 second' + interval '${salt} minutes'${fraction})`;
    case 'timetz':
      return `(time '08:00' + (${i} % 900) * interval '1 second'${fraction})::timetz`;
    case 'interval':
      return `((${distinct ? i : `(1 + ${i} % 90)`}) * interval '1 minute'${fraction})`;
    case 'uuid':
      return `${hash}::uuid`;
    case 'json':
    case 'jsonb':
      return `${type.base}_build_object('n', ${i})`;
    case 'jsonpath':
      return `('$.n' || ${i})::jsonpath`;
    case 'xml':
      return `('<n>' || ${i} || '</n>')::xml`;
    case 'bytea':
      return `decode(${hash}, 'hex')`;
    case 'bit':
      return bitValue(i, type.modifier);
    case 'varbit':
      return bitValue(i, Math.min(type.modifier < 0 ? 16 : type.modifier, 16));
    case 'inet':
      return `('10.0.0.0'::inet + (${i})::int8)`;
    case 'cidr':
      return `set_masklen('10.0.0.0'::inet + (${i})::int8, 32)::cidr`;
    case 'macaddr':
      return `('02' || lpad(to_hex(${i}), 10, '0'))::macaddr`;
    case 'macaddr8':
      return `('02' || lpad(to_hex(${i}), 14, '0'))::macaddr8`;
    case 'tsvector':
      return `to_tsvector('simple', 'word ' || ${i})`;
    case 'tsquery':
      return `('word' || ${i})::tsquery`;
    case 'point':
      return `point(${i}, ${salt})`;
    case 'line':
      return `line(point(0, 0), point(1, ${i}))`;
    case 'lseg':
      return `lseg(point(0, 0), point(1, ${i}))`;
    case 'box':
      return `box(point(${i}, 0), point(${i} + 0.5, 1))`;
    case 'path':
      return `path(polygon(box(point(0, 0), point(1, ${i}))))`;
    case 'polygon':
      return `polygon(box(point(${i}, 0), point(${i} + 0.5, 1)))`;
    case 'circle':
      return `circle(point(${i}, 0), 0.4)`;
    case 'pg_lsn':
      return `('0/' || to_hex(${i}))::pg_lsn`;
    case 'hstore':
      return `('n=>' || ${i})${castTo(type)}`;
    case 'ltree':
      return `('top.n' || ${i})${castTo(type)}`;
    case 'cube':
      return `('(' || ${i} || ')')${castTo(type)}`;
    default:
      return undefined;
  }
}

function numericValue(modifier: number, { i, salt, distinct, precise }: ValueContext): string {
  const number = distinct ? i : spread(i, salt, 997);
  const digits = '12345678901234567890123456789012345678';
  if (modifier < 0)
    return `(${number} + ${precise ? sometimes(i, '0.25', `0.${digits.slice(0, 20)}`) : '0.25'})::numeric`;
  const precision = ((modifier - 4) >> 16) & 0xffff;
  const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
  const values = Math.min(precision, 15);
  const usual = `((${distinct || values < 3 ? i : number} % ${10 ** values})::numeric / 1e${Math.max(scale, 0)})`;
  // As many digits as float8 cannot hold, before the point only where there are not enough behind it.
  const behind = Math.max(Math.min(scale, digits.length), 0);
  const before = behind >= 14 ? 0 : Math.min(precision - scale, 16);
  const isRoom = precision - scale >= 5 && before + behind >= 14 && (before === 0 || before + behind >= 17);
  const other = isRoom
    ? `${number} + ${before > 0 ? digits.slice(0, before) : '0'}.${digits.slice(0, behind)}`
    : undefined;
  return `(${precise ? sometimes(i, usual, other) : usual})::numeric(${precision}, ${scale})`;
}

function bitValue(i: string, length: number): string {
  const bits = Math.min(Math.max(length, 1), 31);
  return `(${i} % ${2 ** bits})::int::bit(${bits})${length > 31 ? `::bit(${length})` : ''}`;
}

const people = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Margaret', 'Tony', 'Frances', 'Ken'];
const places = ['Amsterdam', 'Berlin', 'Cairo', 'Dublin', 'Lagos', 'Lima', 'Oslo', 'Pune', 'Quito', 'Tokyo'];

/** Letters that ASCII and Latin-1 do not have, where the database can hold any. */
const foreign = `CASE pg_catalog.getdatabaseencoding() WHEN 'UTF8' THEN chr(233) || chr(8364) ELSE 'e' END`;

/** Text for a column's name: the first pattern that fits. */
const texts: readonly (readonly [RegExp, (i: string) => string])[] = [
  [/e_?mail/, (i) => `'user' || ${i} || '@example.org'`],
  [/url|link|website|href/, (i) => `'https://example.org/' || ${i}`],
  [/phone|mobile|fax/, (i) => `'+1555' || lpad((${i})::text, 7, '0')`],
  [/user_?name|login|handle|nick|slug/, (i) => `'user' || ${i}`],
  [/(first|last|full|display|given|family)_?name/, (i) => `${pick(people.map(quoteLiteral), i)}`],
  [/city|town|place/, (i) => pick(places.map(quoteLiteral), i)],
  [/country/, (i) => pick(["'DE'", "'FR'", "'IN'", "'NG'", "'US'"], i)],
  [/currency/, (i) => pick(["'EUR'", "'GBP'", "'INR'", "'USD'"], i)],
  [/locale|lang/, (i) => pick(["'de'", "'en'", "'fr'", "'hi'"], i)],
  [/status|state/, (i) => pick(["'active'", "'pending'", "'closed'"], i)],
  [/hash|token|digest|secret|password/, (i) => `md5('t' || ${i})`],
];

function textValue(type: TypeFacts, { i, hint, distinct, precise }: ValueContext): string {
  const limit =
    type.modifier > 4 && type.base !== 'text' ? type.modifier - 4 : type.base === 'name' ? 63 : undefined;
  const known = texts.find(([pattern]) => pattern.test(hint.toLowerCase()));
  const repeats = known !== undefined && /ARRAY/.test(known[1](i));
  const plain = `${quoteLiteral(`${hint} `)} || ${i}`;
  let text = known && !(distinct && repeats) ? known[1](i) : plain;
  if (precise && text === plain && type.base !== 'name')
    text = `${plain} || ${sometimes(i, "''", `' ' || ${foreign} || '  '`)}`;
  // Where it is short, the part that differs must not be what is cut off.
  if (limit !== undefined && limit < 24)
    text = limit <= 8 || distinct ? shortText(i, limit) : `left(${text}, ${limit})`;
  else if (limit !== undefined) text = `left(${text}, ${limit})`;
  return type.base === 'text' ? `(${text})` : `(${text})${castTo(type)}`;
}

/** The row's number in letters, most significant last so that a short prefix already differs. */
function shortText(i: string, limit: number): string {
  const digits = Math.min(limit, 4);
  const letters = Array.from({ length: digits }, (_, at) => `chr(97 + (${i} / ${26 ** at} % 26)::int)`);
  return letters.join(' || ');
}
