import type { Connection } from '../model.ts';
import { quoteLiteral } from '../roles.ts';
import type { FillColumn, FillTable } from './catalog.ts';

/** What ANALYZE found of a column of a real database: https://www.postgresql.org/docs/current/view-pg-stats.html */
export interface ColumnStatistics {
  readonly nullFraction: number;
  /** Bytes. */
  readonly width: number;
  /** Different values; negative: as a share of the rows. */
  readonly distinct: number;
  /** With how often each comes, among all rows. */
  readonly common: readonly { readonly value: string; readonly share: number }[];
  /** Bounds of as many groups of the other values, all equally large; empty where there are none. */
  readonly bounds: readonly string[];
  /** Of the order of its values with that of the rows: -1 to 1. */
  readonly correlation: number;
  /** Rows of the table. */
  readonly rows: number;
}

/** By `statisticsKey`. */
export type Statistics = ReadonlyMap<string, ColumnStatistics>;

export function statisticsKey(schema: string, table: string, column: string): string {
  return JSON.stringify([schema, table, column]);
}

/** Of a column's common values and bounds at most, each of so many characters: more would tell little more. */
const most = { values: 100, length: 200 };

const statisticsQuery = `
  SELECT s.schemaname::text AS schema, s.tablename::text AS "table", s.attname::text AS "column", s.null_frac AS nulls,
    s.avg_width AS width, s.n_distinct AS "distinct", coalesce(s.correlation, 0) AS correlation, c.reltuples::int8 AS rows,
    pg_catalog.array_to_json(s.most_common_vals::text::text[])::text AS common,
    pg_catalog.array_to_json(s.most_common_freqs)::text AS shares,
    pg_catalog.array_to_json(s.histogram_bounds::text::text[])::text AS bounds
  FROM pg_catalog.pg_stats s JOIN pg_catalog.pg_namespace n ON n.nspname = s.schemaname
    JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = s.tablename
  WHERE s.schemaname !~ '^pg_' AND s.schemaname <> 'information_schema' AND c.reltuples > 0 ORDER BY s.inherited`;

/** Reads what a database knows of the values in its tables, as far as the user may. Nothing is changed. */
export async function readStatistics(db: Connection): Promise<Statistics> {
  const { rows } = await db.query(statisticsQuery);
  const list = (value: unknown) => (value === null ? [] : (JSON.parse(String(value)) as unknown[]));
  const isShort = (value: unknown) => typeof value === 'string' && value.length <= most.length;
  return new Map(
    rows.map((row) => {
      const shares = list(row.shares);
      const common = list(row.common)
        .map((value, at) => ({ value: String(value), share: Number(shares[at]) }))
        .filter(({ value }) => isShort(value))
        .slice(0, most.values);
      const bounds = list(row.bounds);
      return [
        statisticsKey(String(row.schema), String(row.table), String(row.column)),
        {
          nullFraction: Number(row.nulls),
          width: Number(row.width),
          distinct: Number(row.distinct),
          common,
          bounds: bounds.every(isShort) ? bounds.slice(0, most.values + 1).map(String) : [],
          correlation: Number(row.correlation),
          rows: Number(row.rows),
        },
      ] as const;
    }),
  );
}

/** What is known of a column of a table to fill. */
export function statisticsOf(
  statistics: Statistics | undefined,
  { schema, relation }: Pick<FillTable, 'schema' | 'relation'>,
  column: string,
): ColumnStatistics | undefined {
  return statistics?.get(statisticsKey(schema, relation, column));
}

/** An even number from 0 to 1 (exclusive) that the row's number gives, another one for each `salt`. */
export function evenly(i: string, salt: number): string {
  return `((pg_catalog.hashint8extended(${i}, ${salt}) & 1048575) / 1048576.0)`;
}

const moments = new Set(['timestamp', 'timestamptz']);
const whole = new Set(['int2', 'int4', 'int8']);
const fractions = new Set(['numeric', 'float4', 'float8']);
const texts = new Set(['text', 'varchar', 'citext', 'bpchar']);

/**
 * SQL for values that are spread as those of a real column: its common ones as often, the others within the bounds of
 * their groups and as many different ones; ascending with the row's number `i` (of `rows`) where they did. `usual` is
 * what the value would be otherwise. Undefined where nothing is known but how often it is NULL.
 */
