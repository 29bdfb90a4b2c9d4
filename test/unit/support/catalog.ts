import type { PGlite } from '@electric-sql/pglite';

/**
 * What a dump of the schema would show, and which indexes are valid, by name and without numbers that Postgres gives:
 * two databases with equal catalogs have the same schema. The order of columns is left out, and before version 18,
 * which gave them one, the names of NOT NULL constraints.
 */
export async function catalogOf(db: PGlite, version: number): Promise<ReadonlyMap<string, string>> {
  const kinds = version < 18 ? "'n'" : "''";
  const { rows } = await db.query<{ key: string; value: string }>(catalogSql.replaceAll('$unnamed', kinds));
  return new Map(rows.map(({ key, value }) => [key, value]));
}

/** What is in one of two catalogs alone, or differs; empty for equal ones. */
export function catalogDrift(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  const gone = [...before].flatMap(([key, value]) => (after.has(key) ? [] : [`gone: ${key} (${value})`]));
  const others = [...after].flatMap(([key, value]) => {
    const old = before.get(key);
    if (old === undefined) return [`new: ${key} (${value})`];
    return old === value ? [] : [`changed: ${key} (${old} -> ${value})`];
  });
  return [...gone, ...others];
}

const catalogSql = `
WITH rel AS (
  SELECT c.*, format('%I.%I', n.nspname, c.relname) AS named
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
)
SELECT format('relation %s', named) AS key, concat_ws(' ', relkind, relpersistence, reloptions, relreplident,
  relrowsecurity, pg_get_expr(relpartbound, oid), CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid) END,
  (SELECT string_agg(inhparent::regclass::text, ',' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = oid),
  obj_description(oid, 'pg_class')) AS value
FROM rel
UNION ALL
SELECT format('column %s.%I', rel.named, attname), concat_ws(' ', format_type(atttypid, atttypmod), attnotnull,
  pg_get_expr(adbin, adrelid), attidentity, attgenerated, attstorage, attislocal, attinhcount, attcollation::regcollation)
FROM rel JOIN pg_attribute a ON attrelid = rel.oid AND attnum > 0 AND NOT attisdropped AND relkind NOT IN ('i', 'I', 'S')
  LEFT JOIN pg_attrdef ON adrelid = rel.oid AND adnum = attnum
UNION ALL
SELECT format('constraint %s.%I', rel.named, conname),
  concat_ws(' ', pg_get_constraintdef(c.oid), convalidated, conislocal, coninhcount)
FROM rel JOIN pg_constraint c ON conrelid = rel.oid WHERE contype::text <> $unnamed
UNION ALL
SELECT format('index %s', rel.named), concat_ws(' ', pg_get_indexdef(oid), indisvalid, indisunique, indisprimary, indimmediate)
FROM rel JOIN pg_index ON indexrelid = oid
UNION ALL
SELECT format('trigger %s.%I', rel.named, tgname), concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled)
FROM rel JOIN pg_trigger t ON tgrelid = rel.oid AND NOT tgisinternal
UNION ALL
SELECT format('function %s', p.oid::regprocedure), pg_get_functiondef(p.oid)
FROM pg_proc p JOIN pg_namespace n ON n.oid = pronamespace
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' AND prokind IN ('f', 'p')
  AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')
UNION ALL
SELECT format('sequence %s', rel.named), concat_ws(' ', seqtypid::regtype, seqmax, (
  SELECT format('%s %s', refobjid::regclass, attname) FROM pg_depend d
  JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
  WHERE d.objid = rel.oid AND deptype IN ('a', 'i') AND classid = 'pg_class'::regclass))
FROM rel JOIN pg_sequence ON seqrelid = oid`;
