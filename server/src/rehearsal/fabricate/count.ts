import type { Connection } from '../model.ts';

/** Rows of every table as they are: counted, of those beyond `largest` as ANALYZE estimated. */
export async function countRows(db: Connection): Promise<Record<string, number>> {
  const { rows } = await db.query(countQuery);
  const counts: Record<string, number> = {};
  const small: { readonly name: string; readonly counted: string }[] = [];
  for (const { name, counted, estimate } of rows) {
    if (estimate === null) small.push({ name: String(name), counted: String(counted) });
    else counts[String(name)] = Number(estimate);
  }
  if (small.length > 0) {
    const each = small.map(({ counted }, at) => `SELECT ${at} AS at, count(*)::int8 AS n FROM ${counted}`);
    for (const { at, n } of (await db.query(each.join(' UNION ALL '))).rows)
      counts[small[Number(at)]?.name ?? ''] = Number(n);
  }
  return counts;
}

/** Bytes of a table that is quickly counted. */
const largest = 256 * 1024 * 1024;

const countQuery = `
  SELECT (CASE WHEN c.relkind = 'p' THEN '' ELSE 'ONLY ' END) || c.oid::regclass::text AS counted, c.oid::regclass::text AS name,
    CASE WHEN pages.size > ${largest} AND pages.estimate >= 0 THEN pages.estimate::int8 END AS estimate
  FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace,
    LATERAL (SELECT sum(pg_catalog.pg_relation_size(l.oid)) AS size,
        CASE WHEN min(l.reltuples) >= 0 THEN sum(l.reltuples) END AS estimate
      FROM pg_catalog.pg_class l WHERE l.relkind = 'r' AND l.oid IN (SELECT relid FROM pg_catalog.pg_partition_tree(c.oid) UNION SELECT c.oid)) pages
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relpersistence <> 't'
    AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
      WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')
  ORDER BY c.oid`;
