import assert from 'node:assert/strict';
import type { PGlite } from '@electric-sql/pglite';
import { analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { formsOf } from '../../prove/forms/model.ts';
import { scenes } from '../../prove/forms/scenes.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

const baseline = `CREATE SCHEMA app;
CREATE TYPE mood AS ENUM ('sad','ok');
CREATE TYPE addr AS (street text, city text);
CREATE DOMAIN seven AS integer DEFAULT 7;
CREATE DOMAIN email_t AS text CHECK (VALUE ~ '@');
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL, email text UNIQUE, tags text[] NOT NULL DEFAULT '{}', home addr NOT NULL DEFAULT ROW('a','b'), data jsonb,
  n seven NOT NULL, created_at timestamptz NOT NULL DEFAULT now(), deleted_at timestamptz, "Mixed Case" int);
CREATE TABLE orders (id serial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, total numeric, status mood, UNIQUE (user_id, total));
CREATE TABLE app.things (id int PRIMARY KEY, label text);
CREATE TABLE events (id bigint, at timestamptz NOT NULL, kind text NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX events_kind ON events (kind);
CREATE VIEW v AS SELECT id, name AS label FROM users;
CREATE VIEW v_star AS SELECT * FROM orders;
CREATE MATERIALIZED VIEW mv AS SELECT user_id, sum(total) AS total FROM orders GROUP BY 1;
CREATE SEQUENCE sq;
CREATE FUNCTION full_name(u users) RETURNS text LANGUAGE sql AS $$ SELECT u.name $$;
CREATE FUNCTION rows() RETURNS TABLE (a int, b text) LANGUAGE sql AS $$ SELECT 1, 'x' $$;
CREATE FUNCTION recs() RETURNS SETOF users LANGUAGE sql AS $$ SELECT * FROM users $$;
CREATE FUNCTION mk() RETURNS void LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE made_by_f (a int); END $$;
CREATE PROCEDURE mkp() LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE made_by_p (a int); END $$;
CREATE FUNCTION mkdyn(t text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN EXECUTE format('CREATE TABLE %I (a int)', t); END $$;
CREATE FUNCTION trg() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.label := coalesce(NEW.label,'x'); RETURN NEW; END $$;
CREATE TABLE withtrg (id int, label text NOT NULL);
CREATE TRIGGER t1 BEFORE INSERT ON withtrg FOR EACH ROW EXECUTE FUNCTION trg();
CREATE TABLE ruled (id int NOT NULL, x text NOT NULL);
CREATE RULE r1 AS ON INSERT TO ruled DO INSTEAD NOTHING;
CREATE TABLE parent (a int NOT NULL, b text); CREATE TABLE child (c int) INHERITS (parent);
CREATE TABLE excl (r int4range, EXCLUDE USING gist (r WITH &&));
CREATE TABLE lower_u (name text); CREATE UNIQUE INDEX lu ON lower_u (lower(name));
CREATE TABLE gen (a int, b int GENERATED ALWAYS AS (a * 2) STORED);
`;

const rows = `INSERT INTO users (name, email) VALUES ('ada','a@b');
INSERT INTO orders (user_id,total,status) VALUES (1, 5, 'ok');
INSERT INTO app.things VALUES (1,'x');
INSERT INTO events VALUES (1,'2024-05-05','k');
INSERT INTO parent VALUES (1,'x');
INSERT INTO gen VALUES (1);
`;

/** What Postgres runs on that schema, and some that it refuses. */
const scripts: readonly string[] = [
  'SELECT s.max, s.exists, "array", column1 FROM (SELECT (SELECT max(id) FROM users), EXISTS (SELECT 1), ARRAY (SELECT 1), (VALUES (1))) s',
  'SELECT s.current_user, s.localtimestamp, xmlelement, json_object FROM (SELECT current_user, localtimestamp(2), xmlelement(name a), json_object(1: 2)) s',
  "SELECT s.date_part, s.case, s.text, s.coalesce FROM (SELECT date_part('year', created_at), CASE WHEN true THEN 1 END, 'a'::text, coalesce(id, 1) FROM users) s",
  'SELECT s.min FROM (SELECT (SELECT max(id) FROM users)) s',
  'WITH w AS (SELECT 1 AS a) SELECT w.b FROM w',
  'SELECT last_value, is_called FROM sq',
  'SELECT users.full_name FROM users',
  'SELECT u.count FROM users u',
  'SELECT u.full_name, u.name FROM users u',
  'SELECT a, b FROM rows()',
  'SELECT r.a FROM rows() r',
  'SELECT r.x FROM rows() AS r(x, y)',
  'SELECT name FROM recs()',
  'SELECT x FROM generate_series(1,2) x',
  'SELECT ord, val FROM unnest(ARRAY[1,2]) WITH ORDINALITY AS t(val, ord)',
  'SELECT * FROM ROWS FROM (generate_series(1,2), rows()) AS q(i, a, b) WHERE q.i > 0',
  'SELECT ctid, xmin, tableoid::regclass, cmin FROM users',
  'SELECT v.id, v.label FROM v',
  'SELECT total FROM mv',
  'SELECT tableoid FROM events',
  'SELECT e.at FROM events_2024 e',
  'SELECT users FROM users',
  'SELECT (users).name FROM users',
  'SELECT (home).city FROM users',
  'SELECT (u.home).city FROM users u',
  'SELECT (u.home).* FROM users u',
  'UPDATE users SET home.city = NULL',
  'UPDATE users SET tags[1] = NULL',
  "INSERT INTO users (name, home.city, tags[1]) VALUES ('b', NULL, NULL)",
  "INSERT INTO users (name) VALUES ('c')",
  "UPDATE users SET (name, email) = ('x', 'y')",
  "UPDATE users SET (name, email) = (SELECT 'x', 'y')",
  "UPDATE users SET (name, email) = ROW ('x', DEFAULT)",
  'UPDATE users AS u SET name = o.id::text FROM orders o WHERE o.user_id = u.id',
  "UPDATE users u SET u.name = 'x'",
  'DELETE FROM users u USING orders o WHERE false AND o.user_id = u.id RETURNING u.name, o.total',
  "INSERT INTO users (name) VALUES ('x') RETURNING id, users.name, *",
  "INSERT INTO users AS u (name, email) VALUES ('x','a@b') ON CONFLICT (email) DO UPDATE SET name = excluded.name || u.name WHERE u.id > 0",
  "INSERT INTO users (name, email) VALUES ('x','a@b') ON CONFLICT (email) DO UPDATE SET name = excluded.name, tags = users.tags || excluded.tags",
  "INSERT INTO users (name, email) VALUES ('x','a@b') ON CONFLICT ON CONSTRAINT users_email_key DO NOTHING",
  "INSERT INTO orders (user_id,total) VALUES (1,5) ON CONFLICT (total, user_id) DO UPDATE SET status = 'ok'",
  "INSERT INTO excl VALUES ('[1,2)') ON CONFLICT DO NOTHING",
  "INSERT INTO excl VALUES ('[1,2)') ON CONFLICT ON CONSTRAINT excl_r_excl DO NOTHING",
  "INSERT INTO lower_u VALUES ('a') ON CONFLICT (lower(name)) DO NOTHING",
  'INSERT INTO withtrg (id) VALUES (1)',
  'INSERT INTO withtrg VALUES (1, NULL)',
  'INSERT INTO ruled (id) VALUES (1)',
  'INSERT INTO ruled VALUES (NULL, NULL)',
  "INSERT INTO v (label) VALUES ('x')",
  'INSERT INTO v_star (user_id) VALUES (1)',
  "WITH x AS (INSERT INTO users (name) VALUES ('z') RETURNING id, name) SELECT id, name FROM x",
  'WITH x(a) AS (SELECT 1) SELECT a FROM x',
  'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM t WHERE n < 3) SELECT n FROM t',
  'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM t WHERE n < 3) SEARCH DEPTH FIRST BY n SET ordercol SELECT n FROM t ORDER BY ordercol',
  'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n+1 FROM t WHERE n < 3) CYCLE n SET is_cycle USING path SELECT n, is_cycle, path FROM t',
  'WITH RECURSIVE a AS (SELECT * FROM b), b AS (SELECT 1 AS z) SELECT z FROM a',
  'WITH w AS (SELECT id FROM users) DELETE FROM orders WHERE false AND user_id IN (SELECT id FROM w)',
  "WITH w AS (SELECT 1 AS id) INSERT INTO users (name) SELECT 'x' || w.id FROM w",
  "WITH w AS (SELECT 1 AS id) UPDATE users SET name = 'q' FROM w WHERE w.id = users.id",
  "MERGE INTO users u USING (VALUES (1,'x')) AS s(id, nm) ON s.id = u.id WHEN MATCHED THEN UPDATE SET name = s.nm WHEN NOT MATCHED THEN INSERT (name) VALUES (s.nm)",
  'MERGE INTO orders o USING users u ON o.user_id = u.id WHEN NOT MATCHED BY SOURCE THEN UPDATE SET total = 0 RETURNING merge_action(), o.id',
  'SELECT name AS n FROM users ORDER BY n',
  'SELECT DISTINCT ON (n) name AS n FROM users',
  'SELECT row_number() OVER w AS rn FROM users WINDOW w AS (PARTITION BY name ORDER BY id)',
  'SELECT id, j.id, j.user_id FROM (orders JOIN app.things USING (id)) AS j',
  'SELECT j.id FROM orders JOIN app.things USING (id) AS j',
  'SELECT j FROM orders JOIN app.things USING (id) AS j',
  'SELECT id, label FROM orders NATURAL JOIN app.things',
  'SELECT things.label, app.things.id FROM app.things',
  'SELECT public.users.name FROM users',
  'SELECT public.users.name FROM public.users',
  'SELECT u.name, x.t FROM users u LEFT JOIN LATERAL (SELECT sum(total) AS t FROM orders WHERE user_id = u.id) x ON true',
  'SELECT u.name, k FROM users u, jsonb_object_keys(u.data) k',
  'SELECT u.name, e.key, e.value FROM users u CROSS JOIN LATERAL jsonb_each(u.data) e',
  'SELECT key FROM users, jsonb_each(data)',
  `SELECT * FROM json_to_recordset('[{"a":1}]') AS x(a int, b text) WHERE x.a = 1 AND b IS NULL`,
  "SELECT * FROM XMLTABLE('/r' PASSING '<r/>'::xml COLUMNS a int PATH '@a') AS xt WHERE xt.a IS NULL",
  "SELECT jt.a FROM JSON_TABLE('[1]'::jsonb, '$[*]' COLUMNS (a int PATH '$')) jt",
  'SELECT table_name FROM information_schema.tables',
  'SELECT relname, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace',
  'SELECT c.relname FROM pg_catalog.pg_class c',
  "SELECT * FROM pg_stat_activity WHERE state = 'active'",
  'SELECT id FROM users TABLESAMPLE BERNOULLI (10) REPEATABLE (3)',
  'SELECT id FROM users UNION SELECT id FROM orders ORDER BY id',
  'SELECT id AS k FROM users UNION SELECT id FROM orders ORDER BY k LIMIT 1',
  'SELECT k FROM (SELECT id AS k FROM users UNION SELECT id FROM orders) s',
  'SELECT s.column1 FROM (VALUES (1), (2)) s',
  'SELECT column1 FROM (VALUES (1), (2)) s',
  'SELECT s.a FROM (VALUES (1), (2)) s(a)',
  'VALUES (1), (2) ORDER BY column1',
  'TABLE users',
  'SELECT * FROM ONLY parent',
  'SELECT parent.a, b FROM parent*',
  'SELECT c FROM child',
  'INSERT INTO child (a, c) VALUES (1, 2)',
  'SELECT "Mixed Case" FROM users',
  'SELECT users."Mixed Case" FROM "users"',
  'SELECT id FROM users WHERE id = ANY (SELECT user_id FROM orders WHERE orders.user_id = users.id)',
  'SELECT (SELECT max(total) FROM orders WHERE user_id = u.id) AS m FROM users u ORDER BY m',
  'SELECT ARRAY(SELECT id FROM orders WHERE user_id = users.id) FROM users',
  'SELECT GROUPING(name), name FROM users GROUP BY GROUPING SETS ((name), ())',
  'SELECT name FROM users GROUP BY ROLLUP (name)',
  "SELECT string_agg(name, ',' ORDER BY id) FILTER (WHERE id > 0) FROM users",
  'SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY id) FROM users',
  "SELECT extract(year FROM created_at), created_at AT TIME ZONE 'UTC', current_user, current_timestamp FROM users",
  "SELECT CASE WHEN name = 'x' THEN 1 END AS z FROM users ORDER BY z",
  'SELECT make_interval(days => 3)',
  'SELECT name COLLATE "C" FROM users ORDER BY name COLLATE "C"',
  'SELECT old.name, new.name FROM (SELECT 1) q, users old, users new',
  "UPDATE users SET name = 'n' RETURNING old.name, new.name",
  "INSERT INTO users (name) VALUES ('n') RETURNING old.*, new.id",
  "UPDATE users SET name = 'n' RETURNING WITH (OLD AS o, NEW AS n) o.name, n.name",
  'DELETE FROM users WHERE false RETURNING old.id',
  'SELECT mk(); SELECT a FROM made_by_f',
  'CALL mkp(); SELECT a FROM made_by_p',
  'CALL mkp(); ALTER TABLE made_by_p ADD COLUMN b int; INSERT INTO made_by_p (a,b) VALUES (1,2)',
  "SELECT mkdyn('dd'); SELECT a FROM dd",
  "DO $$ BEGIN PERFORM mkdyn('dd'); END $$; SELECT a FROM dd",
  'CREATE TEMP TABLE tt AS SELECT * FROM users; SELECT name FROM tt; SELECT name FROM pg_temp.tt',
  'CREATE TEMP TABLE users (zz int); SELECT zz FROM users; INSERT INTO users VALUES (1)',
  'CREATE TEMPORARY TABLE tt (a int) ON COMMIT DROP; INSERT INTO tt VALUES (1)',
  'SELECT id, name INTO newt FROM users; SELECT id, name FROM newt',
  "CREATE TABLE cta AS SELECT id, name AS nn FROM users WITH NO DATA; INSERT INTO cta (id, nn) VALUES (1,'x')",
  "CREATE TABLE lk (LIKE users INCLUDING ALL); INSERT INTO lk (name) VALUES ('x')",
  "CREATE TABLE lk (LIKE users); INSERT INTO lk (id, name, tags, home, n, created_at) VALUES (1, 'x', '{}', ROW('a','b'), 1, now())",
  'PREPARE p AS SELECT name FROM users; EXECUTE p',
  'CREATE TABLE cta AS TABLE users; SELECT name FROM cta',
  'CREATE TABLE cta (x, y) AS SELECT id, name FROM users; SELECT x, y FROM cta',
  'SET search_path = app; SELECT label FROM things',
  'SET search_path TO app, public; SELECT label, u.name FROM things, users u',
  'CREATE FUNCTION f2() RETURNS int LANGUAGE sql AS $$ SELECT count(*)::int FROM users $$; SELECT f2()',
  'ALTER VIEW v RENAME COLUMN label TO lbl; SELECT lbl FROM v',
  'ALTER TABLE v RENAME TO v2; SELECT label FROM v2',
  'CREATE OR REPLACE VIEW v AS SELECT id, name AS label, email FROM users; SELECT email FROM v',
  'DROP VIEW v; CREATE VIEW v AS SELECT id FROM users; SELECT id FROM v',
  'CREATE VIEW v3 (a, b) AS SELECT id, name FROM users; SELECT a, b FROM v3',
  'CREATE RECURSIVE VIEW nums (n) AS VALUES (1) UNION ALL SELECT n+1 FROM nums WHERE n < 5; SELECT n FROM nums',
  'CREATE VIEW v4 AS VALUES (1, 2); SELECT column1, column2 FROM v4',
  'ALTER TABLE users RENAME COLUMN name TO nm; SELECT nm FROM users; SELECT label FROM v',
  "ALTER TABLE users RENAME TO people; SELECT name FROM people; CREATE VIEW users AS SELECT * FROM people; SELECT name FROM users; INSERT INTO users (name) VALUES ('x')",
  "ALTER TABLE users ALTER COLUMN name DROP NOT NULL; INSERT INTO users (email) VALUES ('e')",
  "ALTER TABLE users ALTER COLUMN name SET DEFAULT 'd'; INSERT INTO users (email) VALUES ('e')",
  'ALTER TABLE orders SET SCHEMA app; SELECT total FROM app.orders',
  'DROP TABLE IF EXISTS nope; DROP VIEW IF EXISTS nope; DROP INDEX IF EXISTS nope; DROP TYPE IF EXISTS nope; DROP FUNCTION IF EXISTS nope()',
  'ALTER TABLE IF EXISTS nope ADD COLUMN x int',
  'ALTER TABLE IF EXISTS nope RENAME COLUMN x TO y',
  'ALTER TABLE users DROP COLUMN IF EXISTS nope',
  'ALTER TABLE users ADD COLUMN IF NOT EXISTS name text',
  'ALTER TABLE users DROP CONSTRAINT IF EXISTS nope',
  'ALTER TABLE users DROP CONSTRAINT users_email_key',
  'ALTER TABLE orders DROP CONSTRAINT orders_user_id_total_key',
  'ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey',
  'ALTER TABLE users DROP CONSTRAINT users_name_not_null',
  'ALTER SEQUENCE orders_id_seq OWNED BY NONE; ALTER SEQUENCE users_id_seq RESTART',
  "ALTER TABLE sq RENAME TO sq2; SELECT nextval('sq2')",
  'ALTER INDEX events_kind RENAME TO ek',
  'ALTER INDEX events_2024_kind_idx RENAME TO ek',
  'DROP INDEX events_kind',
  'REINDEX INDEX events_2024_kind_idx',
  "COMMENT ON COLUMN users.name IS 'x'",
  "COMMENT ON COLUMN v.label IS 'x'",
  "COMMENT ON COLUMN mv.total IS 'x'",
  'GRANT SELECT ON users, v, mv TO PUBLIC; GRANT SELECT (name) ON users TO PUBLIC; GRANT USAGE ON SEQUENCE sq TO PUBLIC',
  'CREATE INDEX ON users (name) WHERE deleted_at IS NULL',
  "CREATE INDEX ON users (lower(name), (data->>'a')) INCLUDE (email)",
  'CREATE INDEX ON mv (total)',
  'ALTER MATERIALIZED VIEW mv RENAME TO mv2; REFRESH MATERIALIZED VIEW mv2',
  'ALTER TABLE events DETACH PARTITION events_2024',
  "CREATE TABLE events_2025 PARTITION OF events (kind DEFAULT 'x') FOR VALUES FROM ('2025-01-01') TO ('2026-01-01'); INSERT INTO events_2025 (at) VALUES ('2025-02-02')",
  'INSERT INTO gen VALUES (1, DEFAULT)',
  'INSERT INTO gen (a) SELECT 1',
  'INSERT INTO users SELECT * FROM users WHERE false',
  'INSERT INTO users OVERRIDING USER VALUE SELECT * FROM users WHERE false',
  'INSERT INTO orders VALUES (DEFAULT, 1, 9), (DEFAULT, 1, 10)',
  'COPY users (name, email) TO STDOUT',
  'LOCK TABLE users, orders IN SHARE MODE',
  'TRUNCATE orders',
  'ANALYZE users (name)',
  'EXPLAIN SELECT name FROM users',
  "DECLARE c CURSOR FOR SELECT name FROM users; FETCH 1 FROM c; UPDATE users SET name = 'z' WHERE CURRENT OF c",
  'CREATE TRIGGER t2 BEFORE UPDATE OF name ON users FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION trg()',
  'CREATE POLICY p1 ON users USING (name = current_user)',
  'CREATE RULE r2 AS ON UPDATE TO users DO ALSO INSERT INTO orders (user_id) VALUES (NEW.id)',
  'CREATE STATISTICS st ON name, email FROM users',
  "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'mood') THEN CREATE TYPE mood AS ENUM ('x'); END IF; END $$",
  "DO $$ BEGIN CREATE TYPE mood AS ENUM ('x'); EXCEPTION WHEN duplicate_object THEN NULL; END $$",
  "DO $$ BEGIN ALTER TABLE users ADD COLUMN name text; EXCEPTION WHEN duplicate_column THEN RAISE NOTICE 'x'; END $$",
  'DO $$ BEGIN CREATE TABLE users (a int); EXCEPTION WHEN duplicate_table THEN NULL; END $$',
  'DO $$ BEGIN ALTER TABLE users DROP COLUMN nope; EXCEPTION WHEN undefined_column THEN NULL; END $$',
  'DO $$ BEGIN ALTER TABLE nope ADD COLUMN x int; EXCEPTION WHEN undefined_table THEN NULL; END $$',
  'DO $$ BEGIN INSERT INTO nope VALUES (1); EXCEPTION WHEN OTHERS THEN NULL; END $$',
  "DO $$ BEGIN IF EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name='users' AND column_name='nope') THEN ALTER TABLE users RENAME COLUMN nope TO nope2; END IF; END $$",
  "DO $$ BEGIN IF NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_name='users' AND column_name='name') THEN ALTER TABLE users ADD COLUMN name text; END IF; END $$",
  "DO $$ BEGIN IF to_regclass('nope') IS NOT NULL THEN UPDATE nope SET a = 1; END IF; END $$",
  'DO $$ BEGIN IF false THEN ALTER TABLE users DROP COLUMN email; END IF; END $$; SELECT email FROM users',
  "DO $$ BEGIN IF false THEN ALTER TABLE users RENAME COLUMN email TO mail; END IF; END $$; UPDATE users SET email = 'q'",
  'DO $$ BEGIN IF false THEN CREATE TABLE later (a int); END IF; END $$; CREATE TABLE later (b int); INSERT INTO later (b) VALUES (1)',
  'DO $$ DECLARE r record; BEGIN FOR r IN SELECT id FROM users LOOP UPDATE orders SET total = 1 WHERE user_id = r.id; END LOOP; END $$',
  "DO $$ DECLARE x int; BEGIN SELECT count(*) INTO x FROM users; IF x > 5 THEN RAISE EXCEPTION 'x'; END IF; END $$",
  "DO $$ DECLARE cnt bigint; nm text := 'q'; BEGIN UPDATE users SET name = nm; GET DIAGNOSTICS cnt = ROW_COUNT; INSERT INTO orders (user_id, total) VALUES (1, cnt + 100); END $$",
  "DO $$ DECLARE nm text := 'q'; BEGIN SELECT nm; EXCEPTION WHEN OTHERS THEN NULL; END $$",
  "DO $$ DECLARE t text; BEGIN FOR t IN SELECT tablename FROM pg_tables WHERE schemaname='public' AND tablename='orders' LOOP EXECUTE 'CREATE TABLE ' || t || '_bak AS TABLE ' || t; END LOOP; END $$; SELECT total FROM orders_bak",
  "DO $$ BEGIN EXECUTE 'CREATE TABLE ex1 (a int)'; END $$; SELECT a FROM ex1",
  'DO $$ BEGIN CREATE TEMP TABLE tmp1 ON COMMIT DROP AS SELECT id FROM users; DELETE FROM orders WHERE false AND user_id IN (SELECT id FROM tmp1); END $$',
  'CREATE TABLE "Weird-Name" (id int); SELECT id FROM "Weird-Name"; INSERT INTO "Weird-Name" ("id") VALUES (1)',
  'CREATE TABLE a_very_long_table_name_that_is_longer_than_sixty_three_characters_in_total (id int); SELECT id FROM a_very_long_table_name_that_is_longer_than_sixty_three_characters_in_total',
  'ALTER TABLE users ADD COLUMN a_very_long_column_name_that_is_longer_than_sixty_three_characters_in_total int; SELECT a_very_long_column_name_that_is_longer_than_sixty_three_characters_in_total FROM users',
  'SELECT U&"n\\0061me" FROM users',
  'CREATE SCHEMA s2 CREATE TABLE t2 (a int) CREATE VIEW v2 AS SELECT a FROM t2; SELECT a FROM s2.t2; SELECT a FROM s2.v2',
  'CREATE EXTENSION IF NOT EXISTS plpgsql',
  "SELECT nextval('sq'), currval('sq')",
  'ALTER TABLE orders ADD CONSTRAINT c1 CHECK (total > 0) NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT c1; ALTER TABLE orders DROP CONSTRAINT c1',
  'CREATE UNIQUE INDEX oi ON orders (total); ALTER TABLE orders ADD CONSTRAINT ot UNIQUE USING INDEX oi; INSERT INTO orders (user_id, total) VALUES (1, 5) ON CONFLICT (total) DO NOTHING; INSERT INTO orders (user_id, total) VALUES (1, 5) ON CONFLICT ON CONSTRAINT ot DO NOTHING',
  "ALTER TABLE users ALTER COLUMN id DROP IDENTITY; INSERT INTO users (id, name) VALUES (50, 'x')",
  "ALTER TABLE users ALTER COLUMN id SET GENERATED BY DEFAULT; INSERT INTO users (id, name) VALUES (50, 'x')",
  'ALTER TABLE gen ALTER COLUMN b DROP EXPRESSION; INSERT INTO gen VALUES (1, 3)',
  'ALTER TABLE gen ALTER COLUMN b SET EXPRESSION AS (a * 3); SELECT b FROM gen',
  "ALTER TYPE mood ADD VALUE 'great'; ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ok'",
  "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'",
  'ALTER TYPE mood RENAME TO feeling; ALTER TABLE orders ADD COLUMN m feeling',
  "CREATE TYPE mood2 AS ENUM ('a'); CREATE TYPE app.mood AS ENUM ('a')",
  'CREATE TABLE app.users (id int); CREATE INDEX users_email_key ON app.users (id)',
  'CREATE TABLE IF NOT EXISTS users (id int)',
  'CREATE SEQUENCE IF NOT EXISTS sq',
  'CREATE INDEX IF NOT EXISTS events_kind ON events (kind)',
  'CREATE MATERIALIZED VIEW IF NOT EXISTS mv AS SELECT 1',
  'CREATE SCHEMA IF NOT EXISTS app',
  'SET search_path = app; SELECT label FROM thngs',
  'INSERT INTO users SELECT id, name FROM users',
  'INSERT INTO gen SELECT 1, 2',
  'INSERT INTO orders SELECT id, id, 1, NULL, 5 FROM users',
  'DO $$ BEGIN ALTER TABLE nope ADD COLUMN x int; END $$',
  "DO $$ DECLARE n int; BEGIN SELECT count(*) INTO n FROM users WHERE nme = 'x'; END $$",
  'DO $$ BEGIN PERFORM 1; CREATE TABLE users (a int); END $$',
  'SELECT (SELECT nme FROM users LIMIT 1)',
  'SELECT users.nme FROM users',
  'WITH RECURSIVE a AS (SELECT z FROM b), b AS (SELECT 1 AS z) SELECT z FROM c',
  "INSERT INTO parent (b) VALUES ('x')",
  'UPDATE parent SET a = NULL',
  'SELECT j.total FROM orders JOIN app.things USING (id) AS j',
  'ALTER TABLE users RENAME COLUMN nope TO x',
  'ALTER TABLE users RENAME CONSTRAINT nope TO x',
  'ALTER TABLE users DROP CONSTRAINT nope',
  'ALTER TABLE users VALIDATE CONSTRAINT nope',
  'ALTER TABLE users ALTER CONSTRAINT nope DEFERRABLE',
  'ALTER TABLE users ALTER COLUMN nope TYPE text',
  'ALTER TABLE users ALTER COLUMN nope SET NOT NULL',
  'ALTER TABLE users ALTER COLUMN nope DROP NOT NULL',
  'ALTER TABLE users ALTER COLUMN nope SET DEFAULT 1',
  'ALTER TABLE users ALTER COLUMN nope SET STATISTICS 100',
  'ALTER TABLE users ALTER COLUMN nope DROP IDENTITY',
  'ALTER TABLE users ADD CONSTRAINT u UNIQUE (nope)',
  'ALTER TABLE users ADD CONSTRAINT c CHECK (nope > 0)',
  'ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (nope) REFERENCES orders (id)',
  'ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES orders (nope)',
  'ALTER TABLE users ADD CONSTRAINT users_email_key CHECK (id > 0)',
  'ALTER TABLE users ENABLE TRIGGER nope',
  'CREATE INDEX ON users (nope)',
  'CREATE INDEX ON users (lower(nope))',
  'CREATE INDEX ON users (id) WHERE nope',
  'CREATE INDEX ON users (id) INCLUDE (nope)',
  'DROP TRIGGER nope ON users',
  'DROP POLICY nope ON users',
  'DROP SEQUENCE nope',
  'DROP VIEW nope',
  'DROP INDEX nope',
  'DROP MATERIALIZED VIEW nope',
  "ALTER TYPE mood ADD VALUE 'ok'",
  'ALTER INDEX nope RENAME TO x',
  'ALTER SEQUENCE nope RESTART',
  'ALTER VIEW nope RENAME TO x',
  "COMMENT ON TABLE nope IS 'x'",
  'GRANT SELECT ON nope TO PUBLIC',
  'TRUNCATE nope',
  'LOCK TABLE nope',
  'ANALYZE nope',
  'ANALYZE users (nope)',
  'REINDEX TABLE nope',
  'REINDEX INDEX nope',
  'REFRESH MATERIALIZED VIEW nope',
  'CREATE TABLE x PARTITION OF nope FOR VALUES IN (1)',
  'CREATE TABLE x (LIKE nope)',
  'CREATE TABLE x () INHERITS (nope)',
  'CREATE TABLE x (a int REFERENCES nope)',
  'CREATE VIEW x AS SELECT nope FROM users',
  'CREATE VIEW x AS SELECT * FROM nope',
  'CREATE TABLE x AS SELECT nope FROM users',
  'CREATE TABLE x AS SELECT * FROM nope',
  'CREATE MATERIALIZED VIEW x AS SELECT * FROM nope',
  'CREATE OR REPLACE VIEW v AS SELECT nope FROM users',
  'CREATE VIEW v AS SELECT 1',
  'CREATE TRIGGER t9 BEFORE INSERT ON nope FOR EACH ROW EXECUTE FUNCTION trg()',
  'CREATE TRIGGER t9 BEFORE UPDATE OF nope ON users FOR EACH ROW EXECUTE FUNCTION trg()',
  'CREATE POLICY p ON nope USING (true)',
  'CREATE SEQUENCE sq',
  "CREATE TYPE mood AS ENUM ('x')",
  'CREATE TYPE addr AS (a int)',
  'CREATE INDEX events_kind ON users (id)',
  "ALTER TABLE events ATTACH PARTITION nope FOR VALUES FROM ('2030-01-01') TO ('2031-01-01')",
  'ALTER TABLE users RENAME TO orders',
  'ALTER TABLE users ADD COLUMN email text',
  'COPY users (nope) TO STDOUT',
  'COPY nope TO STDOUT',
  'CREATE PUBLICATION pp FOR TABLE nope',
  'CREATE RULE r AS ON INSERT TO nope DO INSTEAD NOTHING',
  'EXPLAIN SELECT nope FROM users',
  'DECLARE c CURSOR FOR SELECT nope FROM users',
  'PREPARE p AS SELECT nope FROM users',
  'INSERT INTO users (name) VALUES (1, 2)',
  "INSERT INTO users (name, email) VALUES ('x')",
  'UPDATE v SET nope = 1',
  'DO $$ BEGIN INSERT INTO orders (user_id, nope) VALUES (1, 2); END $$',
  'ALTER TABLE users ADD COLUMN x int, ADD CONSTRAINT u UNIQUE (x)',
  'ALTER TABLE users ADD CONSTRAINT c CHECK (users IS NOT NULL) NOT VALID',
  'ALTER TABLE users ADD CONSTRAINT c CHECK (tableoid > 0)',
  'ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT c; ALTER TABLE users DROP CONSTRAINT c',
  'ALTER TABLE users DROP CONSTRAINT users_email_key, ADD CONSTRAINT users_email_key CHECK (id > 0)',
  'ALTER TABLE withtrg DISABLE TRIGGER t1; DROP TRIGGER t1 ON withtrg',
  'CREATE POLICY p ON users USING (id > 0); DROP POLICY p ON users',
  "ALTER TYPE mood ADD VALUE 'new'",
  "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'ok'",
  'CREATE INDEX ON users ((home).city)',
  "CREATE INDEX ON users ((data ->> 'a')) WHERE (data ->> 'b') IS NOT NULL",
  'CREATE VIEW x AS SELECT u.id, o.total FROM users u LEFT JOIN orders o ON o.user_id = u.id',
  "INSERT INTO users (name, home.city, home.street) VALUES ('x', 'y', 'z')",
  "INSERT INTO users (name, email) SELECT name, email || '2' FROM users",
  'INSERT INTO users (name, email) SELECT name FROM users',
  'ALTER TABLE users RENAME COLUMN email TO mail; CREATE INDEX ON users (mail); CREATE INDEX ON users (email)',
  'COPY (SELECT nme FROM users) TO STDOUT',
  'DECLARE c CURSOR FOR SELECT nme FROM users',
  'CREATE INDEX ei ON users ((id + 1)); ALTER INDEX ei ALTER COLUMN 1 SET STATISTICS 100',
];

describe('rules: statement-fails, against Postgres', () => {
  let parsers: Parsers;
  let db: PGlite;
  before(async function () {
    this.timeout(60_000);
    parsers = await loadParsers();
    db = await embeddedPostgres();
    await db.exec(baseline);
    await db.exec(rows);
  });

  const saidToFail = (text: string, schema = baseline) =>
    analyze(text, {
      parsers,
      kind: 'sql',
      readFile: () => ({ error: 'no file' }),
      baselineSql: schema,
    }).findings.filter(
      ({ rule, severity }) => ['statement-fails', 'sql-syntax'].includes(rule) && severity === 'error',
    );

  for (const sql of scripts) {
    it(sql, async () => {
      await db.exec('BEGIN');
      const error = await db.exec(sql).then(
        () => undefined,
        (reason: Error) => reason.message,
      );
      await db.exec('ROLLBACK; RESET ALL; SET client_min_messages = error');
      const found = saidToFail(sql).map(({ message }) => message);
      assert.equal(
        found.length > 0,
        error !== undefined,
        `Postgres: ${error ?? 'runs'}; here: ${found.join(' ')}`,
      );
    });
  }

  for (const scene of scenes) {
    it(`no form of the scene ${scene.name} that Postgres runs`, () => {
      for (const { sql, refused } of formsOf(scene))
        if (!refused) assert.deepEqual(saidToFail(sql, scene.setup), [], sql);
    });
  }

  describe('what is there without the baseline saying so', () => {
    const silent: readonly (readonly [string, string, string])[] = [
      ['relations of an extension', 'CREATE EXTENSION postgis;', 'SELECT srid FROM spatial_ref_sys'],
      [
        'an extension nobody knows',
        'CREATE EXTENSION pg_partman;',
        'SELECT parent_table FROM partman.part_config',
      ],
      [
        'imported foreign tables',
        '',
        'IMPORT FOREIGN SCHEMA public FROM SERVER s INTO remote; SELECT a FROM remote.b',
      ],
      [
        "a role's search path",
        'CREATE SCHEMA app; CREATE TABLE app.users (id int); ALTER ROLE deployer SET search_path = app, public;',
        'SELECT id FROM users',
      ],
      [
        "a database's search path",
        'CREATE SCHEMA app; CREATE TABLE app.users (id int); ALTER DATABASE shop SET search_path TO app;',
        'SELECT id FROM users',
      ],
      ['what a function of an extension makes', '', "SELECT create_it('x'); SELECT a FROM x"],
      ['what an included file makes', '', '\\i other.sql\nSELECT a FROM x;'],
      ['what \\gexec runs', '', "SELECT 'CREATE TABLE x (a int)' \\gexec\nSELECT a FROM x;"],
      ['variables of psql', '', '\\set tbl x\nSELECT a FROM :tbl WHERE b = :\'v\';\nSELECT 1 FROM :"tbl";'],
    ];
    for (const [what, ddl, sql] of silent)
      it(what, () => assert.deepEqual(saidToFail(sql, `CREATE TABLE t (a int); ${ddl}`), []));

    it('what a backfill names is looked for in its fragments', () => {
      const steps = (table: string, set: string) => `migration: X
database: { type: postgresql, version: 16, schema: schema.sql }
session: { lock_timeout: 2s }
phases:
  - phase: A
    steps:
      - step: Copy
        backfill: { table: ${table}, set: ${set}, where: name IS NULL }
        rollback: { not_needed: nothing reads it }
`;
      const covered = (text: string) =>
        analyze(text, { parsers, kind: 'plan', readFile: () => ({ text: baseline }) })
          .findings.filter(({ rule }) => rule === 'statement-fails')
          .map(({ range }) => text.slice(range.start, range.end));
      assert.deepEqual(covered(steps('users', 'name = email')), []);
      assert.deepEqual(covered(steps('users', 'nme = email')), ['nme']);
      assert.deepEqual(covered(steps('users', 'name = lower(mail)')), ['mail']);
      assert.deepEqual(covered(steps('usres', 'name = email')), ['usres']);
    });

    it('a table in a schema that is not searched is a warning, which names it', () => {
      const schema = 'CREATE SCHEMA app; CREATE TABLE app.users (id int);';
      for (const sql of ['SELECT id FROM users', 'ALTER TABLE users ADD COLUMN a int']) {
        const { findings } = analyze(sql, {
          parsers,
          kind: 'sql',
          readFile: () => ({ error: '' }),
          baselineSql: schema,
        });
        const [finding] = findings.filter(({ rule }) => rule === 'statement-fails');
        assert.equal(finding?.severity, 'warning');
        assert.match(finding.message, /app\.users is there/);
        assert.equal(finding.fixes[0]?.title, 'Change it to app.users');
      }
    });
  });
});
