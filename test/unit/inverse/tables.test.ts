import assert from 'node:assert/strict';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { undo, type World, worldOf } from './restored.ts';

const baseline = `
CREATE SCHEMA app;
CREATE TYPE mood AS ENUM ('ok', 'bad');
CREATE TABLE o (id int PRIMARY KEY, code text UNIQUE, k int);
INSERT INTO o SELECT g, 'c' || g, g FROM generate_series(1, 20) g;
CREATE TABLE t (
  id serial PRIMARY KEY,
  a int DEFAULT 1 + 2,
  b text NOT NULL,
  c varchar(10) COLLATE "C" CONSTRAINT c_filled CHECK (c <> ''),
  n numeric(10, 2),
  m mood DEFAULT 'ok',
  o_id int REFERENCES o ON DELETE CASCADE DEFERRABLE,
  d date,
  CONSTRAINT t_uq UNIQUE (a, b) INCLUDE (c) WITH (fillfactor = 80),
  CONSTRAINT t_ex EXCLUDE USING btree (b WITH =) WHERE (a > 0)
);
INSERT INTO t (a, b, c, n, o_id, d) SELECT g, 'b' || g, 'c' || g, g, g, date '2020-01-01' + g FROM generate_series(1, 20) g;
ALTER TABLE t ADD CONSTRAINT a_positive CHECK (a > 0) NOT VALID;
CREATE INDEX t_lower_idx ON t (lower(b) DESC NULLS LAST, c COLLATE "POSIX") WITH (fillfactor = 70) WHERE a > 3;
CREATE UNIQUE INDEX t_nd ON t (id) NULLS NOT DISTINCT;
CREATE INDEX t_brin ON t USING brin (id) WITH (pages_per_range = 16);
ALTER INDEX t_lower_idx ALTER COLUMN 1 SET STATISTICS 200;
ALTER TABLE t ALTER a SET STATISTICS 300, ALTER b SET STORAGE EXTERNAL, ALTER c SET COMPRESSION pglz, ALTER n SET (n_distinct = 5, n_distinct_inherited = 7);
ALTER TABLE t SET (fillfactor = 90, autovacuum_enabled = off, toast.autovacuum_enabled = off), CLUSTER ON t_pkey;
ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey;
ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE TABLE "Odd Table" ("Key" bigint GENERATED ALWAYS AS IDENTITY (START WITH 100 INCREMENT BY 5), "select" text, "a b" int GENERATED ALWAYS AS (length("select")) STORED, last int, CHECK ("select" IS NOT NULL));
INSERT INTO "Odd Table" ("select") SELECT 'x' FROM generate_series(1, 5);
CREATE INDEX "Odd Index" ON "Odd Table" ("a b", lower("select"));
CREATE TABLE app.z (id int PRIMARY KEY, v text, UNIQUE (v));
INSERT INTO app.z VALUES (1, 'x');
CREATE TABLE p (id int NOT NULL, k int NOT NULL, r text, PRIMARY KEY (id, k)) PARTITION BY RANGE (k);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (0) TO (10);
CREATE TABLE pd PARTITION OF p DEFAULT;
CREATE INDEX p_r ON p (r);
ALTER TABLE p ADD CONSTRAINT p_id CHECK (id > 0);
INSERT INTO p SELECT g, g, 'r' FROM generate_series(1, 20) g;
CREATE TABLE loose (id int NOT NULL, k int NOT NULL, r text, CONSTRAINT p_id CHECK (id > 0));
CREATE TABLE par (id int, v int CONSTRAINT par_v CHECK (v > 0));
CREATE TABLE heir (extra int) INHERITS (par);
INSERT INTO heir VALUES (1, 1, 1);
CREATE TABLE spare (id int, v int CONSTRAINT par_v CHECK (v > 0));
CREATE UNLOGGED TABLE fast (id int);
CREATE TABLE w (id int PRIMARY KEY, v int NOT NULL DEFAULT 0, note text, at timestamptz, owner_name text);
INSERT INTO w SELECT g, g, 'n', now(), 'me' FROM generate_series(1, 10) g;
CREATE INDEX w_note ON w (note);
CREATE VIEW wv AS SELECT id, note FROM w;
CREATE VIEW wvv AS SELECT note FROM wv;
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER wt BEFORE UPDATE OF note ON w FOR EACH ROW WHEN (old.note IS DISTINCT FROM new.note) EXECUTE FUNCTION touch();
CREATE TRIGGER wt2 AFTER INSERT ON w FOR EACH STATEMENT EXECUTE FUNCTION touch();
ALTER TABLE w DISABLE TRIGGER wt2;
CREATE POLICY wp ON w FOR UPDATE USING (note = 'n') WITH CHECK (v > 0);
CREATE STATISTICS ws ON id, note FROM w;
ALTER TABLE w ADD CONSTRAINT w_note CHECK (note <> 'x');
COMMENT ON TABLE w IS 'It''s a table';
COMMENT ON COLUMN w.note IS 'a note';
COMMENT ON INDEX w_note IS 'an index';
COMMENT ON CONSTRAINT w_note ON w IS 'a check';
COMMENT ON VIEW wv IS 'a view';
COMMENT ON TRIGGER wt ON w IS 'a trigger';
GRANT SELECT ON w TO PUBLIC;
GRANT SELECT (note), UPDATE (note) ON w TO PUBLIC;
GRANT SELECT ON wv TO PUBLIC;
CREATE TABLE nn (id int, x int, CONSTRAINT x_there NOT NULL x);
COMMENT ON CONSTRAINT x_there ON nn IS 'not null';
COMMENT ON CONSTRAINT t_pkey ON t IS 'the key';
COMMENT ON INDEX t_pkey IS 'the index of the key';
COMMENT ON CONSTRAINT t_uq ON t IS 'unique';
COMMENT ON INDEX t_uq IS 'its index';
COMMENT ON CONSTRAINT t_ex ON t IS 'exclusion';
COMMENT ON INDEX t_ex IS 'its index too';
COMMENT ON CONSTRAINT t_o_id_fkey ON t IS 'foreign key';
COMMENT ON CONSTRAINT a_positive ON t IS 'not validated';
COMMENT ON CONSTRAINT c_filled ON t IS 'validated';
COMMENT ON INDEX t_lower_idx IS 'on an expression';
COMMENT ON INDEX p_r IS 'on all parts';
COMMENT ON INDEX p1_r_idx IS 'on one part';
COMMENT ON CONSTRAINT p_pkey ON p IS 'key of the whole';
COMMENT ON CONSTRAINT p1_pkey ON p1 IS 'key of a part';
COMMENT ON CONSTRAINT p_id ON p IS 'check of the whole';
COMMENT ON CONSTRAINT p_id ON p1 IS 'check of a part';
COMMENT ON CONSTRAINT par_v ON heir IS 'inherited';
COMMENT ON CONSTRAINT z_v_key ON app.z IS 'in another schema';
CREATE TABLE marked (id int NOT NULL, code text NOT NULL, CONSTRAINT marked_code UNIQUE (code) DEFERRABLE INITIALLY DEFERRED);
CREATE UNIQUE INDEX marked_id ON marked (id, (code || '!')) INCLUDE (code);
CREATE UNIQUE INDEX marked_by ON marked (id) WITH (deduplicate_items = off);
INSERT INTO marked SELECT g, 'c' || g FROM generate_series(1, 5) g;
ALTER INDEX marked_id ALTER COLUMN 2 SET STATISTICS 50;
ALTER TABLE marked CLUSTER ON marked_id, REPLICA IDENTITY USING INDEX marked_by;
COMMENT ON INDEX marked_by IS 'who is who';
`;

