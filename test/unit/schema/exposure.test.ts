import assert from 'node:assert/strict';
import { effectsOf } from '../../../server/src/effects/effects.ts';
import {
  applyStatement,
  baselineSchema,
  emptySchema,
  exposeNewRelations,
} from '../../../server/src/schema/apply.ts';
import type { Schema } from '../../../server/src/schema/model.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';

describe('schema: what only the plan knows of', () => {
  let parser: SqlParser;
  before(async () => {
    parser = await loadSqlParser();
  });
  const made =
    'CREATE TABLE n (id int PRIMARY KEY, a int, day date); INSERT INTO n SELECT id, id, now() FROM o; ';
  const baseline = () =>
    baselineSchema(
      parser.parse(`CREATE TABLE o (id int PRIMARY KEY, n_id int);
        CREATE TABLE parts (id int, a int, day date) PARTITION BY RANGE (day);
        CREATE VIEW known AS SELECT id FROM o;
        CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';`),
    );
  /** The effects of the last statement, after those before it. */
  const last = (sql: string, start: Schema = baseline()) => {
    const { statements } = parser.parse(sql);
    const final = statements.at(-1);
    assert.ok(final);
    let schema = start;
    for (const one of statements.slice(0, -1)) schema = applyStatement(schema, one, { madeByPlan: true });
    return effectsOf(final, schema, { pgVersion: 16 });
  };
  const isNew = (sql: string, start?: Schema) => {
    const { locks, builds, unshared = [] } = last(`${sql}; CREATE INDEX ON n (a)`, start);
    const alone = locks.find(({ relation }) => relation === 'n')?.isNew;
    assert.equal(builds.length, alone ? 0 : 1);
    assert.equal(unshared.length, alone ? 1 : 0);
    return alone;
  };

  for (const sql of [
    made,
    'CREATE TABLE n AS SELECT id, id AS a FROM o',
    'CREATE MATERIALIZED VIEW n AS SELECT id, id AS a FROM o',
    `${made} ALTER TABLE n ADD FOREIGN KEY (a) REFERENCES o`,
    `${made} CREATE VIEW fresh AS SELECT a FROM n`,
    `${made} CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT id FROM o'`,
    `${made} CREATE TRIGGER t BEFORE INSERT ON n FOR EACH ROW EXECUTE FUNCTION f()`,
  ])
    it(`no one waits for it: ${sql}`, () => assert.equal(isNew(sql), true));

  for (const sql of [
    `${made} ALTER TABLE o RENAME TO old; ALTER TABLE n RENAME TO o; ALTER TABLE o RENAME TO n`,
    `${made} ALTER TABLE o ADD FOREIGN KEY (n_id) REFERENCES n`,
    `${made} ALTER TABLE o ADD COLUMN m int REFERENCES n`,
    `${made} ALTER TABLE parts ATTACH PARTITION n FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')`,
    `${made} ALTER TABLE n ADD n_id int, INHERIT o`,
    `${made} CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO n VALUES (1); RETURN NULL; END'`,
    `${made} CREATE OR REPLACE VIEW known AS SELECT id FROM "public"."n"`,
    `${made} CREATE RULE r AS ON INSERT TO o DO ALSO INSERT INTO n VALUES (1)`,
    `CREATE TABLE n PARTITION OF parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01'); INSERT INTO n VALUES (1)`,
    `CREATE TABLE m (a int); CREATE TABLE n () INHERITS (o, m); INSERT INTO n VALUES (1)`,
  ])
    it(`others may use it: ${sql}`, () => assert.equal(isNew(sql), false));

  it('is known to a version that is deployed, and so are its indexes', () => {
    let schema = baseline();
    for (const one of parser.parse(`${made} CREATE INDEX n_a ON n (a)`).statements)
      schema = applyStatement(schema, one, { madeByPlan: true });
    const drop = (at: Schema) => last('DROP INDEX n_a', at).locks.map(({ isNew }) => isNew);
    assert.deepEqual(drop(schema), [true, true]);
    assert.deepEqual(drop(exposeNewRelations(schema)), [false, false]);
  });

  it('an index that the plan makes on a table of others is used at once', () => {
    const { locks } = last('CREATE INDEX o_n ON o (n_id); DROP INDEX o_n');
    assert.ok(locks.every(({ isNew }) => !isNew));
  });

  it('takes as long as it takes', () => {
    assert.equal(last(`${made} CREATE INDEX ON n (a)`).class, 'build');
    assert.equal(last(`${made} ALTER TABLE n ALTER a TYPE bigint`).class, 'rewrite');
    assert.equal(last(`${made} ALTER TABLE n ADD CHECK (a > 0)`).class, 'scan');
  });

  it('a name that nothing is known of is in use', () => {
    const sql = `${made} ALTER TABLE unknown ADD FOREIGN KEY (n_id) REFERENCES n`;
    assert.equal(isNew(sql, emptySchema({ complete: false })), false);
  });
});
