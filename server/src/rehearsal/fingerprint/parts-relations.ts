import { acl, any, firstOid, id, later, owner, type Part, toastSchema } from './part.ts';

/** Schemas, relations and what is on them. */
export const relationParts: readonly Part[] = [
  {
    name: 'schemas',
    sql: (
      _,
      { own },
    ) => `SELECT ${id('n', 'pg_namespace')}, n.nspname AS name, ${owner('n.nspowner')}, ${acl('n.nspacl', 'n', 'n.nspowner')}
      FROM pg_catalog.pg_namespace n
      WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' AND (n.oid < ${firstOid} OR ${own('n')})`,
  },
  {
    name: 'relations',
    sql: () => `SELECT ${id('c', 'pg_class')}, c.relnamespace AS schema, c.relname AS name, c.relkind AS kind,
        c.relpersistence AS persistence, ${owner('c.relowner')},
        CASE WHEN c.relkind NOT IN ('i', 'I', 'c')
          THEN coalesce(c.relacl, pg_catalog.acldefault(CASE c.relkind WHEN 'S' THEN 's'::"char" ELSE 'r' END, c.relowner)) END AS acl,
        c.reloptions AS options, c.relreplident AS replident, c.relrowsecurity AS rls, c.relforcerowsecurity AS force,
        c.relnatts AS natts, c.relispopulated AS populated,
        CASE WHEN c.relispartition THEN pg_catalog.pg_get_expr(c.relpartbound, c.oid) END AS bound,
        CASE WHEN c.relkind = 'p' THEN pg_catalog.pg_get_partkeydef(c.oid) END AS partkey,
        CASE WHEN c.relkind IN ('v', 'm') THEN pg_catalog.pg_get_viewdef(c.oid) END AS definition,
        CASE WHEN c.relkind IN ('r', 'p', 'm') AND c.relam <> 0
          THEN (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = c.relam) END AS method,
        CASE WHEN c.reltablespace <> 0
          THEN (SELECT t.spcname FROM pg_catalog.pg_tablespace t WHERE t.oid = c.reltablespace) END AS tablespace,
        CASE WHEN c.reltoastrelid <> 0
          THEN (SELECT t.reloptions FROM pg_catalog.pg_class t WHERE t.oid = c.reltoastrelid) END AS toast,
        CASE WHEN c.reloftype <> 0 THEN pg_catalog.format_type(c.reloftype, NULL) END AS of_type
      FROM pg_catalog.pg_class c
      WHERE ${later('c')} AND c.relnamespace <> ${toastSchema} AND c.relpersistence <> 't'`,
  },
  {
    name: 'inherits',
    when: `EXISTS (SELECT FROM pg_catalog.pg_inherits x WHERE x.inhrelid >= ${firstOid})`,
    sql: () => `SELECT i.inhrelid AS child, i.inhparent AS parent, i.inhdetachpending AS detaching
      FROM pg_catalog.pg_inherits i WHERE i.inhrelid >= ${firstOid} ORDER BY i.inhrelid, i.inhseqno`,
  },
  {
    name: 'columns',
    sql: () => `SELECT a.attrelid AS relation, a.attnum AS number, a.attname AS name,
        pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
        d.oid AS default_oid, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS "default",
        CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage END AS storage,
        NULLIF(a.attcompression, '') AS compression, NULLIF(a.attstattarget, -1) AS statistics,
        NULLIF(a.attidentity, '') AS identity, NULLIF(a.attgenerated, '') AS generated,
        CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::pg_catalog.regcollation END AS collation,
        a.attoptions AS options, a.attfdwoptions AS fdw_options, a.attacl AS acl,
        CASE WHEN a.attinhcount > 0 THEN a.attislocal END AS local
      FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        JOIN pg_catalog.pg_class c ON c.oid = a.attrelid AND (c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') OR a.attstattarget >= 0)
      WHERE a.attrelid >= ${firstOid} AND a.attnum > 0 AND NOT a.attisdropped`,
  },
  {
    name: 'indexes',
    sql: () => `SELECT i.indexrelid AS oid, i.indrelid AS relation, pg_catalog.pg_get_indexdef(i.indexrelid) AS definition,
        i.indisvalid AS valid, i.indisready AS ready, i.indislive AS live, i.indisclustered AS clustered,
        i.indisreplident AS replident, i.indkey::text AS columns,
        CASE WHEN i.indexprs IS NOT NULL OR i.indpred IS NOT NULL THEN (SELECT pg_catalog.string_agg(d.refobjsubid::text, ' ')
          FROM pg_catalog.pg_depend d WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = i.indexrelid
            AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = i.indrelid) END AS expression_columns
      FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid AND c.relnamespace <> ${toastSchema}
      WHERE i.indexrelid >= ${firstOid} AND i.indrelid >= ${firstOid}`,
  },
  {
    name: 'constraints',
    sql: (
      version,
    ) => `SELECT ${id('c', 'pg_constraint')}, c.conname AS name, c.contype AS type, c.conrelid AS relation, c.contypid AS domain,
        pg_catalog.pg_get_constraintdef(c.oid) AS definition, c.convalidated AS validated, c.condeferrable AS deferrable,
        c.condeferred AS deferred, c.connoinherit AS no_inherit, CASE WHEN c.coninhcount > 0 THEN c.conislocal END AS local,
        ${version >= 180000 ? 'c.conenforced' : 'true'} AS enforced, c.conindid AS index, c.conparentid AS parent,
        c.conkey AS columns, c.confrelid AS referenced, c.confkey AS referenced_columns
      FROM pg_catalog.pg_constraint c WHERE ${later('c')} AND c.contype <> 't'`,
  },
  {
    name: 'triggers',
    when: any('pg_trigger'),
    sql: () => `SELECT ${id('t', 'pg_trigger')}, t.tgname AS name, t.tgrelid AS relation, t.tgenabled AS enabled, t.tgisinternal AS internal,
        t.tgparentid AS parent, t.tgconstraint AS "constraint", t.tgfoid AS function,
        CASE WHEN NOT t.tgisinternal THEN pg_catalog.pg_get_triggerdef(t.oid) END AS definition
      FROM pg_catalog.pg_trigger t WHERE ${later('t')} AND (NOT t.tgisinternal OR t.tgenabled <> 'O')`,
  },
  {
    name: 'rules',
    when: any('pg_rewrite'),
    sql: () => `SELECT ${id('r', 'pg_rewrite')}, r.rulename AS name, r.ev_class AS relation, r.ev_enabled AS enabled,
        CASE WHEN r.rulename <> '_RETURN' THEN pg_catalog.pg_get_ruledef(r.oid) END AS definition
      FROM pg_catalog.pg_rewrite r WHERE ${later('r')}`,
  },
  {
    name: 'policies',
    when: any('pg_policy'),
    sql: () => `SELECT ${id('p', 'pg_policy')}, p.polname AS name, p.polrelid AS relation, p.polcmd AS command, p.polpermissive AS permissive,
        ARRAY(SELECT CASE r WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.pg_get_userbyid(r) END
          FROM pg_catalog.unnest(p.polroles) r ORDER BY 1) AS roles,
        pg_catalog.pg_get_expr(p.polqual, p.polrelid) AS "using", pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) AS "check"
      FROM pg_catalog.pg_policy p WHERE ${later('p')}`,
  },
  {
    name: 'sequences',
    when: `EXISTS (SELECT FROM pg_catalog.pg_sequence x WHERE x.seqrelid >= ${firstOid})`,
    sql: () => `SELECT s.seqrelid AS oid, pg_catalog.format_type(s.seqtypid, NULL) AS type, s.seqstart::text AS start,
        s.seqincrement::text AS increment, s.seqmax::text AS max, s.seqmin::text AS min, s.seqcache::text AS cache,
        s.seqcycle AS cycle,
        (SELECT d.refobjid::text || '.' || d.refobjsubid FROM pg_catalog.pg_depend d
          WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = s.seqrelid AND d.objsubid = 0
            AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjsubid > 0
            AND d.deptype IN ('a', 'i')) AS owned_by
      FROM pg_catalog.pg_sequence s WHERE s.seqrelid >= ${firstOid}`,
  },
];
