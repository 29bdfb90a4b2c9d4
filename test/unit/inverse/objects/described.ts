/** A schema with one of everything but tables, owned by, granted to and said of whom and what. */
export const described = `
CREATE SCHEMA app;
CREATE SCHEMA "Odd Schema";
CREATE TYPE app.mood AS ENUM ('sad', 'it''s ok');
CREATE DOMAIN app.positive AS int DEFAULT 3 CONSTRAINT big CHECK (value > 0) NOT NULL;
CREATE DOMAIN app.code AS text COLLATE "C" CONSTRAINT len CHECK (length(value) < 9) CONSTRAINT low CHECK (value = lower(value));
ALTER DOMAIN app.code ADD CONSTRAINT later CHECK (value <> 'x') NOT VALID;
CREATE TYPE app.pair AS (x int, y app.mood, z numeric(10,2));
CREATE TYPE app.lone AS (x int, y text);
CREATE TYPE app.shape AS (x int, y text);
CREATE TABLE app.typed OF app.shape;
INSERT INTO app.typed VALUES (1, 'x');
CREATE TABLE app.users (id int PRIMARY KEY, username text, age app.positive, code app.code, mood app.mood, "Odd Col" int);
INSERT INTO app.users SELECT g, 'u' || g, g, 'c', 'sad', g FROM generate_series(1, 20) g;
CREATE TABLE public.orders (id int PRIMARY KEY, user_id int REFERENCES app.users, total numeric);
INSERT INTO public.orders SELECT g, g, g FROM generate_series(1, 20) g;
CREATE TABLE "Odd Schema"."Odd Table" (id int, "Odd Col" text);
INSERT INTO "Odd Schema"."Odd Table" VALUES (1, 'x');
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.username := lower(NEW.username); RETURN NEW; END $$;
CREATE FUNCTION app.twice(i int, n text DEFAULT 'x') RETURNS int LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 7 SET search_path = app, public AS 'SELECT i * 2';
ALTER FUNCTION app.twice(int, text) STABLE COST 11;
CREATE FUNCTION app.twice(i bigint) RETURNS bigint LANGUAGE sql AS 'SELECT i * 2';
CREATE FUNCTION app.count_users() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT count(*) FROM app.users; END;
CREATE PROCEDURE app.clean(IN keep int, INOUT gone int DEFAULT 0) LANGUAGE plpgsql AS 'BEGIN gone := 1; END';
CREATE FUNCTION app.of_mood(m app.mood) RETURNS text LANGUAGE sql AS 'SELECT $1::text';
CREATE VIEW app.adults AS SELECT id, username, age FROM app.users WHERE age > 18;
CREATE VIEW app.names WITH (security_barrier = true) AS SELECT u.id, u.username AS name, o.total FROM app.users u LEFT JOIN public.orders o ON o.user_id = u.id;
CREATE VIEW everything AS SELECT * FROM orders;
CREATE VIEW checked AS SELECT id, username FROM app.users u WHERE id > 0 WITH LOCAL CHECK OPTION;
CREATE VIEW updatable AS SELECT id, total FROM orders WHERE total > 0 WITH CASCADED CHECK OPTION;
CREATE VIEW on_adults AS SELECT a.*, app.twice(a.id) AS double FROM app.adults a;
CREATE VIEW "Odd Schema"."Odd View" ("A b", c) AS WITH x AS (SELECT id, "Odd Col" FROM "Odd Schema"."Odd Table") SELECT * FROM x;
CREATE RECURSIVE VIEW app.counting (i) AS VALUES (1) UNION ALL SELECT i + 1 FROM counting WHERE i < 5;
CREATE MATERIALIZED VIEW app.totals (user_id, total) AS SELECT user_id, sum(total) FROM orders GROUP BY user_id;
CREATE MATERIALIZED VIEW app.plain_totals AS SELECT count(*) AS n FROM app.users WITH DATA;
ALTER VIEW everything ALTER COLUMN total SET DEFAULT 5;
CREATE TRIGGER touch BEFORE INSERT OR UPDATE OF username, "Odd Col" ON app.users FOR EACH ROW WHEN (NEW.username IS NOT NULL AND NEW."Odd Col" > 0) EXECUTE FUNCTION app.touch('a', 'it''s');
CREATE CONSTRAINT TRIGGER later AFTER DELETE ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE TRIGGER stmt AFTER UPDATE ON orders REFERENCING OLD TABLE AS o NEW TABLE AS n FOR EACH STATEMENT EXECUTE FUNCTION app.touch();
CREATE TRIGGER inst INSTEAD OF INSERT ON on_adults FOR EACH ROW EXECUTE FUNCTION app.touch();
ALTER TABLE orders DISABLE TRIGGER stmt;
ALTER TABLE app.users ENABLE ALWAYS TRIGGER touch;
CREATE POLICY own ON app.users AS RESTRICTIVE FOR UPDATE TO joe, ann USING (username = current_user) WITH CHECK (age > 0 AND id IN (SELECT user_id FROM orders));
CREATE POLICY seen ON app.users FOR SELECT USING ("Odd Col" > 0);
CREATE POLICY made ON orders FOR INSERT WITH CHECK (total > 0);
CREATE RULE quiet AS ON DELETE TO orders WHERE (OLD.total > 5) DO INSTEAD NOTHING;
CREATE RULE logs AS ON UPDATE TO orders DO ALSO (UPDATE app.users SET username = 'x' WHERE id = NEW.user_id; DELETE FROM "Odd Schema"."Odd Table" WHERE id = OLD.id);
CREATE RULE ins AS ON INSERT TO app.names DO INSTEAD INSERT INTO app.users (id, username) VALUES (NEW.id, NEW.name);
ALTER TABLE orders DISABLE RULE quiet;
CREATE SEQUENCE app.seq AS integer INCREMENT BY 5 MINVALUE 10 MAXVALUE 1000 START WITH 20 CACHE 3 CYCLE;
CREATE SEQUENCE plain;
CREATE SEQUENCE "Odd Schema".counter;
CREATE FUNCTION app.watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
CREATE EVENT TRIGGER watching ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION app.watch();
ALTER EVENT TRIGGER watching DISABLE;
CREATE SEQUENCE owned OWNED BY orders.id;
CREATE STATISTICS app.st (ndistinct, mcv) ON username, "Odd Col" FROM app.users;
CREATE STATISTICS est ON (total + 1), user_id FROM orders;
ALTER STATISTICS est SET STATISTICS 55;
CREATE PUBLICATION pub FOR TABLE app.users (id, username), orders WHERE (total > 5) WITH (publish = 'insert, delete');
CREATE PUBLICATION part FOR TABLE orders;
CREATE PUBLICATION places FOR TABLES IN SCHEMA "Odd Schema", app;
CREATE COLLATION app.german (provider = icu, locale = 'de');
CREATE AGGREGATE app.total (int) (sfunc = int4pl, stype = int, initcond = '0');
CREATE OPERATOR app.=== (leftarg = int, rightarg = int, function = int4eq);
CREATE TEXT SEARCH CONFIGURATION app.cfg (copy = english);
COMMENT ON VIEW app.adults IS 'grown ups';
COMMENT ON COLUMN app.adults.age IS 'in years';
COMMENT ON TABLE orders IS 'it''s "quoted"';
COMMENT ON COLUMN app.users.username IS 'old';
COMMENT ON FUNCTION app.twice(int, text) IS 'doubles';
COMMENT ON TYPE app.mood IS 'how';
COMMENT ON CONSTRAINT big ON DOMAIN app.positive IS 'positive';
COMMENT ON TRIGGER touch ON app.users IS 'touches';
COMMENT ON POLICY own ON app.users IS 'own';
COMMENT ON RULE quiet ON orders IS 'q';
COMMENT ON SCHEMA app IS 'the app';
COMMENT ON SEQUENCE app.seq IS 's';
COMMENT ON STATISTICS app.st IS 'st';
COMMENT ON PUBLICATION pub IS 'p';
COMMENT ON CONSTRAINT orders_pkey ON orders IS 'pk';
COMMENT ON AGGREGATE app.total (int) IS 'sum';
ALTER VIEW app.adults OWNER TO joe;
ALTER TABLE orders OWNER TO joe;
ALTER FUNCTION app.twice(int, text) OWNER TO joe;
ALTER SCHEMA app OWNER TO joe;
ALTER TYPE app.mood OWNER TO joe;
ALTER SEQUENCE app.seq OWNER TO joe;
ALTER PUBLICATION part OWNER TO postgres;
GRANT SELECT, INSERT ON orders TO ann;
GRANT SELECT ON orders TO PUBLIC;
GRANT UPDATE ON orders TO ann WITH GRANT OPTION;
GRANT SELECT (id, username), UPDATE (username) ON app.users TO ann;
GRANT SELECT ON app.adults TO ann;
REVOKE EXECUTE ON FUNCTION app.twice(int, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app.twice(int, text) TO ann;
GRANT USAGE ON SCHEMA app TO ann;
REVOKE USAGE ON TYPE app.mood FROM PUBLIC;
GRANT USAGE, SELECT ON SEQUENCE app.seq TO ann;
ALTER DEFAULT PRIVILEGES FOR ROLE joe IN SCHEMA app GRANT SELECT ON TABLES TO ann;
ALTER DEFAULT PRIVILEGES FOR ROLE joe REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
`;

