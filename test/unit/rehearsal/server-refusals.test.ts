import assert from 'node:assert/strict';
import { tryChecklist } from '../../../server/src/rehearsal/checklist.ts';
import type { EngineSession } from '../../../server/src/rehearsal/model.ts';
import { refusedStatement } from '../../../server/src/rehearsal/refused-statement.ts';
import { refusalOnServer } from '../../../server/src/rehearsal/server-refusals.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { analysisOf, planOf } from './setup.ts';

const refused = [
  `COPY users TO PROGRAM 'cat'`,
  `COPY users FROM '/etc/passwd'`,
  `COPY (SELECT 1) TO '/tmp/x'`,
  'COPY users FROM STDIN',
  'CREATE DATABASE other',
  'DROP DATABASE app',
  `ALTER DATABASE app SET timezone = 'UTC'`,
  'ALTER DATABASE app RENAME TO app2',
  'ALTER DATABASE app OWNER TO ada',
  `COMMENT ON DATABASE app IS 'x'`,
  'GRANT CONNECT ON DATABASE app TO ada',
  `ALTER SYSTEM SET work_mem = '1GB'`,
  'CREATE ROLE ada',
  'CREATE USER ada',
  'ALTER ROLE ada SUPERUSER',
  `ALTER ROLE ada IN DATABASE app SET work_mem = '1GB'`,
  'ALTER ROLE ada RENAME TO eve',
  'DROP ROLE ada',
  'GRANT admin TO ada',
  'DROP OWNED BY ada',
  'REASSIGN OWNED BY ada TO eve',
  `CREATE TABLESPACE fast LOCATION '/x'`,
  'DROP TABLESPACE fast',
  'ALTER TABLESPACE fast SET (seq_page_cost = 1)',
  'GRANT CREATE ON TABLESPACE fast TO ada',
  `CREATE SUBSCRIPTION s CONNECTION 'host=x' PUBLICATION p`,
  'ALTER SUBSCRIPTION s DISABLE',
  'DROP SUBSCRIPTION s',
  'IMPORT FOREIGN SCHEMA public FROM SERVER other INTO here',
  `LOAD 'auto_explain'`,
  'CREATE EXTENSION plpython3u',
  'CREATE EXTENSION IF NOT EXISTS postgres_fdw',
  'CREATE EXTENSION dblink',
  'CREATE LANGUAGE plperlu',
  `SELECT pg_read_file('/etc/passwd')`,
  `SELECT 1 WHERE EXISTS (SELECT pg_catalog.pg_ls_dir('.'))`,
  `INSERT INTO t VALUES (lo_import('/etc/passwd'))`,
  'SELECT pg_terminate_backend(1)',
  `SELECT * FROM dblink('host=x', 'SELECT 1') AS t(a int)`,
  `SELECT pg_create_logical_replication_slot('s', 'pgoutput')`,
  "ALTER TABLE t ALTER COLUMN a SET DEFAULT pg_stat_file('x')::text",
  `DO $$ BEGIN EXECUTE 'ALTER SYSTEM SET x = 1'; END $$`,
  `DO $$ BEGIN PERFORM dblink_exec('x', 'y'); END $$`,
  `DO LANGUAGE plpython3u $$ import os $$`,
  `CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN COPY t TO PROGRAM 'x'; END $$`,
  `CREATE FUNCTION f(text) RETURNS text LANGUAGE internal AS 'pg_read_file'`,
  `CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'lib', 'f'`,
  `CREATE OR REPLACE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN CREATE ROLE eve; RETURN NEW; END $$`,
];