/** Each is run and undone: schema and rows are as before, in the order of columns too. */
const restored = `
ALTER TABLE t DROP CONSTRAINT t_pkey
ALTER TABLE t DROP CONSTRAINT t_uq
ALTER TABLE t DROP CONSTRAINT t_ex
ALTER TABLE t DROP CONSTRAINT t_o_id_fkey
ALTER TABLE t DROP CONSTRAINT a_positive, DROP CONSTRAINT c_filled
ALTER TABLE marked DROP CONSTRAINT marked_code
DROP INDEX marked_id
DROP INDEX marked_by
ALTER TABLE p DROP CONSTRAINT p_pkey
ALTER TABLE p DROP CONSTRAINT p_id
ALTER TABLE par DROP CONSTRAINT par_v
ALTER TABLE o DROP CONSTRAINT o_pkey CASCADE
ALTER TABLE t VALIDATE CONSTRAINT a_positive
ALTER TABLE t ALTER CONSTRAINT t_o_id_fkey DEFERRABLE INITIALLY DEFERRED
ALTER TABLE t ALTER CONSTRAINT t_o_id_fkey NOT DEFERRABLE
ALTER TABLE t ALTER CONSTRAINT t_o_id_fkey NOT ENFORCED
ALTER TABLE t DROP CONSTRAINT c_filled, ADD CONSTRAINT c_filled CHECK (length(c) > 0) NOT VALID
ALTER TABLE t ADD CONSTRAINT q UNIQUE USING INDEX t_nd
ALTER TABLE t ADD UNIQUE (c), ADD CHECK (a < 1000), ADD FOREIGN KEY (a) REFERENCES o NOT VALID
ALTER TABLE nn DROP CONSTRAINT x_there
ALTER TABLE nn ALTER x DROP NOT NULL
ALTER TABLE nn ADD CONSTRAINT id_there NOT NULL id NOT VALID
ALTER TABLE nn ALTER CONSTRAINT x_there NO INHERIT
ALTER TABLE t ALTER b DROP NOT NULL
ALTER TABLE t ALTER a SET NOT NULL, ALTER a DROP DEFAULT
ALTER TABLE t ALTER a SET DEFAULT 7, ALTER m DROP DEFAULT
ALTER TABLE t ALTER a SET STATISTICS -1
ALTER TABLE t ALTER a SET STATISTICS 5
ALTER TABLE t ALTER b SET STORAGE EXTENDED
ALTER TABLE t ALTER b SET STORAGE MAIN
ALTER TABLE t ALTER c SET COMPRESSION default
ALTER TABLE t ALTER n RESET (n_distinct)
ALTER TABLE t ALTER n SET (n_distinct_inherited = 9)
ALTER TABLE t SET (fillfactor = 50), RESET (autovacuum_enabled, toast.autovacuum_enabled)
ALTER TABLE t RESET (fillfactor)
ALTER TABLE t SET WITHOUT CLUSTER
ALTER TABLE t CLUSTER ON t_nd
ALTER TABLE t REPLICA IDENTITY FULL
ALTER TABLE t REPLICA IDENTITY USING INDEX t_nd
ALTER TABLE o REPLICA IDENTITY NOTHING
ALTER TABLE t NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY
ALTER TABLE o ENABLE ROW LEVEL SECURITY
ALTER TABLE app.z SET UNLOGGED
ALTER TABLE fast SET LOGGED
ALTER TABLE t ALTER id TYPE bigint
ALTER TABLE t ALTER a TYPE numeric
ALTER TABLE t ALTER c TYPE varchar(20)
ALTER TABLE t ALTER b TYPE varchar
ALTER TABLE t ALTER b TYPE text COLLATE "C"
ALTER TABLE t ALTER c TYPE text COLLATE "POSIX"
ALTER TABLE t ALTER m TYPE text
ALTER TABLE t ALTER d TYPE timestamp
ALTER TABLE t ALTER n TYPE numeric(12,3)
ALTER TABLE "Odd Table" ALTER "Key" SET GENERATED BY DEFAULT
ALTER TABLE "Odd Table" ALTER "Key" SET INCREMENT BY 7 SET CACHE 10
ALTER TABLE "Odd Table" ALTER "a b" SET EXPRESSION AS (length("select") + 1)
ALTER TABLE "Odd Table" ADD COLUMN "x.y" int, ADD CONSTRAINT "My Check" CHECK ("x.y" > 0)
ALTER TABLE app.z DROP CONSTRAINT z_v_key
ALTER TABLE app.z RENAME COLUMN v TO "V w"
DROP INDEX t_lower_idx
DROP INDEX t_nd, t_brin, "Odd Index"
DROP INDEX p_r
DROP INDEX w_note
ALTER TABLE w DROP CONSTRAINT w_note
ALTER TABLE w ALTER at TYPE timestamp USING at AT TIME ZONE 'UTC'
ALTER INDEX t_lower_idx SET (fillfactor = 100)
ALTER INDEX t_lower_idx RESET (fillfactor)
ALTER INDEX t_lower_idx ALTER COLUMN 1 SET STATISTICS -1
CLUSTER o USING o_pkey
ALTER TABLE p DETACH PARTITION p1
ALTER TABLE p DETACH PARTITION pd
ALTER TABLE p ATTACH PARTITION loose FOR VALUES FROM (100) TO (110)
ALTER TABLE p ADD COLUMN x int DEFAULT 3 CHECK (x > 0)
ALTER TABLE p DROP CONSTRAINT p_pkey
ALTER TABLE p DROP CONSTRAINT p_id
ALTER TABLE p ALTER r SET NOT NULL
ALTER TABLE p1 ALTER r SET DEFAULT 'x'
ALTER TABLE ONLY p ALTER r SET DEFAULT 'y'
ALTER TABLE par DROP CONSTRAINT par_v
ALTER TABLE ONLY par DROP CONSTRAINT par_v
ALTER TABLE par ADD COLUMN w int DEFAULT 4
ALTER TABLE spare INHERIT par
ALTER TABLE par ALTER id SET NOT NULL
CREATE TABLE n (LIKE t INCLUDING ALL)
CREATE TABLE n PARTITION OF p FOR VALUES FROM (50) TO (60)
`;

