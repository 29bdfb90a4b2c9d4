import assert from 'node:assert/strict';
import { loadParsers } from '../../../server/src/analyze.ts';
import { fabricate } from '../../../server/src/rehearsal/fabricate.ts';
import { createServerEngine } from '../../../server/src/rehearsal/server-engine.ts';
import { planOver } from './amplify-setup.ts';
import { major, type RealServer, startServer } from './real-server.ts';
import { planOf, rehearsePlan } from './setup.ts';

const schema = `CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE, nick text);
CREATE TABLE orders (id serial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, total int NOT NULL);`;

describe(`tables filled up on a real PostgreSQL ${major}`, function () {
  this.timeout(60_000);
  let server: RealServer;
  before(async () => {
    server = await startServer();
    await server.run('CREATE DATABASE app');
    await server.run(
      'CREATE ROLE dev LOGIN CREATEDB; ALTER DATABASE app OWNER TO dev; GRANT ALL ON SCHEMA public TO dev',
    );
    await server.run(
      `${schema} INSERT INTO users (name, nick) SELECT 'n' || g, 'nick' FROM generate_series(1, 500) g;
       INSERT INTO orders (user_id, total) SELECT 1 + g % 500, g FROM generate_series(1, 1000) g;
       ALTER TABLE users OWNER TO dev; ALTER TABLE orders OWNER TO dev; ALTER DATABASE app OWNER TO dev`,
      'app',
    );
  });
  after(() => server?.stop());
  afterEach(async () => assert.deepEqual(await server.scratch(), []));

  const engine = (user = 'postgres') =>
    createServerEngine({
      target: { ...server.target('app'), user },
      confirm: async () => true,
      sources: ['copy'],
    });
  const rows = () =>
    server.run(
      `SELECT (SELECT count(*) FROM users)::int AS users, (SELECT count(*) FROM orders)::int AS orders`,
      'app',
    );
  const amplify = { rows: 20_000, within: 30_000 };
  const plan = planOver({ users: 1_000_000, orders: 2_000_000 });

  it('are in the report, and the named database has none of it', async () => {
    const before = await rows();
    const said: string[] = [];
    const report = await rehearsePlan(engine(), plan, schema, {
      amplify,
      onProgress: ({ message }) => said.push(message),
    });
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.deepEqual(report.rows, { users: 20_000, orders: 20_000 });
    assert.deepEqual([report.copied, report.amplified], [true, { users: 500, orders: 1000 }]);
    assert.ok(said.some((one) => /^Filling up orders: [\d,]+ of 20,000 rows$/.test(one)));
    assert.deepEqual(await rows(), before);
  });

  for (const source of ['copy', 'baseline'] as const)
    it(`refer to rows that are there by a foreign key which the plan adds later: ${source}`, async () => {
      const visits = 'CREATE TABLE visits (id serial PRIMARY KEY, user_id bigint);';
      await server.run(
        `${visits} INSERT INTO visits (user_id) SELECT generate_series(1, 400); ANALYZE visits`,
        'app',
      );
      const steps = [
        'ADD CONSTRAINT k FOREIGN KEY (user_id) REFERENCES users NOT VALID',
        'VALIDATE CONSTRAINT k',
      ];
      const written = steps.map(
        (one) => `- step: ${one}\n  sql: ALTER TABLE visits ${one};\n  rollback: { not_needed: a test }\n`,
      );
      const report = await rehearsePlan(
        createServerEngine({ target: server.target('app'), confirm: async () => true, sources: [source] }),
        planOf(written.join(''), 'tables: { visits: { rows: 1M } }\n'),
        `${schema} ${visits}`,
        { amplify: { rows: 5000, within: 30_000 } },
      );
      await server.run('DROP TABLE visits', 'app');
      assert.equal(report.verdict, 'passed', report.error?.message);
      assert.equal(report.rows.visits, 5000);
    });

  it('are filled by a user who may not set session_replication_role, which is said', async () => {
    const report = await rehearsePlan(engine('dev'), plan, schema, { amplify });
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.deepEqual(report.rows, { users: 20_000, orders: 20_000 });
    assert.ok(
      report.notes.some((note) =>
        /^While tables were filled up, foreign keys were checked row by row/.test(note),
      ),
    );
  });

  it('end with the run that is cancelled meanwhile', async () => {
    const controller = new AbortController();
    const since = performance.now();
    const report = await rehearsePlan(engine(), plan, schema, {
      amplify: { rows: 1_000_000, within: 60_000 },
      signal: controller.signal,
      onProgress: ({ message }) => message.startsWith('Filling up users: ') && controller.abort(),
    });
    assert.equal(report.verdict, 'cancelled');
    assert.ok(performance.now() - since < 10_000);
  });

  it('show how long a statement takes on many rows', async () => {
    const step = `- step: index\n  transaction: false\n  sql: CREATE INDEX CONCURRENTLY i ON orders (total);\n  rollback: { not_needed: test }`;
    const report = await rehearsePlan(engine(), planOf(step, 'tables: { orders: { rows: 2M } }\n'), schema, {
      amplify,
    });
    assert.equal(report.verdict, 'passed', report.error?.message);
    // The parent of its foreign key in the proportion that is there.
    assert.deepEqual(report.rows, { users: 10_000, orders: 20_000 });
  });

  it('are spread as the named database has them, where its rows are not copied', async () => {
    await server.run(
      `CREATE TABLE seen (id bigserial PRIMARY KEY, state text, amount int CHECK (amount > 0), at timestamptz NOT NULL, note text NOT NULL, doc jsonb);
       INSERT INTO seen (state, amount, at, note, doc) SELECT CASE WHEN g % 10 < 7 THEN 'done' WHEN g % 10 < 9 THEN 'open' END, 1 + g % 40,
         timestamptz '2025-01-01' + g * interval '1 minute', repeat(md5(g::text), 4), jsonb_build_object('a', repeat('x', 200), 'g', g) FROM generate_series(1, 4000) g;
       ANALYZE seen`,
      'app',
    );
    const own =
      'CREATE TABLE seen (id bigserial PRIMARY KEY, state text, amount int CHECK (amount > 0), at timestamptz NOT NULL, note text NOT NULL, doc jsonb);';
    const session = await createServerEngine({
      target: server.target('app'),
      confirm: async () => true,
      sources: ['baseline'],
    }).open();
    try {
      await session.exec(own);
      const { sql: parser } = await loadParsers();
      const made = await fabricate(session, {
        rows: 2000,
        parser,
        statistics: session.statistics,
        precise: false,
      });
      assert.deepEqual([made.rows, made.notes], [{ seen: 2000 }, []]);
      const {
        rows: [row],
      } = await session.query(
        `SELECT round(avg((state = 'done')::int), 1)::float8 AS done, round(avg((state IS NULL)::int), 1)::float8 AS nulls, count(DISTINCT state)::int AS states,
          max(amount) <= 40 AND count(DISTINCT amount) BETWEEN 30 AND 40 AS amounts, avg(length(note)) BETWEEN 110 AND 140 AS notes, count(DISTINCT note) > 1000 AS different,
          avg(pg_column_size(doc)) BETWEEN 180 AND 280 AS docs, min(at) >= '2025-01-01' AND max(at) < '2025-01-04' AND corr(id, extract(epoch FROM at)) > 0.99 AS ascending FROM seen`,
      );
      assert.deepEqual(row, {
        done: 0.8,
        nulls: 0.1,
        states: 2,
        amounts: true,
        notes: true,
        different: true,
        docs: true,
        ascending: true,
      });
    } finally {
      await session.close();
    }
  });
});
