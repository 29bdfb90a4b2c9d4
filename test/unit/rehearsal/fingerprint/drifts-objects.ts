import type { FingerprintCase } from './model.ts';

/** Of everything but tables, views and their columns. */
export const objectDrifts: readonly FingerprintCase[] = [
  // Indexes.
  { sql: 'DROP INDEX orders_user_id', drift: ['index orders_user_id: missing'] },
  { sql: 'CREATE INDEX users_age ON users (age)', drift: ['index users_age: new'] },
  {
    sql: 'ALTER INDEX orders_user_id RENAME TO by_user',
    drift: ['index orders_user_id: renamed to by_user'],
  },
  {
    sql: 'DROP INDEX orders_user_id; CREATE INDEX by_user ON orders (user_id)',
    drift: ['index orders_user_id: renamed to by_user'],
  },
  {
    sql: 'DROP INDEX orders_user_id; CREATE INDEX by_user ON orders (user_id DESC)',
    drift: ['index orders_user_id: missing', 'index by_user: new'],
  },
  {
    sql: 'DROP INDEX orders_user_id; CREATE INDEX orders_user_id ON orders (user_id, total) WHERE total > 0',
    drift: [
      'index orders_user_id: definition was btree (user_id), is btree (user_id, total) WHERE (total > (0)::numeric)',
    ],
  },
  {
    sql: 'DROP INDEX orders_user_id; CREATE UNIQUE INDEX orders_user_id ON orders (user_id)',
    drift: ['index orders_user_id: definition was btree (user_id), is UNIQUE btree (user_id)'],
  },
  {
    sql: 'ALTER INDEX orders_user_id SET (fillfactor = 50)',
    drift: [
      "index orders_user_id: definition was btree (user_id), is btree (user_id) WITH (fillfactor='50')",
    ],
  },
  {
    sql: 'ALTER INDEX orders_note ALTER COLUMN 1 SET STATISTICS 400',
    drift: ['index orders_note: statistics targets were the default, are column 1: 400'],
  },
  { sql: "COMMENT ON INDEX orders_note IS 'x'", drift: ["index orders_note: comment was none, is 'x'"] },
  {
    sql: [
      "INSERT INTO orders (note) VALUES ('a'), ('a')",
      'CREATE UNIQUE INDEX CONCURRENTLY orders_once ON orders (note)',
    ],
    drift: ['index orders_once: new, and INVALID'],
    clean: [
      'DROP INDEX orders_once',
      'ALTER TABLE orders DISABLE RULE quiet',
      'DELETE FROM orders',
      'ALTER TABLE orders ENABLE RULE quiet',
    ],
  },
  {
    given: 'CREATE UNIQUE INDEX orders_once ON orders (note)',
    sql: [
      'DROP INDEX orders_once',
      "INSERT INTO orders (note) VALUES ('a'), ('a')",
      'CREATE UNIQUE INDEX CONCURRENTLY orders_once ON orders (note)',
    ],
    drift: ['index orders_once: was valid, is INVALID'],
    clean: [
      'DROP INDEX orders_once',
      'ALTER TABLE orders DISABLE RULE quiet',
      'DELETE FROM orders',
      'ALTER TABLE orders ENABLE RULE quiet',
    ],
  },
  {
    given:
      'CREATE TABLE leaves (a int) PARTITION BY LIST (a); CREATE TABLE leaf PARTITION OF leaves DEFAULT; CREATE INDEX leaves_a ON ONLY leaves (a); CREATE INDEX leaf_a ON leaf (a)',
    sql: 'ALTER INDEX leaves_a ATTACH PARTITION leaf_a',
    drift: ['index leaves_a: was INVALID, is valid', 'index leaf_a: index above was none, is leaves_a'],
  },

  // Constraints.
  {
    sql: 'ALTER TABLE users DROP CONSTRAINT users_username_key',
    drift: ['constraint users_username_key on users: missing'],
  },
  {
    sql: 'ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE',
    drift: ['constraint users_pkey on users: missing (with constraint orders_user_id_fkey on orders)'],
  },
  {
    sql: 'ALTER TABLE orders ADD CONSTRAINT paid CHECK (total > 0) NOT VALID',
    drift: ['constraint paid on orders: new'],
  },
  {
    given: 'ALTER TABLE orders ADD CONSTRAINT paid CHECK (total > 0) NOT VALID',
    sql: 'ALTER TABLE orders VALIDATE CONSTRAINT paid',
    drift: ['constraint paid on orders: was NOT VALID, is valid'],
  },
  {
    sql: 'ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey, ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE',
    drift: [
      'constraint orders_user_id_fkey on orders: definition was FOREIGN KEY (user_id) REFERENCES users(id), is FOREIGN KEY (user_id) REFERENCES users(id) ON DELETE CASCADE',
    ],
  },
  {
    sql: 'ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey, ADD CONSTRAINT orders_user_id_fkey FOREIGN KEY (user_id) REFERENCES users NOT VALID',
    drift: ['constraint orders_user_id_fkey on orders: was valid, is NOT VALID'],
  },
  {
    sql: 'ALTER TABLE orders ALTER CONSTRAINT orders_user_id_fkey DEFERRABLE INITIALLY DEFERRED',
    drift: ['constraint orders_user_id_fkey on orders: was NOT DEFERRABLE, is INITIALLY DEFERRED'],
  },
  {
    sql: 'ALTER TABLE orders ALTER CONSTRAINT orders_user_id_fkey NOT ENFORCED',
    drift: ['constraint orders_user_id_fkey on orders: was valid, is NOT ENFORCED'],
    since: 18,
  },
  {
    sql: 'ALTER TABLE orders DISABLE TRIGGER ALL',
    drift: ['constraint orders_user_id_fkey on orders: triggers were enabled, are disabled on table orders'],
  },
  {
    sql: 'ALTER TABLE users DISABLE TRIGGER ALL',
    drift: [
      'constraint orders_user_id_fkey on orders: triggers were enabled, are disabled on table users',
      'trigger touch on users: was enabled, is disabled',
    ],
  },
  {
    sql: 'ALTER TABLE users DROP CONSTRAINT users_email_check, ADD CONSTRAINT users_email_check CHECK (email <> $$nobody$$) NO INHERIT',
    drift: ['constraint users_email_check on users: inheritance by children was none, is NO INHERIT'],
  },
  {
    sql: 'ALTER TABLE users RENAME CONSTRAINT users_username_key TO one_name',
    drift: ['constraint users_username_key on users: renamed to one_name'],
  },
  {
    sql: 'ALTER TABLE users DROP CONSTRAINT users_username_key, ADD CONSTRAINT users_username_key UNIQUE (username, email)',
    drift: [
      'constraint users_username_key on users: definition was UNIQUE (username), is UNIQUE (username, email)',
    ],
  },
  {
    sql: "COMMENT ON CONSTRAINT users_email_check ON users IS 'why'",
    drift: ["constraint users_email_check on users: comment was none, is 'why'"],
  },
  {
    sql: 'ALTER TABLE orders ADD EXCLUDE (note WITH =)',
    drift: ['constraint orders_note_excl on orders: new'],
  },

  // Triggers, rules, policies.
  { sql: 'DROP TRIGGER touch ON users', drift: ['trigger touch on users: missing'] },
  {
    sql: 'ALTER TABLE users DISABLE TRIGGER touch',
    drift: ['trigger touch on users: was enabled, is disabled'],
  },
  {
    sql: 'ALTER TABLE users ENABLE ALWAYS TRIGGER touch',
    drift: ['trigger touch on users: was enabled, is enabled ALWAYS'],
  },
  {
    sql: 'CREATE OR REPLACE TRIGGER touch BEFORE UPDATE OR INSERT ON users FOR EACH ROW EXECUTE FUNCTION touch()',
    drift: [
      'trigger touch on users: definition was BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch(), is BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch()',
    ],
  },
  { sql: 'ALTER TRIGGER touch ON users RENAME TO poke', drift: ['trigger touch on users: renamed to poke'] },
  {
    sql: 'CREATE CONSTRAINT TRIGGER late AFTER INSERT ON users DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION touch()',
    drift: ['trigger late on users: new'],
  },
  { sql: 'DROP RULE quiet ON orders', drift: ['rule quiet on orders: missing'] },
  { sql: 'ALTER TABLE orders DISABLE RULE quiet', drift: ['rule quiet on orders: was enabled, is disabled'] },
  {
    sql: 'CREATE OR REPLACE RULE quiet AS ON DELETE TO orders WHERE old.id > 9 DO INSTEAD NOTHING',
    drift: [
      'rule quiet on orders: definition was CREATE RULE quiet AS ON DELETE TO orders DO INSTEAD NOTHING;, is CREATE RULE quiet AS ON DELETE TO orders WHERE (old.id > 9) DO INSTEAD NOTHING;',
    ],
  },
  { sql: 'DROP POLICY own ON users', drift: ['policy own on users: missing'] },
  {
    sql: 'ALTER POLICY own ON users TO reader, writer USING (true) WITH CHECK (age > 2)',
    drift: [
      'policy own on users: roles were PUBLIC, are reader, writer',
      'policy own on users: USING was ((username)::text = CURRENT_USER), is true',
      'policy own on users: WITH CHECK was none, is (age > 2)',
    ],
  },
  {
    sql: 'DROP POLICY own ON users; CREATE POLICY own ON users AS RESTRICTIVE FOR SELECT USING (username = current_user)',
    drift: [
      'policy own on users: command was ALL, is SELECT',
      'policy own on users: was PERMISSIVE, is RESTRICTIVE',
    ],
  },

  // Sequences.
  { sql: 'DROP SEQUENCE counter', drift: ['sequence counter: missing'] },
  {
    sql: 'ALTER SEQUENCE counter AS int MAXVALUE 99 START 5 CACHE 10 CYCLE',
    drift: [
      'sequence counter: type was bigint, is integer',
      'sequence counter: start was 1, is 5',
      'sequence counter: cache was 1, is 10',
      'sequence counter: was NO CYCLE, is CYCLE',
      'sequence counter: maximum was the default, is 99',
    ],
  },
  { sql: 'ALTER SEQUENCE counter AS smallint', drift: ['sequence counter: type was bigint, is smallint'] },
  {
    sql: 'ALTER SEQUENCE counter OWNED BY users.age',
    drift: ['sequence counter: owning column was none, is users.age'],
  },
  {
    sql: 'ALTER SEQUENCE orders_id_seq OWNED BY NONE',
    drift: ['sequence orders_id_seq: owning column was orders.id, is none'],
  },
  { sql: 'DROP SEQUENCE orders_id_seq CASCADE', drift: ['sequence orders_id_seq: missing'] },
  { sql: 'ALTER SEQUENCE orders_id_seq RENAME TO ids', drift: ['sequence orders_id_seq: renamed to ids'] },
  {
    sql: 'GRANT USAGE ON SEQUENCE counter TO writer',
    drift: ['sequence counter: GRANT USAGE TO writer is new'],
  },
  {
    sql: 'ALTER SEQUENCE counter OWNER TO keeper',
    drift: ['sequence counter: owner was postgres, is keeper'],
  },
  { sql: "SELECT nextval('counter')", drift: [] },

  // Functions.
  { sql: 'DROP FUNCTION touch CASCADE', drift: ['function touch(): missing (with trigger touch on users)'] },
  { sql: 'DROP FUNCTION add', drift: ['function add(integer, integer): missing'] },
  {
    sql: 'CREATE FUNCTION add(a int) RETURNS int LANGUAGE sql AS $$SELECT a$$',
    drift: ['function add(integer): new'],
  },
  {
    sql: "CREATE OR REPLACE FUNCTION add(a int, b int DEFAULT 7) RETURNS int LANGUAGE sql IMMUTABLE STRICT SECURITY DEFINER PARALLEL SAFE COST 5 SET search_path = app AS 'SELECT b'",
    drift: [
      'function add(integer, integer): parameters were a integer, b integer, are a integer, b integer DEFAULT 7',
      "function add(integer, integer): body was 'SELECT a + b', is 'SELECT b'",
      'function add(integer, integer): was VOLATILE, is IMMUTABLE',
      'function add(integer, integer): was CALLED ON NULL INPUT, is STRICT',
      'function add(integer, integer): was SECURITY INVOKER, is SECURITY DEFINER',
      'function add(integer, integer): parallel was UNSAFE, is SAFE',
      'function add(integer, integer): cost was 100, is 5',
      'function add(integer, integer): settings were none, are search_path=app',
    ],
  },
  {
    sql: 'CREATE FUNCTION one() RETURNS int BEGIN ATOMIC SELECT 1; END',
    drift: ['function one(): new'],
  },
  {
    given: 'CREATE FUNCTION one() RETURNS int BEGIN ATOMIC SELECT 1; END',
    sql: 'CREATE OR REPLACE FUNCTION one() RETURNS int BEGIN ATOMIC SELECT 2; END',
    drift: ["function one(): body was 'BEGIN ATOMIC SELECT 1; END', is 'BEGIN ATOMIC SELECT 2; END'"],
  },
  {
    sql: 'REVOKE EXECUTE ON FUNCTION add FROM PUBLIC',
    drift: ['function add(integer, integer): GRANT EXECUTE TO PUBLIC is missing'],
  },
  {
    sql: 'ALTER FUNCTION add RENAME TO plus',
    drift: ['function add(integer, integer): renamed to plus'],
  },
  { sql: 'CREATE PROCEDURE work() LANGUAGE sql AS $$SELECT 1$$', drift: ['procedure work(): new'] },
  {
    sql: 'CREATE AGGREGATE total(int) (SFUNC = add, STYPE = int)',
    drift: ['aggregate total(integer): new'],
  },
  {
    given: "CREATE AGGREGATE total(int) (SFUNC = add, STYPE = int, INITCOND = '0')",
    sql: "CREATE OR REPLACE AGGREGATE total(int) (SFUNC = add, STYPE = int, INITCOND = '1')",
    drift: [
      'aggregate total(integer): definition was kind n, transfn add, finalmodify r, mfinalmodify r, transtype integer, initval 0, is kind n, transfn add, finalmodify r, mfinalmodify r, transtype integer, initval 1',
    ],
  },
  {
    given:
      'CREATE FUNCTION three() RETURNS int IMMUTABLE LANGUAGE sql AS $$SELECT 3$$; ALTER TABLE users ALTER COLUMN age SET DEFAULT three(); CREATE INDEX three ON users ((age + three())); ALTER TABLE users ADD CONSTRAINT young CHECK (age < three())',
    sql: 'DROP FUNCTION three CASCADE',
    drift: ['function three(): missing (with constraint young on users, index three)'],
  },

  // Types.
  { sql: 'DROP TYPE mood', drift: ['type mood: missing'] },
  {
    sql: "ALTER TYPE mood ADD VALUE 'fine' BEFORE 'happy'",
    drift: ['type mood: labels were sad, ok, happy, are sad, ok, fine, happy'],
  },
  {
    sql: "DROP TYPE mood; CREATE TYPE mood AS ENUM ('sad', 'happy', 'ok')",
    drift: ['type mood: labels were sad, ok, happy, are sad, happy, ok'],
  },
  {
    sql: "ALTER TYPE mood RENAME VALUE 'ok' TO 'fine'",
    drift: ['type mood: labels were sad, ok, happy, are sad, fine, happy'],
  },
  { sql: 'ALTER TYPE mood RENAME TO feeling', drift: ['type mood: renamed to feeling'] },
  { sql: 'ALTER TYPE mood OWNER TO keeper', drift: ['type mood: owner was postgres, is keeper'] },
  { sql: 'REVOKE USAGE ON TYPE mood FROM PUBLIC', drift: ['type mood: GRANT USAGE TO PUBLIC is missing'] },
  { sql: "COMMENT ON TYPE mood IS 'x'", drift: ["type mood: comment was none, is 'x'"] },
  {
    given: 'CREATE TABLE feelings (now mood)',
    sql: 'DROP TYPE mood CASCADE',
    drift: [
      'type mood: missing (with column feelings.now)',
      'table feelings: 1 of the 1600 columns it can ever have are used up, 1 of them by dropped ones (before: 0)',
    ],
  },
  { sql: 'ALTER DOMAIN cents SET DEFAULT 3', drift: ['domain cents: default was none, is 3'] },
  { sql: 'ALTER DOMAIN cents SET NOT NULL', drift: ['domain cents: was nullable, is NOT NULL'] },
  {
    sql: 'ALTER DOMAIN cents DROP CONSTRAINT cents_check',
    drift: ['constraint cents_check on cents: missing'],
  },
  {
    sql: 'ALTER DOMAIN cents ADD CONSTRAINT few CHECK (VALUE < 9) NOT VALID',
    drift: ['constraint few on cents: new'],
  },
  { sql: 'ALTER TYPE point3 ADD ATTRIBUTE w int', drift: ['column point3.w: new'] },
  {
    sql: 'ALTER TYPE point3 ALTER ATTRIBUTE y TYPE text',
    drift: ['column point3.y: type was integer, is text'],
  },
  { sql: 'ALTER TYPE point3 RENAME ATTRIBUTE y TO why', drift: ['column point3.y: renamed to why'] },
  {
    sql: 'ALTER TYPE point3 DROP ATTRIBUTE x, ADD ATTRIBUTE x int',
    drift: ['column order of type point3: x moved from 1 to 3'],
  },
  { sql: 'CREATE TYPE span AS RANGE (SUBTYPE = float8)', drift: ['type span: new'] },
  {
    given: 'CREATE TYPE span AS RANGE (SUBTYPE = float8)',
    sql: 'DROP TYPE span; CREATE TYPE span AS RANGE (SUBTYPE = float4)',
    drift: [
      'type span: range was double precision, span_multirange, float8_ops, -, -, is real, span_multirange, float4_ops, -, -',
    ],
  },

  // Schemas, statistics, and what belongs to the whole database.
  { sql: 'CREATE SCHEMA more CREATE TABLE x (a int)', drift: ['schema more: new'] },
  { sql: 'DROP SCHEMA app CASCADE', drift: ['schema app: missing'] },
  { sql: 'ALTER SCHEMA app RENAME TO shop', drift: ['schema app: renamed to shop'] },
  { sql: 'GRANT CREATE ON SCHEMA public TO writer', drift: ['schema public: GRANT CREATE TO writer is new'] },
  { sql: 'ALTER SCHEMA app OWNER TO keeper', drift: ['schema app: owner was postgres, is keeper'] },
  { sql: "COMMENT ON SCHEMA app IS 'x'", drift: ["schema app: comment was none, is 'x'"] },
  { sql: 'DROP STATISTICS orders_stats', drift: ['statistics orders_stats: missing'] },
  {
    sql: 'ALTER STATISTICS orders_stats SET STATISTICS 300',
    drift: ['statistics orders_stats: target was the default, is 300'],
  },
  {
    sql: 'DROP STATISTICS orders_stats; CREATE STATISTICS orders_stats (ndistinct) ON user_id, total FROM orders',
    drift: [
      'statistics orders_stats: definition was ON total, user_id FROM orders, is (ndistinct) ON total, user_id FROM orders',
    ],
  },
  { sql: 'CREATE PUBLICATION news FOR ALL TABLES', drift: ['publication news: new'] },
  {
    given: 'CREATE PUBLICATION news FOR TABLE users, orders',
    sql: 'ALTER PUBLICATION news DROP TABLE orders',
    drift: ['table orders in publication news: missing'],
  },
  {
    given: 'CREATE PUBLICATION news FOR TABLE users',
    sql: "ALTER PUBLICATION news SET (publish = 'insert, update', publish_via_partition_root = true)",
    drift: [
      'publication news: publish was insert, update, delete, truncate, is insert, update',
      'publication news: publish_via_partition_root was none, is true',
    ],
  },
  {
    given: 'CREATE PUBLICATION news FOR TABLE users',
    sql: 'ALTER PUBLICATION news SET TABLE users (id, email) WHERE (id > 5)',
    drift: [
      'table users in publication news: row filter was none, is (id > 5)',
      'table users in publication news: columns were none, are email, id',
    ],
    since: 15,
  },
  {
    given: 'CREATE PUBLICATION news',
    sql: 'ALTER PUBLICATION news ADD TABLES IN SCHEMA app',
    drift: ['publication news: schemas were none, are app'],
    since: 15,
  },
  {
    given: 'CREATE PUBLICATION news FOR TABLE orders',
    sql: 'DROP TABLE orders CASCADE',
    drift: ['table orders: missing (with materialized view totals)'],
  },
  {
    given:
      'CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN END$$; CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION watch()',
    sql: 'ALTER EVENT TRIGGER watch DISABLE',
    drift: ['event trigger watch: was enabled, is disabled'],
  },
  {
    given: 'CREATE FUNCTION watch() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN END$$',
    sql: "CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('DROP TABLE') EXECUTE FUNCTION watch()",
    drift: ['event trigger watch: new'],
  },
  {
    sql: 'ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO reader',
    drift: ['default privileges of postgres in schema app on TABLES: GRANT SELECT TO reader is new'],
  },
  {
    sql: 'ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC',
    drift: ['default privileges of postgres on FUNCTIONS: GRANT EXECUTE TO PUBLIC is missing'],
  },
  {
    sql: 'DROP EXTENSION plpgsql CASCADE',
    drift: ['function touch(): missing (with trigger touch on users)', 'extension plpgsql: missing'],
  },
  { sql: 'CREATE EXTENSION btree_gist', drift: ['extension btree_gist: new'] },
  {
    given:
      'CREATE EXTENSION btree_gist; CREATE INDEX near ON orders USING gist (user_id); ALTER TABLE orders ADD CONSTRAINT apart EXCLUDE USING gist (user_id WITH =)',
    sql: 'DROP EXTENSION btree_gist CASCADE',
    drift: ['extension btree_gist: missing (with constraint apart on orders, index near)'],
  },
  { sql: "COMMENT ON EXTENSION plpgsql IS 'x'", drift: [] },
  { sql: 'CREATE FOREIGN DATA WRAPPER far', drift: ['foreign data wrapper far: new'] },
  {
    given:
      'CREATE FOREIGN DATA WRAPPER far; CREATE SERVER there FOREIGN DATA WRAPPER far; CREATE FOREIGN TABLE remote (a int) SERVER there OPTIONS (b $$c$$); CREATE USER MAPPING FOR reader SERVER there',
    sql: "ALTER SERVER there OPTIONS (host 'x'); ALTER FOREIGN TABLE remote OPTIONS (SET b 'd'); ALTER FOREIGN TABLE remote ALTER COLUMN a OPTIONS (k 'v'); ALTER USER MAPPING FOR reader SERVER there OPTIONS (user 'u'); GRANT USAGE ON FOREIGN SERVER there TO writer",
    drift: [
      'foreign table remote: options were b=c, are b=d',
      'column remote.a: foreign options were none, are k=v',
      'server there: options were none, are host=x',
      'server there: GRANT USAGE TO writer is new',
      'user mapping of reader on server there: options were none, are user=u',
    ],
  },
  {
    given:
      'CREATE FOREIGN DATA WRAPPER far; CREATE SERVER there FOREIGN DATA WRAPPER far; CREATE FOREIGN TABLE remote (a int) SERVER there',
    sql: 'DROP SERVER there CASCADE',
    drift: ['server there: missing (with foreign table remote)'],
  },
  {
    sql: 'CREATE FUNCTION to_mood(text) RETURNS mood LANGUAGE sql AS $$SELECT NULL::mood$$; CREATE CAST (text AS mood) WITH FUNCTION to_mood(text) AS ASSIGNMENT',
    drift: ['function to_mood(text): new (with cast (text AS mood))'],
  },
  {
    given:
      'CREATE FUNCTION to_mood(text) RETURNS mood LANGUAGE sql AS $$SELECT NULL::mood$$; CREATE CAST (text AS mood) WITH FUNCTION to_mood(text) AS ASSIGNMENT',
    sql: 'DROP CAST (text AS mood); CREATE CAST (text AS mood) WITH FUNCTION to_mood(text) AS IMPLICIT',
    drift: ['cast (text AS mood): context was in assignments, is implicit'],
  },
  {
    sql: 'CREATE OPERATOR @+@ (LEFTARG = int, RIGHTARG = int, FUNCTION = add)',
    drift: ['operator @+@ (integer, integer): new'],
  },
  {
    given: 'CREATE OPERATOR app.@+@ (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq)',
    sql: 'ALTER OPERATOR app.@+@ (int, int) SET (RESTRICT = eqsel)',
    drift: ['operator app.@+@ (integer, integer): options were none, are RESTRICT eqsel'],
  },
  {
    sql: 'CREATE OPERATOR CLASS backwards FOR TYPE int USING btree AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 add(int, int)',
    drift: ['operator family backwards USING btree: new (with operator class backwards USING btree)'],
  },
  { sql: 'CREATE COLLATION plain FROM "C"', drift: ['collation plain: new'] },
  {
    given: 'CREATE COLLATION plain FROM "C"',
    sql: 'DROP COLLATION plain; CREATE COLLATION plain FROM "POSIX"',
    drift: ['collation plain: LC_COLLATE was C, is POSIX', 'collation plain: LC_CTYPE was C, is POSIX'],
  },
  {
    given: 'CREATE TEXT SEARCH CONFIGURATION words (COPY = simple)',
    sql: 'ALTER TEXT SEARCH CONFIGURATION words DROP MAPPING FOR email, url',
    drift: [
      'text search configuration words: mappings were …simple, numword simple, email simple, url simple, host simple, sfloat simp…, are …simple, numword simple, host simple, sfloat simp…',
    ],
  },
  {
    given: 'CREATE TEXT SEARCH DICTIONARY short (TEMPLATE = simple)',
    sql: 'ALTER TEXT SEARCH DICTIONARY short (accept = false)',
    drift: ["text search dictionary short: options were none, are accept = 'false'"],
  },
  {
    sql: "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = %L', current_database(), '9MB'); END $$",
    drift: ['settings of this database: work_mem was none, is 9MB'],
  },
  {
    sql: "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO writer', current_database()); EXECUTE format('COMMENT ON DATABASE %I IS %L', current_database(), 'x'); END $$",
    drift: [
      "this database: comment was 'default administrative connection database', is 'x'",
      'this database: GRANT CREATE TO writer is new',
    ],
  },
];
