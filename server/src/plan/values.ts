import type { DurationRange, Expectation, Scalar } from './model.ts';

const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
// Powers of 1024, as Postgres reads and prints them.
const sizeUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1024,
  KB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};
const countUnits: Readonly<Record<string, number>> = { '': 1, k: 1e3, K: 1e3, M: 1e6, G: 1e9, B: 1e9 };

/** No value is longer: what the patterns below go through stays short, whatever a file holds. */
const longestValue = 100;

function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= longestValue ? value : undefined;
}

/** `250ms 2s 5min 24h 7d` → ms; undefined where it is none. 0 needs no unit. */
export function parseDuration(value: unknown): number | undefined {
  if (value === 0 || value === '0') return 0;
  return withUnit(value, /^(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)$/, durationUnits);
}

/** The longest timeout that Postgres takes: its settings are 32-bit, in ms (24.8 days). */
const longestTimeout = 2 ** 31 - 1;

/** A duration that Postgres takes for a timeout → ms; undefined where it is none. */
export function parseTimeout(value: unknown): number | undefined {
  const ms = parseDuration(value);
  return ms !== undefined && ms <= longestTimeout ? ms : undefined;
}

/** Of a run under load: how long a request may be allowed to take, in ms. */
export const waits = { min: 1, max: 60 * 60 * 1000 };
/** And connections that the requests can share; a server has some hundreds for everybody. */
export const poolSizes = { min: 1, max: 1000 };

/** One of `waits`, written as a duration → ms; undefined where it is none. */
export function parseWait(value: unknown): number | undefined {
  const ms = parseDuration(value);
  return ms !== undefined && ms >= waits.min && ms <= waits.max ? ms : undefined;
}

/** One of `poolSizes`; undefined where it is none. */
export function parsePool(value: unknown): number | undefined {
  const isSize =
    typeof value === 'number' && Number.isInteger(value) && value >= poolSizes.min && value <= poolSizes.max;
  return isSize ? value : undefined;
}

/** `16MB 2.4GB` → bytes; undefined where it is none. */
export function parseSize(value: unknown): number | undefined {
  const size = withUnit(value, /^(\d+(?:\.\d+)?)\s*(B|kB|KB|MB|GB|TB)$/, sizeUnits);
  return size === undefined ? undefined : Math.round(size);
}