/** Ways around a guard that looks for words. */
const attacks = [
  // A comment that is a string, a name in quotes, other quotes, blanks where nobody has them.
  `DO $$ BEGIN RAISE NOTICE '--'; COPY t TO PROGRAM 'x'; END $$`,
  `DO $$ BEGIN RAISE NOTICE '/*'; COPY t TO PROGRAM 'x'; RAISE NOTICE '*/'; END $$`,
  `DO $$ BEGIN PERFORM "pg_read_file"('/etc/passwd'); END $$`,
  `DO $$ BEGIN PERFORM U&"\\0070g_read_file"('/etc/passwd'); END $$`,
  `DO $$ BEGIN PERFORM pg_catalog . pg_read_file /* */ ('/etc/passwd'); END $$`,
  `DO $$ BEGIN COPY t TO E'/tmp/x'; END $$`,
  `DO $$ BEGIN COPY t FROM $f$/etc/passwd$f$; END $$`,
  `DO $$ BEGIN ALTER /* */ ROLE ada SUPERUSER; END $$`,
  `DO 'BEGIN COPY t TO PROGRAM ''x''; END'`,
  `DO E'BEGIN COPY t TO PROG\\x52AM \\'x\\'; END'`,
  // Every place of a body where SQL may stand.
  `DO $$ DECLARE a text := pg_read_file('x'); BEGIN NULL; END $$`,
  `DO $$ DECLARE c CURSOR FOR SELECT pg_read_file('x'); BEGIN OPEN c; END $$`,
  `DO $$ DECLARE r record; BEGIN FOR r IN SELECT pg_ls_dir('.') LOOP NULL; END LOOP; END $$`,
  `DO $$ DECLARE r record; BEGIN FOR r IN EXECUTE 'SELECT pg_read_file(''x'')' LOOP NULL; END LOOP; END $$`,
  `DO $$ BEGIN IF length(pg_read_file('x')) > 0 THEN NULL; END IF; END $$`,
  `DO $$ BEGIN RAISE NOTICE '%', pg_read_file('x'); END $$`,
  `DO $$ BEGIN ASSERT pg_read_file('x') = ''; END $$`,
  `DO $$ BEGIN PERFORM 1; EXCEPTION WHEN others THEN PERFORM pg_reload_conf(); END $$`,
  `DO $$ DECLARE c refcursor; BEGIN OPEN c FOR EXECUTE 'SELECT pg_read_file(''x'')'; END $$`,
  `CREATE FUNCTION f() RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY SELECT pg_ls_dir('.'); END $$`,
  `CREATE FUNCTION f() RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'SELECT pg_ls_dir(''.'')'; END $$`,
  `CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT pg_read_file('x') $$`,
  `CREATE FUNCTION f() RETURNS text LANGUAGE sql RETURN pg_read_file('x')`,
  `CREATE FUNCTION f() RETURNS text LANGUAGE sql BEGIN ATOMIC SELECT pg_read_file('x'); END`,
  `CREATE FUNCTION f(a text DEFAULT pg_read_file('x')) RETURNS text LANGUAGE sql AS 'SELECT a'`,
  `DO $$ BEGIN EXECUTE 'SELECT 1; COPY t TO PROGRAM ''x'''; END $$`,
  `DO $$ BEGIN EXECUTE format('ALTER ROLE %I SUPERUSER', 'ada'); END $$`,
  `DO $$ BEGIN EXECUTE 'COPY ' || quote_ident('t') || ' TO PROGRAM ' || quote_literal('x'); END $$`,
  `DO $$ BEGIN CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS 'BEGIN NULL; END'; END $$`,
  // SQL that nobody can read before.
  `DO $$ BEGIN EXECUTE 'COPY t TO PRO' || chr(71) || 'RAM ''x'''; END $$`,
  `DO $$ BEGIN EXECUTE format('SELECT ''%I''', $a$'; COPY t TO PROGRAM 'x' --$a$); END $$`,
  `DO $$ BEGIN EXECUTE format('%s', current_setting('my.code')); END $$`,
  `DO $$ BEGIN EXECUTE other.format('SELECT 1'); END $$`,
  `CREATE FUNCTION format(text) RETURNS text LANGUAGE sql AS 'SELECT 1::text'`,
  `SELECT query_to_xml('SELECT pg_re' || 'ad_file(1)', true, true, '')`,
  `DO LANGUAGE plperl $$ spi_exec_query('COPY t TO PROGRAM 1') $$`,
  'DO LANGUAGE plr $$ system("x") $$',
  // A function under another name.
  'CREATE OPERATOR === (FUNCTION = pg_catalog.pg_read_file, RIGHTARG = text)',
  'CREATE AGGREGATE a(text) (SFUNC = lo_export, STYPE = int)',
  'CREATE CAST (text AS point) WITH FUNCTION pg_read_file(text)',
  'ALTER FUNCTION pg_read_file(text) RENAME TO mine',
  `UPDATE pg_proc SET proname = 'mine' WHERE proname = 'pg_read_file'`,
  'CREATE LANGUAGE plpgsql2 HANDLER plperlu_call_handler',
  'CREATE EXTENSION hstore_plperlu CASCADE',
  'ALTER EXTENSION dblink UPDATE',
  'ALTER FOREIGN DATA WRAPPER postgres_fdw HANDLER postgres_fdw_handler',
  'CREATE FOREIGN DATA WRAPPER mine HANDLER file_fdw_handler',
  // Catalogs of the whole server, as tables.
  'UPDATE pg_catalog.pg_authid SET rolsuper = true',
  'WITH d AS (DELETE FROM pg_database RETURNING 1) SELECT * FROM d',
  'CREATE VIEW v AS SELECT * FROM pg_authid',
  'SELECT FROM pg_database FOR UPDATE',
  'LOCK TABLE pg_catalog.pg_authid IN ACCESS EXCLUSIVE MODE',
  'VACUUM FULL pg_authid',
  'VACUUM FULL',
  'DO $$ BEGIN UPDATE pg_database SET datallowconn = false; END $$',
  // Inside of another statement.
  'EXPLAIN ANALYZE SELECT pg_reload_conf()',
  'PREPARE p AS SELECT pg_reload_conf()',
  'CREATE RULE r AS ON INSERT TO t DO ALSO SELECT pg_reload_conf()',
  `CREATE VIEW v AS SELECT pg_read_file('x')`,
  `CREATE TRIGGER t AFTER INSERT ON t FOR EACH ROW WHEN (pg_read_file('x') = '') EXECUTE FUNCTION f()`,
  'CREATE INDEX i ON t ((pg_read_file(a)))',
  `CREATE POLICY p ON t USING (pg_read_file('x') = '')`,
  `CALL pg_catalog.pg_read_file('x')`,
];

