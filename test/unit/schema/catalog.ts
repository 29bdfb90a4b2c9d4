import type { PGlite } from '@electric-sql/pglite';

export { simulated } from './simulated.ts';

/** What is known of one object. A field that is undefined in the simulation is one it does not claim to know. */
export type Facts = Readonly<Record<string, unknown>>;

/** Objects by section and qualified name, as the catalogs and as the simulation know them. */
export type Catalog = Readonly<Record<string, Readonly<Record<string, Facts>>>>;

/** Temporary relations stand under `pg_temp`, whatever number the session's schema has. */
const place = (schema: string) =>
  `CASE WHEN ${schema} ~ '^pg_temp_' THEN 'pg_temp' ELSE quote_ident(${schema}) END`;
const own = (schema: string) =>
  `(${schema} !~ '^pg_' OR ${schema} ~ '^pg_temp_') AND ${schema} <> 'information_schema'`;
const named = (schema: string, name: string) => `${place(schema)} || '.' || quote_ident(${name})`;
const relation = (oid: string) =>
  `(SELECT ${named('rn.nspname', 'rc.relname')} FROM pg_class rc JOIN pg_namespace rn ON rn.oid = rc.relnamespace WHERE rc.oid = ${oid})`;
const columnNames = (table: string, numbers: string) =>
  `coalesce((SELECT json_agg(coalesce(ca.attname, '?') ORDER BY k.n) FROM unnest(${numbers}) WITH ORDINALITY k(num, n)
     LEFT JOIN pg_attribute ca ON ca.attrelid = ${table} AND ca.attnum = k.num AND k.num > 0), '[]')`;

