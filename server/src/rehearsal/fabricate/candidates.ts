import type { SqlParser } from '../../sql/model.ts';
import { isDatabaseError } from '../errors.ts';
import type { Connection } from '../model.ts';
import { quoteIdentifier, quoteLiteral } from '../roles.ts';
import type { FillCheck, FillColumn } from './catalog.ts';

/** Conditions over one column alone, as SQL that names it. */
export interface ColumnConditions {
  readonly column: FillColumn;
  readonly conditions: readonly string[];
}

/** The conditions that each column must meet by itself: its domain's checks and the table's over it alone. */
export function columnConditions(column: FillColumn, checks: readonly FillCheck[]): string[] {
  const own = checks.filter(({ columns }) => columns.length === 1 && columns[0] === column.name);
  return [
    ...column.type.domainChecks.map((check) => domainCondition(column, check)),
    ...own.map(({ expression }) => expression),
  ];
}

/** A domain's check speaks of VALUE, which outside of a domain is a name like any other. */
export function domainCondition(column: FillColumn, check: string): string {
  return `(SELECT ${check} FROM (SELECT ${quoteIdentifier(column.name)} AS value) AS domain_value)`;
}

const probes = 60;
/** Of the rows that were tried, those that meet the conditions. */
const enough = 0.95;

/**
 * The first expression of which (nearly) every row meets the conditions, tried on a few rows; the one that meets
 * them most often where none does. The usual values come first, then values made from the constants that the
 * conditions mention (`status IN ('new', 'paid')`, `price > 0`), then texts of common shapes. Where they leave too few
 * values for each row to have its own (the partitions of a list), values that meet them are worth more.
 */
export async function fittingExpression(
  db: Connection,
  parser: SqlParser,
  { column, conditions }: ColumnConditions,
  usual: readonly string[],
  distinct: boolean,
): Promise<string> {
  const tried = [...usual, ...alternatives(column, constantsIn(parser, conditions))];
  const bestOf = async (differing: boolean) => {
    let best = { expression: usual[0] ?? 'NULL', fit: -1 };
    for (const expression of tried) {
      const fit = await fitOf(db, column, conditions, expression, differing);
      if (fit > best.fit) best = { expression, fit };
      if (best.fit >= enough) break;
    }
    return best;
  };
  const best = await bestOf(distinct);
  if (!distinct || best.fit >= enough / 2) return best.expression;
  const repeated = await bestOf(false);
  return repeated.fit >= enough ? repeated.expression : best.expression;
}

/** The share of rows that meet the conditions; of different values, where all must differ. */
async function fitOf(
  db: Connection,
  column: FillColumn,
  conditions: readonly string[],
  expression: string,
  distinct: boolean,
): Promise<number> {
  const name = quoteIdentifier(column.name);
  const met = conditions.map((condition) => `(${condition}) IS NOT FALSE`).join(' AND ');
  const counted = distinct ? `count(DISTINCT ${name}::text)` : 'count(*)';
  try {
    const { rows } = await db.query(
      `SELECT ${counted}::int AS fit FROM (SELECT (${expression})::${column.type.baseName} AS ${name}
        FROM pg_catalog.generate_series(1, ${probes}) AS s(i)) AS probe WHERE ${met}`,
    );
    return Number(rows[0]?.fit ?? 0) / probes;
  } catch (error) {
    // A value that the condition cannot even be asked about.
    if (isDatabaseError(error) && error.code !== undefined) return -1;
    throw error;
  }
}

interface Constants {
  readonly numbers: readonly number[];
  readonly texts: readonly string[];
}

function constantsIn(parser: SqlParser, conditions: readonly string[]): Constants {
  const numbers = new Set<number>();
  const texts = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('A_Const' in value) {
      const constant = value.A_Const as {
        ival?: { ival?: number };
        fval?: { fval?: string };
        sval?: { sval?: string };
      };
      if (constant.ival) numbers.add(constant.ival.ival ?? 0);
      if (constant.fval?.fval !== undefined) numbers.add(Number(constant.fval.fval));
      if (constant.sval) texts.add(constant.sval.sval ?? '');
    }
    for (const child of Object.values(value)) walk(child);
  };
  for (const condition of conditions)
    for (const { node } of parser.parse(`SELECT ${condition}`).statements) walk(node);
  // pg_get_expr writes `'0.5'::numeric` and `'-1'::integer`.
  for (const text of texts) if (/^-?\d+(\.\d+)?$/.test(text)) numbers.add(Number(text));
  return { numbers: [...numbers].filter(Number.isFinite).sort((a, b) => a - b), texts: [...texts] };
}

