import assert from 'node:assert/strict';
import { PGlite } from '@electric-sql/pglite';
import { refusalsOf } from '../../../server/src/effects/query-refusals.ts';
import { baselineSchema } from '../../../server/src/schema/apply.ts';
import { namesIn } from '../../../server/src/schema/query-names.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';

const ddl = `
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  username varchar(255) NOT NULL UNIQUE,
  email text NOT NULL,
  nickname text,
  shout text GENERATED ALWAYS AS (upper(username)) STORED,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT nick_required CHECK (nickname IS NOT NULL)
);
CREATE TABLE orders (id serial PRIMARY KEY, user_id bigint, code text, region text, UNIQUE (region, code));
CREATE UNIQUE INDEX orders_open ON orders (user_id) WHERE code IS NULL;
`;

/** Queries, and what they are refused for; none where they run. */
const cases: readonly (readonly [string, readonly string[]])[] = [
  ["INSERT INTO users (username, email, nickname) VALUES ('a', 'b', 'c')", []],
  ["INSERT INTO users (email, nickname) VALUES ('b', 'c')", ['null username']],
  ["INSERT INTO users (username, email) VALUES ('a', 'b')", ['null nickname']],
  ["INSERT INTO users (username, email, nickname) VALUES ('a', DEFAULT, 'c')", ['null email']],
  ["INSERT INTO users (username, email, nickname) VALUES ('a', NULL, 'c')", ['null email']],
  [
    "INSERT INTO users (username, email, nickname, created_at) VALUES ('d', 'b', 'c', NULL)",
    ['null created_at'],
  ],
  ["INSERT INTO users (username, email, nickname, created_at) VALUES ('e', 'b', 'c', DEFAULT)", []],
  ["INSERT INTO users (id, username, email, nickname) VALUES (9, 'a', 'b', 'c')", ['generated id']],
  ["INSERT INTO users (id, username, email, nickname) VALUES (DEFAULT, 'f', 'b', 'c')", []],
  [
    "INSERT INTO users (id, username, email, nickname) OVERRIDING SYSTEM VALUE VALUES (99, 'g', 'b', 'c')",
    [],
  ],
  ["INSERT INTO users (username, email, nickname, shout) VALUES ('a', 'b', 'c', 'A')", ['generated shout']],
  ["INSERT INTO users (username, email, nickname, handle) VALUES ('a', 'b', 'c', 'd')", ['no column handle']],
  ['INSERT INTO users DEFAULT VALUES', ['null username', 'null email', 'null nickname']],
  ['INSERT INTO users (username, email, nickname) SELECT code, code, code FROM orders', []],
  ['UPDATE users SET email = NULL', ['null email']],
  ['UPDATE users SET email = DEFAULT', ['null email']],
  ['UPDATE users SET created_at = DEFAULT', []],
  ["UPDATE users SET shout = 'x'", ['generated shout']],
  ['UPDATE users u SET email = o.code FROM orders o WHERE o.user_id = u.id AND o.code IS NOT NULL', []],
  ['UPDATE users SET handle = 1', ['no column handle']],
  ["INSERT INTO orders VALUES (5, 2, 'a', 'b')", []],
  ["INSERT INTO orders VALUES (1, 2, 'a', 'b', 'c')", ['too many values orders']],
  ["INSERT INTO orders (code, region) VALUES ('c', 'd') ON CONFLICT (code, region) DO NOTHING", []],
  ["INSERT INTO orders (code) VALUES ('c') ON CONFLICT (code) DO NOTHING", ['no arbiter code']],
  ['INSERT INTO orders (user_id) VALUES (1) ON CONFLICT (user_id) DO NOTHING', ['no arbiter user_id']],
  ['INSERT INTO orders (user_id) VALUES (1) ON CONFLICT (user_id) WHERE code IS NULL DO NOTHING', []],
  ["INSERT INTO orders (code) VALUES ('z') ON CONFLICT ON CONSTRAINT orders_region_code_key DO NOTHING", []],
  ["INSERT INTO orders (code) VALUES ('z') ON CONFLICT ON CONSTRAINT nope DO NOTHING", ['no arbiter nope']],
  ["INSERT INTO orders (code) VALUES ('y') ON CONFLICT DO NOTHING RETURNING id, xmin", []],
  [
    "INSERT INTO orders (id, code) VALUES (1, 'k') ON CONFLICT (id) DO UPDATE SET code = excluded.code WHERE orders.code <> excluded.region",
    [],
  ],
  [
    "INSERT INTO orders (id, code) VALUES (1, 'k') ON CONFLICT (id) DO UPDATE SET code = excluded.kode",
    ['no column kode'],
  ],
  ['SELECT handle FROM users', ['no column handle']],
  ['SELECT u.handle FROM users u', ['no column handle']],
  ['SELECT handle AS h, id FROM users ORDER BY h', ['no column handle']],
  ['SELECT username AS handle FROM users ORDER BY handle', []],
  ['SELECT username AS handle, count(*) FROM users GROUP BY handle', []],
  ['SELECT u FROM users u', []],
  ['SELECT ctid, tableoid FROM users', []],
  ['SELECT * FROM nobody', ['no relation nobody']],
  ['WITH nobody AS (SELECT id AS a FROM users) SELECT a FROM nobody', []],
  ['WITH few AS (SELECT id AS a FROM users) SELECT b FROM few', ['no column b']],
  ['WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT n FROM t', []],
  ['SELECT x.n FROM (SELECT id AS n FROM users) x', []],
  [
    'SELECT id FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE user_id = users.id AND username = code)',
    [],
  ],
  [
    'SELECT id FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE user_id = users.handle)',
    ['no column handle'],
  ],
  ['SELECT code, l.n FROM orders o, LATERAL (SELECT o.user_id + 1 AS n) l', []],
  ['SELECT g FROM generate_series(1, 3) g', []],
  ['SELECT id, code FROM users JOIN orders USING (id)', []],
  ['SELECT id FROM users UNION ALL SELECT user_id FROM orders ORDER BY id', []],
  ['SELECT id FROM users UNION ALL SELECT handle FROM orders', ['no column handle']],
  [
    'DELETE FROM users USING orders WHERE users.id = orders.user_id AND orders.handle = 1',
    ['no column handle'],
  ],
  ['DELETE FROM orders WHERE false RETURNING handle', ['no column handle']],
  ['SELECT relname FROM pg_class, pg_namespace WHERE relnamespace = pg_namespace.oid AND false', []],
  [
    'MERGE INTO orders o USING users u ON o.user_id = u.id WHEN MATCHED THEN UPDATE SET code = u.nickname WHEN NOT MATCHED THEN INSERT (user_id) VALUES (u.id)',
    [],
  ],
  [
    'MERGE INTO users u USING orders o ON o.user_id = u.id WHEN NOT MATCHED THEN INSERT (email, nickname) VALUES (o.code, o.region)',
    ['null username'],
  ],
  [
    'MERGE INTO orders o USING users u ON o.user_id = u.id WHEN MATCHED THEN UPDATE SET handle = 1',
    ['no column handle'],
  ],
];

