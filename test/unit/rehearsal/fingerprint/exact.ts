import type { FingerprintCase } from './model.ts';

const used = (table: string, columns: number, dropped: number) =>
  `table ${table}: ${columns} of the 1600 columns it can ever have are used up, ${dropped} of them by dropped ones (before: 0)`;

/** Done and undone: all is as it was, but for the attributes that dropped columns leave. */
export const exactPairs: readonly FingerprintCase[] = [
  // Columns.
  {
    sql: 'ALTER TABLE users ADD COLUMN handle text; ALTER TABLE users DROP COLUMN handle',
    drift: [used('users', 6, 1)],
  },
  // As the last column it comes back to its place.
  {
    sql: 'ALTER TABLE users DROP COLUMN created_at; ALTER TABLE users ADD COLUMN created_at timestamptz NOT NULL DEFAULT now()',
    drift: [used('users', 6, 1)],
  },
  {
    sql: 'ALTER TABLE events ADD COLUMN size int; ALTER TABLE events DROP COLUMN size',
    drift: [used('events', 4, 1), used('events_2024', 4, 1)],
  },
  {
    sql: 'ALTER TABLE users RENAME COLUMN username TO handle; ALTER TABLE users RENAME COLUMN handle TO username; CREATE OR REPLACE VIEW active AS SELECT id, username FROM users WHERE age > 1',
    drift: [],
  },
  {
    sql: "ALTER TABLE users ALTER COLUMN email SET DEFAULT 'x'; ALTER TABLE users ALTER COLUMN email SET DEFAULT ''",
    drift: [],
  },
  {
    sql: 'ALTER TABLE users ALTER COLUMN age SET NOT NULL; ALTER TABLE users ALTER COLUMN age DROP NOT NULL',
    drift: [],
  },
  {
    sql: 'ALTER TABLE users ALTER COLUMN email DROP NOT NULL; ALTER TABLE users ALTER COLUMN email SET NOT NULL',
    drift: [],
  },
  // The rest of a NOT NULL that was proven by a CHECK.
  {
    sql: 'ALTER TABLE users ADD CONSTRAINT known CHECK (age IS NOT NULL) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT known; ALTER TABLE users ALTER COLUMN age SET NOT NULL; ALTER TABLE users DROP CONSTRAINT known; ALTER TABLE users ALTER COLUMN age DROP NOT NULL',
    drift: [],
  },
  {
    sql: 'ALTER TABLE users ALTER COLUMN email TYPE varchar(90); ALTER TABLE users ALTER COLUMN email TYPE text',
    drift: [],
  },
  {
    sql: 'ALTER TABLE orders ALTER COLUMN note TYPE text; ALTER TABLE orders ALTER COLUMN note TYPE varchar(40)',
    drift: [],
  },
  {
    given: 'DROP TABLE orders CASCADE; DROP VIEW active',
    sql: 'ALTER TABLE users ALTER COLUMN id TYPE int; ALTER TABLE users ALTER COLUMN id TYPE bigint',
    drift: [],
  },
  {
    sql: 'ALTER TABLE users ALTER COLUMN email SET STATISTICS 500; ALTER TABLE users ALTER COLUMN email SET STATISTICS -1',
    drift: [],
  },
  {
    sql: 'ALTER TABLE users ALTER COLUMN email SET STORAGE EXTERNAL; ALTER TABLE users ALTER COLUMN email SET STORAGE EXTENDED',
    drift: [],
  },
  {
    sql: 'ALTER TABLE users ALTER COLUMN email SET COMPRESSION pglz; ALTER TABLE users ALTER COLUMN email SET COMPRESSION default',
    drift: [],
  },
  {
    sql: 'ALTER TABLE users ALTER COLUMN age SET (n_distinct = 5); ALTER TABLE users ALTER COLUMN age RESET (n_distinct)',
    drift: [],
  },
  {
    sql: 'ALTER TABLE users ALTER COLUMN id DROP IDENTITY; ALTER TABLE users ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY',
    drift: [],
  },
  { sql: "COMMENT ON COLUMN users.email IS 'x'; COMMENT ON COLUMN users.email IS NULL", drift: [] },
  { sql: 'GRANT SELECT (email) ON users TO reader; REVOKE SELECT (email) ON users FROM reader', drift: [] },
  // A wide column gives its table a TOAST table, which stays behind.
  {
    sql: 'ALTER TABLE parent ADD COLUMN wide text; ALTER TABLE parent DROP COLUMN wide',
    drift: [used('parent', 3, 1), used('child', 4, 1)],
  },
  {
    sql: 'ALTER TABLE parent SET (toast.vacuum_truncate = off); ALTER TABLE parent RESET (toast.vacuum_truncate)',
    drift: [],
  },

  // Tables.
  {
    sql: 'CREATE TABLE extra (id serial PRIMARY KEY, u bigint REFERENCES users); DROP TABLE extra',
    drift: [],
  },
  { sql: 'ALTER TABLE users RENAME TO people; ALTER TABLE people RENAME TO users', drift: [] },
  { sql: 'ALTER TABLE orders SET SCHEMA app; ALTER TABLE app.orders SET SCHEMA public', drift: [] },
  { sql: 'ALTER TABLE parent SET UNLOGGED; ALTER TABLE parent SET LOGGED', drift: [] },
  { sql: 'ALTER TABLE users SET (fillfactor = 70); ALTER TABLE users RESET (fillfactor)', drift: [] },
  // An ACL that was none is now the default in full.
  { sql: 'GRANT SELECT ON users TO reader; REVOKE SELECT ON users FROM reader', drift: [] },
  { sql: 'GRANT CREATE ON SCHEMA app TO reader; REVOKE CREATE ON SCHEMA app FROM reader', drift: [] },
  { sql: 'REVOKE EXECUTE ON FUNCTION add FROM PUBLIC; GRANT EXECUTE ON FUNCTION add TO PUBLIC', drift: [] },
  { sql: 'REVOKE USAGE ON TYPE mood FROM PUBLIC; GRANT USAGE ON TYPE mood TO PUBLIC', drift: [] },
  {
    sql: 'GRANT USAGE ON SEQUENCE counter TO reader; REVOKE USAGE ON SEQUENCE counter FROM reader',
    drift: [],
  },
  { sql: 'REVOKE SELECT ON orders FROM reader; GRANT SELECT ON orders TO reader', drift: [] },
  {
    sql: 'GRANT INSERT ON orders TO reader; GRANT INSERT ON orders TO writer; REVOKE INSERT ON orders FROM reader, writer',
    drift: [],
  },
  { sql: 'ALTER TABLE orders OWNER TO keeper; ALTER TABLE orders OWNER TO postgres', drift: [] },
  { sql: 'ALTER TABLE users REPLICA IDENTITY FULL; ALTER TABLE users REPLICA IDENTITY DEFAULT', drift: [] },
  { sql: 'CLUSTER orders USING orders_user_id; ALTER TABLE orders SET WITHOUT CLUSTER', drift: [] },
  {
    sql: 'ALTER TABLE orders ENABLE ROW LEVEL SECURITY; ALTER TABLE orders DISABLE ROW LEVEL SECURITY',
    drift: [],
  },
  {
    sql: "ALTER TABLE events ATTACH PARTITION events_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01'); ALTER TABLE events DETACH PARTITION events_2025; DROP INDEX events_2025_kind_idx",
    drift: [],
  },
  {
    sql: "ALTER TABLE events DETACH PARTITION events_2024; ALTER TABLE events ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
    drift: [],
  },
  { sql: "COMMENT ON TABLE users IS 'x'; COMMENT ON TABLE users IS 'people'", drift: [] },
  { sql: "INSERT INTO users (username) VALUES ('ada'); DELETE FROM users; ANALYZE users", drift: [] },

  // Indexes and constraints.
  { sql: 'CREATE INDEX users_age ON users (age); DROP INDEX users_age', drift: [] },
  { sql: 'DROP INDEX orders_user_id; CREATE INDEX orders_user_id ON orders (user_id)', drift: [] },
  {
    sql: 'ALTER INDEX orders_user_id RENAME TO by_user; ALTER INDEX by_user RENAME TO orders_user_id',
    drift: [],
  },
  { sql: 'REINDEX TABLE orders', drift: [] },
  {
    sql: ['CREATE INDEX CONCURRENTLY users_age ON users (age)', 'DROP INDEX CONCURRENTLY users_age'],
    drift: [],
  },
  { sql: ['REINDEX INDEX CONCURRENTLY orders_user_id', 'VACUUM FULL orders'], drift: [] },
  {
    sql: 'ALTER TABLE users DROP CONSTRAINT users_username_key; ALTER TABLE users ADD CONSTRAINT users_username_key UNIQUE (username)',
    drift: [],
  },
  {
    sql: 'ALTER TABLE users DROP CONSTRAINT users_username_key; CREATE UNIQUE INDEX name ON users (username); ALTER TABLE users ADD CONSTRAINT users_username_key UNIQUE USING INDEX name',
    drift: [],
  },
  {
    sql: 'ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey; ALTER TABLE orders ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT orders_user_id_fkey',
    drift: [],
  },
  {
    sql: "ALTER TABLE users DROP CONSTRAINT users_email_check; ALTER TABLE users ADD CONSTRAINT users_email_check CHECK (email <> 'nobody')",
    drift: [],
  },
  { sql: 'ALTER TABLE orders DISABLE TRIGGER ALL; ALTER TABLE orders ENABLE TRIGGER ALL', drift: [] },
  {
    sql: 'ALTER TABLE events ADD CHECK (id > 0); ALTER TABLE events DROP CONSTRAINT events_id_check',
    drift: [],
  },

  // Triggers, rules, policies, views.
  // `relhastriggers` stays.
  {
    sql: 'CREATE TRIGGER other BEFORE INSERT ON parent FOR EACH ROW EXECUTE FUNCTION touch(); DROP TRIGGER other ON parent',
    drift: [],
  },
  { sql: 'ALTER TABLE users DISABLE TRIGGER touch; ALTER TABLE users ENABLE TRIGGER touch', drift: [] },
  { sql: 'CREATE RULE other AS ON UPDATE TO parent DO ALSO NOTHING; DROP RULE other ON parent', drift: [] },
  { sql: 'DROP POLICY own ON users; CREATE POLICY own ON users USING (username = current_user)', drift: [] },
  { sql: 'DROP VIEW active; CREATE VIEW active AS SELECT id, username FROM users WHERE age > 1', drift: [] },
  { sql: 'REFRESH MATERIALIZED VIEW totals', drift: [] },

  // Everything else.
  { sql: 'ALTER SEQUENCE counter INCREMENT 5; ALTER SEQUENCE counter INCREMENT 1', drift: [] },
  { sql: "SELECT setval('counter', 77)", drift: [] },
  { sql: 'ALTER SEQUENCE counter AS int; ALTER SEQUENCE counter AS bigint', drift: [] },
  {
    sql: "CREATE OR REPLACE FUNCTION add(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE OR REPLACE FUNCTION add(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT a + b'",
    drift: [],
  },
  {
    sql: "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'; ALTER TYPE mood RENAME VALUE 'fine' TO 'ok'",
    drift: [],
  },
  {
    sql: "DROP TYPE mood; CREATE TYPE mood AS ENUM ('sad', 'happy'); ALTER TYPE mood ADD VALUE 'ok' BEFORE 'happy'",
    drift: [],
  },
  { sql: 'ALTER DOMAIN cents SET NOT NULL; ALTER DOMAIN cents DROP NOT NULL', drift: [] },
  { sql: 'ALTER TYPE point3 ADD ATTRIBUTE w int; ALTER TYPE point3 DROP ATTRIBUTE w', drift: [] },
  { sql: 'CREATE TYPE span AS RANGE (SUBTYPE = float8); DROP TYPE span', drift: [] },
  { sql: 'ALTER SCHEMA app RENAME TO shop; ALTER SCHEMA shop RENAME TO app', drift: [] },
  {
    given: 'CREATE TABLE st (v int, note text); CREATE STATISTICS ws ON v, note, (v + 1) FROM st',
    sql: 'ALTER TABLE st DROP COLUMN v; ALTER TABLE st ADD COLUMN v int; CREATE STATISTICS ws ON v, note, (v + 1) FROM st',
    drift: ['column order of st: v moved from 1 to 2', used('st', 3, 1)],
  },
  {
    sql: 'DROP STATISTICS orders_stats; CREATE STATISTICS orders_stats ON user_id, total FROM orders',
    drift: [],
  },
  { sql: 'CREATE PUBLICATION news FOR TABLE users; DROP PUBLICATION news', drift: [] },
  {
    sql: 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES REVOKE SELECT ON TABLES FROM reader',
    drift: [],
  },
  {
    sql: 'ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader; ALTER DEFAULT PRIVILEGES IN SCHEMA app REVOKE SELECT ON TABLES FROM reader',
    drift: [],
  },
  { sql: 'CREATE EXTENSION btree_gist; DROP EXTENSION btree_gist', drift: [] },

  // What is nobody's but the session's.
  {
    sql: 'CREATE TEMP TABLE users (a int); CREATE INDEX ON pg_temp.users (a); CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql AS $$SELECT 1$$; CREATE TYPE pg_temp.mood AS ENUM ()',
    drift: [],
  },
  { sql: 'SET search_path = app, public', drift: [] },
  { sql: "SET search_path = ''", drift: [] },
  {
    sql: "SET quote_all_identifiers = on; SET DateStyle = 'SQL, DMY'; SET TimeZone = 'Asia/Tokyo'",
    drift: [],
  },
];
