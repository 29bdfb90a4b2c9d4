import type { FillColumn } from '../fabricate/catalog.ts';

/**
 * SQL that gives a copied row another value: `x` is the value that it is copied from, `i` counts all new rows of the
 * table from 0, `k` the copies of one row from 0. `min`, `max` and `span` (all of them, or null) are of the rows before.
 */
export interface Telling {
  readonly x: string;
  readonly i: string;
  readonly k: string;
  /** New rows in all. */
  readonly rows: number;
  /** Rows that are copied from. */
  readonly before: number;
  readonly min: string;
  readonly max: string;
}

const whole = new Set(['int2', 'int4', 'int8', 'oid']);
const numbers = new Set([...whole, 'numeric', 'float4', 'float8', 'money']);
const moments = new Set(['timestamp', 'timestamptz']);
const texts = new Set(['text', 'varchar', 'bpchar', 'citext', 'name']);

/** Which of a key's columns is best told apart, the least first; undefined where it cannot be. */
export function rank({ type, sequence }: FillColumn): number | undefined {
  if (sequence) return 0;
  if (type.base === 'uuid') return 1;
  if (whole.has(type.base)) return type.base === 'int2' ? 5 : 2;
  if (texts.has(type.base)) return 3;
  if (numbers.has(type.base)) return 4;
  if (moments.has(type.base) || type.base === 'date' || type.kind === 'r') return 6;
  return ['bytea', 'inet', 'interval', 'macaddr', 'macaddr8', 'pg_lsn'].includes(type.base) ? 7 : undefined;
}

/** Whether the least and greatest value can be asked for, and more of them made. */
export function hasRange({ type: { base } }: FillColumn): boolean {
  return numbers.has(base) || moments.has(base) || ['date', 'inet', 'pg_lsn'].includes(base);
}

/** Ways to give each new row a value that no other row has, the most plausible first. */
export function distinctValues(column: FillColumn, telling: Telling, isAlone: boolean): string[] {
  const { base, kind } = column.type;
  const { x, i, k, rows, min, max } = telling;
  const step = column.sequence?.increment ?? 1;
  if (numbers.has(base)) {
    const onward = step > 0 ? `${max} + (${i} + 1) * ${step}` : `${min} + (${i} + 1) * ${step}`;
    const shifted = `${x} + (${k} + 1) * (${max} - ${min} + 1)`;
    const between = `${min} + ((${i} + 1)::numeric * (${max}::numeric - ${min}::numeric) / ${rows + 1})`;
    const below = `${min} - (${i} + 1)`;
    return isAlone ? [onward, below, between] : [shifted, onward, below, between];
  }
  if (moments.has(base))
    return [
      `${max} + (${i} + 1) * interval '1 second'`,
      `${min} + (${max} - ${min}) * ((${i} + 1) / ${rows + 1}.0)`,
    ];
  if (base === 'date')
    return [`${x} + ((${k} + 1) * (${max} - ${min} + 1))::int`, `${min} - (${i} + 1)::int`];
  if (base === 'uuid') return [`pg_catalog.md5(${x}::text || ' ' || ${k})::uuid`];
  if (texts.has(base)) return textValues(column, telling);
  if (base === 'bytea') return [`${x} || pg_catalog.int8send(${k})`];
  if (base === 'interval') return [`${x} + (${k} + 1) * interval '1 microsecond'`];
  if (base === 'inet') return [`${max} + (${i} + 1)`, `${min} - (${i} + 1)`];
  if (base === 'pg_lsn') return [`${max} + (${i} + 1)::numeric`];
  if (base === 'macaddr') return [`('02' || pg_catalog.lpad(pg_catalog.to_hex(${i}), 10, '0'))::macaddr`];
  if (base === 'macaddr8') return [`('02' || pg_catalog.lpad(pg_catalog.to_hex(${i}), 14, '0'))::macaddr8`];
  return kind === 'r' ? rangeValues(column, telling) : [];
}

const lower = 'abcdefghijklmnopqrstuvwxyz';
const alphabets = [lower, lower.toUpperCase(), `${lower}${lower.toUpperCase()}0123456789`];

