import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { createEmbeddedEngine } from '../../../server/src/rehearsal/embedded-engine.ts';
import { forbidEvaluation } from '../../../server/src/rehearsal/forbid-evaluation.ts';
import type { DatabaseError, Engine, EngineSession } from '../../../server/src/rehearsal/model.ts';
import { embeddedEngine } from './setup.ts';

const extensions = [
  'btree_gin',
  'btree_gist',
  'citext',
  'earthdistance',
  'fuzzystrmatch',
  'hstore',
  'intarray',
  'isn',
  'lo',
  'ltree',
  'moddatetime',
  'pg_stat_statements',
  'pg_trgm',
  'pgcrypto',
  'tablefunc',
  'unaccent',
  'uuid-ossp',
];

describe('the embedded engine', () => {
  let engine: Engine;
  let session: EngineSession;
  before(async function () {
    this.timeout(60_000);
    engine = await embeddedEngine();
    session = await engine.open(undefined, { sql: extensions.join(' ') });
  });
  after(() => session?.close());

  const errorOf = async (work: Promise<unknown>): Promise<DatabaseError> => {
    try {
      await work;
    } catch (error) {
      return error as DatabaseError;
    }
    return assert.fail('it did not fail');
  };

  it('starts as a fresh server would, and says what it is', async () => {
    assert.match(session.name, /^PostgreSQL 18\.\d+ \(embedded\)$/);
    assert.equal(session.majorVersion, 18);
    const { rows } = await session.query(
      `SELECT current_setting('TimeZone') AS zone, current_setting('search_path') AS path, current_user AS role,
          current_setting('allow_system_table_mods') AS mods, (SELECT count(*)::int FROM pg_class WHERE oid >= 16384) AS own`,
    );
    assert.deepEqual(rows, [{ zone: 'UTC', path: '"$user", public', role: 'postgres', mods: 'off', own: 0 }]);
  });

  it('gives numbers that lose nothing as numbers and everything else as Postgres prints it', async () => {
    const { rows } = await session.query(
      `SELECT 1 AS a, 9007199254740993 AS b, 1.50 AS c, true AS d, NULL AS e, timestamptz '2026-01-02 03:04:05Z' AS f,
          ARRAY[1, 2] AS g, '{"a": 1}'::jsonb AS h, '\\x01'::bytea AS i`,
    );
    assert.deepEqual(rows, [
      {
        a: 1,
        b: '9007199254740993',
        c: '1.50',
        d: true,
        e: null,
        f: '2026-01-02 03:04:05+00',
        g: '{1,2}',
        h: '{"a": 1}',
        i: '\\x01',
      },
    ]);
  });

  it('takes a value back as the parameter it was given as', async () => {
    const { rows } = await session.query(
      `SELECT '\\x0102'::bytea AS a, true AS b, date '2026-01-02' AS c, 2::int8 AS d`,
    );
    const values = Object.values(rows[0] ?? {});
    const same = await session.query(
      `SELECT $1 = '\\x0102'::bytea AND $2 = true AND $3 = date '2026-01-02' AND $4 = 2::int8 AS same`,
      values,
    );
    assert.deepEqual(same.rows, [{ same: true }]);
  });

  it('tells errors with their code, place and hint, and goes on', async () => {
    const error = await errorOf(session.query('SELECT nope FROM pg_class'));
    assert.deepEqual(
      [error.code, error.position, error.message],
      ['42703', 8, 'column "nope" does not exist'],
    );
    assert.equal((await errorOf(session.exec('SELECT 1; SELEC 2'))).code, '42601');
    assert.deepEqual((await session.query('SELECT 1 AS one')).rows, [{ one: 1 }]);
  });

  it('hands notices on', async () => {
    assert.deepEqual((await session.query('DROP TABLE IF EXISTS gone')).notices, [
      'table "gone" does not exist, skipping',
    ]);
  });

  it('has the usual extensions', async () => {
    for (const name of extensions) await session.query(`CREATE EXTENSION "${name}" CASCADE`);
  });

  it('leaves out the extensions that the SQL does not name', async () => {
    const session = await engine.open(undefined, { sql: 'SELECT 1' });
    assert.equal((await errorOf(session.query('CREATE EXTENSION citext'))).code, '0A000');
    await session.close();
  });

  it('sees neither the disk nor the environment of its host', async () => {
    const { rows } = await session.query(`SELECT pg_ls_dir('/') AS name`);
    const names = rows.map(({ name }) => name);
    assert.ok(!names.includes('work') && !names.includes('usr') && names.includes('pglite'), names.join(' '));
    assert.equal((await errorOf(session.query(`SELECT pg_read_file('/etc/hostname')`))).code, '58P01');
  });

  it('stops at once when closed, whatever Postgres does, and the next session is a clean one', async () => {
    for (const endless of [
      'SELECT pg_sleep(3600)',
      'WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT count(*) FROM r',
    ]) {
      const session = await engine.open(undefined, { sql: '' });
      await session.query('CREATE TABLE left_behind (id int)');
      const running = errorOf(session.query(endless));
      await new Promise((resolve) => setTimeout(resolve, 100));
      const started = performance.now();
      await session.close();
      assert.ok(performance.now() - started < 1000, `closing took ${performance.now() - started} ms`);
      assert.equal((await running).message, 'The session was closed.');
      assert.equal((await errorOf(session.query('SELECT 1'))).message, 'The session was closed.');
    }
    assert.deepEqual((await session.query(`SELECT to_regclass('left_behind') AS it`)).rows, [{ it: null }]);
  });

  it('does not open once the signal aborted, nor while it starts', async () => {
    assert.equal((await errorOf(engine.open(AbortSignal.abort()))).message, 'This operation was aborted');
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    await assert.rejects(engine.open(controller.signal), { name: 'AbortError' });
  });

  it('evaluates no script, which a crafted library would bring', () => {
    const realm = createContext({});
    // The transpiler may have marked the function with a helper of this name.
    runInContext('var __name = (it) => it', realm);
    const attempts = [
      `eval('1')`,
      `(0, eval)('1')`,
      `new Function('return 1')()`,
      `(() => {}).constructor('return 1')()`,
    ];
    for (const attempt of attempts) assert.equal(runInContext(attempt, realm), 1, attempt);
    runInContext(`(${forbidEvaluation.toString()})()`, realm);
    for (const attempt of attempts)
      assert.throws(() => runInContext(attempt, realm), /does not evaluate code/, attempt);
  });

  it('says so when its worker dies, and when its files are missing', async () => {
    const path = mkdtempSync(join(tmpdir(), 'switchback-engine-'));
    try {
      mkdirSync(join(path, 'extensions'));
      writeFileSync(
        join(path, 'worker.mjs'),
        `import { parentPort } from 'node:worker_threads';
        parentPort.postMessage({ kind: 'ready', version: '18.0' });
        parentPort.on('message', () => { throw new Error('wasm trap'); });`,
      );
      const dying = await createEmbeddedEngine({ path }).open();
      const [first, second] = await Promise.all([
        errorOf(dying.query('SELECT 1')),
        errorOf(dying.query('SELECT 2')),
      ]);
      assert.equal(first.message, 'The embedded Postgres crashed: wasm trap');
      assert.equal(second.message, first.message);
      assert.equal((await errorOf(dying.query('SELECT 3'))).message, first.message);
      await dying.close();
    } finally {
      rmSync(path, { recursive: true });
    }
    const missing = await errorOf(createEmbeddedEngine({ path }).open());
    assert.match(missing.message, /^The embedded Postgres did not start: its files are not in /);
  });

  it('is like a new session after a reset, and goes on with the queries that it is asked often', async () => {
    const session = await engine.open();
    try {
      const often = 'SELECT count(*)::int AS n FROM pg_catalog.pg_class WHERE relname = ' + "'mine'";
      const ask = async () => (await session.query(often, [], { often: true })).rows[0]?.n;
      assert.equal(await ask(), 0);
      await session.exec(
        "SET work_mem = '1MB'; CREATE TEMP TABLE mine (); PREPARE own AS SELECT 1; CREATE ROLE guest; SET ROLE guest",
      );
      assert.equal(await ask(), 1);
      await session.reset?.();
      assert.equal(await ask(), 0);
      const { rows } = await session.query(
        `SELECT current_setting('work_mem') AS memory, current_user = session_user AS own,
          (SELECT count(*)::int FROM pg_prepared_statements WHERE name = 'own') AS prepared`,
      );
      assert.deepEqual(rows, [{ memory: '4MB', own: true, prepared: 0 }]);
      // What takes prepared statements away is not in its way.
      await session.query('BEGIN');
      await session.query('DISCARD PLANS');
      await session.query('DEALLOCATE ALL');
      assert.equal(await ask(), 0);
      await session.query('COMMIT');
      await session.reset?.();
      assert.equal(await ask(), 0);
    } finally {
      await session.close();
    }
  });
});