/** Each is run, then undone: all is as before. */
export const restored = `
DROP VIEW app.names
DROP VIEW everything
DROP VIEW updatable
DROP VIEW checked
DROP VIEW on_adults
DROP VIEW app.adults CASCADE
DROP VIEW app.adults, on_adults
DROP VIEW "Odd Schema"."Odd View"
DROP VIEW app.counting
DROP MATERIALIZED VIEW app.totals
DROP MATERIALIZED VIEW app.plain_totals
CREATE OR REPLACE VIEW app.adults AS SELECT id, username, age FROM app.users WHERE age > 21
CREATE OR REPLACE VIEW app.adults AS SELECT id, username, age, mood FROM app.users
CREATE OR REPLACE VIEW app.names AS SELECT u.id, u.username AS name, o.total FROM app.users u JOIN public.orders o ON o.user_id = u.id
CREATE OR REPLACE VIEW everything AS SELECT id, user_id, total FROM orders WHERE id > 1
CREATE OR REPLACE VIEW "Odd Schema".fresh AS SELECT 1 AS one
REFRESH MATERIALIZED VIEW app.totals
REFRESH MATERIALIZED VIEW app.totals WITH NO DATA
CREATE MATERIALIZED VIEW IF NOT EXISTS app.totals AS SELECT 1 AS x
ALTER VIEW app.names RESET (security_barrier)
ALTER VIEW app.names SET (security_barrier = false)
ALTER VIEW updatable RESET (check_option)
ALTER VIEW everything ALTER COLUMN total DROP DEFAULT
ALTER VIEW everything ALTER COLUMN total SET DEFAULT 7
ALTER VIEW app.adults RENAME COLUMN age TO years
ALTER VIEW app.adults RENAME TO grown
ALTER VIEW app.adults SET SCHEMA public
ALTER VIEW app.adults OWNER TO ann
ALTER TABLE app.adults OWNER TO ann
DROP TRIGGER touch ON app.users
DROP TRIGGER later ON orders
DROP TRIGGER stmt ON orders
DROP TRIGGER inst ON on_adults
ALTER TRIGGER touch ON app.users RENAME TO touched
CREATE OR REPLACE TRIGGER touch BEFORE DELETE ON app.users FOR EACH ROW EXECUTE FUNCTION app.touch()
CREATE TRIGGER fresh AFTER TRUNCATE ON app.users FOR EACH STATEMENT EXECUTE FUNCTION app.touch()
ALTER TABLE orders ENABLE TRIGGER stmt
ALTER TABLE orders DISABLE TRIGGER ALL
ALTER TABLE orders ENABLE TRIGGER ALL
ALTER TABLE orders DISABLE TRIGGER USER
ALTER TABLE app.users DISABLE TRIGGER touch
DROP POLICY own ON app.users
DROP POLICY seen ON app.users
DROP POLICY made ON orders
ALTER POLICY own ON app.users TO joe
ALTER POLICY own ON app.users USING (true)
ALTER POLICY own ON app.users USING (id > 3) WITH CHECK (true)
ALTER POLICY own ON app.users RENAME TO mine
ALTER POLICY seen ON app.users USING (true)
CREATE POLICY fresh ON orders USING (total > 0)
DROP RULE quiet ON orders
DROP RULE logs ON orders
DROP RULE ins ON app.names
CREATE OR REPLACE RULE quiet AS ON DELETE TO orders DO INSTEAD NOTHING
CREATE RULE fresh AS ON INSERT TO orders DO ALSO NOTHING
ALTER RULE quiet ON orders RENAME TO loud
ALTER TABLE orders ENABLE RULE quiet
ALTER TABLE orders ENABLE ALWAYS RULE logs
DROP FUNCTION app.twice(bigint)
DROP FUNCTION app.count_users()
DROP FUNCTION app.touch() CASCADE
DROP PROCEDURE app.clean
DROP FUNCTION app.of_mood
CREATE OR REPLACE FUNCTION app.twice(i int, n text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT i + i'
CREATE OR REPLACE FUNCTION app.twice(i bigint) RETURNS bigint LANGUAGE sql AS 'SELECT i + i'
CREATE OR REPLACE FUNCTION app.of_mood(m app.mood DEFAULT 'sad') RETURNS text LANGUAGE sql AS 'SELECT $1::text'
CREATE OR REPLACE PROCEDURE app.clean(IN keep int, INOUT gone int DEFAULT 0) LANGUAGE plpgsql AS 'BEGIN gone := 2; END'
CREATE OR REPLACE FUNCTION app.count_users() RETURNS bigint LANGUAGE sql BEGIN ATOMIC SELECT 1::bigint; END
ALTER FUNCTION app.twice(bigint) IMMUTABLE
ALTER FUNCTION app.twice(bigint) STRICT SECURITY DEFINER SET work_mem = '4MB'
ALTER FUNCTION app.twice(int, text) RESET ALL
ALTER FUNCTION app.twice(int, text) RENAME TO thrice
ALTER FUNCTION app.twice(bigint) SET SCHEMA public
ALTER FUNCTION app.twice(int, text) OWNER TO ann
ALTER PROCEDURE app.clean RENAME TO cleaned
CREATE FUNCTION app.twice(i numeric) RETURNS numeric LANGUAGE sql AS 'SELECT i * 2'
DROP AGGREGATE app.total (int)
ALTER AGGREGATE app.total (int) RENAME TO summed
DROP OPERATOR app.=== (int, int)
DROP COLLATION app.german
DROP TEXT SEARCH CONFIGURATION app.cfg
ALTER TYPE app.mood RENAME VALUE 'sad' TO 'blue'
ALTER TYPE app.mood RENAME TO humour
ALTER TYPE app.mood SET SCHEMA public
ALTER TYPE app.mood OWNER TO ann
ALTER TYPE app.pair RENAME ATTRIBUTE x TO xx
ALTER TYPE app.pair ADD ATTRIBUTE w int
ALTER TYPE app.shape ADD ATTRIBUTE z int CASCADE
ALTER TYPE app.shape RENAME ATTRIBUTE x TO xx CASCADE
ALTER TYPE app.pair ALTER ATTRIBUTE z TYPE numeric(12,4)
DROP TYPE app.pair
DROP TYPE app.lone
CREATE TYPE app.fresh AS ENUM ()
DROP DOMAIN IF EXISTS app.nope
ALTER DOMAIN app.positive DROP CONSTRAINT big
ALTER DOMAIN app.positive DROP NOT NULL
ALTER DOMAIN app.positive DROP DEFAULT
ALTER DOMAIN app.positive SET DEFAULT 9
ALTER DOMAIN app.positive RENAME CONSTRAINT big TO bigger
ALTER DOMAIN app.positive RENAME TO pos
ALTER DOMAIN app.code VALIDATE CONSTRAINT later
ALTER DOMAIN app.code DROP CONSTRAINT later
ALTER DOMAIN app.code ADD CHECK (value <> 'y')
ALTER DOMAIN app.code SET NOT NULL
ALTER DOMAIN app.code SET SCHEMA public
ALTER SEQUENCE app.seq INCREMENT BY 7 NO MINVALUE MAXVALUE 500 NO CYCLE CACHE 1
ALTER SEQUENCE app.seq AS bigint
ALTER SEQUENCE plain START WITH 5
ALTER SEQUENCE plain AS smallint
ALTER SEQUENCE owned OWNED BY NONE
ALTER SEQUENCE "Odd Schema".counter OWNED BY "Odd Schema"."Odd Table".id
ALTER SEQUENCE app.seq OWNER TO ann
ALTER SEQUENCE plain RENAME TO fancy
ALTER SEQUENCE plain SET UNLOGGED
GRANT SELECT ON orders TO ann
GRANT SELECT, DELETE ON orders TO ann
GRANT ALL ON orders TO ann
GRANT SELECT ON orders TO ann WITH GRANT OPTION
REVOKE SELECT ON orders FROM ann, PUBLIC
REVOKE GRANT OPTION FOR UPDATE ON orders FROM ann
REVOKE ALL ON orders FROM ann
REVOKE ALL ON orders FROM joe
GRANT SELECT ON orders TO joe
GRANT INSERT (id) ON app.users TO ann
GRANT SELECT ON app.users TO ann
REVOKE SELECT ON app.users FROM ann
REVOKE SELECT (id) ON app.users FROM ann
GRANT EXECUTE ON FUNCTION app.twice(int, text) TO PUBLIC
REVOKE ALL ON FUNCTION app.twice(bigint) FROM PUBLIC
GRANT ALL ON ALL TABLES IN SCHEMA app TO ann
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA app FROM PUBLIC
GRANT CREATE ON SCHEMA app TO ann, PUBLIC
GRANT USAGE ON SCHEMA "Odd Schema" TO ann
REVOKE USAGE ON SCHEMA app FROM ann
GRANT USAGE ON TYPE app.mood TO PUBLIC, ann
REVOKE USAGE ON DOMAIN app.code FROM PUBLIC
REVOKE ALL ON SEQUENCE app.seq FROM ann
GRANT UPDATE ON SEQUENCE plain TO ann
ALTER DEFAULT PRIVILEGES FOR ROLE joe IN SCHEMA app GRANT SELECT, INSERT ON TABLES TO ann
ALTER DEFAULT PRIVILEGES FOR ROLE joe IN SCHEMA app REVOKE SELECT ON TABLES FROM ann
ALTER DEFAULT PRIVILEGES FOR ROLE joe GRANT EXECUTE ON FUNCTIONS TO PUBLIC
ALTER DEFAULT PRIVILEGES FOR ROLE ann REVOKE USAGE ON TYPES FROM PUBLIC
COMMENT ON VIEW app.adults IS 'x'
COMMENT ON COLUMN app.adults.age IS NULL
COMMENT ON TABLE orders IS ''
COMMENT ON COLUMN app.users.username IS 'x'
COMMENT ON COLUMN app.users.id IS 'x'
COMMENT ON FUNCTION app.twice(int, text) IS 'x'
COMMENT ON FUNCTION app.twice(bigint) IS 'x'
COMMENT ON PROCEDURE app.clean IS 'x'
COMMENT ON TYPE app.mood IS NULL
COMMENT ON COLUMN app.pair.x IS 'x'
COMMENT ON DOMAIN app.code IS 'x'
COMMENT ON CONSTRAINT big ON DOMAIN app.positive IS 'x'
COMMENT ON TRIGGER touch ON app.users IS 'x'
COMMENT ON TRIGGER inst ON on_adults IS 'x'
COMMENT ON POLICY own ON app.users IS 'x'
COMMENT ON RULE quiet ON orders IS NULL
COMMENT ON SCHEMA app IS 'x'
COMMENT ON SCHEMA "Odd Schema" IS 'x'
COMMENT ON SEQUENCE app.seq IS 'x'
COMMENT ON STATISTICS app.st IS 'x'
COMMENT ON PUBLICATION pub IS 'x'
COMMENT ON CONSTRAINT orders_pkey ON orders IS 'x'
COMMENT ON INDEX orders_pkey IS 'x'
COMMENT ON AGGREGATE app.total (int) IS 'x'
COMMENT ON OPERATOR app.=== (int, int) IS 'x'
COMMENT ON COLLATION app.german IS 'x'
CREATE PUBLICATION fresh FOR ALL TABLES
ALTER PUBLICATION pub ADD TABLE "Odd Schema"."Odd Table"
ALTER PUBLICATION pub DROP TABLE orders
ALTER PUBLICATION pub SET TABLE app.users
ALTER PUBLICATION pub SET TABLE app.users (id), orders
ALTER PUBLICATION places DROP TABLES IN SCHEMA "Odd Schema"
ALTER PUBLICATION places ADD TABLES IN SCHEMA public
DROP PUBLICATION places
ALTER PUBLICATION pub SET (publish = 'update')
ALTER PUBLICATION part SET (publish_via_partition_root = true)
ALTER PUBLICATION part RENAME TO others
ALTER PUBLICATION part OWNER TO joe
DROP PUBLICATION pub
DROP PUBLICATION part
DROP STATISTICS app.st
DROP STATISTICS est
ALTER STATISTICS est SET STATISTICS -1
ALTER STATISTICS app.st RENAME TO stat
ALTER STATISTICS app.st SET SCHEMA public
CREATE SCHEMA fresh AUTHORIZATION joe
CREATE SCHEMA fresh CREATE VIEW v AS SELECT id FROM app.users GRANT SELECT ON v TO ann
ALTER SCHEMA app OWNER TO ann
DROP SCHEMA IF EXISTS nope
CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION app.watch()
DROP EVENT TRIGGER watching
ALTER EVENT TRIGGER watching ENABLE ALWAYS
ALTER EVENT TRIGGER watching RENAME TO seeing
`;

/** Undone the same way, but for what is lost. */
export const losing = `
ALTER TYPE app.pair DROP ATTRIBUTE z
ALTER TYPE app.shape DROP ATTRIBUTE y CASCADE
DROP SEQUENCE app.seq
DROP SEQUENCE owned
DROP SEQUENCE plain
`;
