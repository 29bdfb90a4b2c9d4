import assert from 'node:assert/strict';
import { effectsOf } from '../../../server/src/effects/effects.ts';
import { baselineSchema } from '../../../server/src/schema/apply.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';

const baseline = `CREATE TABLE t (id int PRIMARY KEY, a int, g int GENERATED ALWAYS AS (a) STORED);
CREATE TABLE o (id int PRIMARY KEY, a int, b int);
CREATE TABLE p (id int, k int) PARTITION BY RANGE (k); CREATE SEQUENCE s;
CREATE TABLE h () INHERITS (t); CREATE FUNCTION uuidv4() RETURNS uuid LANGUAGE sql AS 'SELECT gen_random_uuid()';
ALTER TABLE o ADD CONSTRAINT fk FOREIGN KEY (a) REFERENCES t; ALTER TABLE o ADD CONSTRAINT ck CHECK (a > 0);
CREATE VIEW v AS SELECT 1 AS x;`;

/** The first version that takes each: what comes before refuses it. */
const statements: Readonly<Record<number, string>> = {
  14: `
ALTER TABLE t ADD CHECK (a > 0) NOT VALID
ALTER TABLE t ADD COLUMN x int NOT NULL DEFAULT 1 CHECK (x > 0) UNIQUE
ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS (a) STORED
ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES o NOT VALID
ALTER TABLE t ALTER COLUMN a SET NOT NULL
ALTER TABLE o ALTER CONSTRAINT fk DEFERRABLE
ALTER TABLE t ALTER COLUMN a SET STATISTICS 100
ALTER TABLE p ADD FOREIGN KEY (id) REFERENCES t
CREATE TABLE n (id int REFERENCES t ON DELETE SET NULL, x int NOT NULL CHECK (x > 0) NO INHERIT)
CREATE SEQUENCE n
CREATE STATISTICS n ON id, a FROM t
CREATE UNIQUE INDEX ON t (a)
SELECT * FROM (SELECT 1) x
SELECT public.uuidv4(), uuidv4(), random()
ANALYZE t
INSERT INTO t (id) VALUES (1) RETURNING id
GRANT SELECT ON t TO public`,
  15: `
MERGE INTO t USING o ON t.id = o.id WHEN MATCHED THEN DELETE
CREATE UNIQUE INDEX ON t (a) NULLS NOT DISTINCT
ALTER TABLE t ADD UNIQUE NULLS NOT DISTINCT (a)
CREATE TABLE n (a int, b int, FOREIGN KEY (a) REFERENCES t ON DELETE SET NULL (a))
CREATE VIEW n WITH (security_invoker) AS SELECT 1
ALTER VIEW v SET (security_invoker = true)
CREATE UNLOGGED SEQUENCE n
ALTER SEQUENCE s SET UNLOGGED
ALTER TABLE t SET ACCESS METHOD heap
CREATE PUBLICATION n FOR TABLES IN SCHEMA public
CREATE PUBLICATION n FOR TABLE t WHERE (id > 1)
CREATE PUBLICATION n FOR TABLE t (id)
GRANT SET ON PARAMETER work_mem TO public
SELECT regexp_count('a', 'a')`,
  16: `
CREATE TABLE n (a text STORAGE EXTERNAL)
CREATE STATISTICS ON id, a FROM t
SELECT * FROM (SELECT 1)
SELECT JSON_OBJECT('a': 1)
SELECT JSON_ARRAY(1)
SELECT JSON_ARRAYAGG(a) FROM t
SELECT JSON_OBJECTAGG(a: 1) FROM t
SELECT 'x' IS JSON
SELECT any_value(a) FROM t
ANALYZE (BUFFER_USAGE_LIMIT '1MB') t`,
  17: `
ALTER TABLE t ALTER COLUMN g SET EXPRESSION AS (a * 2)
ALTER TABLE t ALTER COLUMN a SET STATISTICS DEFAULT
ALTER TABLE t SET ACCESS METHOD DEFAULT
ALTER TABLE p SET ACCESS METHOD heap
ALTER TABLE p ADD EXCLUDE USING btree (k WITH =)
CREATE TABLE n (k int, EXCLUDE USING btree (k WITH =)) PARTITION BY RANGE (k)
MERGE INTO t USING o ON t.id = o.id WHEN NOT MATCHED BY SOURCE THEN DELETE
MERGE INTO t USING o ON t.id = o.id WHEN MATCHED THEN DELETE RETURNING t.id
SELECT * FROM JSON_TABLE('[]', '$[*]' COLUMNS (a int))
SELECT JSON_VALUE('{}', '$.a')
SELECT JSON_SCALAR(1)
SELECT JSON_SERIALIZE('1')
GRANT MAINTAIN ON t TO public
SELECT uuid_extract_version(gen_random_uuid())`,
  18: `
ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS (a + 1)
ALTER TABLE t ADD COLUMN x int GENERATED ALWAYS AS (a + 1) VIRTUAL
CREATE TABLE n (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL)
ALTER TABLE t ADD CHECK (a > 0) NOT ENFORCED
ALTER TABLE t ADD COLUMN x int CHECK (x > 0) NOT ENFORCED
ALTER TABLE t ADD COLUMN x int REFERENCES o NOT ENFORCED
ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES o NOT ENFORCED
ALTER TABLE o ALTER CONSTRAINT fk NOT ENFORCED
ALTER TABLE t ADD CONSTRAINT nn NOT NULL a
ALTER TABLE t ADD CONSTRAINT nn NOT NULL a NOT VALID
ALTER TABLE t ADD NOT NULL a
CREATE TABLE n (a int, CONSTRAINT nn NOT NULL a)
CREATE TABLE n (a int NOT NULL NO INHERIT)
ALTER TABLE p ADD FOREIGN KEY (id) REFERENCES t NOT VALID
CREATE TABLE n (a int4range, PRIMARY KEY (a WITHOUT OVERLAPS))
INSERT INTO t (id) VALUES (1) RETURNING WITH (OLD AS o) o.id
ANALYZE ONLY t
ALTER TABLE t ADD COLUMN x uuid DEFAULT uuidv7()
ALTER TABLE t ADD COLUMN x int CHECK (x > 0) NOT ENFORCED, ADD UNIQUE NULLS NOT DISTINCT (a)`,
};

describe('effects, what a version can do', () => {
  let parser: SqlParser;
  before(async () => {
    parser = await loadSqlParser();
  });

  for (const [version, list] of Object.entries(statements)) {
    for (const sql of list.trim().split('\n')) {
      it(`${version}: ${sql}`, () => {
        const { statements: parsed, problems } = parser.parse(sql);
        assert.deepEqual(problems, []);
        const [statement] = parsed;
        assert.ok(statement);
        const schema = baselineSchema(parser.parse(baseline));
        const { requires } = effectsOf(statement, schema, { pgVersion: 14 });
        assert.equal(requires?.version ?? 14, Number(version), requires?.what);
      });
    }
  }
});