describe('effects: queries that Postgres refuses', () => {
  let parser: SqlParser;
  let db: PGlite;
  before(async function () {
    this.timeout(60_000);
    parser = await loadSqlParser();
    db = await PGlite.create();
    await db.exec(ddl);
    await db.exec(
      "INSERT INTO users (username, email, nickname) VALUES ('x', 'y', 'z'); INSERT INTO orders (user_id, code) VALUES (77, 'q')",
    );
  });
  after(() => db.close());

  for (const [sql, expected] of cases) {
    it(`${expected.length > 0 ? expected.join(', ') : 'runs'}: ${sql}`, async () => {
      const schema = baselineSchema(parser.parse(ddl));
      const [statement] = parser.parse(sql).statements;
      assert.ok(statement);
      const found = refusalsOf(namesIn(statement.node, schema), schema);
      assert.deepEqual(
        found.map(({ kind, name }) => `${kind} ${name}`),
        expected,
      );
      await db.exec('BEGIN');
      const error = await db.query(sql).then(
        () => undefined,
        (reason: Error) => reason.message,
      );
      await db.exec('ROLLBACK');
      assert.equal(error !== undefined, expected.length > 0, `Postgres: ${error ?? 'no error'}`);
    });
  }

  it('takes names of an unknown schema as they stand', () => {
    const schema = { ...baselineSchema(parser.parse('')), complete: false };
    const [statement] = parser.parse('SELECT u.a, b FROM users u JOIN orders o ON o.c = u.d').statements;
    assert.ok(statement);
    const names = namesIn(statement.node, schema);
    assert.deepEqual(refusalsOf(names, schema), []);
    assert.deepEqual(
      names.columns.map(({ key, column, certain }) => [key, column, certain]),
      [
        ['public.orders', 'c', true],
        ['public.users', 'd', true],
        ['public.users', 'a', true],
        ['public.users', 'b', false],
        ['public.orders', 'b', false],
      ],
    );
  });
});
