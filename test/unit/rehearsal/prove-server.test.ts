import assert from 'node:assert/strict';
import { createServerEngine } from '../../../server/src/rehearsal/server-engine.ts';
import { major, type RealServer, startServer } from './real-server.ts';
import { example, provePlan } from './setup.ts';

describe(`the proof of the example on a real PostgreSQL ${major}`, function () {
  this.timeout(240_000);
  let server: RealServer;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.stop());

  const text = example('rename-username/rename-username.migration.yaml');
  const schema = example('rename-username/schema.sql');
  const engine = () => createServerEngine({ target: server.target(), confirm: async () => true });

  it('restores from every step back to the start, and leaves nothing behind', async () => {
    const report = await provePlan(engine(), text, schema, { rows: 50 });
    assert.equal(report.verdict, 'passed', `${report.error?.message} ${report.unwind.reason}`);
    assert.equal(report.steps.at(-1)?.rollback?.verdict, 'restores_reordered');
    assert.deepEqual(
      report.unwind.segments.map(({ verdict }) => verdict),
      ['restores', 'restores', 'restores', 'restores_reordered'],
    );
    assert.ok(report.steps.every(({ app }) => app.every(({ ok }) => ok)));
    assert.deepEqual(await server.scratch(), []);
  });

  it('turns the step red whose rollback fails, and goes on in a database made anew', async () => {
    const broken = text.replace(
      'rollback: ALTER TABLE users DROP CONSTRAINT users_handle_required;',
      'rollback: ALTER TABLE users DROP CONSTRAINT users_handle_wanted;',
    );
    const report = await provePlan(engine(), broken, schema);
    assert.deepEqual(
      report.steps.filter(({ status }) => status === 'failed').map(({ id }) => id),
      ['check_handle'],
    );
    assert.equal(report.steps.at(-1)?.rollback?.verdict, 'restores_reordered');
    assert.deepEqual(await server.scratch(), []);
  });
});
