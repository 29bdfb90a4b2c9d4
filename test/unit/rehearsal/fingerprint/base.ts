/** What all cases start from, with roles `reader`, `writer` and `keeper`. */
export const baseSchema = `
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  username varchar(255) NOT NULL UNIQUE,
  email text NOT NULL DEFAULT '' CHECK (email <> 'nobody'),
  age int,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE orders (id serial PRIMARY KEY, user_id bigint REFERENCES users, total numeric(10, 2), note varchar(40));
CREATE INDEX orders_user_id ON orders (user_id);
CREATE INDEX orders_note ON orders (lower(note)) WHERE note <> 'none';
CREATE VIEW active AS SELECT id, username FROM users WHERE age > 1;
CREATE MATERIALIZED VIEW totals AS SELECT user_id, sum(total) AS total FROM orders GROUP BY user_id;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION add(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT a + b';
CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN cents AS int CHECK (VALUE >= 0);
CREATE TYPE point3 AS (x int, y int, z int);
CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 (id bigint NOT NULL, at date NOT NULL, kind text);
CREATE INDEX events_kind ON events (kind);
CREATE TABLE parent (a int, b int DEFAULT 1 CHECK (b > 0));
CREATE TABLE child (c int) INHERITS (parent);
CREATE SCHEMA app;
CREATE TABLE app.things (id int, "Name" text);
CREATE POLICY own ON users USING (username = current_user);
CREATE STATISTICS orders_stats ON user_id, total FROM orders;
CREATE SEQUENCE counter;
CREATE RULE quiet AS ON DELETE TO orders DO INSTEAD NOTHING;
COMMENT ON TABLE users IS 'people';
GRANT SELECT ON orders TO reader;
`;

/** What cannot be in a transaction with the rest. */
export const baseRoles = ['reader', 'writer', 'keeper'];
