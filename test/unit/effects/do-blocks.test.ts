import assert from 'node:assert/strict';
import type { PGlite } from '@electric-sql/pglite';
import { effectsOf } from '../../../server/src/effects/effects.ts';
import { applyStatement, emptySchema } from '../../../server/src/schema/apply.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

describe('DO blocks in a transaction', () => {
  let parser: SqlParser;
  let db: PGlite;
  before(async () => {
    parser = await loadSqlParser();
    db = await embeddedPostgres();
  });

  const cases: readonly (readonly [string, boolean])[] = [
    ['DO $$ BEGIN COMMIT; END $$', false],
    ['DO $$ BEGIN PERFORM 1; ROLLBACK; END $$', false],
    ["DO 'BEGIN IF true THEN COMMIT; END IF; END'", false],
    ['DO LANGUAGE plpgsql $body$ BEGIN LOOP COMMIT AND CHAIN; EXIT; END LOOP; END $body$', false],
    ["DO $$ BEGIN RAISE NOTICE 'x; COMMIT;'; END $$", true],
    ['DO $$ BEGIN PERFORM 1; /* COMMIT; */ -- ROLLBACK;\nEND $$', true],
    ['DO $$ DECLARE commit int := 1; BEGIN PERFORM commit; END $$', true],
  ];
  for (const [sql, transactional] of cases) {
    it(`${transactional ? 'runs' : 'is refused'}: ${sql.replaceAll('\n', ' ')}`, async () => {
      const [statement] = parser.parse(sql).statements;
      assert.ok(statement);
      const effects = effectsOf(statement, emptySchema({ complete: true }), { pgVersion: 18 });
      assert.equal(effects.transactional, transactional, 'as foreseen');
      await db.exec('BEGIN');
      const code = await db.exec(sql).then(
        () => undefined,
        (error: { code?: string }) => error.code,
      );
      await db.exec('ROLLBACK');
      assert.equal(code, transactional ? undefined : '2D000', 'as Postgres has it');
    });
  }
});

describe('code: what it does to the schema, and with what locks', () => {
  let parser: SqlParser;
  before(async () => {
    parser = await loadSqlParser();
  });

  const run = (...sqls: readonly string[]) => {
    let schema = emptySchema({ complete: true });
    const effects = parser.parse(sqls.join(';\n')).statements.map((statement) => {
      const told = effectsOf(statement, schema, { pgVersion: 18 });
      schema = applyStatement(schema, statement, { madeByPlan: false });
      return told;
    });
    return { schema, effects: effects.at(-1) };
  };
  const table = 'CREATE TABLE t (a int)';

  it('follows the definitions inside, guarded ones too', () => {
    const { schema } = run(
      table,
      `DO $$ BEGIN
         IF NOT EXISTS (SELECT FROM pg_class WHERE relname = 'u') THEN CREATE TABLE u (b int); END IF;
         ALTER TABLE t ADD COLUMN c int;
         IF NOT EXISTS (SELECT FROM pg_class WHERE relname = 't') THEN CREATE TABLE t (z int); END IF;
       END $$`,
    );
    const t = schema.relations.get('public.t');
    assert.ok(schema.relations.has('public.u') && t?.kind === 'table');
    assert.deepEqual(
      t.columns.map(({ name }) => name),
      ['a', 'c'],
    );
    assert.ok(schema.complete);
  });

  it('no longer holds the schema complete after SQL that was put together while it ran', () => {
    const { schema } = run(table, "DO $$ BEGIN EXECUTE 'ALTER TABLE ' || 't ADD c int'; END $$");
    assert.equal(schema.complete, false);
    const rows = run(table, "DO $$ BEGIN EXECUTE 'UPDATE ' || 't SET a = 1'; END $$");
    assert.equal(rows.schema.complete, true);
  });

  it('tells a procedure by its body, and says when it calls another', () => {
    const { effects } = run(
      table,
      'CREATE PROCEDURE inner_one() LANGUAGE plpgsql AS $$ BEGIN LOCK TABLE t; END $$',
      'CREATE PROCEDURE outer_one() LANGUAGE plpgsql AS $$ BEGIN CALL inner_one(); END $$',
      'CALL outer_one()',
    );
    assert.deepEqual(effects?.locks, [{ relation: 't', mode: 'AccessExclusiveLock', isNew: false }]);
    assert.deepEqual(effects?.unknown, []);
  });

  it('ends where a procedure calls itself', () => {
    const { effects } = run(
      'CREATE PROCEDURE again() LANGUAGE plpgsql AS $$ BEGIN CALL again(); END $$',
      'CALL again()',
    );
    assert.deepEqual(
      effects?.unknown.map(({ fact }) => fact),
      ['what the procedure does'],
    );
  });

  it('says which statement may run or not', () => {
    const { effects } = run(table, 'DO $$ BEGIN IF now() > now() THEN LOCK TABLE t; END IF; END $$');
    assert.deepEqual(effects?.locks, []);
    assert.deepEqual(
      effects?.unknown.map(({ fact }) => fact),
      ['whether the DO block runs "LOCK TABLE t"'],
    );
  });
});
