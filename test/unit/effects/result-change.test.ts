import assert from 'node:assert/strict';
import { resultChange } from '../../../server/src/effects/result-change.ts';
import { analysisOf, planOf } from '../rehearsal/setup.ts';
import { resultForms, resultSchema } from '../support/result-forms.ts';

/** What statements give otherwise after the DDL. */
async function changesOf(ddl: string, statements: readonly string[], schema = resultSchema) {
  const app = `app: { runs: v1, versions: { v1: ${JSON.stringify(statements)} } }\n`;
  const steps = `- step: It\n  sql: ${JSON.stringify(ddl)}\n  rollback: { impossible: for the test }\n`;
  const analysis = await analysisOf(planOf(steps, app), schema);
  const [step] = analysis.steps;
  const found = analysis.live.version('v1')?.statements ?? [];
  assert.equal(found.length, statements.length);
  return found.map(({ statement }) => {
    const on = (at: 'before' | 'after') => {
      const on = step?.[at] ?? analysis.baseline;
      return { schema: on, names: analysis.live.read(statement, on).names };
    };
    return resultChange(statement, on('before'), on('after'));
  });
}

describe('what a query gives after a change', () => {
  for (const ddl of new Set(resultForms.map(([first]) => first)))
    it(`differs after ${ddl} where Postgres refuses what was prepared before`, async () => {
      const forms = resultForms.filter(([first]) => first === ddl);
      const changes = await changesOf(
        ddl,
        forms.map(([, statement]) => statement),
      );
      for (const [at, [, statement, refused]] of forms.entries())
        assert.equal(changes[at] !== undefined, refused, statement);
    });

  it('is told by columns and types', async () => {
    const [added] = await changesOf('ALTER TABLE people ADD COLUMN note text', ['SELECT 1, * FROM people']);
    assert.deepEqual(added, { added: ['note'], columnsDiffer: true, retyped: [], location: 10 });
    const ddl = 'ALTER TABLE people ALTER name TYPE varchar(60)';
    const [retyped] = await changesOf(ddl, ['SELECT p.name FROM people p']);
    assert.deepEqual(retyped?.retyped, [
      { key: 'public.people', column: 'name', from: 'character varying(20)', to: 'character varying(60)' },
    ]);
  });

  it('is not told of a table that no baseline holds', async () => {
    const ddl = 'ALTER TABLE cars ADD COLUMN note text';
    assert.deepEqual(await changesOf(ddl, ['SELECT * FROM cars'], ''), [undefined]);
  });
});