function textValues({ name, type }: FillColumn, { x, i, k, before }: Telling): string[] {
  const limit =
    type.modifier > 4 && type.base !== 'text' ? type.modifier - 4 : type.base === 'name' ? 63 : undefined;
  const text = `${x}::text`;
  const number = `(${k} + 1)::text`;
  const cut = (room: string) =>
    limit === undefined ? text : `pg_catalog.left(${text}, ${limit} - pg_catalog.length(${room}))`;
  const inFront = `${number} || '-' || ${cut(`${number} || '-'`)}`;
  const behind = `${cut(`'-' || ${number}`)} || '-' || ${number}`;
  // Behind those that fabricated rows have.
  const turn = `(${i} + ${9 * before})`;
  const letters = (size: number, set: string) =>
    Array.from(
      { length: size },
      (_, at) => `pg_catalog.substr('${set}', 1 + (${turn} / ${set.length ** at} % ${set.length})::int, 1)`,
    ).join(' || ');
  const sizes = [4, 5, 6, 3, 2].filter((size) => limit === undefined || size <= limit);
  return [
    ...(/mail/i.test(name) ? [inFront, behind] : [behind, inFront]),
    `${cut(number)} || ${number}`,
    `${number} || ${cut(number)}`,
    // Of the same length, where that is asked for.
    `CASE WHEN pg_catalog.length(${text}) >= pg_catalog.length(${number}) THEN pg_catalog.left(${text}, pg_catalog.length(${text}) - pg_catalog.length(${number})) || ${number} END`,
    ...sizes.flatMap((size) => alphabets.map((set) => letters(size, set))),
    `pg_catalog.lpad((${i})::text, pg_catalog.length(${text}), '9')`,
    `pg_catalog.md5(${i}::text)`,
    `pg_catalog.md5(${i}::text)::uuid::text`,
    `'user' || (${i} + 1000000) || '@example.org'`,
    `'https://example.org/' || (${i} + 1000000)`,
    `'+1556' || pg_catalog.lpad((${i})::text, 7, '0')`,
  ];
}

/** Ranges that did not overlap do not overlap their copies either, once those are behind all of them. */
function rangeValues({ type }: FillColumn, { x, k, min, max }: Telling): string[] {
  const cast = type.baseName;
  const shift = `(${k} + 1) * (${max} - ${min})`;
  const bounds = `(CASE WHEN pg_catalog.lower_inc(${x}) THEN '[' ELSE '(' END || CASE WHEN pg_catalog.upper_inc(${x}) THEN ']' ELSE ')' END)`;
  const whole = type.base === 'daterange' || type.base === 'int4range' ? `::int` : '';
  const by = whole === '' ? shift : `(${shift})${whole}`;
  return [`${cast}(pg_catalog.lower(${x}) + ${by}, pg_catalog.upper(${x}) + ${by}, ${bounds})`];
}

/** The least lower and the greatest upper bound, as SQL over a column of ranges; else the least and greatest value. */
export function extremes(column: FillColumn, x: string): { readonly min: string; readonly max: string } {
  return column.type.kind === 'r'
    ? { min: `min(pg_catalog.lower(${x}))`, max: `max(pg_catalog.upper(${x}))` }
    : { min: `min(${x})`, max: `max(${x})` };
}

/**
 * A value near the one it is copied from and mostly another, of the same width: for columns of which production has more
 * values the more rows there are. Undefined where none is known of the type.
 */
export function variedValue({ type }: FillColumn, { x, k }: Pick<Telling, 'x' | 'k'>): string | undefined {
  const number = `(${k} + 1)::text`;
  switch (type.base) {
    case 'int4':
    case 'int8':
    case 'float8':
      return `${x} + (${k} + 1)`;
    case 'numeric': {
      const scale = type.modifier < 0 ? 2 : (((type.modifier - 4) & 0x7ff) ^ 1024) - 1024;
      return scale > 0 ? `${x} + (${k} + 1) / 1e${scale}` : `${x} + (${k} + 1)`;
    }
    case 'uuid':
      return `pg_catalog.md5(${x}::text || ' ' || ${k})::uuid`;
    case 'timestamp':
    case 'timestamptz':
      return `${x} + (${k} + 1) * interval '1 millisecond'`;
    case 'text':
    case 'varchar':
    case 'citext':
      return `CASE WHEN pg_catalog.length(${x}::text) > 4 + pg_catalog.length(${number}) THEN pg_catalog.left(${x}::text, pg_catalog.length(${x}::text) - pg_catalog.length(${number})) || ${number} ELSE ${x}::text END`;
    default:
      return undefined;
  }
}
