/** Definitions that were written under a search path, and what they name was renamed, moved and added to since. */
export const renamed = `
CREATE SCHEMA app;
CREATE SCHEMA later;
SET search_path = app, public;
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE users (id int PRIMARY KEY, username text, age int, mood mood);
INSERT INTO users SELECT g, 'u' || g, g, 'sad' FROM generate_series(1, 20) g;
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, total numeric);
INSERT INTO orders SELECT g, g, g FROM generate_series(1, 20) g;
CREATE FUNCTION low(t text) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT lower(t)';
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE FUNCTION atomic() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM users; END;
CREATE SEQUENCE s;
CREATE VIEW adults AS SELECT id, username, low(username) AS l, age FROM users WHERE age > 18 AND mood = 'sad'::mood;
CREATE VIEW star AS SELECT * FROM users;
CREATE VIEW joined AS SELECT users.username, o.total, (SELECT max(age) FROM users x WHERE x.id = o.id) AS m FROM users JOIN orders o ON o.user_id = users.id ORDER BY username;
CREATE VIEW nested AS SELECT q.username FROM (SELECT username, age FROM users) q WHERE q.age > 3;
CREATE VIEW cte AS WITH w AS (SELECT username FROM users) SELECT w.username FROM w;
CREATE VIEW using_join AS SELECT u.username FROM users u JOIN orders o USING (id);
CREATE VIEW next AS SELECT nextval('s') AS n, 's'::regclass::text AS t;
CREATE VIEW above AS SELECT a.username FROM adults a;
CREATE MATERIALIZED VIEW mat AS SELECT username, count(*) AS n FROM users GROUP BY username;
CREATE TRIGGER tr BEFORE UPDATE OF username ON users FOR EACH ROW WHEN (OLD.username IS DISTINCT FROM NEW.username) EXECUTE FUNCTION touch();
CREATE POLICY pol ON users USING (username = current_user AND users.age > 0);
CREATE POLICY sub ON orders USING (user_id IN (SELECT id FROM users));
CREATE RULE r AS ON INSERT TO orders DO ALSO DELETE FROM users WHERE id = NEW.user_id;
CREATE STATISTICS st ON username, (age + 1) FROM users;
CREATE PUBLICATION pub FOR TABLE users (id, username), orders WHERE (total > 5);
RESET search_path;
ALTER TABLE app.users RENAME COLUMN username TO handle;
ALTER TABLE app.users RENAME COLUMN age TO "Years";
ALTER TABLE app.users RENAME TO people;
ALTER TABLE app.orders RENAME COLUMN total TO sum;
ALTER TABLE app.orders SET SCHEMA later;
ALTER FUNCTION app.low(text) RENAME TO lowered;
ALTER FUNCTION app.touch() SET SCHEMA later;
ALTER SEQUENCE app.s RENAME TO seq;
ALTER TYPE app.mood RENAME TO feeling;
ALTER VIEW app.adults RENAME COLUMN username TO nick;
ALTER VIEW app.adults RENAME TO grown;
ALTER TABLE app.people ADD COLUMN extra int;
ALTER SCHEMA app RENAME TO main;
`;

/** Each is run, then undone: all is as before, under the new names. */
export const restoredRenamed = `
DROP VIEW main.grown CASCADE
DROP VIEW main.star
DROP VIEW main.joined
DROP VIEW main.nested
DROP VIEW main.cte
DROP VIEW main.next
DROP VIEW main.above
DROP MATERIALIZED VIEW main.mat
DROP TRIGGER tr ON main.people
DROP POLICY pol ON main.people
DROP POLICY sub ON later.orders
DROP STATISTICS main.st
DROP PUBLICATION pub
DROP FUNCTION later.touch() CASCADE
CREATE OR REPLACE VIEW main.nested AS SELECT 'x'::text AS username
CREATE OR REPLACE FUNCTION later.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'
ALTER POLICY pol ON main.people USING (true)
`;
