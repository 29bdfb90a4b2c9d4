import { domainChain, findType } from '../schema/lookup.ts';
import type { Schema } from '../schema/model.ts';
import { parseName } from '../sql/names.ts';
import { isBuiltInTypeName } from '../sql/type-names.ts';

/** What changing a column's type does to the table's rows. */
export type TypeChange =
  | { readonly kind: 'keeps' }
  | { readonly kind: 'rewrites' }
  | { readonly kind: 'unknown'; readonly fact: string; readonly remedy?: string };

interface TypeParts {
  /** The name without its modifiers. */
  readonly base: string;
  readonly numbers: readonly number[];
  readonly array: boolean;
}

const text = 'text';
const varchar = 'character varying';
/** `character(n)` is this type with a length. */
const bpchar = 'bpchar';

/** Splits a type as `format_type` prints it: `timestamp(3) with time zone` is that base with `[3]`. */
export function typeParts(printed: string): TypeParts {
  const array = printed.endsWith('[]');
  const bare = array ? printed.slice(0, -2) : printed;
  const modifiers = /\((\d+(?:,-?\d+)?)\)/.exec(bare);
  return {
    base: bare
      .replace(modifiers?.[0] ?? '', '')
      .trim()
      .replace(/^character$/, bpchar),
    numbers: modifiers?.[1]?.split(',').map(Number) ?? [],
    array,
  };
}

/** Binary coercible pairs of built-in types (`pg_cast.castmethod = 'b'`) that a column change can use. */
const binaryPairs: ReadonlySet<string> = new Set([
  `${text}>${varchar}`,
  `${varchar}>${text}`,
  `${text}>${bpchar}`,
  `${varchar}>${bpchar}`,
  `xml>${text}`,
  `xml>${varchar}`,
  `xml>${bpchar}`,
  'cidr>inet',
  'bit>bit varying',
  'bit varying>bit',
  'integer>oid',
  'oid>integer',
]);

/** Types whose length or precision can grow, or go, without a look at the values. */
const growing: ReadonlySet<string> = new Set([
  varchar,
  'bit varying',
  'timestamp without time zone',
  'timestamp with time zone',
  'time without time zone',
  'time with time zone',
]);

/**
 * Whether a column of type `from` must be written anew to be of type `to`, with no USING or one that only
 * casts. Both as `format_type` prints them.
 */
export function typeChange(
  from: string,
  to: string,
  schema: Schema,
  timeZone: string | undefined,
): TypeChange {
  if (from === to) return { kind: 'keeps' };
  const [source, target] = [baseOf(from, schema), baseOf(to, schema)];
  if (typeof source === 'object') return source;
  if (typeof target === 'object') return target;
  if (domainChain(schema, to).some((domain) => domain.constraints.length > 0)) return { kind: 'rewrites' };
  const parts = typeParts(source);
  // A value of a domain no longer tells the length that its base type has.
  const known = source === from ? parts : { ...parts, numbers: [] };
  return compare(known, typeParts(target), timeZone);
}

function compare(from: TypeParts, to: TypeParts, timeZone: string | undefined): TypeChange {
  const keepsIf = (keeps: boolean): TypeChange => ({ kind: keeps ? 'keeps' : 'rewrites' });
  if (from.array || to.array) {
    const same = from.array && to.array && from.base === to.base;
    return keepsIf(same && (to.numbers.length === 0 || String(from.numbers) === String(to.numbers)));
  }
  if (isInterval(from.base) && isInterval(to.base)) return keepsIf(keepsInterval(from, to));
  if (from.base === to.base) return keepsIf(widens(from, to));
  if (isTimestamp(from.base) && isTimestamp(to.base)) return zoneChange(to, timeZone);
  if (!binaryPairs.has(`${from.base}>${to.base}`)) return { kind: 'rewrites' };
  // A length that the target asks for has to be checked, or padded to.
  return keepsIf(to.numbers.length === 0);
}

function isInterval(base: string): boolean {
  return /^interval\b/.test(base);
}

const intervalFields = ['second', 'minute', 'hour', 'day', 'month', 'year'];

/** Kept where the smallest field stays or gets smaller, and seconds lose no digits. */
function keepsInterval(from: TypeParts, to: TypeParts): boolean {
  const least = ({ base }: TypeParts) =>
    Math.max(0, intervalFields.indexOf(base.split(' ').slice(1).at(-1) ?? 'second'));
  const [old = 6] = from.numbers;
  const [now = 6] = to.numbers;
  return least(to) <= least(from) && (least(from) > 0 || now >= old);
}

function isTimestamp(base: string): boolean {
  return base.startsWith('timestamp with');
}

function zoneChange(to: TypeParts, timeZone: string | undefined): TypeChange {
  // The converted value is rounded again, unless to the full six digits.
  const full = (to.numbers[0] ?? 6) >= 6;
  if (!full) return { kind: 'rewrites' };
  if (timeZone === undefined) {
    return {
      kind: 'unknown',
      fact: 'the TimeZone of the session that runs it: the rows stay as they are only at UTC',
      remedy: "say SET timezone = 'UTC' before it in the step",
    };
  }
  return {
    kind: /^(?:etc\/)?(?:utc|gmt|uct|zulu|universal|greenwich)$/i.test(timeZone) ? 'keeps' : 'rewrites',
  };
}

function widens(from: TypeParts, to: TypeParts): boolean {
  if (to.numbers.length === 0) return true;
  if (from.base === 'numeric') {
    const [precision = 0, scale = 0] = from.numbers;
    return from.numbers.length > 0 && (to.numbers[1] ?? 0) === scale && (to.numbers[0] ?? 0) >= precision;
  }
  if (!growing.has(from.base)) return String(from.numbers) === String(to.numbers);
  const limit = to.numbers[0] ?? 0;
  const precise = from.base.startsWith('time');
  const own = from.numbers[0] ?? (precise ? 6 : undefined);
  return own !== undefined && own <= limit;
}

/** A domain's base type; the type itself; or what is not known of somebody's own type. */
function baseOf(printed: string, schema: Schema): string | Extract<TypeChange, { kind: 'unknown' }> {
  const domain = domainChain(schema, printed).at(-1);
  if (domain) return domain.baseType ?? { kind: 'unknown', fact: `what the domain ${printed} is made of` };
  const { base } = typeParts(printed);
  if (isBuiltInTypeName(base)) return printed;
  const name = parseName(base);
  if (name && findType(schema, name)) return printed;
  return {
    kind: 'unknown',
    fact: `how values of type ${base} are stored`,
    remedy: 'run the dry run, which sees it, or add the type to the baseline DDL',
  };
}

/** Types whose indexes have the same operators, so that an index is kept where the rows are. */
export function sharesOperators(from: string, to: string, schema: Schema): boolean {
  const family = (printed: string) => {
    const { base, array } = typeParts(domainChain(schema, printed).at(-1)?.baseType ?? printed);
    const known = base === varchar ? text : base === 'cidr' ? 'inet' : isInterval(base) ? 'interval' : base;
    // The operators of arrays go by the array's own type.
    return array ? `${base}[]` : known;
  };
  return family(from) === family(to);
}
