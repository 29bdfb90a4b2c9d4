import type { Expectation, Scalar } from '../plan/model.ts';
import type { QueryResult } from './model.ts';

/** `met` with the value seen, for a summary; or what was expected and what came instead, in a sentence. */
export type Judgement =
  | { readonly met: true; readonly seen: string }
  | { readonly met: false; readonly message: string };

/** Compares a query's result with what the plan expects of it. */
export function judge(expectation: Expectation, { rows }: QueryResult): Judgement {
  if (expectation.kind === 'rows') return judgeRows(expectation.rows, rows);
  const wanted = expectation.kind === 'scalar' ? show(expectation.value) : expectation.text;
  const values = Object.values(rows[0] ?? {});
  if (rows.length !== 1 || values.length !== 1) {
    const got = rows.length === 1 ? `${values.length} columns` : countOf(rows.length, 'row');
    return { met: false, message: `Expected ${wanted}, one value; the query gave ${got}.` };
  }
  const actual = values[0];
  const met =
    expectation.kind === 'scalar'
      ? isSame(expectation.value, actual)
      : compares(expectation.operator, toNumber(actual), expectation.value);
  return met ? { met, seen: show(actual) } : { met, message: `Expected ${wanted}, got ${show(actual)}.` };
}

type ExpectedRow = Extract<Expectation, { kind: 'rows' }>['rows'][number];

function judgeRows(expected: readonly ExpectedRow[], rows: QueryResult['rows']): Judgement {
  if (rows.length !== expected.length)
    return {
      met: false,
      message: `Expected ${countOf(expected.length, 'row')}, got ${rows.length === 0 ? 'none' : rows.length}.`,
    };
  for (const [at, row] of expected.entries()) {
    const actual = rows[at] ?? {};
    const difference = rowDifference(row, actual);
    if (difference) return { met: false, message: `Row ${at + 1}: ${difference}` };
  }
  return { met: true, seen: countOf(rows.length, 'row') };
}

function rowDifference(expected: ExpectedRow, actual: Readonly<Record<string, unknown>>): string | undefined {
  if (!isList(expected)) {
    for (const [column, value] of Object.entries(expected)) {
      if (!Object.hasOwn(actual, column))
        return `the query gives no column ${column}; it gives ${Object.keys(actual).join(', ')}.`;
      if (!isSame(value, actual[column]))
        return `expected ${column} ${show(value)}, got ${show(actual[column])}.`;
    }
    return undefined;
  }
  const values = Object.values(actual);
  if (values.length !== expected.length)
    return `expected ${countOf(expected.length, 'value')}, got ${values.length}.`;
  const differs = expected.some((value, at) => !isSame(value, values[at]));
  return differs
    ? `expected ${expected.map(show).join(', ')}; got ${values.map(show).join(', ')}.`
    : undefined;
}

function isList(row: ExpectedRow): row is readonly Scalar[] {
  return Array.isArray(row);
}

/** A plan writes `0` where Postgres says `0`, `0.00` or `'0'`: numbers are compared as numbers, the rest as text. */
function isSame(expected: Scalar, actual: unknown): boolean {
  if (expected === null || actual === null || actual === undefined) return expected === (actual ?? null);
  if (typeof expected === 'number') return toNumber(actual) === expected;
  if (typeof expected === 'boolean') return actual === expected;
  // As psql shows it, and YAML takes for text.
  if (typeof actual === 'boolean' && expected.length === 1) return expected === (actual ? 't' : 'f');
  return String(actual) === expected;
}

function compares(operator: string, actual: number, expected: number): boolean {
  switch (operator) {
    case '<':
      return actual < expected;
    case '<=':
      return actual <= expected;
    case '>':
      return actual > expected;
    case '>=':
      return actual >= expected;
    case '=':
      return actual === expected;
    default:
      return !Number.isNaN(actual) && actual !== expected;
  }
}

const sizeUnits: Readonly<Record<string, number>> = { bytes: 0, kB: 1, MB: 2, GB: 3, TB: 4, PB: 5 };

/** A number as such, `pg_size_pretty` in bytes, an interval in ms; NaN for what is none. */
function toNumber(value: unknown): number {
  if (typeof value === 'number') return value;
  const text = String(value).trim();
  if (text === '') return Number.NaN;
  const size = /^(-?\d+) (bytes|[kMGTP]B)$/.exec(text);
  if (size) return Number(size[1]) * 1024 ** (sizeUnits[size[2] ?? ''] ?? 0);
  const interval = /^(?:(-?\d+) days? ?)?(?:(-?)(\d+):(\d\d):(\d\d(?:\.\d+)?))?$/.exec(text);
  if (!interval) return Number(text);
  const [, days = '0', sign, hours = '0', minutes = '0', seconds = '0'] = interval;
  const time = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  return Number(days) * 86_400_000 + (sign === '-' ? -time : time);
}

function show(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  const text = String(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function countOf(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
