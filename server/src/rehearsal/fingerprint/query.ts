import type { Connection } from '../model.ts';
import { firstOid, type Part } from './part.ts';
import { objectParts } from './parts-objects.ts';
import { relationParts } from './parts-relations.ts';

export type Row = Readonly<Record<string, unknown>>;

/** The rows of each part by its name. OIDs in them are text, and mean something within these rows alone. */
export type CatalogRows = ReadonlyMap<string, readonly Row[]>;

const parts: readonly Part[] = [...relationParts, ...objectParts];

/**
 * What Postgres prints of an expression, a type or a time follows these settings, so they are fixed while the
 * catalogs are read. With this path every name has its schema but those of `pg_catalog`.
 */
const settings: Readonly<Record<string, string>> = {
  search_path: 'pg_catalog, pg_temp',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  bytea_output: 'hex',
  extra_float_digits: '1',
};

/**
 * Reads the catalogs, in two statements: what there is to read, then that. It changes nothing that is seen after
 * it, neither outside a transaction nor in one.
 */
export async function readCatalogs(db: Connection): Promise<CatalogRows> {
  const { rows } = await db.query(presence, [], { often: true });
  const version = Number(rows[0]?.version);
  const isPresent = ({ name, when, beside }: Part): boolean =>
    beside === undefined
      ? when === undefined || rows[0]?.[name] === true
      : parts.some((part) => beside.includes(part.name) && isPresent(part));
  const present = parts.filter(isPresent);
  const answer = await db.query(catalogQuery(present, version), [], { often: true });
  return new Map(
    answer.rows.flatMap(({ part, rows: text }) =>
      part === '' || text === null ? [] : [[String(part), JSON.parse(String(text)) as Row[]] as const],
    ),
  );
}

const presence = `SELECT pg_catalog.current_setting('server_version_num')::int AS version, ${parts
  .flatMap(({ name, when }) => (when === undefined ? [] : `${when} AS ${name}`))
  .join(',\n')}`;

/**
 * One statement, so that the settings can be put back in it too: the branches of a UNION ALL run one after the
 * other, the first sets what the last takes back. Outside a transaction a local setting ends with the statement.
 */
function catalogQuery(present: readonly Part[], version: number): string {
  const extended = present.some(({ name }) => name === 'members');
  const own = (alias: string) =>
    extended
      ? `${alias}.oid >= ${firstOid} AND (${alias}.tableoid, ${alias}.oid) NOT IN (SELECT m.classid, m.objid FROM member m)`
      : `${alias}.oid >= ${firstOid}`;
  const values = Object.entries(settings).map(([name, value]) => `('${name}', '${value}')`);
  const set = (part: string, column: string) =>
    `SELECT '${part}' AS part, pg_catalog.left(pg_catalog.max(pg_catalog.set_config(k.name, k.${column}, true)), 0) AS rows FROM kept k`;
  return `WITH kept AS MATERIALIZED (
      SELECT v.name, v.fixed, pg_catalog.current_setting(v.name) AS old
      FROM (VALUES ${values.join(', ')}) AS v (name, fixed))${
        extended
          ? `, member AS MATERIALIZED (
      SELECT d.classid, d.objid FROM pg_catalog.pg_depend d WHERE d.deptype = 'e')`
          : ''
      }
    ${[
      set('', 'fixed'),
      ...present.map(
        (part) =>
          `SELECT '${part.name}', pg_catalog.json_agg(r)::text FROM (${part.sql(version, { own })}) r`,
      ),
      set('', 'old'),
    ].join('\nUNION ALL\n')}`;
}
