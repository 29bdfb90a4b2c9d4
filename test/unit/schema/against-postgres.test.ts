import assert from 'node:assert/strict';
import { applyStatement, baselineSchema, emptySchema } from '../../../server/src/schema/apply.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';
import { catalogOf, simulated } from './catalog.ts';
import { scripts } from './scripts.ts';

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
      assert.deepEqual(simulated(schema), await catalogOf(db));
      assert.deepEqual(simulated(baselineSchema(parsed)), simulated(schema));
    });
  }
});
