import assert from 'node:assert/strict';
import type { PGlite } from '@electric-sql/pglite';
import { effectsOf } from '../../../server/src/effects/effects.ts';
import { emptySchema } from '../../../server/src/schema/apply.ts';
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
