import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { applyStatement, baselineSchema, emptySchema } from '../../../server/src/schema/apply.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { fixture } from '../../prove/forms/fixture.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';
import { catalogOf } from './catalog.ts';
import { scripts } from './scripts.ts';
import { differences, simulated } from './simulated.ts';

describe('schema, against Postgres', () => {
  let parser: SqlParser;

  before(async function () {
    this.timeout(60_000);
    parser = await loadSqlParser();
    await embeddedPostgres();
  });

  for (const [name, script] of Object.entries(scripts)) {
    it(name, async () => {
      const db = await embeddedPostgres();
      await db.exec(script);
      await db.exec('RESET search_path');
      const parsed = parser.parse(script);
      assert.deepEqual(parsed.problems, []);
      let schema = emptySchema({ complete: true });
      for (const statement of parsed.statements)
        schema = applyStatement(schema, statement, { madeByPlan: true });
      assert.deepEqual(differences(await catalogOf(db), schema), []);
      assert.deepEqual(simulated(baselineSchema(parsed)), simulated(schema));
    });
  }

  it('a dump gives the same baseline as the statements that it was made from', () => {
    const dump = parser.parseScript(readFileSync('test/fixtures/pg-dump-15.sql', 'utf8'));
    assert.deepEqual(dump.problems, []);
    const source = parser.parse(fixture);
    const schema = baselineSchema(dump);
    assert.equal(schema.complete, true);
    assert.deepEqual(simulated(schema), simulated(baselineSchema(source)));
  });
});
