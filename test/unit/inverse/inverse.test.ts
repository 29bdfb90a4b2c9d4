import assert from 'node:assert/strict';
import type { PGlite } from '@electric-sql/pglite';
import { inverseOf } from '../../../server/src/inverse/inverse.ts';
import { applyStatement, baselineSchema, emptySchema } from '../../../server/src/schema/apply.ts';
import type { SqlParser, Statement } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { catalogOf, simulated } from '../schema/catalog.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

const baseline = `
CREATE SCHEMA app;
CREATE TABLE o (id int PRIMARY KEY, k int);
CREATE TABLE t (id serial PRIMARY KEY, a int DEFAULT 1 + 2, b text NOT NULL, c int CONSTRAINT c_positive CHECK (c > 0), o_id int REFERENCES o ON DELETE CASCADE);
ALTER TABLE t ADD CONSTRAINT a_positive CHECK (a > 0) NOT VALID;
CREATE INDEX t_a_idx ON t (a);
CREATE VIEW v AS SELECT 1 AS x;
CREATE SEQUENCE s;
CREATE TYPE mood AS ENUM ('a', 'b');
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
`;

/** Each is run, then undone: the catalogs are as before. */
const restored = `
ALTER TABLE t ADD COLUMN x int
ALTER TABLE t ADD COLUMN x serial UNIQUE, ADD COLUMN y int REFERENCES o
ALTER TABLE t ADD COLUMN IF NOT EXISTS a int
ALTER TABLE t ADD COLUMN x int CHECK (a > 0)
CLUSTER t USING t_a_idx
ALTER TABLE ONLY t DROP CONSTRAINT c_positive
CREATE INDEX ON t (lower(b))
CREATE UNIQUE INDEX t_b_key ON t (b)
CREATE INDEX IF NOT EXISTS t_a_idx ON t (a)
ALTER TABLE t ADD CHECK (a > 1)
ALTER TABLE t ADD CONSTRAINT named UNIQUE (a, b)
ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES o NOT VALID
ALTER TABLE t VALIDATE CONSTRAINT a_positive
ALTER TABLE t VALIDATE CONSTRAINT c_positive
ALTER TABLE t DROP CONSTRAINT c_positive
ALTER TABLE t DROP CONSTRAINT t_o_id_fkey
ALTER TABLE t ALTER COLUMN a SET NOT NULL
ALTER TABLE t ALTER COLUMN b SET NOT NULL
ALTER TABLE t ALTER COLUMN b DROP NOT NULL
ALTER TABLE t ALTER COLUMN a DROP NOT NULL
ALTER TABLE t ALTER COLUMN a DROP DEFAULT
ALTER TABLE t ALTER COLUMN b SET DEFAULT 'x'
ALTER TABLE t RENAME COLUMN a TO aa
ALTER TABLE t RENAME TO tt
ALTER INDEX t_a_idx RENAME TO other
ALTER TABLE t RENAME CONSTRAINT c_positive TO cp
ALTER VIEW v RENAME TO w
ALTER SEQUENCE s RENAME TO r
ALTER TABLE t SET SCHEMA app
ALTER TYPE mood RENAME TO feeling
ALTER TYPE mood RENAME VALUE 'a' TO 'z'
ALTER SCHEMA app RENAME TO application
CREATE TABLE n (id serial PRIMARY KEY, o_id int REFERENCES o)
CREATE TABLE IF NOT EXISTS t (id int)
CREATE TABLE n AS SELECT 1 AS x
SELECT * INTO n FROM t
CREATE VIEW app.w AS SELECT 1 AS x
CREATE MATERIALIZED VIEW m AS SELECT 1 AS x
CREATE SEQUENCE "Odd"
CREATE TYPE n AS ENUM ('a')
CREATE TYPE n AS (a int)
CREATE DOMAIN n AS int
CREATE SCHEMA n
CREATE SCHEMA n CREATE TABLE x (id int PRIMARY KEY) CREATE TABLE y (x_id int REFERENCES x)
CREATE ROLE n
CREATE FUNCTION g(a int, OUT b int, c text DEFAULT 'x') LANGUAGE sql AS 'SELECT 1'
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()
ALTER TABLE t ADD COLUMN x int, ADD CONSTRAINT x_positive CHECK (x > 0), ALTER COLUMN a SET DEFAULT 5
`;

