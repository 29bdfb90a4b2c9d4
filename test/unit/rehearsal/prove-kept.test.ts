import assert from 'node:assert/strict';
import type { Engine, KeptStart } from '../../../server/src/rehearsal/model.ts';
import { createServerEngine } from '../../../server/src/rehearsal/server-engine.ts';
import { type RealServer, startServer } from './real-server.ts';
import { embeddedEngine, planOf, provePlan } from './setup.ts';

const places = [0, 1, 2];
/** Each step's rollback leaves something, so that the next begins in a database made anew. */
const steps = places
  .map((at) => `- step: step ${at}\n  sql: ALTER TABLE t${at} ADD COLUMN a int;\n  rollback: SELECT 1;\n`)
  .join('');
const schema = places
  .map((at) => `CREATE TABLE t${at} (id bigserial PRIMARY KEY, name text NOT NULL);\n`)
  .join('');

describe('the state before step one, kept for a plan with many broken rollbacks', function () {
  this.timeout(240_000);

  async function prove(engine: Engine, kind: KeptStart['kind']): Promise<void> {
    const starts: (KeptStart['kind'] | undefined)[] = [];
    const watched: Engine = {
      open: (signal, options) => {
        starts.push(options?.start?.kind);
        return engine.open(signal, options);
      },
    };
    const report = await provePlan(watched, planOf(steps), schema);
    assert.deepEqual(starts.slice(0, 4), [undefined, undefined, undefined, kind], report.error?.message);
    assert.deepEqual(
      report.steps.map(({ rollback }) => rollback?.drift.map(({ message }) => message)),
      places.map((at) => [`column t${at}.a: new`]),
    );
    assert.deepEqual(report.rows, { t0: 10, t1: 10, t2: 10 });
  }

  it('is its files on the embedded Postgres', async () => prove(await embeddedEngine(), 'files'));

  describe('on a server', () => {
    let server: RealServer;
    before(async () => {
      server = await startServer();
    });
    after(() => server?.stop());

    it('is a scratch database that is dropped with the others', async () => {
      await prove(createServerEngine({ target: server.target(), confirm: async () => true }), 'database');
      assert.deepEqual(await server.scratch(), []);
    });
  });
});
