import assert from 'node:assert/strict';
import type { Engine } from '../../../server/src/rehearsal/model.ts';
import { backOff, withRetries } from '../../../server/src/rehearsal/retries.ts';
import { createServerEngine } from '../../../server/src/rehearsal/server-engine.ts';
import { major, type RealServer, startServer } from './real-server.ts';
import { planOf, rehearsePlan } from './setup.ts';

describe('tries after lock_timeout', () => {
  const timeout = { code: '55P03', hint: undefined };

  it('wait longer each time, up to ten seconds', () => {
    assert.deepEqual([1, 2, 3, 4].map(backOff), [100, 200, 400, 800]);
    assert.equal(backOff(50), 10_000);
  });

  it('end with the first that meets no lock', async () => {
    const retries = { most: 5, count: 0 };
    let left = 2;
    assert.equal(await withRetries(retries, async () => (left-- > 0 ? timeout : undefined)), undefined);
    assert.equal(retries.count, 2);
  });

  it('are none for another error, nor where the plan wants none', async () => {
    const retries = { most: 5, count: 0 };
    const other = { code: '42P01', hint: undefined };
    assert.equal(await withRetries(retries, async () => other), other);
    assert.equal(await withRetries({ most: 0, count: 0 }, async () => timeout), timeout);
    assert.equal(retries.count, 0);
  });

  it('say how many there were once they are used up', async () => {
    const error = await withRetries({ most: 1, count: 0 }, async () => timeout);
    assert.match(error?.hint ?? '', /^It was tried 2 times/);
  });

  describe(`on a real PostgreSQL ${major}`, function () {
    this.timeout(30_000);
    let server: RealServer;
    before(async () => {
      server = await startServer();
    });
    after(() => server?.stop());

    /** As soon as the tables are filled, another session holds a lock on t for so many ms. */
    function heldFor(
      ms: number,
      mode = 'ACCESS SHARE',
    ): { engine: Engine; released: () => Promise<unknown> } {
      const engine = createServerEngine({ target: server.target(), confirm: async () => true });
      let holding: Promise<unknown> = Promise.resolve();
      return {
        released: () => holding,
        engine: {
          async open(signal, options) {
            // Without traps, which would stand in the way of what is held here.
            const { runTrapped: _, ...session } = await engine.open(signal, options);
            let isHeld = false;
            const query: typeof session.query = async (sql, parameters) => {
              if (!isHeld && /lock_timeout/.test(String(parameters))) {
                isHeld = true;
                const [database = ''] = await server.scratch();
                const client = await server.connect({ database });
                await client.query(`BEGIN; LOCK TABLE t IN ${mode} MODE`);
                holding = new Promise((resolve) => setTimeout(resolve, ms))
                  .then(() => client.query('ROLLBACK'))
                  .then(() => client.end())
                  // Gone with its database, where the run ended before.
                  .catch(() => undefined);
              }
              return session.query(sql, parameters);
            };
            return { ...session, query };
          },
        },
      };
    }

    const schema = 'CREATE TABLE t (id int PRIMARY KEY, a int);';
    const session = (retries: number) => `session: { lock_timeout: 50ms, retries: ${retries} }\n`;

    it('try a transaction again as a whole, and report each statement once', async () => {
      const { engine, released } = heldFor(200);
      const steps = `
- step: Two columns
  sql: ALTER TABLE t ADD COLUMN b int; ALTER TABLE t ADD COLUMN c int;
  rollback: { not_needed: a test }`;
      const report = await rehearsePlan(engine, planOf(steps, session(5)), schema);
      await released();
      assert.equal(report.verdict, 'passed', report.error?.message);
      assert.ok((report.steps[0]?.retries ?? 0) >= 1);
      assert.equal(report.steps[0]?.statements.length, 2);
    });

    it('try a batch again, and go on where it was', async () => {
      const { engine, released } = heldFor(200);
      const steps = `
- step: Lock out everybody, one row at a time
  backfill: { table: t, set: a = 1, batch: 50 }
  rollback: { not_needed: a test }`;
      const blocked = planOf(steps, session(5));
      const trigger = `${schema}
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN LOCK TABLE t IN ACCESS EXCLUSIVE MODE; RETURN NULL; END $$;
CREATE TRIGGER f BEFORE UPDATE ON t FOR EACH STATEMENT EXECUTE FUNCTION f();`;
      const report = await rehearsePlan(engine, blocked, trigger);
      await released();
      assert.equal(report.verdict, 'passed', report.error?.message);
      assert.ok((report.steps[0]?.retries ?? 0) >= 1);
      assert.equal(report.steps[0]?.statements[0]?.rows, 100);
    });

    it('give up after the last with what to do, and leave nothing of the step', async () => {
      const { engine, released } = heldFor(600);
      const steps = `
- step: A column
  sql: ALTER TABLE t ADD COLUMN b int;
  rollback: { not_needed: a test }`;
      const report = await rehearsePlan(engine, planOf(steps, session(1)), schema);
      await released();
      assert.equal(report.verdict, 'failed');
      assert.equal(report.error?.code, '55P03');
      assert.match(report.error?.hint ?? '', /tried 2 times/);
      assert.match(report.steps[0]?.summary ?? '', /nothing of this step remains/);
    });

    it('do not try CONCURRENTLY again, which leaves an INVALID index', async () => {
      const { engine, released } = heldFor(300, 'ROW EXCLUSIVE');
      const steps = `
- step: An index
  transaction: false
  sql: CREATE INDEX CONCURRENTLY t_a ON t (a);
  rollback: { not_needed: a test }`;
      const report = await rehearsePlan(engine, planOf(steps, session(5)), schema);
      await released();
      assert.equal(report.error?.code, '55P03');
      assert.equal(report.steps[0]?.retries, undefined);
    });
  });
});