describe('inverse', () => {
  let parser: SqlParser;
  let db: PGlite;
  const parse = (sql: string): Statement => {
    const [statement] = parser.parse(sql).statements;
    assert.ok(statement, `${sql} does not parse`);
    return statement;
  };
  const inverse = (sql: string, schema = baselineSchema(parser.parse(baseline))) =>
    inverseOf(parse(sql), schema, 16);

  before(async function () {
    this.timeout(60_000);
    parser = await loadSqlParser();
    db = await embeddedPostgres();
    await db.exec(baseline);
  });

  for (const sql of restored.trim().split('\n')) {
    it(`restores ${sql}`, async () => {
      const schema = baselineSchema(parser.parse(baseline));
      const undo = inverse(sql);
      assert.equal(undo.verdict, 'restores', undo.reason);
      const before = await catalogOf(db);
      await db.exec('BEGIN');
      try {
        await db.exec(sql);
        for (const line of undo.sql) await db.exec(line);
        assert.deepEqual(await catalogOf(db), before);
      } finally {
        await db.exec('ROLLBACK');
      }
      const simulation = [sql, ...undo.sql].reduce(
        (now, line) => applyStatement(now, parse(line), { madeByPlan: true }),
        schema,
      );
      assert.deepEqual(simulated(simulation), simulated(schema));
    });
  }

  it('drops an index made CONCURRENTLY so, outside of a transaction', () => {
    const undo = inverse('CREATE INDEX CONCURRENTLY t_b_idx ON t (b)');
    assert.deepEqual(undo.sql, ['DROP INDEX CONCURRENTLY t_b_idx']);
    assert.equal(undo.transactional, false);
  });

  it('says that a dropped column or table loses data', () => {
    assert.equal(inverse('ALTER TABLE t DROP COLUMN a').verdict, 'loses_data');
    assert.equal(inverse('DROP TABLE t').verdict, 'loses_data');
    assert.equal(inverse('ALTER TABLE t DROP COLUMN a, ADD COLUMN a int').verdict, 'loses_data');
    assert.equal(inverse('UPDATE t SET a = 1').verdict, 'loses_data');
    assert.equal(inverse("SELECT setval('s', 5)").verdict, 'loses_data');
  });

  it('says what is lost by its name, and what to do instead', () => {
    const table =
      'CREATE TABLE own (id int GENERATED ALWAYS AS IDENTITY, code int NOT NULL UNIQUE, note text);';
    const own = baselineSchema(parser.parse(table));
    const reason = (sql: string) => inverseOf(parse(sql), own, 18).reason;
    assert.match(
      reason('ALTER TABLE own DROP COLUMN code'),
      /^The column own\.code is NOT NULL .*the constraint own_code_key/,
    );
    assert.match(reason('ALTER TABLE own ALTER id DROP IDENTITY'), /that does not\. Note last_value/);
    assert.match(reason('ALTER TABLE own ALTER note TYPE varchar(5)'), /a new column of the new type/);
    assert.match(reason('ALTER TABLE own DROP COLUMN note'), /Rename it away now/);
  });

  it('says that an enum label cannot be taken out', () => {
    const undo = inverse("ALTER TYPE mood ADD VALUE 'c'");
    assert.equal(undo.verdict, 'impossible');
    assert.match(undo.reason, /cannot take a label out/);
  });

  it('claims nothing where something would stay behind', () => {
    for (const sql of [
      'WITH x AS (UPDATE t SET a = 1 RETURNING a) SELECT * FROM x',
      'EXPLAIN ANALYZE DELETE FROM t',
      'CREATE SCHEMA n CREATE TABLE x (id int) CREATE SEQUENCE y',
    ]) {
      assert.equal(inverse(sql).verdict, 'unknown', sql);
    }
    const open = `${baseline} ALTER TABLE t ADD CONSTRAINT nn NOT NULL a NOT VALID;`;
    for (const words of ['ALTER a SET NOT NULL', 'ALTER a DROP NOT NULL', 'DROP CONSTRAINT nn'])
      assert.equal(inverse(`ALTER TABLE t ${words}`, baselineSchema(parser.parse(open))).verdict, 'unknown');
    assert.equal(inverse('ALTER TABLE IF EXISTS nope ADD COLUMN x int').verdict, 'restores');
    assert.equal(inverse('SELECT count(*) FROM t').verdict, 'restores');
  });

  it('does not guess without a baseline', () => {
    const nothing = emptySchema({ complete: false });
    for (const sql of [
      'ALTER TABLE t ALTER COLUMN a DROP DEFAULT',
      'ALTER TABLE t ALTER COLUMN a SET NOT NULL',
      'ALTER TABLE t DROP CONSTRAINT c',
      'ALTER TABLE t ADD CHECK (a > 1)',
      'CREATE INDEX ON t (a)',
      'CREATE TABLE IF NOT EXISTS t (id int)',
      'CREATE OR REPLACE VIEW v AS SELECT 1',
    ]) {
      assert.equal(inverse(sql, nothing).verdict, 'unknown', sql);
    }
    assert.equal(inverse('ALTER TABLE t ADD COLUMN x int', nothing).verdict, 'restores');
    assert.equal(inverse('CREATE INDEX i ON t (a)', nothing).verdict, 'restores');
    assert.equal(inverse('ALTER TABLE t ADD CONSTRAINT c CHECK (a > 1)', nothing).verdict, 'restores');
  });
});
