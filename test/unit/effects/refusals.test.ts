import assert from 'node:assert/strict';
import type { PGlite } from '@electric-sql/pglite';
import { effectsOf } from '../../../server/src/effects/effects.ts';
import { baselineSchema } from '../../../server/src/schema/apply.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

const fixture = `CREATE DOMAIN seven AS integer DEFAULT 7;
CREATE TABLE filled (a integer, b text);
CREATE TABLE parts (a integer) PARTITION BY RANGE (a);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);`;

const statements = [
  'ALTER TABLE filled ADD COLUMN x integer NOT NULL',
  'ALTER TABLE filled ADD COLUMN x integer PRIMARY KEY',
  'ALTER TABLE filled ADD COLUMN x integer NOT NULL DEFAULT NULL',
  'ALTER TABLE parts ADD COLUMN x text NOT NULL',
  'ALTER TABLE filled ADD COLUMN x integer NOT NULL DEFAULT 1',
  'ALTER TABLE filled ADD COLUMN x serial PRIMARY KEY',
  'ALTER TABLE filled ADD COLUMN x integer GENERATED ALWAYS AS IDENTITY',
  'ALTER TABLE filled ADD COLUMN x integer NOT NULL GENERATED ALWAYS AS (a + 1) STORED',
  'ALTER TABLE filled ADD COLUMN x seven NOT NULL',
  'ALTER TABLE filled ADD COLUMN x integer UNIQUE',
  'ALTER TABLE filled ADD COLUMN x integer',
];

describe('effects: what Postgres refuses on a table with rows', () => {
  let db: PGlite;
  let parser: SqlParser;
  before(async function () {
    this.timeout(60_000);
    db = await embeddedPostgres();
    parser = await loadSqlParser();
    await db.exec(`${fixture} INSERT INTO filled VALUES (1, 'a'); INSERT INTO parts VALUES (1)`);
  });

  for (const sql of statements) {
    it(sql, async () => {
      const [statement] = parser.parse(sql).statements;
      assert.ok(statement);
      const { refusals = [] } = effectsOf(statement, baselineSchema(parser.parse(fixture)), {
        pgVersion: 18,
      });
      const refused = await db.exec(`BEGIN; ${sql}`).then(
        () => false,
        (error: Error) => /contains null values/.test(error.message),
      );
      await db.exec('ROLLBACK');
      assert.equal(refusals.length > 0, refused);
    });
  }
});
