import type { Connection } from '../model.ts';

/** Columns whose values tell rows apart: of a primary key, a unique index or an exclusion constraint. */
export interface Key {
  /** Those that stand there by themselves. */
  readonly columns: readonly string[];
  /** Those that its expressions are made of. */
  readonly inside: readonly string[];
}

const keysQuery = `
  SELECT (SELECT coalesce(pg_catalog.json_agg(a.attname ORDER BY n), '[]')
      FROM pg_catalog.unnest(pg_catalog.string_to_array(i.indkey::text, ' ')::int2[]) WITH ORDINALITY listed(attnum, n)
      JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = listed.attnum
      WHERE n <= i.indnkeyatts)::text AS columns,
    (SELECT coalesce(pg_catalog.json_agg(DISTINCT a.attname), '[]') FROM pg_catalog.pg_depend d
      JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
      WHERE i.indexprs IS NOT NULL AND d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
        AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid > 0)::text AS inside
  FROM pg_catalog.pg_index i WHERE i.indrelid = $1::oid AND (i.indisunique OR i.indisexclusion)
  ORDER BY i.indisprimary DESC, i.indexrelid`;

export async function readKeys(db: Connection, oid: number): Promise<Key[]> {
  const { rows } = await db.query(keysQuery, [oid]);
  return rows.map(({ columns, inside }) => ({
    columns: JSON.parse(String(columns)) as string[],
    inside: JSON.parse(String(inside)) as string[],
  }));
}

/** The columns of which nearly every row has a value of its own, as ANALYZE found. */
export async function readVaried(db: Connection, oid: number): Promise<ReadonlySet<string>> {
  const { rows } = await db.query(
    `SELECT s.attname::text AS name FROM pg_catalog.pg_stats s
      JOIN pg_catalog.pg_class c ON c.relname = s.tablename
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace AND n.nspname = s.schemaname
      WHERE c.oid = $1::oid AND s.n_distinct < -0.8 ORDER BY s.inherited`,
    [oid],
  );
  return new Set(rows.map(({ name }) => String(name)));
}
