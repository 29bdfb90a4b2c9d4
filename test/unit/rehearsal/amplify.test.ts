import assert from 'node:assert/strict';
import fc from 'fast-check';
import { loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { type AmplifyOptions, amplificationFor, amplify } from '../../../server/src/rehearsal/amplify.ts';
import { fabricate } from '../../../server/src/rehearsal/fabricate.ts';
import type { EngineSession } from '../../../server/src/rehearsal/model.ts';
import { planOver, validateAll } from './amplify-setup.ts';
import { analysisOf, embeddedEngine, reusedEngine } from './setup.ts';

const schema = `
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN email AS text CHECK (VALUE ~ '^[^@]+@[^@]+\\.[a-z]+$');
CREATE TABLE tenants (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE users (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), tenant_id bigint NOT NULL REFERENCES tenants,
  email email NOT NULL UNIQUE, mood mood, code char(4) UNIQUE, nick varchar(20), manager uuid REFERENCES users,
  at timestamptz NOT NULL, score numeric(5, 2) CHECK (score BETWEEN 0 AND 100), ends timestamptz CHECK (ends > at));
CREATE UNIQUE INDEX ON users (tenant_id, lower(nick));
CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id uuid NOT NULL REFERENCES users,
  total int NOT NULL, at timestamptz NOT NULL, doubled int GENERATED ALWAYS AS (total * 2) STORED);
CREATE TABLE lines (order_id int NOT NULL REFERENCES orders ON DELETE CASCADE, line smallint NOT NULL, sku varchar(12), PRIMARY KEY (order_id, line));
CREATE TABLE profiles (user_id uuid PRIMARY KEY REFERENCES users, bio text);
CREATE TABLE events (id bigint NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE bookings (room int NOT NULL, during tstzrange NOT NULL, EXCLUDE USING gist (during WITH &&));
CREATE TABLE few (id int PRIMARY KEY CHECK (id IN (1, 2, 3)));
CREATE TABLE log (line text);
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE orders ENABLE ALWAYS TRIGGER refuse;
`;

const rows = `
SET session_replication_role = replica;
ALTER TABLE orders DISABLE TRIGGER refuse;
INSERT INTO tenants (name) SELECT 'tenant ' || g FROM generate_series(1, 10) g;
INSERT INTO users (tenant_id, email, mood, code, nick, at, score, ends)
  SELECT 1 + g % 10, 'u' || g || '@example.org', (ARRAY['sad', 'ok', NULL])[1 + g % 3]::mood, lpad(g::text, 4, '0'),
    CASE WHEN g % 4 > 0 THEN 'nick ' || g END, timestamptz '2026-01-01' + g * interval '1 hour', g % 50, '2030-01-01' FROM generate_series(1, 100) g;
UPDATE users SET manager = (SELECT id FROM users u WHERE u.email = 'u1@example.org') WHERE score > 25;
INSERT INTO orders (user_id, total, at) SELECT id, row_number() OVER (), at FROM users, generate_series(1, 2) ORDER BY at;
INSERT INTO lines SELECT id, line, 'sku' || id FROM orders, generate_series(1, 2) line;
INSERT INTO profiles SELECT id FROM users;
INSERT INTO events SELECT g, timestamptz '2026-01-01' + g * interval '6 hours' FROM generate_series(1, 200) g;
INSERT INTO bookings SELECT g % 5, tstzrange(t, t + interval '1 hour') FROM (
  SELECT g, timestamptz '2026-01-01' + g * interval '1 hour' AS t FROM generate_series(1, 50) g) hours;
INSERT INTO few VALUES (1), (2);
INSERT INTO log SELECT NULL FROM generate_series(1, 10);
ALTER TABLE orders ENABLE ALWAYS TRIGGER refuse;
RESET session_replication_role;
`;

describe('amplify', function () {
  this.timeout(60_000);
  let reused: Awaited<ReturnType<typeof reusedEngine>>;
  let parsers: Parsers;
  before(async () => {
    reused = await reusedEngine(await embeddedEngine());
    parsers = await loadParsers();
  });
  after(() => reused?.close());

  const options = (more: Partial<AmplifyOptions> = {}): AmplifyOptions => ({
    rows: 3000,
    within: 30_000,
    parser: parsers.sql,
    ...more,
  });

  describe('of tables with rows', () => {
    let session: EngineSession;
    before(async () => {
      session = await reused.engine.open();
      await session.exec(schema);
      await session.exec(rows);
    });
    const value = async (sql: string) => Object.values((await session.query(sql)).rows[0] ?? {})[0];

    it('fills up what the steps work on, and the parents, but never beyond production', async () => {
      const said: string[] = [];
      const plan = planOver({
        users: 2_000_000,
        lines: 4_000_000,
        profiles: 900,
        events: 5000,
        bookings: 1e6,
        few: 50,
        log: undefined,
      });
      const text = plan.replace('tables:\n', 'tables:\n  tenants: { rows: 10 }\n  orders: { rows: 3M }\n');
      const result = await amplify(
        session,
        await analysisOf(text, schema),
        options({ onProgress: (message) => said.push(message) }),
      );
      assert.deepEqual(result.rows, {
        events: 3000,
        bookings: 3000,
        users: 3000,
        orders: 2250,
        profiles: 900,
        lines: 3000,
      });
      assert.deepEqual(result.before, {
        events: 200,
        bookings: 50,
        users: 100,
        orders: 200,
        profiles: 100,
        lines: 400,
      });
      assert.deepEqual(result.notes, [
        "Not filled up, since the plan's tables do not say how many rows production has: log.",
        'few has 2 rows and not the 50 that it was to be filled up to: each row that could be made has a key that is there already, or breaks a CHECK.',
      ]);
      for (const [table, count] of Object.entries({ ...result.rows, tenants: 10, few: 2, log: 10 }))
        assert.equal(await value(`SELECT count(*) FROM ${table}`), count, table);
      assert.ok(said.some((one) => /^Filling up users: [\d,]+ of 3,000 rows$/.test(one)));
    });

    it('keeps every constraint', async () => {
      assert.ok((await validateAll(session)) >= 8);
    });

    it('keeps how values are spread', async () => {
      const {
        rows: [row],
      } = await session.query(
        `SELECT round(avg((nick IS NULL)::int), 2)::float8 AS nulls, count(DISTINCT mood)::int AS moods, count(DISTINCT score)::int AS scores,
          count(DISTINCT tenant_id)::int AS tenants, count(DISTINCT at)::int > 1000 AS varied FROM users`,
      );
      assert.deepEqual(row, { nulls: 0.25, moods: 2, scores: 50, tenants: 10, varied: true });
      assert.equal(
        await value(`SELECT count(*) FROM events_1`).then((n) => Number(n) > 1500 && Number(n) < 2400),
        true,
      );
      assert.ok(
        Number(
          await value(`SELECT correlation FROM pg_stats WHERE tablename = 'orders' AND attname = 'at'`),
        ) > 0.6,
      );
    });

    it('lets new rows refer to new rows', async () => {
      assert.ok(Number(await value('SELECT count(DISTINCT user_id) FROM orders')) > 900);
      assert.ok(Number(await value('SELECT count(DISTINCT order_id) FROM lines')) > 1400);
    });

    it('fires no trigger, leaves them as they were, and moves sequences on', async () => {
      assert.equal(await value(`SELECT tgenabled FROM pg_trigger WHERE tgname = 'refuse'`), 'A');
      assert.equal(await value(`SELECT nextval('orders_id_seq')`), 2251);
      assert.equal(await value('SHOW session_replication_role'), 'origin');
      assert.equal(await value('SHOW enable_nestloop'), 'on');
    });

    it('leaves no table of its own', async () => {
      assert.equal(await value(`SELECT count(*) FROM pg_class WHERE relname LIKE 'switchback%'`), 0);
    });

    it('fills up nothing twice', async () => {
      const again = await amplify(session, await analysisOf(planOver({ users: 3000 }), schema), options());
      assert.deepEqual([again.rows, again.notes], [{}, []]);
    });

    it('ends in time, and says so', async () => {
      const plan = await analysisOf(planOver({ users: 1e6 }), schema);
      const since = performance.now();
      const cut = await amplify(session, plan, options({ rows: 1_000_000, within: 300 }));
      assert.ok(performance.now() - since < 8000);
      assert.match(
        cut.notes.find((note) => note.startsWith('users')) ?? '',
        /^users has [\d,]+ rows and not the 1,000,000 .*: the time for filling was up\.$/,
      );
      assert.equal(await value('SELECT count(*) FROM users'), cut.rows.users ?? 3000);
      await validateAll(session);
    });
  });

  it('fills tables that are empty, and says which stay so', async () => {
    const session = await reused.engine.open();
    const own = `CREATE TABLE parent (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE);
      CREATE TABLE child (id serial PRIMARY KEY, parent_id bigint NOT NULL REFERENCES parent);
      CREATE TABLE never (a int CHECK (a > 5 AND a < 5) NOT NULL);`;
    await session.exec(own);
    const plan = await analysisOf(planOver({ child: 1e6, never: 1e6 }), own);
    const result = await amplify(session, plan, options({ rows: 600 }));
    assert.deepEqual(
      [result.before, result.rows],
      [
        { parent: 0, child: 0 },
        { parent: 600, child: 600 },
      ],
    );
    assert.deepEqual(result.notes, [
      'never stays empty: no fabricated row met its conditions (never_a_check).',
    ]);
  });

  it('keeps whatever constraints a table has', async () => {
    const column = fc.constantFrom(
      'int',
      'int CHECK (c > 10)',
      'smallint',
      'bigint CHECK (c BETWEEN 1 AND 500)',
      'text',
      `text CHECK (length(c) < 30)`,
      'varchar(12)',
      'char(3)',
      `text CHECK (c ~ '^[a-z]+$')`,
      'uuid',
      'timestamptz',
      'date',
      'numeric(6, 2)',
      'boolean',
      'int[]',
      'jsonb',
      'inet',
      `text CHECK (c IN ('a', 'b'))`,
      'float8',
      'bytea',
      'int4range',
    );
    const key = fc.constantFrom(
      'bigserial',
      'uuid',
      'int',
      'text',
      'varchar(8)',
      'timestamptz',
      'date',
      'numeric(12, 2)',
      'int GENERATED ALWAYS AS IDENTITY (INCREMENT BY -1)',
      'bytea',
      'smallint',
    );
    await fc.assert(
      fc.asyncProperty(
        key,
        fc.array(fc.tuple(column, fc.boolean(), fc.boolean()), { maxLength: 4 }),
        async (id, columns) => {
          const session = await reused.engine.open();
          const listed = columns.map(
            ([type, notNull], at) =>
              `c${at} ${type.replaceAll(/\bc\b/g, `c${at}`)}${notNull ? ' NOT NULL' : ''}`,
          );
          const unique = columns.flatMap(([type, , isUnique], at) =>
            isUnique && !/json|\[\]|CHECK|boolean|char\(3\)|range|smallint/.test(type)
              ? [`UNIQUE (c${at})`]
              : [],
          );
          const own = `CREATE TABLE t (id ${id} PRIMARY KEY, ${['self text', ...listed, ...unique].join(', ')});
          CREATE TABLE below (id bigserial PRIMARY KEY, t ${referenceTo(id)} REFERENCES t);`;
          await session.exec(own);
          await fabricate(session, { rows: 40, parser: parsers.sql });
          const result = await amplify(
            session,
            await analysisOf(planOver({ t: 1e6, below: 1e6 }), own),
            options({ rows: 400 }),
          );
          assert.deepEqual([result.rows, result.notes], [{ t: 400, below: 400 }, []], own);
          await validateAll(session);
        },
      ),
      { numRuns: 8, seed: 7 },
    );
  });
});

describe('how far tables are filled up', () => {
  it('is asked for, or set, and by default only where nothing is proven', () => {
    assert.deepEqual(amplificationFor(false, undefined), { rows: 100_000, within: 60_000 });
    assert.deepEqual(amplificationFor(false, { rows: 5, within: 6 }), { rows: 5, within: 6 });
    assert.deepEqual(amplificationFor(false, { rows: 5 }, 7), { rows: 7, within: 60_000 });
    assert.equal(amplificationFor(true, { rows: 5 }), undefined);
    assert.deepEqual(amplificationFor(true, undefined, 7), { rows: 7, within: 60_000 });
    assert.equal(amplificationFor(false, undefined, 0), undefined);
    assert.equal(amplificationFor(false, { rows: 0 }), undefined);
  });
});

/** The type of a column that refers to such a key. */
function referenceTo(key: string): string {
  return key.replace('bigserial', 'bigint').replace(/ GENERATED.*/, '');
}