/** Each gives an object's name and its facts as JSON. */
const queries: Readonly<Record<string, string>> = {
  schemas: `SELECT quote_ident(nspname) AS id, '{}'::json AS facts FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`,
  relations: `
    SELECT ${named('n.nspname', 'c.relname')} AS id, json_build_object(
      'kind', CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'table' WHEN 'f' THEN 'table' WHEN 'v' THEN 'view'
        WHEN 'm' THEN 'materialized view' WHEN 'S' THEN 'sequence' ELSE 'index' END,
      'partitioned', CASE WHEN c.relkind IN ('r', 'p') THEN c.relkind = 'p' END,
      'partition', CASE WHEN c.relkind IN ('r', 'p') THEN c.relispartition END,
      'isDefault', CASE WHEN c.relkind IN ('r', 'p') THEN
        coalesce(pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT', false) END,
      'persistence', CASE WHEN c.relkind IN ('r', 'p') THEN
        CASE c.relpersistence WHEN 'p' THEN 'permanent' WHEN 'u' THEN 'unlogged' ELSE 'temporary' END END,
      'parents', CASE WHEN c.relkind IN ('r', 'p') THEN coalesce((SELECT json_agg(${relation('i.inhparent')} ORDER BY i.inhseqno)
        FROM pg_inherits i WHERE i.inhrelid = c.oid), '[]') END,
      'rowSecurity', CASE WHEN c.relkind IN ('r', 'p') THEN c.relrowsecurity END) AS facts
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${own('n.nspname')} AND c.relkind IN ('r', 'p', 'f', 'v', 'm', 'S', 'i', 'I')`,
  columns: `
    SELECT ${named('n.nspname', 'c.relname')} || '.' || quote_ident(a.attname) AS id, json_build_object(
      'at', (SELECT count(*) FROM pg_attribute b WHERE b.attrelid = a.attrelid AND b.attnum > 0 AND b.attnum < a.attnum AND NOT b.attisdropped),
      'type', format_type(a.atttypid, a.atttypmod), 'notNull', a.attnotnull, 'default', a.atthasdef,
      'identity', CASE a.attidentity WHEN 'a' THEN 'always' WHEN 'd' THEN 'by default' ELSE '' END,
      'generated', CASE a.attgenerated WHEN 's' THEN 'stored' WHEN 'v' THEN 'virtual' ELSE '' END,
      'local', a.attislocal,
      'collation', coalesce((SELECT quote_ident(l.collname) FROM pg_collation l, pg_type y
        WHERE y.oid = a.atttypid AND l.oid = a.attcollation AND l.oid <> y.typcollation), '')) AS facts
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${own('n.nspname')} AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped`,
  constraints: `
    SELECT ${named('n.nspname', 'c.relname')} || '.' || quote_ident(o.conname) AS id, json_build_object(
      'kind', CASE o.contype WHEN 'p' THEN 'primary key' WHEN 'u' THEN 'unique' WHEN 'f' THEN 'foreign key'
        WHEN 'c' THEN 'check' WHEN 'x' THEN 'exclusion' ELSE 'not null' END,
      'validated', o.convalidated, 'enforced', o.conenforced,
      'columns', ${columnNames('o.conrelid', 'o.conkey')},
      'references', CASE WHEN o.contype = 'f' THEN json_build_object('table', ${relation('o.confrelid')},
        'columns', ${columnNames('o.confrelid', 'o.confkey')},
        'index', (SELECT x.relname FROM pg_class x WHERE x.oid = o.conindid)) END,
      'index', CASE WHEN o.contype IN ('p', 'u', 'x') THEN (SELECT x.relname FROM pg_class x WHERE x.oid = o.conindid) END,
      'inherits', CASE WHEN o.contype IN ('c', 'n') THEN NOT o.connoinherit END,
      'local', o.conislocal,
      'ofParent', o.conparentid <> 0) AS facts
    FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${own('n.nspname')} AND o.contype <> 't'
      AND NOT EXISTS (SELECT 1 FROM pg_constraint p WHERE p.oid = o.conparentid AND p.conrelid = o.conrelid)`,
  indexes: `
    SELECT ${named('n.nspname', 'c.relname')} AS id, json_build_object(
      'table', ${relation('i.indrelid')}, 'unique', i.indisunique, 'method', m.amname,
      'columns', ${columnNames('i.indrelid', '(i.indkey::int2[])[0:i.indnkeyatts - 1]')},
      'include', ${columnNames('i.indrelid', '(i.indkey::int2[])[i.indnkeyatts:]')},
      'columnNames', (SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid),
      'predicate', i.indpred IS NOT NULL, 'valid', i.indisvalid,
      'constraint', coalesce((SELECT o.conname FROM pg_constraint o WHERE o.conindid = c.oid AND o.contype IN ('p', 'u', 'x')), ''),
      'parent', coalesce((SELECT ${relation('h.inhparent')} FROM pg_inherits h WHERE h.inhrelid = c.oid), '')) AS facts
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_am m ON m.oid = c.relam
    WHERE ${own('n.nspname')}`,
  sequences: `
    SELECT ${named('n.nspname', 'c.relname')} AS id, json_build_object(
      'owner', coalesce((SELECT ${relation('d.refobjid')} || '.' || quote_ident(a.attname) FROM pg_depend d
        JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')), '')) AS facts
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${own('n.nspname')} AND c.relkind = 'S'`,
  types: `
    SELECT ${named('n.nspname', 't.typname')} AS id, json_build_object(
      'kind', CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN 'domain' WHEN 'c' THEN 'composite' ELSE 'range' END,
      'labels', coalesce((SELECT json_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid), '[]'),
      'base', CASE WHEN t.typtype = 'd' THEN format_type(t.typbasetype, t.typtypmod) END,
      'default', t.typdefault IS NOT NULL,
      'constraints', coalesce((SELECT json_agg(conname ORDER BY conname COLLATE "C") FROM pg_constraint WHERE contypid = t.oid), '[]')) AS facts
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE ${own('n.nspname')} AND t.typtype IN ('e', 'd', 'c', 'r') AND (c.relkind IS NULL OR c.relkind = 'c')`,
  functions: `
    SELECT ${named('n.nspname', 'p.proname')} AS id, json_build_object(
      'overloads', count(*),
      'volatility', CASE max(CASE p.provolatile WHEN 'i' THEN 0 WHEN 's' THEN 1 ELSE 2 END) WHEN 0 THEN 'immutable' WHEN 1 THEN 'stable' ELSE 'volatile' END) AS facts
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE ${own('n.nspname')} AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
    GROUP BY n.nspname, p.proname`,
  triggers: `
    SELECT ${named('n.nspname', 'c.relname')} || '.' || quote_ident(t.tgname) AS id,
      json_build_object('ofParent', t.tgparentid <> 0) AS facts
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE ${own('n.nspname')} AND c.relkind IN ('r', 'p') AND NOT t.tgisinternal`,
  policies: `
    SELECT ${named('n.nspname', 'c.relname')} || '.' || quote_ident(p.polname) AS id, '{}'::json AS facts
    FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${own('n.nspname')}`,
};

const everything = Object.entries(queries)
  .map(([section, query]) => `SELECT '${section}' AS section, id, facts FROM (${query}) AS ${section}`)
  .join('\nUNION ALL\n');

/** All user objects of the database. */
export async function catalogOf(db: PGlite): Promise<Catalog> {
  const { rows } = await db.query<{ section: string; id: string; facts: Facts }>(everything);
  const catalog: Record<string, Record<string, Facts>> = {};
  for (const section of Object.keys(queries)) catalog[section] = {};
  for (const { section, id, facts } of rows) (catalog[section] as Record<string, Facts>)[id] = facts;
  return catalog;
}
