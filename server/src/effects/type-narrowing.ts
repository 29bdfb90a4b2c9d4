import { typeParts } from './type-change.ts';

/** What a change to a narrower type does with values that do not fit, and which those are. */
export interface Narrowing {
  /** `fails`: the statement, at the first of them. `changes`: them, without a word. */
  readonly does: 'fails' | 'changes';
  /** In words, e.g. `outside -32,768 to 32,767`. */
  readonly which: string;
  /** True for those values: a condition on `column`, a name as SQL writes it. */
  condition(column: string): string;
}

const integers: Readonly<Record<string, readonly [string, string]>> = {
  smallint: ['-32768', '32767'],
  integer: ['-2147483648', '2147483647'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
};
const integerOrder = ['smallint', 'integer', 'bigint'];
const fractions: ReadonlySet<string> = new Set(['numeric', 'real', 'double precision']);
const texts: ReadonlySet<string> = new Set(['text', 'character varying', 'bpchar']);
const timestamps: ReadonlySet<string> = new Set(['timestamp without time zone', 'timestamp with time zone']);

/**
 * Whether values of type `from` may not fit type `to`, both as `format_type` prints them; `explicit` where a cast
 * is written out, which cuts strings short in silence. Undefined where all fit, or where nothing is known.
 */
export function narrowing(from: string, to: string, explicit: boolean): Narrowing | undefined {
  const [source, target] = [typeParts(from), typeParts(to)];
  if (source.array || target.array) return undefined;
  if (integers[target.base]) return toInteger(source.base, target.base);
  if (target.base === 'numeric') return toNumeric(source, target.numbers);
  if (texts.has(source.base) && texts.has(target.base))
    return toLength(source.numbers[0], target.numbers[0], explicit);
  if (timestamps.has(source.base)) return toTime(source, target, to);
  if (source.base === 'double precision' && target.base === 'real')
    return rounds('with more than six digits', to);
  const exact = exactFloats[target.base];
  if (exact) return toFloat(source, exact, to);
  return undefined;
}

function toInteger(from: string, to: string): Narrowing | undefined {
  const [low, high] = integers[to] ?? [];
  const wider = fractions.has(from) || integerOrder.indexOf(from) > integerOrder.indexOf(to);
  if (!wider || low === undefined || high === undefined) return undefined;
  const shown = (limit: string) => Number(limit).toLocaleString('en');
  return {
    does: 'fails',
    which: to === 'bigint' ? 'beyond bigint' : `outside ${shown(low)} to ${shown(high)}`,
    condition: (column) => `${column} NOT BETWEEN ${low} AND ${high}`,
  };
}

/** What a floating number holds exactly: integers up to a power of two, and so many decimal digits. */
const exactFloats: Readonly<Record<string, { readonly limit: string; readonly digits: number }>> = {
  'double precision': { limit: '9007199254740992', digits: 15 },
  real: { limit: '16777216', digits: 6 },
};

/** Of integers the widest that it does not hold; of numeric what more digits have, and a cast back rounds to so many. */
function toFloat(
  { base, numbers }: { readonly base: string; readonly numbers: readonly number[] },
  { limit, digits }: { readonly limit: string; readonly digits: number },
  to: string,
): Narrowing | undefined {
  if (base === 'numeric') {
    const [precision = Number.POSITIVE_INFINITY, scale = 0] = numbers;
    if (Math.max(precision, scale) <= digits) return undefined;
    return {
      does: 'changes',
      which: `with more than ${digits} digits`,
      condition: (column) => `${column} <> ${column}::${to}::numeric`,
    };
  }
  const widest = integers[base]?.[1];
  if (widest === undefined || Number(widest) <= Number(limit)) return undefined;
  return {
    does: 'changes',
    which: `beyond ${Number(limit).toLocaleString('en')}`,
    condition: (column) => `${column} NOT BETWEEN -${limit} AND ${limit}`,
  };
}

function toNumeric(
  { base, numbers }: { readonly base: string; readonly numbers: readonly number[] },
  [precision, scale = 0]: readonly number[],
): Narrowing | undefined {
  if (precision === undefined || base !== 'numeric') return undefined;
  const digits = precision - scale;
  const [oldPrecision, oldScale = 0] = numbers;
  if (oldPrecision === undefined || oldPrecision - oldScale > digits)
    return {
      does: 'fails',
      which: `with more than ${digits} digits before the point`,
      condition: (column) => `abs(round(${column}, ${scale})) >= 1e${digits}`,
    };
  if (oldScale <= scale) return undefined;
  return {
    does: 'changes',
    which: `with more than ${scale} digits after the point`,
    condition: (column) => `${column} <> round(${column}, ${scale})`,
  };
}

function toLength(
  from: number | undefined,
  to: number | undefined,
  explicit: boolean,
): Narrowing | undefined {
  if (to === undefined || (from !== undefined && from <= to)) return undefined;
  return {
    does: explicit ? 'changes' : 'fails',
    which: `longer than ${to} characters`,
    condition: (column) => `length(${column}) > ${to}`,
  };
}

function toTime(
  from: ReturnType<typeof typeParts>,
  to: ReturnType<typeof typeParts>,
  printed: string,
): Narrowing | undefined {
  if (to.base === 'date') return rounds('with a time of day', printed);
  const [old = 6] = from.numbers;
  const [digits = 6] = to.numbers;
  if (!timestamps.has(to.base) || digits >= old) return undefined;
  return rounds(
    digits === 0 ? 'with a fraction of a second' : `with more than ${digits} digits of a second`,
    printed,
  );
}

function rounds(which: string, to: string): Narrowing {
  return { does: 'changes', which, condition: (column) => `${column} <> ${column}::${to}` };
}
