import assert from 'node:assert/strict';
import type { Client } from 'pg';
import { type RealServer, startServer } from '../rehearsal/real-server.ts';

describe('the order in which DROP TRIGGER locks a partitioned table', function () {
  this.timeout(60_000);
  let server: RealServer;
  let sessions: Client[];
  before(async () => {
    server = await startServer();
    sessions = await Promise.all([server.connect(), server.connect(), server.connect()]);
    await server.run(`CREATE TABLE readings (id int PRIMARY KEY) PARTITION BY HASH (id);
      CREATE TABLE readings_0 PARTITION OF readings FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE readings_1 PARTITION OF readings FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
      CREATE TRIGGER note AFTER INSERT ON readings FOR EACH ROW EXECUTE FUNCTION note();`);
  });
  after(async () => {
    await Promise.all(sessions?.map((one) => one.end()) ?? []);
    await server?.stop();
  });

  /** What the SQL holds under ACCESS EXCLUSIVE while it waits for a request that uses the whole table. */
  async function heldMeanwhile(sql: string): Promise<readonly string[]> {
    const [request, ddl, watch] = sessions as [Client, Client, Client];
    await request.query('BEGIN; LOCK TABLE ONLY readings IN ROW EXCLUSIVE MODE');
    await ddl.query('BEGIN');
    const done = ddl.query(sql);
    let rows: { relation: string; granted: boolean }[] = [];
    while (!rows.some(({ granted }) => !granted))
      ({ rows } = await watch.query(`SELECT relation::regclass::text AS relation, granted FROM pg_locks
        WHERE mode = 'AccessExclusiveLock' AND relation::regclass::text LIKE 'readings%' ORDER BY 1`));
    await request.query('ROLLBACK');
    await done;
    await ddl.query('ROLLBACK');
    return rows.flatMap(({ relation, granted }) => (granted ? [relation] : []));
  }

  it('is the partitions first, unless the whole is locked before', async () => {
    const drop = 'DROP TRIGGER note ON readings';
    assert.deepEqual(await heldMeanwhile(drop), ['readings_0', 'readings_1']);
    assert.deepEqual(await heldMeanwhile(`LOCK TABLE readings IN ACCESS EXCLUSIVE MODE; ${drop}`), []);
    assert.deepEqual(await heldMeanwhile('ALTER TABLE readings ADD COLUMN more int'), []);
  });
});
