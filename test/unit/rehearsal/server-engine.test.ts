import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import type { EngineSession } from '../../../server/src/rehearsal/model.ts';
import {
  createServerEngine,
  type ServerEngineOptions,
  type ServerIdentity,
} from '../../../server/src/rehearsal/server-engine.ts';
import { major, type RealServer, startServer } from './real-server.ts';
import { embeddedEngine, planOf, rehearsePlan } from './setup.ts';

const schema = 'CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE, nick text);';

const steps = planOf(`
- step: add
  sql: ALTER TABLE users ADD COLUMN a int;
  rollback: ALTER TABLE users DROP COLUMN a;
- step: index
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_nick ON users (nick);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_nick }
`);

/** The version of the pg_dump on the PATH, 0 where there is none. */
function dumpMajor(): number {
  const { stdout } = spawnSync('pg_dump', ['--version'], { encoding: 'utf8' });
  return Number(/\) (\d+)/.exec(stdout ?? '')?.[1] ?? 0);
}

describe('a server as an engine', function () {
  this.timeout(60_000);
  let server: RealServer;
  before(async () => {
    server = await startServer(major, { max_prepared_transactions: '2' });
    await server.run('CREATE DATABASE app');
    await server.run(
      `${schema} INSERT INTO users (name) SELECT 'n' || g FROM generate_series(1, 500) g`,
      'app',
    );
    await server.run(
      `ALTER DATABASE app SET timezone = 'Asia/Tokyo'; ALTER DATABASE app SET search_path = app, public`,
    );
  });
  after(() => server?.stop());

  const engine = (options: Partial<ServerEngineOptions> = {}) =>
    createServerEngine({ target: server.target('app'), confirm: async () => true, ...options });
  const withSession = async <T>(
    options: Partial<ServerEngineOptions>,
    use: (session: EngineSession) => Promise<T>,
  ): Promise<T> => {
    const session = await engine(options).open();
    try {
      return await use(session);
    } finally {
      await session.close();
    }
  };
  afterEach(async () => assert.deepEqual(await server.scratch(), []));

  it('runs a plan in a scratch database and drops it', async () => {
    const report = await rehearsePlan(engine(), steps, schema);
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.match(report.engine, new RegExp(`^PostgreSQL ${major}\\.\\d+ at `));
    assert.deepEqual(report.rows, { users: 100 });
    assert.deepEqual(await server.run(`SELECT count(*)::int AS n FROM users`, 'app'), [{ n: 500 }]);
  });

  it('gives values as the embedded engine does', async () => {
    const embedded = await (await embeddedEngine()).open();
    const sql = `SELECT true AS b, null::int AS n, 1::int2 AS i2, 2::int4 AS i4, 3::int8 AS i8, 9007199254740993::int8 AS big,
      1.5::float4 AS f4, 'NaN'::float8 AS f8, 1.50::numeric AS num, 'a'::text AS t, '{1,2}'::int[] AS arr, '{"a": 1}'::jsonb AS j,
      '2020-01-02'::date AS d, '2020-01-02 03:04:05'::timestamp AS ts, '1 day 02:00'::interval AS iv, '\\x01'::bytea AS by,
      1::oid AS o, point(1,2) AS p, $1::bigint AS par, $2::bool AS yes, $3::text AS nothing`;
    const parameters = ['123456789012345678', true, null];
    const expected = (await embedded.query(sql, parameters)).rows;
    await embedded.close();
    await withSession({}, async (session) => {
      assert.deepEqual((await session.query(sql, parameters)).rows, expected);
      await assert.rejects(session.query('SELECT 1 FROM nowhere'), { code: '42P01', position: 15 });
      const { notices } = await session.query(`DO $$ BEGIN RAISE NOTICE 'here'; END $$`);
      assert.deepEqual(notices, ['here']);
    });
  });

  it('closes while a statement runs', async () => {
    const session = await engine().open();
    const running = assert.rejects(session.query('SELECT pg_sleep(30)'), { code: '57014' });
    const since = performance.now();
    await session.close();
    await running;
    assert.ok(performance.now() - since < 5000);
  });

  it('works in a copy of the database with its rows and settings, while nobody is connected to it', async () => {
    await withSession({ sources: ['copy', 'baseline'] }, async (session) => {
      assert.deepEqual(session.contents, { kind: 'rows' });
      assert.deepEqual(session.notes, ['Run in a copy of app, with its rows.']);
      const { rows } = await session.query(
        `SELECT count(*) AS n, current_setting('timezone') AS zone, current_setting('search_path') AS path FROM users`,
      );
      assert.deepEqual(rows, [{ n: 500, zone: 'Asia/Tokyo', path: 'app, public' }]);
      await session.query('DISCARD ALL');
      assert.deepEqual((await session.query('SHOW timezone')).rows, [{ TimeZone: 'Asia/Tokyo' }]);
    });
    const report = await rehearsePlan(engine({ sources: ['copy'] }), steps, 'CREATE TABLE other (id int);');
    assert.deepEqual([report.rows, report.copied], [{ users: 500 }, true]);
  });

  it('says why it is no copy, and loads the baseline then', async () => {
    const other = await server.connect({ database: 'app', application_name: 'psql' });
    await withSession({ sources: ['copy', 'baseline'] }, async (session) => {
      assert.equal(session.contents, undefined);
      assert.deepEqual(session.notes, [
        'Not run in a copy of app: a session is connected to it. End them for a run on its own rows.',
      ]);
      assert.deepEqual((await session.query('SHOW timezone')).rows, [{ TimeZone: 'Asia/Tokyo' }]);
    });
    await assert.rejects(engine({ sources: ['copy'] }).open(), /^Error: Not run in a copy of app/);
    await other.end();
  });

  it('takes the schema by pg_dump where that is new enough, with fabricated rows', async function () {
    if (dumpMajor() < major) this.skip();
    const report = await rehearsePlan(engine({ sources: ['dump'] }), steps, 'CREATE TABLE other (id int);');
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.deepEqual(report.rows, { users: 100 });
    assert.ok(report.notes.includes('Run with the schema of app, by pg_dump, and with fabricated rows.'));
  });

  it('takes from a copy what reaches other servers', async () => {
    await server.run(
      'CREATE EXTENSION IF NOT EXISTS dblink; CREATE EXTENSION IF NOT EXISTS postgres_fdw',
      'app',
    );
    await server.run(
      `CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '${server.target().host}', dbname 'app');
       CREATE USER MAPPING FOR postgres SERVER other OPTIONS (user 'postgres');
       CREATE FOREIGN TABLE far (id bigint, name text, nick text) SERVER other OPTIONS (table_name 'users')`,
      'app',
    );
    const far = `UPDATE far SET nick = 'changed'`;
    const dblink = `SELECT dblink_exec('dbname=app user=postgres', 'UPDATE users SET nick = 1')`;
    await withSession({ sources: ['copy'] }, async (session) => {
      assert.deepEqual(session.notes, ['Run in a copy of app, with its rows.']);
      await assert.rejects(session.query(far), /has no handler/);
      await assert.rejects(session.query(dblink), /dblink reaches another server: a dry run does not/);
    });
    assert.deepEqual(await server.run('SELECT count(nick)::int AS n FROM users', 'app'), [{ n: 0 }]);
    await server.run('DROP EXTENSION dblink, postgres_fdw CASCADE', 'app');
  });

  it('asks once, with what the user is to confirm, and does nothing without', async () => {
    const asked: ServerIdentity[] = [];
    const confirmed = engine({
      confirm: async (identity) => {
        asked.push(identity);
        return true;
      },
    });
    for (const session of [await confirmed.open(), await confirmed.open()]) await session.close();
    const { host, port } = server.target();
    assert.equal(asked.length, 1);
    assert.match(asked[0]?.version ?? '', new RegExp(`^${major}\\.\\d+$`));
    assert.deepEqual(asked[0], {
      host,
      port,
      database: 'app',
      user: 'postgres',
      version: asked[0]?.version,
      isClone: false,
    });
    await assert.rejects(engine({ confirm: async () => false }).open(), /was not confirmed/);
  });

  it('drops what ended runs left, and nothing else', async () => {
    const left = await engine().open();
    const alive = await engine().open();
    const [first, second] = await server.scratch();
    assert.ok(first && second);
    const mine = String((await left.query('SELECT current_database() AS name')).rows[0]?.name);
    // The run's own session is cut, as by kill -9; its worker then goes too.
    await server.run(
      `SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory'
       AND l.objid::int8 = (SELECT (regexp_match(pg_catalog.shobj_description(oid, 'pg_database'), '"token":(\\d+)'))[1]::int8
         FROM pg_database WHERE datname = '${mine}')`,
    );
    await assert.rejects(left.query('SELECT pg_sleep(5)'), /connection to the server was lost/);
    const foreign = ['switchback_notes', 'switchback_abc_0123456789'];
    for (const name of foreign) await server.run(`CREATE DATABASE ${name}`);
    const other = mine === first ? second : first;
    assert.deepEqual(await server.scratch(), [mine, other, ...foreign].sort());
    await (await engine().open()).close();
    assert.deepEqual(await server.scratch(), [other, ...foreign].sort());
    for (const name of foreign) await server.run(`DROP DATABASE ${name}`);
    await left.close();
    await alive.close();
  });

  it('ends a transaction that the plan prepared', async () => {
    await withSession({}, async (session) => {
      await session.query('BEGIN');
      await session.query('CREATE TABLE t (id int)');
      await session.query(`PREPARE TRANSACTION 'left'`);
    });
  });

  it('refuses, before anything runs, a plan that reaches outside', async () => {
    const text = planOf(`
- step: add
  sql: ALTER TABLE users ADD COLUMN a int;
  rollback: ALTER TABLE users DROP COLUMN a;
- step: outside
  sql: CREATE ROLE switchback_test_role;
  rollback: DROP ROLE switchback_test_role;
`);
    const report = await rehearsePlan(engine(), text, schema);
    assert.equal(report.verdict, 'refused');
    assert.deepEqual(report.steps, []);
    assert.match(report.error?.message ?? '', /^This makes a role: that reaches outside/);
    assert.equal(text.slice(report.error?.range?.start).split(';')[0], 'CREATE ROLE switchback_test_role');
  });

  it('runs code that cannot be read for a user who can do no harm with it, and for others once that is overridden', async () => {
    const text = planOf(`
- step: code
  sql: DO $$ BEGIN EXECUTE (SELECT 'CREATE TABLE made_' || 'here (id int)'); END $$;
  rollback: DROP TABLE made_here;
`);
    const refused = await rehearsePlan(engine(), text, schema);
    assert.equal(refused.verdict, 'refused');
    assert.match(
      refused.error?.message ?? '',
      /^What the SQL that EXECUTE puts together does cannot be read before it runs/,
    );
    assert.match(refused.error?.hint ?? '', /--override code/);
    await server.run('CREATE ROLE harmless LOGIN CREATEDB');
    const target = { ...server.target('app'), user: 'harmless' };
    for (const options of [{ overridden: ['code' as const] }, { target }]) {
      const report = await rehearsePlan(engine(options), text, schema);
      assert.equal(report.verdict, 'passed', report.error?.message);
    }
    await server.run('GRANT pg_write_server_files TO harmless');
    assert.equal((await rehearsePlan(engine({ target }), text, schema)).verdict, 'refused');
  });

  it('sees the locks of commands that cannot run in a transaction, temporary files and what takes long', async () => {
    const text = planOf(`
- step: build
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_nick ON users (nick);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_nick }
- step: again
  transaction: false
  sql: REINDEX INDEX CONCURRENTLY users_nick;
  rollback: { not_needed: the same index }
- step: clean
  transaction: false
  sql: VACUUM FULL users;
  rollback: { not_needed: the same rows }
- step: drop
  transaction: false
  sql: DROP INDEX CONCURRENTLY users_nick;
  rollback: { transaction: false, sql: CREATE INDEX CONCURRENTLY users_nick ON users (nick) }
- step: sort
  sql: |
    SET LOCAL work_mem = '64kB';
    CREATE TABLE sorted AS SELECT g FROM generate_series(1, 400000) g ORDER BY hashint4(g);
  rollback: DROP TABLE sorted;
- step: slow
  sql: |
    CREATE FUNCTION slow(int) RETURNS int IMMUTABLE LANGUAGE plpgsql
      AS 'BEGIN IF $1 % 100000 = 0 THEN PERFORM pg_sleep(0.6); END IF; RETURN $1; END';
    CREATE INDEX sorted_slow ON sorted (slow(g));
  rollback: |
    DROP INDEX sorted_slow;
    DROP FUNCTION slow;
`);
    const messages: string[] = [];
    const report = await rehearsePlan(engine(), text, schema, {
      proofs: false,
      onProgress: ({ message }) => messages.push(message),
    });
    assert.equal(report.verdict, 'passed', report.error?.message);
    const locks = report.steps.map(({ statements }) =>
      statements[0]?.locks.map(({ relation, mode, source }) => `${relation} ${mode} ${source}`),
    );
    assert.deepEqual(locks.slice(0, 4), [
      ['users ShareUpdateExclusiveLock observed'],
      ['users ShareUpdateExclusiveLock observed', 'users_nick ShareUpdateExclusiveLock observed'],
      [
        'users AccessExclusiveLock observed',
        'users_name_key AccessExclusiveLock observed',
        'users_nick AccessExclusiveLock observed',
        'users_pkey AccessExclusiveLock observed',
      ],
      ['users ShareUpdateExclusiveLock observed', 'users_nick ShareUpdateExclusiveLock observed'],
    ]);
    for (const { statements } of report.steps.slice(0, 4)) assert.ok((statements[0]?.ms ?? 1e9) < 2000);
    assert.ok(
      messages.some((message) => /^slow: building index: scanning table, \d+ %$/.test(message)),
      messages.join('\n'),
    );
    assert.match(report.steps.at(-2)?.summary ?? '', /^\d+ MB of temporary files$/);
    assert.ok(
      report.notes.every((note) => !note.includes('"known"')),
      report.notes.join('\n'),
    );
  });

  it('lasts though the server ends idle sessions and long statements, and gives a weak user what it can', async () => {
    await server.run(`CREATE ROLE maker LOGIN CREATEDB; CREATE ROLE owner_of_all`);
    await server.run(`ALTER SYSTEM SET idle_session_timeout = '1s'`);
    await server.run(`ALTER ROLE maker SET statement_timeout = '900ms'`);
    await server.run('SELECT pg_reload_conf()');
    const baseline = `${schema} ALTER TABLE users OWNER TO owner_of_all; CREATE EXTENSION pg_stat_statements;
      CREATE TABLE more (id int);`;
    const wait = `SELECT set_config('statement_timeout', '0', true); SELECT pg_sleep(1.5);`;
    const slow = steps.replace('ALTER TABLE', `${wait} ALTER TABLE`);
    const report = await rehearsePlan(
      engine({ target: { ...server.target('app'), user: 'maker' } }),
      slow,
      baseline,
      { rows: 1, proofs: false },
    );
    await server.run('ALTER SYSTEM RESET idle_session_timeout');
    await server.run('SELECT pg_reload_conf()');
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.ok(
      report.notes.some((note) =>
        /left out\. must be able to SET ROLE "owner_of_all"|left out\. must be member of role/.test(note),
      ),
      report.notes.join('\n'),
    );
    assert.ok(
      report.notes.some((note) => /left out\. permission denied to create extension/.test(note)),
      report.notes.join('\n'),
    );
    await server.run('DROP ROLE maker, owner_of_all');
  });

  it('makes no roles: what the baseline grants to absent ones is left out, and said', async () => {
    const report = await rehearsePlan(engine(), steps, `${schema} GRANT SELECT ON users TO nobody_here;`);
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.ok(
      report.notes.some((note) => /left out\. role "nobody_here" does not exist/.test(note)),
      report.notes.join('\n'),
    );
    assert.deepEqual(await server.run(`SELECT FROM pg_roles WHERE rolname = 'nobody_here'`), []);
  });
});
