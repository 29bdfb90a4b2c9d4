import type { ProofSession } from './session.ts';

/** The rows of each table by its name, whatever their order and that of the columns; a sequence's last number. */
export type Rows = ReadonlyMap<string, string>;

/** A column's values by numbers that a rename does not change; of a sequence how far it is. */
export interface Values {
  readonly label: string;
  readonly type: string;
  /** Rows in which it is not null. */
  readonly filled: number;
  readonly digest: string;
}

const own = `n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND c.relpersistence <> 't'`;
const inNamespace = 'pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace';
const named = `pg_catalog.format('%I.%I', n.nspname, c.relname)`;

/** Functions that only this session sees: a table's digest needs its name in the text of a query. */
export const digests = `
CREATE OR REPLACE FUNCTION pg_temp.digest_of(relation text, expression text) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE digest text;
BEGIN
  EXECUTE pg_catalog.format('SELECT pg_catalog.count(*) || '' '' || coalesce(pg_catalog.sum(pg_catalog.hashtextextended(%s, 0)), 0) FROM ONLY %s AS "the row"', expression, relation) INTO digest;
  RETURN digest;
END $f$;
CREATE OR REPLACE FUNCTION pg_temp.values_of(relation text, expression text) RETURNS text LANGUAGE plpgsql AS $f$
DECLARE digest text;
BEGIN
  EXECUTE pg_catalog.format('SELECT pg_catalog.count(%1$s) || '' '' || coalesce(pg_catalog.sum(pg_catalog.hashtextextended(%1$s, 0)), 0) FROM ONLY %2$s', expression, relation) INTO digest;
  RETURN digest;
EXCEPTION WHEN OTHERS THEN RETURN NULL;
END $f$`;

export const sequencesSql = `
SELECT ${named} AS name, s.seqincrement::text AS step,
  coalesce(pg_catalog.pg_sequence_last_value(c.oid), s.seqstart - s.seqincrement)::text AS last
FROM ${inNamespace} JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid WHERE ${own}`;

/** Of a partitioned table the rows are its partitions'. */
export async function readRows(session: ProofSession): Promise<Rows> {
  const { rows } = await session.query(`
    SELECT ${named} AS name, pg_temp.digest_of(${named}, 'pg_catalog.to_jsonb("the row")::text') AS digest
    FROM ${inNamespace} WHERE c.relkind IN ('r', 'm') AND c.relispopulated AND ${own}`);
  return new Map(rows.map(({ name, digest }) => [String(name), String(digest)]));
}

export type Sequences = ReadonlyMap<string, { readonly step: bigint; readonly last: bigint }>;

export function sequencesIn(rows: readonly Readonly<Record<string, unknown>>[]): Sequences {
  return new Map(
    rows.map(({ name, step, last }) => [
      String(name),
      { step: BigInt(String(step)), last: BigInt(String(last)) },
    ]),
  );
}

/** Tables with other rows than before, and sequences that would give numbers again which they gave before. */
export function otherRows(before: Rows, after: Rows): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `rows of ${name.replace(/^public\./, '')}`)
    .sort();
}

export function behind(before: Sequences, after: Sequences): readonly string[] {
  return [...before].flatMap(([name, { step, last }]) => {
    const now = after.get(name)?.last;
    const back = now !== undefined && (step > 0n ? now < last : now > last);
    return back ? [`${name.replace(/^public\./, '')} gives numbers again that it gave before`] : [];
  });
}

/** Every column of every table, but those that are computed from others. */
export async function readValues(session: ProofSession): Promise<ReadonlyMap<string, Values>> {
  const { rows } = await session.query(`
    SELECT c.oid || '.' || a.attnum AS key, pg_catalog.format('%s.%I', ${named}, a.attname) AS label,
      pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
      pg_temp.values_of(${named}, pg_catalog.format('%I::text', a.attname)) AS digest
    FROM ${inNamespace} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND ${own}
    UNION ALL
    SELECT c.oid::text, ${named}, 'sequence', pg_catalog.pg_sequence_last_value(c.oid)::text
    FROM ${inNamespace} WHERE c.relkind = 'S' AND ${own}`);
  return new Map(
    rows.map(({ key, label, type, digest }) => [
      String(key),
      {
        label: String(label).replace(/^public\./, ''),
        type: String(type),
        filled: type === 'sequence' ? Number(digest !== null) : Number(String(digest).split(' ')[0]),
        digest: String(digest),
      },
    ]),
  );
}

/**
 * What of the values before is nowhere any more. A column that changed its type has lost nothing where all its values
 * come back when they are read as the old type.
 */
export async function lostValues(
  session: ProofSession,
  before: ReadonlyMap<string, Values>,
): Promise<readonly string[]> {
  const after = await readValues(session);
  const lost: string[] = [];
  for (const [key, { label, type, filled, digest }] of before) {
    const now = after.get(key);
    if (filled === 0 || now?.digest === digest) continue;
    if (now && type === 'sequence' && !isBehind(digest, now.digest)) continue;
    if (now && type !== now.type && (await readAs(session, key, type)) === digest) continue;
    lost.push(type === 'sequence' ? `the place of ${label}` : label);
  }
  return lost.sort();
}

function isBehind(before: string, after: string): boolean {
  return after === 'null' || Number(after) < Number(before);
}

async function readAs(session: ProofSession, key: string, type: string): Promise<string | undefined> {
  const { rows } = await session.query(
    `SELECT pg_temp.values_of(${named}, pg_catalog.format('%I::text::%s::text', a.attname, $2::text)) AS digest
     FROM ${inNamespace} JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid WHERE c.oid || '.' || a.attnum = $1`,
    [key, type],
  );
  const digest = rows[0]?.digest;
  return typeof digest === 'string' ? digest : undefined;
}
