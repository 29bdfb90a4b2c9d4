import assert from 'node:assert/strict';
import { refusalOnServer } from '../../../server/src/rehearsal/server-refusals.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';

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
];

describe('statements on somebody’s server', () => {
  it('are refused where they reach outside of the scratch database, and run where they do not', async () => {
    const parser = await loadSqlParser();
    const refusalOf = (sql: string) => {
      const { statements, problems } = parser.parseScript(sql);
      assert.deepEqual([sql, problems], [sql, []]);
      return statements.map(refusalOnServer).find((refusal) => refusal)?.message;
    };
    assert.deepEqual(
      refused.filter((sql) => refusalOf(sql) === undefined),
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