const allowed = [
  'ALTER TABLE users ADD COLUMN handle text',
  'CREATE INDEX CONCURRENTLY i ON users (handle)',
  'GRANT SELECT ON users TO ada',
  'ALTER TABLE users OWNER TO ada',
  'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ada',
  `COMMENT ON TABLE users IS 'ALTER SYSTEM'`,
  'CREATE EXTENSION pg_trgm',
  'CREATE EXTENSION plpgsql',
  'CREATE PUBLICATION p FOR TABLE users',
  'SET ROLE ada',
  "SELECT pg_advisory_lock(1), nextval('s')",
  `INSERT INTO notes VALUES ('DROP DATABASE app')`,
  'VACUUM FULL users',
  'CREATE SERVER s FOREIGN DATA WRAPPER w',
  'CREATE USER MAPPING FOR ada SERVER s',
  `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     -- CREATE ROLE is not for here
     NEW.handle := NEW.username; RETURN NEW; END $$`,
  `DO $$ BEGIN EXECUTE 'CREATE USER MAPPING FOR ada SERVER s'; COMMIT; END $$`,
  `DO $$ DECLARE r record; BEGIN
     FOR r IN SELECT tablename FROM pg_tables LOOP
       EXECUTE format('ALTER TABLE %I.%I ADD COLUMN IF NOT EXISTS note text DEFAULT %L', 'public', r.tablename, 'x');
       EXECUTE 'ANALYZE ' || quote_ident(r.tablename);
       EXECUTE 'ALTER TABLE ' || r.tablename::regclass || ' DROP COLUMN note';
     END LOOP;
   END $$`,
  'SELECT datname FROM pg_database',
  `UPDATE pg_attribute SET atttypmod = 104 WHERE attname = 'name'`,
  'CREATE VIEW v AS SELECT count(*) FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba',
  `SELECT pg_notify('x', 'y')`,
  `PREPARE TRANSACTION 'x'`,
  'CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()',
  'VACUUM FULL users, orders',
];