/** Rows or values are gone; the schema comes back. */
const schemaRestored = `
ALTER TABLE t DROP COLUMN a CASCADE
ALTER TABLE t DROP COLUMN c, DROP COLUMN n
ALTER TABLE t DROP COLUMN o_id
ALTER TABLE t DROP COLUMN m, ADD COLUMN q int
ALTER TABLE t DROP COLUMN d, ADD COLUMN d int
ALTER TABLE "Odd Table" DROP COLUMN "Key"
ALTER TABLE "Odd Table" ALTER "Key" DROP IDENTITY
ALTER TABLE t ALTER n TYPE int
ALTER TABLE t ALTER c TYPE varchar(2) USING left(c, 2)
ALTER TABLE p DROP COLUMN r
ALTER TABLE par DROP COLUMN v
DROP TABLE t
DROP TABLE w CASCADE
ALTER TABLE w DROP COLUMN note CASCADE
ALTER TABLE w DROP COLUMN v CASCADE
DROP TABLE "Odd Table"
DROP TABLE p
DROP TABLE p1
DROP TABLE pd, fast
DROP TABLE heir
DROP TABLE par CASCADE
DROP TABLE app.z
`;

/** Only the order of columns is another. */
const reordered = `
ALTER TABLE "Odd Table" ALTER "a b" DROP EXPRESSION
ALTER TABLE "Odd Table" DROP COLUMN "a b"
`;

