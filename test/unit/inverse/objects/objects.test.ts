import assert from 'node:assert/strict';
import type { PGlite } from '@electric-sql/pglite';
import { inverseOf } from '../../../../server/src/inverse/inverse.ts';
import { compareFingerprints, takeFingerprint } from '../../../../server/src/rehearsal/fingerprint.ts';
import type { Connection } from '../../../../server/src/rehearsal/model.ts';
import { applyStatement, baselineSchema, emptySchema } from '../../../../server/src/schema/apply.ts';
import type { Schema } from '../../../../server/src/schema/model.ts';
import type { SqlParser, Statement } from '../../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../../server/src/sql/parser.ts';
import { embeddedPostgres } from '../../support/embedded-postgres.ts';
import { byDefault, restoredByDefault } from './default-privileges.ts';
import { described, losing, restored } from './described.ts';
import { renamed, restoredRenamed } from './renamed.ts';

const lines = (text: string) => text.trim().split('\n');

describe('what undoes a statement about anything but tables', () => {
  let parser: SqlParser;
  let db: PGlite;
  let connection: Connection;
  const parse = (sql: string): Statement => {
    const [statement] = parser.parse(sql).statements;
    assert.ok(statement, `${sql} does not parse`);
    return statement;
  };
  const inverse = (sql: string, schema: Schema, version = 18) => inverseOf(parse(sql), schema, version);

  before(async function () {
    this.timeout(60_000);
    parser = await loadSqlParser();
    db = await embeddedPostgres();
    await db.exec('CREATE ROLE joe; CREATE ROLE ann');
    connection = {
      query: async (sql, parameters) => {
        const { rows } = await db.query<Record<string, unknown>>(sql, [...(parameters ?? [])]);
        return { rows, affectedRows: 0 };
      },
      exec: async (sql) => {
        await db.exec(sql);
      },
    };
  });
  after(async () => {
    await embeddedPostgres();
    await db?.exec('DROP OWNED BY joe, ann; DROP ROLE joe; DROP ROLE ann');
  });

  /** Runs the statement and what undoes it, and tells what is not as before. */
  async function leftBehind(sql: string, undo: readonly string[]): Promise<readonly string[]> {
    const before = await takeFingerprint(connection);
    await db.exec('BEGIN');
    try {
      await db.exec(sql);
      for (const line of undo) await db.exec(line);
      const drifts = compareFingerprints(before, await takeFingerprint(connection));
      return drifts.flatMap(({ kind, message }) => (kind === 'information' ? [] : [message]));
    } finally {
      await db.exec('ROLLBACK');
    }
  }

  function defineRestored(
    title: string,
    setup: string,
    forms: readonly string[],
    verdict: 'restores' | 'loses_data',
  ): void {
    describe(title, () => {
      let schema: Schema;
      before(async function () {
        this.timeout(60_000);
        await embeddedPostgres();
        await db.exec(setup);
        schema = baselineSchema(parser.parse(setup));
      });
      for (const sql of forms) {
        it(`${verdict === 'restores' ? 'restores' : 'restores the schema after'} ${sql}`, async () => {
          const undo = inverse(sql, schema);
          assert.equal(undo.verdict, verdict, undo.reason);
          assert.equal(undo.transactional, true);
          assert.deepEqual(await leftBehind(sql, undo.sql), []);
        });
      }
    });
  }

  defineRestored('with owners, privileges and comments', described, lines(restored), 'restores');
  defineRestored('where something is lost', described, lines(losing), 'loses_data');
  defineRestored('after renames', renamed, lines(restoredRenamed), 'restores');

  defineRestored('under default privileges', byDefault, lines(restoredByDefault), 'restores');

  describe('claims', () => {
    const schemaOf = (setup: string) => baselineSchema(parser.parse(setup));

    it('nothing where it is not known what was there', () => {
      const nothing = emptySchema({ complete: false });
      for (const sql of [
        'DROP VIEW v',
        'DROP FUNCTION f(int)',
        'CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$SELECT 1$$',
        'CREATE OR REPLACE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f()',
        "COMMENT ON TABLE t IS 'x'",
        'GRANT SELECT ON t TO ann',
        'ALTER POLICY p ON t USING (true)',
        'ALTER DOMAIN d SET NOT NULL',
        'ALTER VIEW v OWNER TO joe',
        'ALTER PUBLICATION p ADD TABLE t',
        'CREATE EXTENSION IF NOT EXISTS hstore',
        'DROP EXTENSION hstore',
        "DO $$ BEGIN EXECUTE 'DROP TABLE t'; END $$",
        'CALL p()',
        'DROP OWNED BY joe',
        'REASSIGN OWNED BY joe TO ann',
      ])
        assert.equal(inverse(sql, nothing).verdict, 'unknown', sql);
    });

    it('nothing where the baseline does not tell', () => {
      const schema = schemaOf(
        'CREATE TABLE t (id int); CREATE EXTENSION hstore; CREATE TYPE r AS RANGE (subtype = int4);',
      );
      for (const sql of [
        'ALTER TABLE t OWNER TO joe',
        'DROP EXTENSION hstore',
        'ALTER EXTENSION hstore UPDATE',
        "COMMENT ON EXTENSION hstore IS 'x'",
        "COMMENT ON SCHEMA public IS 'x'",
        'REVOKE ALL ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC',
        'REVOKE SELECT ON t FROM ann CASCADE',
        'GRANT SELECT ON t TO current_user',
        'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
      ])
        assert.equal(inverse(sql, schema).verdict, 'unknown', sql);
    });

    it('that what was made without IF NOT EXISTS or OR REPLACE can be dropped, whatever else there is', () => {
      const nothing = emptySchema({ complete: false });
      assert.deepEqual(inverse('CREATE VIEW app.v AS SELECT 1 AS x', nothing).sql, ['DROP VIEW app.v']);
      assert.deepEqual(
        inverse('CREATE FUNCTION f(a int, OUT b int) LANGUAGE sql AS $$SELECT 1$$', nothing).sql,
        ['DROP FUNCTION f(integer)'],
      );
      assert.deepEqual(inverse('CREATE PUBLICATION p FOR ALL TABLES', nothing).sql, ['DROP PUBLICATION p']);
    });

    it('nothing to undo where a GRANT gives what was given', () => {
      const schema = schemaOf('CREATE TABLE t (id int); GRANT SELECT ON t TO ann;');
      assert.deepEqual(inverse('GRANT SELECT ON t TO ann', schema).sql, []);
      assert.deepEqual(inverse('GRANT SELECT, INSERT ON t TO ann', schema).sql, [
        'REVOKE INSERT ON TABLE t FROM ann',
      ]);
    });

    it('that a view that was replaced comes back, and one that is new goes', () => {
      const schema = schemaOf('CREATE TABLE t (id int, b int); CREATE VIEW v AS SELECT id FROM t;');
      const of = (sql: string) => inverse(sql, schema).reason;
      assert.match(of('CREATE OR REPLACE VIEW v AS SELECT id, b FROM t'), /definition that was there before/);
      assert.match(of('CREATE OR REPLACE VIEW w AS SELECT id, b FROM t'), /Dropping it leaves/);
    });

    it('MAINTAIN only where Postgres knows it', () => {
      const schema = schemaOf('CREATE TABLE t (id int);');
      assert.match(inverse('GRANT ALL ON t TO ann', schema, 17).sql.join(), /MAINTAIN/);
      assert.doesNotMatch(inverse('GRANT ALL ON t TO ann', schema, 16).sql.join(), /MAINTAIN/);
    });

    it('that a block or a query that only reads is not to be undone', () => {
      const schema = schemaOf('CREATE TABLE t (id int); CREATE SEQUENCE s;');
      assert.equal(inverse('DO $$ BEGIN PERFORM 1 FROM t; END $$', schema).verdict, 'restores');
      assert.equal(inverse('DO $$ BEGIN UPDATE t SET id = 1; END $$', schema).verdict, 'unknown');
      assert.equal(inverse("SELECT nextval('s')", schema).verdict, 'loses_data');
    });

    it('that nothing outlives the session', () => {
      for (const sql of [
        'SET search_path = app',
        'RESET ALL',
        'BEGIN',
        'SAVEPOINT s',
        'LOCK TABLE t',
        'ANALYZE',
        'CHECKPOINT',
      ])
        assert.deepEqual(inverse(sql, emptySchema({ complete: false })).sql, [], sql);
    });

    it('names with their schema where the search path is another', () => {
      const schema = applyStatement(
        schemaOf(
          'CREATE SCHEMA app; CREATE TABLE app.t (id int); CREATE VIEW app.v AS SELECT id FROM app.t;',
        ),
        parse('SET search_path = app'),
        { madeByPlan: true },
      );
      assert.deepEqual(inverse('DROP VIEW v', schema).sql, ['CREATE VIEW app.v AS SELECT id FROM app.t']);
    });
  });
});