const numeric = new Set(['int2', 'int4', 'int8', 'numeric', 'float4', 'float8', 'money', 'oid']);
const temporal = new Set(['date', 'timestamp', 'timestamptz']);
const textual = new Set(['text', 'varchar', 'bpchar', 'citext', 'name']);

function alternatives(column: FillColumn, { numbers, texts }: Constants): string[] {
  const { base } = column.type;
  if (numeric.has(base)) return numberAlternatives(numbers, base);
  if (temporal.has(base)) return temporalAlternatives(texts, base);
  if (textual.has(base)) return textAlternatives(texts, numbers);
  return texts.length > 0
    ? [cycle(texts.map((text) => `${quoteLiteral(text)}::${column.type.baseName}`))]
    : [];
}

function cycle(values: readonly string[]): string {
  return values.length === 0 ? 'NULL' : `(ARRAY[${values.join(', ')}])[1 + i % ${values.length}]`;
}

function numberAlternatives(numbers: readonly number[], base: string): string[] {
  const low = numbers[0] ?? 0;
  const high = numbers.at(-1) ?? low;
  const whole = base.startsWith('int') || base === 'oid';
  const between = whole
    ? `${low} + i % ${Math.max(Math.floor(high - low) + 1, 1)}`
    : `${low} + (i % 97) * ${(high - low) / 100}`;
  const inside = whole
    ? `${low} + 1 + i % ${Math.max(Math.floor(high - low) - 1, 1)}`
    : `${low} + (1 + i % 97) * ${(high - low) / 100}`;
  return [
    `i`,
    ...(numbers.length > 0 ? [cycle(numbers.map(String))] : []),
    ...(high > low ? [between, inside] : []),
    ...[high, low].flatMap((bound) => [
      `${bound} + i`,
      `${bound} + i % 97`,
      `${bound} - i % 97`,
      `${bound} - i`,
    ]),
    'i % 2',
    '1 + i % 5',
    'i % 100',
    ...(whole ? ['i * 10', 'i * 100', 'i * 1000'] : ['(i % 100) / 100.0']),
    '- i',
    '0',
  ];
}

function temporalAlternatives(texts: readonly string[], base: string): string[] {
  const moments = texts.filter((text) => /^\d{4}-\d\d-\d\d/.test(text));
  const anchors = cycle([...new Set(moments)].map((text) => `${base} ${quoteLiteral(text)}`));
  const later =
    moments.length === 0
      ? []
      : [
          `${anchors} + (i % 20) * interval '1 hour'`,
          `${anchors} - (1 + i % 20) * interval '1 day'`,
          `${anchors} + (1 + i) * interval '1 day'`,
        ];
  return [
    ...later,
    `${base} '2000-01-01' + i * interval '1 day'`,
    `${base} '2100-01-01' + i * interval '1 day'`,
  ];
}

function textAlternatives(texts: readonly string[], numbers: readonly number[]): string[] {
  const letter = (at: number, first: number) => `chr(${first} + (i / ${26 ** at} % 26)::int)`;
  const letters = (count: number, first: number) =>
    Array.from({ length: count }, (_, at) =>
      at < 4 ? letter(at, first) : `'${String.fromCharCode(first)}'`,
    ).join(' || ');
  const lengths = [...new Set(numbers.filter((n) => Number.isInteger(n) && n > 0 && n <= 64))];
  // A pattern may ask for a length too: [A-Z]{3}.
  for (const text of texts)
    for (const [, n] of text.matchAll(/\{(\d{1,2})[,}]/g))
      if (Number(n) > 0 && Number(n) <= 64) lengths.push(Number(n));
  const shaped = [...new Set([...lengths, 2, 3, 1])].flatMap((length) => [
    letters(length, 97),
    letters(length, 65),
    `lpad(i::text, ${length}, '0')`,
    `left(md5(i::text) || md5(i::text), ${length})`,
  ]);
  return [
    ...(texts.length > 0 ? [cycle(texts.map(quoteLiteral))] : []),
    `'user' || i || '@example.org'`,
    `'https://example.org/' || i`,
    `'+1555' || lpad(i::text, 7, '0')`,
    `'word-' || i`,
    `'word_' || i`,
    `'word' || i`,
    `i::text`,
    `md5(i::text)`,
    `md5(i::text)::uuid::text`,
    letters(6, 97),
    letters(6, 65),
    ...shaped,
    `'Word ' || i`,
    `'/path/' || i`,
    `'#' || lpad(to_hex(i), 6, '0')`,
    `'10.0.' || i / 250 || '.' || 1 + i % 250`,
    `lpad((i % 24)::text, 2, '0') || ':00'`,
    `i || '.0.0'`,
    `''`,
  ];
}
