import assert from 'node:assert/strict';
import type { Engine } from '../../../server/src/rehearsal/model.ts';
import { embeddedEngine, planOf, rehearsePlan, reusedEngine } from './setup.ts';

/** As pg_dump 17 writes it. */
const dump = `--
-- PostgreSQL database dump
--
\\restrict abcdef
-- Dumped from database version 16.4
SET statement_timeout = 0;
SET lock_timeout = 0;
SET transaction_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE SCHEMA public;
ALTER SCHEMA public OWNER TO pg_database_owner;
COMMENT ON SCHEMA public IS 'standard public schema';
CREATE EXTENSION IF NOT EXISTS postgis WITH SCHEMA public;
COMMENT ON EXTENSION postgis IS 'PostGIS geometry and geography spatial types and functions';
SET default_tablespace = '';
SET default_table_access_method = heap;

CREATE TABLE public.users (
    id bigint NOT NULL,
    username character varying(255) NOT NULL
);
ALTER TABLE public.users OWNER TO app_owner;
CREATE SEQUENCE public.users_id_seq START WITH 1 INCREMENT BY 1 NO MINVALUE NO MAXVALUE CACHE 1;
ALTER SEQUENCE public.users_id_seq OWNER TO app_owner;
ALTER SEQUENCE public.users_id_seq OWNED BY public.users.id;
ALTER TABLE ONLY public.users ALTER COLUMN id SET DEFAULT nextval('public.users_id_seq'::regclass);
COPY public.users (id, username) FROM stdin;
1\tada
\\.
ALTER TABLE ONLY public.users ADD CONSTRAINT users_pkey PRIMARY KEY (id);
REVOKE ALL ON TABLE public.users FROM PUBLIC;
GRANT SELECT ON TABLE public.users TO reporting;
\\unrestrict abcdef
`;

describe('the baseline of a dry run', function () {
  this.timeout(60_000);
  let reused: { engine: Engine; close(): Promise<void> };
  before(async () => {
    reused = await reusedEngine(await embeddedEngine());
  });
  after(() => reused?.close());

  const steps = `
- step: insert
  sql: INSERT INTO users (username) VALUES ('new');
  rollback: { not_needed: a test }
- step: path
  verify: { sql: SHOW search_path, expect: '"$user", public' }
`;

  it('takes a dump as pg_dump writes it', async () => {
    const report = await rehearsePlan(reused.engine, planOf(steps), dump);
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.deepEqual(report.rows, { users: 100 });
    assert.deepEqual(report.notes.slice(0, 2), [
      'Made for this run, since no schema file holds roles: app_owner, reporting.',
      `schema.sql, line 20: left out. ${report.engine} does not come with the extension "postgis": that is no fault of the plan.`,
    ]);
  });

  it('shows an error with its file and line, at the path in the plan', async () => {
    const text = planOf(steps);
    const report = await rehearsePlan(
      reused.engine,
      text,
      '-- one\nCREATE TABLE a (\n  id int,\n  b nonsense\n);\n',
    );
    assert.equal(report.verdict, 'refused');
    assert.equal(report.error?.message, 'schema.sql, line 4: type "nonsense" does not exist');
    assert.equal(text.slice(report.error?.range?.start, report.error?.range?.end), 'schema.sql');
    assert.deepEqual(report.steps, []);
  });

  it('shows a syntax error the same way', async () => {
    const report = await rehearsePlan(
      reused.engine,
      planOf(steps),
      'CREATE TABLE a (id int);\n\nCREATE TABEL b (id int);\n',
    );
    assert.equal(report.verdict, 'refused');
    assert.match(report.error?.message ?? '', /^schema\.sql, line 3: Syntax error at or near "TABEL"/);
  });

  it('leaves out what the sandbox cannot do and the steps may not need', async () => {
    const report = await rehearsePlan(
      reused.engine,
      planOf(steps),
      `CREATE TABLESPACE fast LOCATION '/fast';\n${dump}`,
    );
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.match(
      report.notes.join('\n'),
      /schema\.sql, line 1: left out\. The embedded Postgres cannot have tablespaces/,
    );
  });

  it('has a time limit too', async () => {
    const report = await rehearsePlan(await embeddedEngine(), planOf(steps), 'SELECT pg_sleep(3600);', {
      stepTimeout: 2500,
    });
    assert.equal(report.verdict, 'refused');
    assert.match(
      report.error?.message ?? '',
      /^The baseline and the rows in its tables took longer than .* 2\.5 s/,
    );
  });

  it('takes the dump of a whole server, and goes without what an absent extension would bring', async () => {
    const report = await rehearsePlan(
      reused.engine,
      planOf(steps),
      `CREATE ROLE postgres;
ALTER ROLE postgres WITH SUPERUSER;
DROP DATABASE IF EXISTS shop;
CREATE DATABASE shop WITH TEMPLATE = template0 ENCODING = 'UTF8';
ALTER DATABASE shop OWNER TO postgres;
COMMENT ON DATABASE shop IS 'a shop';
\\connect shop
CREATE EXTENSION postgres_fdw WITH SCHEMA public;
CREATE EXTENSION postgis;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'far');
CREATE FOREIGN TABLE remote (id int) SERVER far;
CREATE TABLE places (id int PRIMARY KEY, at geometry);
CREATE INDEX places_at ON places USING gist (at);
CREATE TABLE users (id bigserial PRIMARY KEY, username text NOT NULL);
`,
    );
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.deepEqual(report.rows, { users: 100 });
    assert.deepEqual(
      report.notes.map((note) => note.split(': left out.')[0]).slice(0, 4),
      [8, 9, 12, 13].map((line) => `schema.sql, line ${line}`),
    );
  });
});
