import { typeChange, typeParts } from '../effects/type-change.ts';
import { changeOfType } from '../effects/type-meaning.ts';
import { narrowing } from '../effects/type-narrowing.ts';
import { domainChain, findType } from '../schema/lookup.ts';
import type { Schema } from '../schema/model.ts';
import { parseName } from '../sql/names.ts';
import { isBuiltInTypeName } from '../sql/type-names.ts';

/** Types that a cast by its own name leads to from one another. */
const castFamilies: readonly (readonly string[])[] = [
  ['smallint', 'integer', 'bigint', 'numeric', 'real', 'double precision', 'money'],
  ['integer', 'boolean'],
  ['integer', 'oid', 'bigint'],
  ['bit', 'bit varying', 'integer', 'bigint'],
  ['date', 'timestamp without time zone', 'timestamp with time zone'],
  ['time without time zone', 'timestamp without time zone', 'timestamp with time zone', 'interval'],
  ['json', 'jsonb'],
  ['inet', 'cidr'],
];

/** A cast that Postgres has from one to the other; where none is known by way of the text. */
export function castBack(name: string, from: string | undefined, to: string | undefined): string {
  const [source, target] = [typeParts(from ?? 'text').base, typeParts(to ?? 'text').base];
  const direct =
    texts.has(source) ||
    texts.has(target) ||
    source === target ||
    castFamilies.some((family) => family.includes(source) && family.includes(target)) ||
    !isBuiltInTypeName(source) ||
    !isBuiltInTypeName(target);
  return direct ? `${name}::${to}` : `${name}::text::${to}`;
}

/** Whether ALTER COLUMN TYPE goes from one to the other by itself, without USING. */
export function isKindred(from: string, to: string): boolean {
  const change = changeOfType(from, to);
  const [source, target] = [typeParts(from), typeParts(to)];
  if (source.array !== target.array) return false;
  return (
    change !== 'other' || source.base === target.base || (isNumber(source.base) && isNumber(target.base))
  );
}

function isNumber(base: string): boolean {
  return base in digits || base === 'numeric' || base in exactDigits;
}

/** How many digits an integer may have. */
const digits: Readonly<Record<string, number>> = { smallint: 5, integer: 10, bigint: 19 };
/** How many digits of an integer a floating number holds. */
const exactDigits: Readonly<Record<string, number>> = { real: 6, 'double precision': 15 };
/** Types whose text is read back as the same value, whatever the session's settings. */
const faithfulText: ReadonlySet<string> = new Set(
  'smallint integer bigint numeric real boolean uuid json jsonb bytea inet cidr macaddr macaddr8 oid'
    .split(' ')
    .concat('double precision', 'bit', 'bit varying', 'xml', 'name'),
);
const texts: ReadonlySet<string> = new Set(['text', 'character varying', 'citext']);

/**
 * What becomes of values that go from one type to another and back: undefined where each is then what it was, where
 * the statement itself fails on those that would not be; else which values may not be, in words.
 */
export function lostBetween(from: string, to: string, schema: Schema, explicit: boolean): string | undefined {
  const [old, now] = [underlying(from, schema), underlying(to, schema)];
  if (old === now) return undefined;
  const [source, target] = [typeParts(old), typeParts(now)];
  if (source.array || target.array) {
    if (!source.array || !target.array) return 'that an array does not hold as it stood';
    return lostBetween(old.slice(0, -2), now.slice(0, -2), schema, explicit);
  }
  if (texts.has(source.base) && texts.has(target.base)) return lostText(source.numbers[0], target.numbers[0]);
  const room = target.numbers[0] ?? Number.POSITIVE_INFINITY;
  if (source.base === 'bpchar' && (texts.has(target.base) || target.base === 'bpchar'))
    return room >= (source.numbers[0] ?? Number.POSITIVE_INFINITY)
      ? undefined
      : `longer than ${room} characters`;
  if (keepsBits(from, to, schema)) return undefined;
  if (isEnum(old, schema) && texts.has(target.base)) return undefined;
  if (faithfulText.has(source.base) && texts.has(target.base)) return undefined;
  if (source.base === 'jsonb' && target.base === 'json') return undefined;
  if (source.base === 'date' && target.base === 'timestamp without time zone') return undefined;
  if (source.base === 'real' && target.base === 'double precision') return undefined;
  if (isNumber(source.base) && isNumber(target.base)) return lostNumber(old, now);
  if (source.base === target.base && /^(?:time|interval)/.test(source.base)) {
    const narrowed = narrowing(old, now, explicit);
    return narrowed?.does === 'changes' || fewerDigits(source.numbers, target.numbers)
      ? `with more than ${target.numbers[0]} digits of a second`
      : undefined;
  }
  if (isTimestamp(source.base) && isTimestamp(target.base)) {
    const utc =
      /^(?:etc\/)?utc$/i.test(schema.timeZone ?? '') && !fewerDigits(source.numbers, target.numbers);
    return utc ? undefined : 'that stand where clocks are set back, or were converted in another TimeZone';
  }
  return `that ${to} does not hold just as ${from} does`;
}

/** The row stays as it is: what is read from it by the old type is what was written. */
function keepsBits(from: string, to: string, schema: Schema): boolean {
  return typeChange(from, to, schema, schema.timeZone).kind === 'keeps';
}

/** Whether expressions over the column mean the same before and after: Postgres writes casts into others, for good. */
export function keepsExpressions(from: string, to: string, schema: Schema): boolean {
  const [source, target] = [from, to].map((type) => typeParts(underlying(type, schema)));
  if (!source || !target || source.array !== target.array) return false;
  const plain = (base: string) => base === 'text' || base === 'character varying';
  return (
    source.base === target.base ||
    (plain(source.base) && plain(target.base)) ||
    (source.base in digits && target.base in digits)
  );
}

function isTimestamp(base: string): boolean {
  return base.startsWith('timestamp with');
}

function fewerDigits([from = 6]: readonly number[], [to = 6]: readonly number[]): boolean {
  return to < from;
}

/** Without USING a string that is too long is an error, unless only blanks are: those are cut off in silence. */
function lostText(from: number | undefined, to: number | undefined): string | undefined {
  if (to === undefined || (from !== undefined && from <= to)) return undefined;
  return `with blanks behind the ${to}th character`;
}

/** Integers that do not fit are errors; digits behind the point are rounded. */
function lostNumber(from: string, to: string): string | undefined {
  const [source, target] = [typeParts(from), typeParts(to)];
  const integral = digits[source.base];
  if (integral !== undefined) {
    const exact = exactDigits[target.base];
    return exact !== undefined && exact < integral ? `with more than ${exact} digits` : undefined;
  }
  if (source.base !== 'numeric') return `that ${to} does not hold just as ${from} does`;
  const scale = source.numbers.length > 0 ? (source.numbers[1] ?? 0) : Number.POSITIVE_INFINITY;
  if (target.base === 'numeric') {
    if (target.numbers.length === 0 || scale <= (target.numbers[1] ?? 0)) return undefined;
    return `with more than ${target.numbers[1] ?? 0} digits after the point`;
  }
  if (digits[target.base] !== undefined) return scale <= 0 ? undefined : 'with digits after the point';
  return `that ${to} does not hold just as ${from} does`;
}

/** A domain's base type. */
function underlying(type: string, schema: Schema): string {
  return domainChain(schema, type).at(-1)?.baseType ?? type;
}

function isEnum(type: string, schema: Schema): boolean {
  const name = parseName(type);
  return name !== undefined && findType(schema, name)?.kind === 'enum';
}