/** Bytes as a plan writes a size, in powers of 1024, with three figures at most. */
export function writeSize(bytes: number): string {
  const names = ['kB', 'MB', 'GB', 'TB'];
  let value = bytes / 1024;
  let unit = 0;
  while (value >= 1024 && unit < names.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value >= 100 ? Math.round(value) : Number(value.toPrecision(2))}${names[unit]}`;
}

/** `8M 8_000_000 8000000` → a whole number; undefined where it is none. */
export function parseCount(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  const text = asText(value);
  if (text === undefined) return undefined;
  const plain = /^\d+(?:_\d{3})*$/.test(text) ? Number(text.replaceAll('_', '')) : undefined;
  const count = plain ?? withUnit(value, /^(\d+(?:\.\d+)?)\s*([kKMGB])$/, countUnits);
  return count === undefined || count > Number.MAX_SAFE_INTEGER ? undefined : Math.round(count);
}

/** A count of at least one; undefined where it is none. */
export function parseBatch(value: unknown): number | undefined {
  return parseCount(value) || undefined;
}

/** `2000/s` or `120/min` → a second's; undefined where it is none. */
export function parseRate(value: unknown): number | undefined {
  const parts = /^([\d_.]+\s*[kM]?)\s*\/\s*(s|min|h)$/.exec(asText(value) ?? '');
  const count = parts && (parseCount(parts[1]) ?? Number(parts[1]));
  return parts && count !== null && !Number.isNaN(count)
    ? (count * 1000) / (durationUnits[parts[2] ?? 's'] ?? 1000)
    : undefined;
}

/** `1s`, `5min-10min` or `5-10min` → ms; undefined where it is none, or runs backwards. */
export function parseDurationRange(value: unknown): DurationRange | undefined {
  const single = parseDuration(value);
  if (single !== undefined) return { min: single, max: single };
  const parts = /^(\d+(?:\.\d+)?)\s*([a-z]*)\s*[-–]\s*(\d+(?:\.\d+)?)\s*([a-z]+)$/.exec(asText(value) ?? '');
  if (!parts) return undefined;
  const min = parseDuration(`${parts[1]}${parts[2] || parts[4]}`);
  const max = parseDuration(`${parts[3]}${parts[4]}`);
  return min !== undefined && max !== undefined && min <= max ? { min, max } : undefined;
}

/** `<= 5s` → a limit in ms; undefined where it is none. */
export function parseDurationLimit(
  value: unknown,
): { readonly operator: '<' | '<='; readonly ms: number } | undefined {
  const parts = /^(<=?)\s*(\S.*)$/.exec(asText(value)?.trim() ?? '');
  const ms = parts ? parseDuration(parts[2]) : parseDuration(value);
  return ms === undefined ? undefined : { operator: parts?.[1] === '<' ? '<' : '<=', ms };
}

const lockNames = [
  'ACCESS SHARE',
  'ROW SHARE',
  'ROW EXCLUSIVE',
  'SHARE UPDATE EXCLUSIVE',
  'SHARE',
  'SHARE ROW EXCLUSIVE',
  'EXCLUSIVE',
  'ACCESS EXCLUSIVE',
];

/** `<= SHARE UPDATE EXCLUSIVE` → the operator and the mode spelled as in `pg_locks`; undefined where it is none. */
export function parseLockLimit(
  value: unknown,
): { readonly operator: '<' | '<=' | '='; readonly mode: string } | undefined {
  const parts = /^(<=?|=)?\s*([A-Za-z][A-Za-z ]*)$/.exec(asText(value)?.trim() ?? '');
  const name = parts?.[2]
    ?.toUpperCase()
    .replace(/\s+/g, ' ')
    .replace(/ LOCK$/, '');
  if (!parts || !name || !lockNames.includes(name)) return undefined;
  const words = name.split(' ').map((word) => word.charAt(0) + word.slice(1).toLowerCase());
  return { operator: (parts[1] ?? '<=') as '<' | '<=' | '=', mode: `${words.join('')}Lock` };
}

const operatorSpellings: Readonly<Record<string, '!=' | '='>> = { '<>': '!=', '==': '=' };

/** What a query's result must meet; see the plan format. Undefined for a value that means nothing. */
export function parseExpectation(value: unknown): Expectation | undefined {
  if (Array.isArray(value)) return parseRows(value);
  if (!isScalar(value)) return undefined;
  const parts = /^(<=|>=|<>|!=|==?|<|>)\s*(\S.*)$/.exec(asText(value)?.trim() ?? '');
  if (!parts) return { kind: 'scalar', value };
  const operand = parseOperand(parts[2] ?? '');
  if (operand === undefined) return undefined;
  const operator = operatorSpellings[parts[1] ?? ''] ?? (parts[1] as '<');
  return { kind: 'comparison', operator, value: operand, text: String(value).trim() };
}

function parseOperand(text: string): number | undefined {
  const plain = text.replaceAll('_', '');
  if (/^-?\d+(\.\d+)?$/.test(plain)) return Number(plain);
  if (/^\d+(\.\d+)?%$/.test(plain)) return Number(plain.slice(0, -1));
  return parseSize(text) ?? parseDuration(text) ?? parseCount(text);
}

function parseRows(rows: readonly unknown[]): Expectation | undefined {
  const read = rows.map((row) => {
    if (Array.isArray(row)) return row.every(isScalar) ? (row as Scalar[]) : undefined;
    if (isScalar(row)) return [row];
    if (typeof row !== 'object') return undefined;
    return Object.values(row).every(isScalar) ? (row as Record<string, Scalar>) : undefined;
  });
  return read.every((row) => row !== undefined) ? { kind: 'rows', rows: read } : undefined;
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function withUnit(
  value: unknown,
  pattern: RegExp,
  units: Readonly<Record<string, number>>,
): number | undefined {
  const parts = pattern.exec(asText(value) ?? '');
  const factor = parts ? units[parts[2] ?? ''] : undefined;
  const result = parts && factor !== undefined ? Number(parts[1]) * factor : undefined;
  return result !== undefined && result <= Number.MAX_SAFE_INTEGER ? result : undefined;
}
