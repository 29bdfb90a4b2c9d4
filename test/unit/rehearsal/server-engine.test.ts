import assert from 'node:assert/strict';
import { createServerEngine } from '../../../server/src/rehearsal/server-engine.ts';
import { type Connect, withServer } from '../../prove/postgres/server.ts';
import { embeddedEngine, planOf, rehearsePlan } from './setup.ts';

const schema = 'CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE, nick text);';

async function scratchDatabases(connect: Connect): Promise<string[]> {
  const client = await connect();
  const { rows } = await client.query(`SELECT datname FROM pg_database WHERE datname LIKE 'switchback%'`);
  await client.end();
  return rows.map(({ datname }) => datname as string);
}

describe('a server as an engine', function () {
  this.timeout(60_000);

  it('runs a plan in a scratch database and drops it', async () => {
    await withServer(18, async (connect) => {
      const client = await connect();
      const { host, port } = client;
      await client.end();
      const engine = createServerEngine({
        target: { host, port, user: 'postgres', database: 'postgres' },
      });
      const text = planOf(`
- step: add
  sql: ALTER TABLE users ADD COLUMN a int;
  rollback: ALTER TABLE users DROP COLUMN a;
- step: index
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_nick ON users (nick);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_nick }
`);
      const report = await rehearsePlan(engine, text, schema);
      assert.equal(report.verdict, 'passed', report.error?.message);
      const embedded = await rehearsePlan(await embeddedEngine(), text, schema);
      const effects = ({ steps }: typeof report) =>
        steps.map(({ statements }) =>
          statements.map(({ locks, rewrites, scans }) => ({ locks, rewrites, scans })),
        );
      assert.deepEqual(effects(report), effects(embedded));
      assert.deepEqual(await scratchDatabases(connect), []);
    });
  });

  it('gives values as the embedded engine does', async () => {
    await withServer(18, async (connect) => {
      const { host, port } = await connect();
      const engine = createServerEngine({ target: { host, port, user: 'postgres', database: 'postgres' } });
      const [server, embedded] = await Promise.all([engine.open(), (await embeddedEngine()).open()]);
      const sql = `SELECT true AS b, null::int AS n, 1::int2 AS i2, 2::int4 AS i4, 3::int8 AS i8, 9007199254740993::int8 AS big,
        1.5::float4 AS f4, 'NaN'::float8 AS f8, 1.50::numeric AS num, 'a'::text AS t, '{1,2}'::int[] AS arr, '{"a": 1}'::jsonb AS j,
        '2020-01-02'::date AS d, '2020-01-02 03:04:05+00'::timestamptz AS tz, '1 day 02:00'::interval AS iv, '\\x01'::bytea AS by,
        1::oid AS o, point(1,2) AS p, $1::bigint AS par`;
      const parameters = ['12345678901234567890'.slice(0, 18)];
      assert.deepEqual(
        (await server.query(sql, parameters)).rows,
        (await embedded.query(sql, parameters)).rows,
      );
      await assert.rejects(server.query('SELECT 1 FROM nowhere'), { code: '42P01', position: 15 });
      await Promise.all([server.close(), embedded.close()]);
    });
  });

  it('closes while a statement runs, and drops its database', async () => {
    await withServer(18, async (connect) => {
      const { host, port } = await connect();
      const engine = createServerEngine({ target: { host, port, user: 'postgres', database: 'postgres' } });
      const session = await engine.open();
      const running = assert.rejects(session.query('SELECT pg_sleep(30)'));
      const since = performance.now();
      await session.close();
      await running;
      assert.ok(performance.now() - since < 5000);
      assert.deepEqual(await scratchDatabases(connect), []);
    });
  });
});