export function spreadValue(
  { type, number }: FillColumn,
  known: ColumnStatistics,
  usual: string,
  rows: number,
): string | undefined {
  const { common, bounds, distinct, nullFraction } = known;
  const shares = common.map(({ share }) => share / Math.max(1 - nullFraction, 1e-6));
  const sums = shares.map((_, at) => shares.slice(0, at + 1).reduce((sum, share) => sum + share, 0));
  const all = sums.at(-1) ?? 0;
  const others = distinct < 0 ? -distinct * known.rows : distinct;
  const rest =
    bounds.length > 1 ? within(type, known, Math.max(others - common.length, 2), number, rows) : undefined;
  const few = `(${array(
    common.map(({ value }) => value),
    type.baseName,
  )})[1 + pg_catalog.width_bucket(${evenly('i', number)}::float8, ARRAY[${sums.slice(0, -1).join(', ')}]::float8[])]`;
  if (common.length === 0) return rest ?? widened(type.base, known.width, usual);
  // All values there are: rounding leaves a little.
  if (rest === undefined && all > 0.98) return few;
  return `CASE WHEN ${evenly('i', number)} < ${all} THEN ${few} ELSE ${rest ?? usual} END`;
}

function array(values: readonly string[], type: string): string {
  return `ARRAY[${values.map(quoteLiteral).join(', ')}]::${type}[]`;
}

function within(
  { base, baseName }: FillColumn['type'],
  { bounds, correlation, width }: ColumnStatistics,
  different: number,
  salt: number,
  rows: number,
): string {
  const groups = bounds.length - 1;
  const along = `((i - 1) % ${rows} / ${rows}.0)`;
  const random = evenly('i', salt + 100);
  const at = correlation > 0.9 ? along : correlation < -0.9 ? `(1 - ${along})` : random;
  // As many different places as there are different values.
  const place = `(pg_catalog.floor(${at} * ${Math.round(different)}) / ${Math.round(different)}.0)`;
  const group = `least(pg_catalog.floor(${place} * ${groups}), ${groups - 1})::int`;
  const share = `(${place} * ${groups} - ${group})::float8`;
  const all = array(bounds, baseName);
  const [low, high] = [`(${all})[1 + ${group}]`, `(${all})[2 + ${group}]`];
  if (whole.has(base))
    return `(${low} + pg_catalog.floor((${high}::numeric - ${low}) * ${share}::numeric))::${base}`;
  if (fractions.has(base))
    return `(${low}::numeric + (${high}::numeric - ${low}::numeric) * ${share}::numeric)`;
  if (moments.has(base)) return `(${low} + (${high} - ${low}) * ${share})`;
  if (base === 'date') return `(${low} + ((${high} - ${low}) * ${share})::int)`;
  if (base === 'uuid') return `pg_catalog.md5(${place}::text || ' ${salt}')::uuid`;
  if (!texts.has(base) || different <= bounds.length + 1) return low;
  const mark = `pg_catalog.left(pg_catalog.md5(${place}::text), 8)`;
  return `(pg_catalog.left((${low})::text, ${Math.max(width - 1 - 8, 1)}) || ${mark})`;
}

/** Rows beyond 2 kB are compressed, or kept out of line, which `width` is not of. */
const widest = 1500;

/** As many bytes as the real values have. */
function widened(base: string, width: number, usual: string): string | undefined {
  const size = Math.min(width, widest) - 4;
  if (size < 32) return undefined;
  const filler = `pg_catalog.left(pg_catalog.repeat(pg_catalog.md5(i::text), ${Math.ceil(size / 32)}), ${size})`;
  if (base === 'text' || base === 'varchar')
    return `pg_catalog.left((${usual})::text || ' ' || ${filler}, ${size})`;
  if (base === 'bytea')
    return `pg_catalog.decode(pg_catalog.left(${filler} || ${filler}, ${size - (size % 2)} * 2), 'hex')`;
  if (base === 'jsonb' || base === 'json') return `pg_catalog.${base}_build_object('n', i, 't', ${filler})`;
  return undefined;
}
