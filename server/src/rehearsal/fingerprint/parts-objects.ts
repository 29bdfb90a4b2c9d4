import { acl, any, arrayInput, firstOid, id, later, owner, type Part, publicSchema } from './part.ts';

/** Everything else. */
export const objectParts: readonly Part[] = [
  {
    name: 'functions',
    when: any('pg_proc'),
    sql: (
      _,
      { own },
    ) => `SELECT ${id('p', 'pg_proc')}, p.pronamespace AS schema, p.proname AS name, p.prokind AS kind, ${owner('p.proowner')},
        ${acl('p.proacl', 'f', 'p.proowner')}, pg_catalog.oidvectortypes(p.proargtypes) AS types,
        pg_catalog.pg_get_function_arguments(p.oid) AS arguments, pg_catalog.pg_get_function_result(p.oid) AS result,
        (SELECT l.lanname FROM pg_catalog.pg_language l WHERE l.oid = p.prolang) AS language,
        p.prosrc AS source, p.probin AS library, pg_catalog.pg_get_function_sqlbody(p.oid) AS body, p.provolatile AS volatility,
        p.proisstrict AS strict, p.prosecdef AS definer, p.proleakproof AS leakproof, p.proparallel AS parallel,
        p.procost AS cost, p.prorows AS rows, p.proconfig AS settings,
        NULLIF(p.prosupport::pg_catalog.oid, 0)::pg_catalog.regproc AS support
      FROM pg_catalog.pg_proc p WHERE ${own('p')}`,
  },
  {
    name: 'aggregates',
    when: `EXISTS (SELECT FROM pg_catalog.pg_aggregate x WHERE x.aggfnoid >= ${firstOid})`,
    sql: () => `SELECT a.aggfnoid::pg_catalog.oid AS oid, a.aggkind, a.aggnumdirectargs, a.aggtransfn, a.aggfinalfn, a.aggcombinefn,
        a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn, a.aggfinalextra, a.aggmfinalextra,
        a.aggfinalmodify, a.aggmfinalmodify, a.aggsortop::pg_catalog.regoperator AS aggsortop,
        pg_catalog.format_type(a.aggtranstype, NULL) AS aggtranstype, a.aggtransspace,
        pg_catalog.format_type(a.aggmtranstype, NULL) AS aggmtranstype, a.aggmtransspace, a.agginitval, a.aggminitval
      FROM pg_catalog.pg_aggregate a WHERE a.aggfnoid >= ${firstOid}`,
  },
  {
    name: 'types',
    when: `EXISTS (SELECT FROM pg_catalog.pg_type x
        WHERE ${later('x')} AND x.typtype <> 'c' AND x.typinput <> ${arrayInput})
      OR EXISTS (SELECT FROM pg_catalog.pg_class x WHERE ${later('x')} AND x.relkind = 'c')`,
    sql: (
      _,
      { own },
    ) => `SELECT ${id('t', 'pg_type')}, t.typnamespace AS schema, t.typname AS name, t.typtype AS type, ${owner('t.typowner')},
        ${acl('t.typacl', 'T', 't.typowner')}, t.typrelid AS relation, t.typnotnull AS not_null,
        t.typdefault AS "default", pg_catalog.pg_get_expr(t.typdefaultbin, 0) AS default_expression,
        CASE t.typtype WHEN 'd' THEN pg_catalog.format_type(t.typbasetype, t.typtypmod) END AS base,
        CASE WHEN t.typtype = 'd' AND t.typcollation NOT IN (0, 100) THEN t.typcollation::pg_catalog.regcollation END AS collation,
        CASE t.typtype WHEN 'e' THEN ARRAY(SELECT e.enumlabel FROM pg_catalog.pg_enum e
          WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) END AS labels,
        CASE t.typtype WHEN 'b' THEN pg_catalog.concat_ws(' ', t.typlen, t.typbyval, t.typcategory, t.typispreferred, t.typdelim,
          t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout, t.typanalyze, t.typalign, t.typstorage,
          pg_catalog.format_type(t.typelem, NULL), t.typcollation) END AS base_definition,
        CASE t.typtype WHEN 'r' THEN (SELECT r.rngmultitypid FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid) END AS multirange,
        CASE t.typtype WHEN 'r' THEN (SELECT pg_catalog.concat_ws(', ', pg_catalog.format_type(r.rngsubtype, NULL),
            pg_catalog.format_type(r.rngmultitypid, NULL), NULLIF(r.rngcollation, 0)::pg_catalog.regcollation,
            (SELECT o.opcname FROM pg_catalog.pg_opclass o WHERE o.oid = r.rngsubopc), r.rngcanonical, r.rngsubdiff)
          FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid) END AS range
      FROM pg_catalog.pg_type t WHERE ${own('t')} AND t.typinput <> ${arrayInput}`,
  },
  {
    name: 'statistics',
    when: any('pg_statistic_ext'),
    sql: (
      _,
      { own },
    ) => `SELECT ${id('s', 'pg_statistic_ext')}, s.stxnamespace AS schema, s.stxname AS name, s.stxrelid AS relation, ${owner('s.stxowner')},
        pg_catalog.pg_get_statisticsobjdef(s.oid) AS definition, NULLIF(s.stxstattarget, -1) AS target, s.stxkeys::text AS columns
      FROM pg_catalog.pg_statistic_ext s WHERE ${own('s')}`,
  },
  {
    name: 'publications',
    when: any('pg_publication'),
    sql: (
      version,
    ) => `SELECT ${id('p', 'pg_publication')}, p.pubname AS name, ${owner('p.pubowner')}, p.puballtables AS all_tables,
        pg_catalog.concat_ws(', ', CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,
          CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate THEN 'truncate' END) AS publish,
        p.pubviaroot AS via_root, ${version >= 180000 ? 'p.pubgencols' : "'n'"} AS generated,
        ${
          version >= 150000
            ? 'ARRAY(SELECT n.pnnspid FROM pg_catalog.pg_publication_namespace n WHERE n.pnpubid = p.oid)'
            : 'NULL'
        } AS schemas
      FROM pg_catalog.pg_publication p WHERE ${later('p')}`,
  },
  {
    name: 'published',
    beside: ['publications'],
    sql: (version) => `SELECT r.prpubid AS publication, r.prrelid AS relation${
      version >= 150000
        ? `, pg_catalog.pg_get_expr(r.prqual, r.prrelid) AS filter,
        (SELECT pg_catalog.json_agg(a.attname ORDER BY a.attname) FROM pg_catalog.pg_attribute a
          WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)) AS columns`
        : ''
    }
      FROM pg_catalog.pg_publication_rel r`,
  },
  {
    name: 'event_triggers',
    when: any('pg_event_trigger'),
    sql: (
      _,
      { own },
    ) => `SELECT ${id('e', 'pg_event_trigger')}, e.evtname AS name, ${owner('e.evtowner')}, e.evtevent AS event, e.evtenabled AS enabled,
        e.evttags AS tags, e.evtfoid AS function, e.evtfoid::pg_catalog.regprocedure::text AS function_name
      FROM pg_catalog.pg_event_trigger e WHERE ${own('e')}`,
  },
  {
    name: 'extensions',
    sql: () => `SELECT ${id('e', 'pg_extension')}, e.extname AS name, e.extversion AS version,
        (SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.oid = e.extnamespace) AS schema
      FROM pg_catalog.pg_extension e`,
  },
  {
    name: 'default_privileges',
    when: any('pg_default_acl'),
    sql: () => `SELECT ${owner('d.defaclrole')}, d.defaclnamespace AS schema, d.defaclobjtype AS objects, d.defaclacl AS acl,
        CASE WHEN d.defaclnamespace = 0 THEN pg_catalog.acldefault(
          CASE d.defaclobjtype WHEN 'S' THEN 's'::"char" ELSE d.defaclobjtype END, d.defaclrole) END AS usual
      FROM pg_catalog.pg_default_acl d`,
  },
  {
    name: 'foreign_data_wrappers',
    when: any('pg_foreign_data_wrapper'),
    sql: (
      _,
      { own },
    ) => `SELECT ${id('w', 'pg_foreign_data_wrapper')}, w.fdwname AS name, ${owner('w.fdwowner')}, ${acl('w.fdwacl', 'F', 'w.fdwowner')},
        NULLIF(w.fdwhandler, 0)::pg_catalog.regproc AS handler, NULLIF(w.fdwvalidator, 0)::pg_catalog.regproc AS validator,
        w.fdwoptions AS options
      FROM pg_catalog.pg_foreign_data_wrapper w WHERE ${own('w')}`,
  },
  {
    name: 'servers',
    when: any('pg_foreign_server'),
    sql: (
      _,
      { own },
    ) => `SELECT ${id('s', 'pg_foreign_server')}, s.srvname AS name, ${owner('s.srvowner')}, ${acl('s.srvacl', 'S', 's.srvowner')},
        (SELECT w.fdwname FROM pg_catalog.pg_foreign_data_wrapper w WHERE w.oid = s.srvfdw) AS wrapper,
        s.srvtype AS type, s.srvversion AS version, s.srvoptions AS options
      FROM pg_catalog.pg_foreign_server s WHERE ${own('s')}`,
  },
  {
    name: 'user_mappings',
    beside: ['servers'],
    sql: () =>
      `SELECT m.srvname AS server, m.usename AS "user", m.umoptions AS options FROM pg_catalog.pg_user_mappings m`,
  },
  {
    name: 'foreign_tables',
    beside: ['servers'],
    sql: () =>
      `SELECT f.ftrelid AS oid, f.ftserver AS server, f.ftoptions AS options FROM pg_catalog.pg_foreign_table f`,
  },
  {
    name: 'casts',
    when: any('pg_cast'),
    sql: (_, { own }) => `SELECT ${id('c', 'pg_cast')}, pg_catalog.format_type(c.castsource, NULL) AS source,
        pg_catalog.format_type(c.casttarget, NULL) AS target, NULLIF(c.castfunc, 0)::pg_catalog.regprocedure AS function,
        c.castcontext AS context, c.castmethod AS method
      FROM pg_catalog.pg_cast c WHERE ${own('c')}`,
  },
  {
    name: 'operators',
    when: any('pg_operator'),
    sql: (
      _,
      { own },
    ) => `SELECT ${id('o', 'pg_operator')}, o.oprnamespace AS schema, o.oprname AS name, ${owner('o.oprowner')},
        CASE WHEN o.oprleft <> 0 THEN pg_catalog.format_type(o.oprleft, NULL) END AS "left",
        pg_catalog.format_type(o.oprright, NULL) AS "right", o.oprcode::pg_catalog.regprocedure AS function,
        pg_catalog.concat_ws(', ', 'COMMUTATOR ' || NULLIF(o.oprcom, 0)::pg_catalog.regoperator,
          'NEGATOR ' || NULLIF(o.oprnegate, 0)::pg_catalog.regoperator, 'RESTRICT ' || NULLIF(o.oprrest, 0)::pg_catalog.regproc,
          'JOIN ' || NULLIF(o.oprjoin, 0)::pg_catalog.regproc, CASE WHEN o.oprcanmerge THEN 'MERGES' END,
          CASE WHEN o.oprcanhash THEN 'HASHES' END) AS options
      FROM pg_catalog.pg_operator o WHERE ${own('o')} AND o.oprcode <> 0`,
  },
  {
    name: 'operator_families',
    when: any('pg_opfamily'),
    sql: (
      _,
      { own },
    ) => `SELECT ${id('f', 'pg_opfamily')}, f.opfnamespace AS schema, f.opfname AS name, ${owner('f.opfowner')},
        (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = f.opfmethod) AS method,
        ARRAY(SELECT pg_catalog.concat_ws(' ', a.amopstrategy, a.amopopr::pg_catalog.regoperator, a.amoppurpose)
          FROM pg_catalog.pg_amop a WHERE a.amopfamily = f.oid ORDER BY 1) AS operators,
        ARRAY(SELECT pg_catalog.concat_ws(' ', a.amprocnum, pg_catalog.format_type(a.amproclefttype, NULL),
            pg_catalog.format_type(a.amprocrighttype, NULL), a.amproc::pg_catalog.regprocedure)
          FROM pg_catalog.pg_amproc a WHERE a.amprocfamily = f.oid ORDER BY 1) AS functions
      FROM pg_catalog.pg_opfamily f WHERE ${own('f')}`,
  },
  {
    name: 'operator_classes',
    when: any('pg_opclass'),
    sql: (
      _,
      { own },
    ) => `SELECT ${id('c', 'pg_opclass')}, c.opcnamespace AS schema, c.opcname AS name, ${owner('c.opcowner')},
        (SELECT m.amname FROM pg_catalog.pg_am m WHERE m.oid = c.opcmethod) AS method, c.opcfamily AS family,
        pg_catalog.format_type(c.opcintype, NULL) AS type, c.opcdefault AS usual,
        CASE WHEN c.opckeytype <> 0 THEN pg_catalog.format_type(c.opckeytype, NULL) END AS storage
      FROM pg_catalog.pg_opclass c WHERE ${own('c')}`,
  },
  {
    name: 'collations',
    when: any('pg_collation'),
    sql: (
      version,
      { own },
    ) => `SELECT ${id('c', 'pg_collation')}, c.collnamespace AS schema, c.collname AS name, ${owner('c.collowner')},
        c.collprovider AS provider, c.collisdeterministic AS deterministic, c.collcollate AS collate, c.collctype AS ctype,
        ${version >= 170000 ? 'c.colllocale' : version >= 150000 ? 'c.colliculocale' : 'NULL'} AS locale,
        ${version >= 160000 ? 'c.collicurules' : 'NULL'} AS rules
      FROM pg_catalog.pg_collation c WHERE ${own('c')}`,
  },
  {
    name: 'conversions',
    when: any('pg_conversion'),
    sql: (
      _,
      { own },
    ) => `SELECT ${id('c', 'pg_conversion')}, c.connamespace AS schema, c.conname AS name, ${owner('c.conowner')},
        pg_catalog.concat_ws(' ', pg_catalog.pg_encoding_to_char(c.conforencoding), pg_catalog.pg_encoding_to_char(c.contoencoding),
          c.conproc, c.condefault) AS definition
      FROM pg_catalog.pg_conversion c WHERE ${own('c')}`,
  },
  {
    name: 'text_search_configurations',
    when: any('pg_ts_config'),
    sql: (
      _,
      { own },
    ) => `SELECT ${id('c', 'pg_ts_config')}, c.cfgnamespace AS schema, c.cfgname AS name, ${owner('c.cfgowner')},
        (SELECT p.prsname FROM pg_catalog.pg_ts_parser p WHERE p.oid = c.cfgparser) AS parser,
        ARRAY(SELECT pg_catalog.concat_ws(' ', t.alias, m.mapdict::pg_catalog.regdictionary)
          FROM pg_catalog.pg_ts_config_map m JOIN pg_catalog.ts_token_type(c.cfgparser) t ON t.tokid = m.maptokentype
          WHERE m.mapcfg = c.oid ORDER BY m.maptokentype, m.mapseqno) AS mappings
      FROM pg_catalog.pg_ts_config c WHERE ${own('c')}`,
  },
  {
    name: 'text_search_dictionaries',
    when: any('pg_ts_dict'),
    sql: (
      _,
      { own },
    ) => `SELECT ${id('d', 'pg_ts_dict')}, d.dictnamespace AS schema, d.dictname AS name, ${owner('d.dictowner')},
        (SELECT t.tmplname FROM pg_catalog.pg_ts_template t WHERE t.oid = d.dicttemplate) AS template, d.dictinitoption AS options
      FROM pg_catalog.pg_ts_dict d WHERE ${own('d')}`,
  },
  {
    name: 'languages',
    when: any('pg_language'),
    sql: (
      _,
      { own },
    ) => `SELECT ${id('l', 'pg_language')}, l.lanname AS name, ${owner('l.lanowner')}, ${acl('l.lanacl', 'l', 'l.lanowner')},
        l.lanpltrusted AS trusted, NULLIF(l.lanplcallfoid, 0)::pg_catalog.regproc AS handler
      FROM pg_catalog.pg_language l WHERE ${own('l')}`,
  },
  {
    name: 'access_methods',
    when: any('pg_am'),
    sql: (
      _,
      { own },
    ) => `SELECT ${id('m', 'pg_am')}, m.amname AS name, m.amtype AS type, m.amhandler AS handler
      FROM pg_catalog.pg_am m WHERE ${own('m')}`,
  },
  {
    name: 'database',
    sql: () => `SELECT ${owner('d.datdba')}, ${acl('d.datacl', 'd', 'd.datdba')},
        (SELECT s.description FROM pg_catalog.pg_shdescription s
          WHERE s.objoid = d.oid AND s.classoid = 'pg_catalog.pg_database'::pg_catalog.regclass) AS comment
      FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()`,
  },
  {
    // Columns that everybody may read.
    name: 'subscriptions',
    when: 'EXISTS (SELECT x.oid FROM pg_catalog.pg_subscription x)',
    sql: () => `SELECT ${id('s', 'pg_subscription')}, s.subname AS name, ${owner('s.subowner')}, s.subenabled AS enabled,
        s.subbinary AS "binary", s.subslotname AS slot, s.subsynccommit AS synchronous_commit, s.subpublications AS publications
      FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
      WHERE d.datname = pg_catalog.current_database()`,
  },
  {
    name: 'settings',
    when: 'EXISTS (SELECT FROM pg_catalog.pg_db_role_setting)',
    sql: () => `SELECT CASE WHEN s.setrole <> 0 THEN pg_catalog.pg_get_userbyid(s.setrole) END AS role, s.setconfig AS settings
      FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
      WHERE d.datname = pg_catalog.current_database()`,
  },
  {
    name: 'comments',
    when: `EXISTS (SELECT FROM pg_catalog.pg_description x WHERE x.objoid >= ${firstOid} OR x.objoid = ${publicSchema})`,
    sql: () => `SELECT d.classoid::pg_catalog.regclass AS class, d.objoid AS oid, d.objsubid AS part, d.description AS text
      FROM pg_catalog.pg_description d
      WHERE d.objoid >= ${firstOid} OR d.objoid = ${publicSchema}`,
  },
  {
    name: 'labels',
    when: 'EXISTS (SELECT FROM pg_catalog.pg_seclabel)',
    sql: () => `SELECT l.classoid::pg_catalog.regclass AS class, l.objoid AS oid, l.objsubid AS part, l.provider, l.label AS text
      FROM pg_catalog.pg_seclabel l`,
  },
  {
    // What goes along with a dropped function or type, or with a column that a view or a policy reads.
    name: 'dependencies',
    beside: ['functions', 'rules', 'policies', 'types', 'members'],
    sql: () => `SELECT DISTINCT d.classid::pg_catalog.regclass AS class, d.objid AS oid, d.objsubid AS part,
        d.refclassid::pg_catalog.regclass AS used_class, d.refobjid AS used, d.refobjsubid AS used_part,
        d.deptype = 'i' AS internal, e.refobjid AS extension
      FROM pg_catalog.pg_depend d
        LEFT JOIN pg_catalog.pg_depend e ON e.classid = d.refclassid AND e.objid = d.refobjid AND e.deptype = 'e'
      WHERE d.refobjid >= ${firstOid} AND d.objid >= ${firstOid} AND d.deptype IN ('n', 'a', 'i')
        AND (d.refclassid NOT IN ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_namespace'::pg_catalog.regclass,
            'pg_catalog.pg_constraint'::pg_catalog.regclass, 'pg_catalog.pg_extension'::pg_catalog.regclass)
          OR d.classid IN ('pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_policy'::pg_catalog.regclass))`,
  },
  {
    name: 'members',
    when: any('pg_extension'),
    sql: () => `SELECT 'pg_class' AS class, d.objid AS oid FROM pg_catalog.pg_depend d
      WHERE d.deptype = 'e' AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass`,
  },
];