describe('statements on somebody’s server', () => {
  it('are looked for in all that a plan has run', async () => {
    const reach = `(SELECT length(pg_read_file('/etc/passwd')))`;
    const places = [
      `- step: a\n  sql: SELECT ${reach};\n  rollback: { not_needed: x }`,
      `- step: a\n  sql: SELECT 1;\n  rollback: SELECT ${reach};`,
      `- step: a\n  sql: SELECT 1;\n  rollback: [{ verify: { sql: 'SELECT ${reach.replaceAll("'", "''")}', expect: 1 } }]`,
      `- step: a\n  verify: { sql: "SELECT ${reach}", expect: 1 }`,
      `- step: a\n  backfill: { table: users, set: "name = ${reach}::text", where: name IS NULL, batch: 10 }\n  rollback: { not_needed: x }`,
      `- step: a\n  backfill: { table: users, set: name = '', where: "${reach} > 0", batch: 10 }\n  rollback: { not_needed: x }`,
      `- step: a\n  backfill: { table: unknown, set: name = '', where: "${reach} > 0", batch: 10, key: id }\n  rollback: { not_needed: x }`,
      `- step: a\n  sql: SELECT 1;\n  rollback: [{ backfill: { table: users, set: name = '', where: "${reach} > 0", batch: 10 } }]`,
    ];
    const session = { isShared: true, refusal: refusalOnServer } as unknown as EngineSession;
    for (const steps of places) {
      const analysis = await analysisOf(
        steps.includes('unknown') ? planOf(steps).replace(', schema: schema.sql', '') : planOf(steps),
        'CREATE TABLE users (id bigint PRIMARY KEY, name text);',
      );
      assert.match(refusedStatement(analysis, session)?.message ?? '', /calls pg_read_file/, steps);
    }
    const checked: string[] = [];
    const notes = await tryChecklist(
      { ...session, query: async (sql: string) => checked.push(sql) } as unknown as EngineSession,
      (
        await analysisOf(
          `${planOf('- step: a\n  wait: 1s')}checklist:\n  - check: x\n    sql: "SELECT ${reach}"\n    expect: 1\n  - check: y\n    sql: "COPY t TO PROGRAM 'x'"\n    expect: 1\n`,
          '',
        )
      ).plan.checklist,
      await loadSqlParser(),
    );
    assert.deepEqual(checked, []);
    assert.match(
      notes.join('\n'),
      /"x": its query was not tried\. This calls pg_read_file.*\n.*"y": .*runs a program/,
    );
  });

  it('are refused where they reach outside of the scratch database, and run where they do not', async () => {
    const parser = await loadSqlParser();
    const refusalOf = (sql: string) => {
      const { statements, problems } = parser.parseScript(sql);
      assert.deepEqual([sql, problems], [sql, []]);
      return statements.map((statement) => refusalOnServer(statement)).find((refusal) => refusal)?.message;
    };
    assert.deepEqual(
      refused.filter((sql) => refusalOf(sql) === undefined),
      [],
    );
    assert.deepEqual(
      attacks.filter((sql) => refusalOf(sql) === undefined),
      [],
    );
    assert.deepEqual(
      allowed.filter((sql) => refusalOf(sql) !== undefined),
      [],
    );
    assert.match(
      refusalOf('SELECT pg_reload_conf()') ?? '',
      /^This calls pg_reload_conf: that reaches outside/,
    );
  });
});