const lines = (text: string) => text.trim().split('\n');

describe('inverse of what is done to tables', function () {
  this.timeout(60_000);
  let world: World;

  before(async () => {
    world = await worldOf(await loadSqlParser(), baseline);
  });

  for (const sql of lines(restored))
    it(`restores ${sql}`, async () => {
      const { inverse, drift, rows } = await undo(world, sql);
      assert.equal(inverse.verdict, 'restores', inverse.reason);
      assert.deepEqual({ drift, rows }, { drift: [], rows: [] }, inverse.sql.join(';\n'));
    });

  for (const sql of lines(reordered))
    it(`restores all but the order of columns: ${sql}`, async () => {
      const { inverse, drift, rows } = await undo(world, sql);
      assert.equal(inverse.verdict, 'restores', inverse.reason);
      assert.match(inverse.reason, /in another order/);
      assert.deepEqual(rows, []);
      assert.deepEqual(
        drift.filter(({ kind }) => kind === 'schema'),
        [],
      );
    });

  for (const sql of lines(schemaRestored))
    it(`restores the schema of ${sql}`, async () => {
      const { inverse, drift } = await undo(world, sql);
      assert.equal(inverse.verdict, 'loses_data', inverse.reason);
      assert.deepEqual(
        drift.filter(({ kind }) => kind === 'schema'),
        [],
        inverse.sql.join(';\n'),
      );
    });
});
