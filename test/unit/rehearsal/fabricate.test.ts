import assert from 'node:assert/strict';
import { loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { loadBaseline } from '../../../server/src/rehearsal/baseline.ts';
import { type Fabricated, fabricate } from '../../../server/src/rehearsal/fabricate.ts';
import type { Engine, EngineSession } from '../../../server/src/rehearsal/model.ts';
import { embeddedEngine } from './setup.ts';

const schema = `
CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE EXTENSION btree_gist;
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE address AS (street text, zip int);
CREATE DOMAIN email AS citext CHECK (VALUE ~ '^[^@]+@[^@]+\\.[a-z]+$');
CREATE DOMAIN positive AS int NOT NULL CHECK (VALUE > 0);
CREATE TYPE floatrange AS RANGE (subtype = float8);

CREATE TABLE tenants (
  id bigserial PRIMARY KEY, name text NOT NULL UNIQUE,
  plan varchar(10) NOT NULL DEFAULT 'free' CHECK (plan IN ('free', 'pro', 'team')));
CREATE TABLE users (
  tenant_id bigint NOT NULL REFERENCES tenants, id uuid DEFAULT gen_random_uuid(),
  email email NOT NULL, age positive, mood app.mood NOT NULL, manager_id uuid, nick text,
  code char(3) NOT NULL CHECK (code ~ '^[A-Z]{3}$'),
  score numeric(5, 2) CHECK (score BETWEEN 0 AND 100), share real CHECK (share >= 0 AND share <= 1),
  size int NOT NULL CHECK (size > 10000), pin text NOT NULL CHECK (length(pin) = 5),
  starts_at timestamptz NOT NULL DEFAULT now(), ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
  PRIMARY KEY (tenant_id, id), UNIQUE (tenant_id, email), CHECK (ends_at > starts_at),
  FOREIGN KEY (tenant_id, manager_id) REFERENCES users);
CREATE TABLE types (
  id int GENERATED ALWAYS AS IDENTITY (START WITH 1000 INCREMENT BY 10) PRIMARY KEY,
  a smallint, b bit(5), c varbit(12), d bytea, e cidr, f inet, g macaddr, h macaddr8, i interval, j json, k jsonb,
  l line, m money, n name, o oid, p point, q polygon, r int4range, s tstzrange, t tsvector, u tsquery, v uuid[],
  w text[][], x xml, y address, z hstore, ab floatrange, ac int4multirange, ad time, ae timetz, af date, ag box,
  ah path, ai circle, aj lseg, ak app.mood[], al email[], am "char", an bool, ao bit(40), ap numeric(3, 3),
  aq numeric(10, -2), au citext, total int GENERATED ALWAYS AS (a * 2) STORED, av regclass, ax varchar(2), ay float8);
CREATE TABLE teams (
  id serial PRIMARY KEY, lead_tenant bigint, lead_id uuid, slug varchar(4) UNIQUE NOT NULL,
  FOREIGN KEY (lead_tenant, lead_id) REFERENCES users MATCH FULL);
CREATE TABLE members (
  tenant_id bigint NOT NULL, user_id uuid NOT NULL, team_id int NOT NULL REFERENCES teams,
  FOREIGN KEY (tenant_id, user_id) REFERENCES users, PRIMARY KEY (tenant_id, user_id, team_id));
CREATE TABLE few (id int PRIMARY KEY CHECK (id IN (1, 2, 3)));
CREATE TABLE pairs (a int NOT NULL REFERENCES few, b int NOT NULL REFERENCES teams, PRIMARY KEY (a, b));
CREATE TABLE egg (id int PRIMARY KEY, hen int NOT NULL);
CREATE TABLE hen (id int PRIMARY KEY, egg int NOT NULL REFERENCES egg);
ALTER TABLE egg ADD FOREIGN KEY (hen) REFERENCES hen;
CREATE TABLE invoice (id int PRIMARY KEY, last_payment int);
CREATE TABLE payment (id int PRIMARY KEY, invoice int NOT NULL REFERENCES invoice);
ALTER TABLE invoice ADD FOREIGN KEY (last_payment) REFERENCES payment;
CREATE TABLE own_parent (id int PRIMARY KEY, parent int NOT NULL REFERENCES own_parent);
CREATE TABLE booking (room int NOT NULL, during tstzrange NOT NULL, EXCLUDE USING gist (room WITH =, during WITH &&));
CREATE TABLE events (id bigint NOT NULL, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE regional (id int, region text) PARTITION BY LIST (region);
CREATE TABLE regional_eu PARTITION OF regional FOR VALUES IN ('eu', 'uk');
CREATE TABLE sharded (shard int, id int, PRIMARY KEY (shard, id)) PARTITION BY LIST (shard);
CREATE TABLE sharded_7 PARTITION OF sharded FOR VALUES IN (7);
CREATE TABLE sharded_9 PARTITION OF sharded FOR VALUES IN (9);
CREATE TABLE hashed (id int PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE unpartitioned (id int) PARTITION BY RANGE (id);
CREATE TABLE either (a int, b int, CHECK (num_nonnulls(a, b) = 1));
CREATE TABLE "Weird ""Name" ("select" int PRIMARY KEY, "Mixed Case" text NOT NULL);
CREATE TABLE contradiction (a int NOT NULL CHECK (a > 5 AND a < 5));
CREATE TABLE no_columns ();
CREATE TABLE numbered (id bigint PRIMARY KEY);
CREATE SEQUENCE numbers OWNED BY numbered.id;
CREATE TABLE lowered (e text NOT NULL);
CREATE UNIQUE INDEX ON lowered (lower(e));
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$;
CREATE TRIGGER on_insert BEFORE INSERT ON teams FOR EACH ROW EXECUTE FUNCTION refuse();
CREATE TRIGGER off BEFORE INSERT ON teams FOR EACH ROW EXECUTE FUNCTION refuse();
ALTER TABLE teams DISABLE TRIGGER off;
CREATE MATERIALIZED VIEW counted AS SELECT count(*)::int AS n FROM users;
`;

describe('fabricate', function () {
  this.timeout(60_000);
  let engine: Engine;
  let parsers: Parsers;
  let session: EngineSession;
  let result: Fabricated;

  async function fill(): Promise<{ session: EngineSession; result: Fabricated }> {
    const opened = await engine.open(undefined, { sql: schema });
    const loaded = await loadBaseline(
      opened,
      { path: 'schema.sql', sql: schema, range: undefined },
      parsers.sql,
    );
    assert.deepEqual(loaded, { error: undefined, notes: [] });
    return { session: opened, result: await fabricate(opened, { rows: 300, parser: parsers.sql }) };
  }

  before(async () => {
    engine = await embeddedEngine();
    parsers = await loadParsers();
    ({ session, result } = await fill());
  });
  after(() => session?.close());

  const value = async (sql: string) => Object.values((await session.query(sql)).rows[0] ?? {})[0];

  it('fills every table that can be filled, and says why the others stay empty', () => {
    const short = Object.fromEntries(Object.entries(result.rows).filter(([, rows]) => rows !== 300));
    assert.deepEqual(short, { unpartitioned: 0, contradiction: 0, few: 3, egg: 0, hen: 0 });
    assert.deepEqual(result.notes, [
      'unpartitioned stays empty: it has no partitions.',
      'contradiction stays empty: no fabricated row met its conditions (contradiction_a_check).',
      "egg stays empty: it and hen need each other's rows first.",
      "hen stays empty: it and egg need each other's rows first.",
    ]);
  });

  it('keeps every constraint, as validating them again shows', async () => {
    const { rows } = await session.query(
      `SELECT oid, conrelid::regclass::text AS name, quote_ident(conname) AS constraint FROM pg_constraint
        WHERE contype IN ('c', 'f') AND conrelid <> 0 AND conparentid = 0`,
    );
    assert.ok(rows.length > 20);
    for (const { oid, name, constraint } of rows) {
      // VALIDATE does nothing for a constraint that is marked as valid.
      await session.query('UPDATE pg_constraint SET convalidated = false WHERE oid = $1', [oid]);
      await session.query(`ALTER TABLE ${name} VALIDATE CONSTRAINT ${constraint}`);
    }
  });

  it('leaves some values NULL where they may be, so that SET NOT NULL meets them', async () => {
    assert.equal(await value('SELECT count(*) FROM teams WHERE lead_id IS NULL'), 30);
    await assert.rejects(
      session.query('ALTER TABLE users ALTER COLUMN nick SET NOT NULL'),
      /contains null values/,
    );
  });

  it('lets sequences go on behind the last value', async () => {
    assert.equal(await value(`SELECT nextval('tenants_id_seq')`), 301);
    assert.equal(await value(`SELECT nextval(pg_get_serial_sequence('types', 'id'))`), 1000 + 300 * 10);
    assert.equal(await value(`SELECT nextval('numbers')`), 301);
  });

  it('leaves triggers as they were, and fires none', async () => {
    const { rows } = await session.query(
      `SELECT tgname, tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1`,
    );
    assert.deepEqual(rows, [
      { tgname: 'off', tgenabled: 'D' },
      { tgname: 'on_insert', tgenabled: 'O' },
    ]);
  });

  it('spreads rows over partitions and refreshes materialized views', async () => {
    assert.deepEqual(await value('SELECT count(*) FROM events_1'), 150);
    assert.deepEqual(await value('SELECT count(DISTINCT region) FROM regional'), 2);
    assert.equal(await value('SELECT count(*) FROM sharded_7'), 150);
    assert.equal(await value('SELECT n FROM counted'), 300);
  });

  it('gives plausible values', async () => {
    const { rows } = await session.query(
      `SELECT email, code, pin, score FROM users WHERE email = 'user10@example.org'`,
    );
    assert.deepEqual(rows, [{ email: 'user10@example.org', code: 'KAA', pin: 'kaaaa', score: '3.79' }]);
  });

  it('gives some values what a lesser type would lose, wherever the constraints let it', async () => {
    const opened = await engine.open();
    try {
      await opened.exec(`CREATE TABLE lossy (
          id bigserial PRIMARY KEY, f float8 NOT NULL, n numeric, price numeric(20, 4), rate numeric(38, 18), big bigint, at timestamptz,
          stamp timestamp NOT NULL, clock time, note text, small numeric(6, 2), tag varchar(60) NOT NULL, few bigint CHECK (few < 1000),
          user_id bigint, day timestamp CHECK (date_trunc('day', day) = day));
        CREATE TABLE product (id int PRIMARY KEY, a bigint, b bigint, c bigint GENERATED ALWAYS AS (a * b) STORED);`);
      const filled = await fabricate(opened, { rows: 20, parser: parsers.sql });
      assert.deepEqual([filled.rows, filled.notes], [{ lossy: 20, product: 20 }, []]);
      const { rows } = await opened.query(`SELECT
        count(*) FILTER (WHERE f::real::float8 <> f)::int AS f, count(*) FILTER (WHERE n::float8::numeric <> n)::int AS n,
        count(*) FILTER (WHERE price::float8::numeric(20, 4) <> price)::int AS price,
        count(*) FILTER (WHERE rate::float8::numeric(38, 18) <> rate)::int AS rate,
        count(*) FILTER (WHERE at::timestamptz(3) <> at)::int AS at,
        count(*) FILTER (WHERE stamp::timestamp(0) <> stamp)::int AS stamp, count(*) FILTER (WHERE clock::time(0) <> clock)::int AS clock,
        count(*) FILTER (WHERE rtrim(note) <> note)::int AS note, count(*) FILTER (WHERE tag ~ '[^ -~]')::int AS tag,
        count(*) FILTER (WHERE few > 1000 OR user_id > 2000 OR big > 32767)::int AS none FROM lossy`);
      const { none, ...lossy } = rows[0] ?? {};
      assert.equal(none, 0);
      for (const [column, n] of Object.entries(lossy)) assert.ok(Number(n) > 0, column);
    } finally {
      await opened.close();
    }
  });

  it('makes the same rows each time', async () => {
    const digest = `SELECT md5(string_agg(u::text, '' ORDER BY u::text)) || (SELECT md5(string_agg(t::text, '' ORDER BY t::text)) FROM types t) FROM users u`;
    const again = await fill();
    try {
      assert.deepEqual(again.result, result);
      assert.deepEqual((await again.session.query(digest)).rows, (await session.query(digest)).rows);
    } finally {
      await again.session.close();
    }
  });
});
