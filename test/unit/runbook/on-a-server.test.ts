import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import markdownIt from 'markdown-it';
import type { Client } from 'pg';
import { analyze, loadParsers } from '../../../server/src/analyze.ts';
import { backfillBatchSql } from '../../../server/src/effects/backfill.ts';
import { preview } from '../../../server/src/features/preview.ts';
import {
  type BackfillProcedure,
  backfillProcedure,
  type ProcedureOptions,
} from '../../../server/src/runbook/backfill-procedure.ts';
import { runbook } from '../../../server/src/runbook/runbook.ts';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { type RealServer, startServer } from '../rehearsal/real-server.ts';

const calm: ProcedureOptions = { id: 'fill', pause: 0, lockTimeout: undefined, retries: 0 };

describe('what is to be pasted, on a server', () => {
  let server: RealServer;
  let parser: SqlParser;
  before(async function () {
    this.timeout(60_000);
    server = await startServer();
    parser = (await loadParsers()).sql;
  });
  after(() => server.stop());

  /** As psql sends a script: statement by statement. */
  async function script(client: Client, text: string): Promise<void> {
    const { statements, problems } = parser.parse(text);
    assert.deepEqual(problems, []);
    for (const { text } of statements) await client.query(text);
  }

  async function made(
    ddl: string,
    backfill: object,
    options: Partial<ProcedureOptions> = {},
  ): Promise<{ client: Client; procedure: BackfillProcedure }> {
    const client = await server.connect();
    await client.query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${ddl}`);
    const steps = [{ step: 'Fill', id: 'fill', backfill, rollback: { not_needed: 'nothing reads it' } }];
    const plan = { migration: 'M', database: { version: 18 }, phases: [{ phase: 'One', steps }] };
    const { steps: analysed } = analyze(JSON.stringify(plan), {
      parsers: await loadParsers(),
      kind: 'plan',
      baselineSql: ddl.replace(/INSERT[^;]*;/g, ''),
      readFile: () => ({ error: 'none' }),
    });
    const action = analysed[0]?.step.action;
    assert.ok(analysed[0] && action?.kind === 'backfill');
    const batch = backfillBatchSql(action, analysed[0].before);
    assert.ok(!('unknown' in batch), JSON.stringify(batch));
    return { client, procedure: backfillProcedure(batch, { ...calm, ...options }) };
  }

  const counted = `CREATE TABLE t (id bigint PRIMARY KEY, n int NOT NULL);
INSERT INTO t SELECT g * 3, 0 FROM generate_series(1, 1000) g;`;

  it('visits each row once, in batches that are committed one by one', async () => {
    const { client, procedure } = await made(counted, { table: 't', set: 'n = n + 1', batch: 300 });
    await script(client, procedure.setup);
    await script(client, procedure.run);
    const { rows } = await client.query('SELECT n, count(*)::int AS rows FROM t GROUP BY 1');
    assert.deepEqual(rows, [{ n: 1, rows: 1000 }]);
    const { rows: xids } = await client.query('SELECT count(DISTINCT xmin::text)::int AS n FROM t');
    assert.equal(xids[0].n, 4);
    const { rows: progress } = await client.query(procedure.progress);
    assert.deepEqual([progress[0].done, progress[0].batches, progress[0].rows_changed], [true, '4', '1000']);
    // A second run of all of it changes nothing.
    await script(client, procedure.setup);
    await script(client, procedure.run);
    assert.equal((await client.query('SELECT max(n) AS n FROM t')).rows[0].n, 1);
    await script(client, procedure.forget);
  });

  for (const how of ['is cancelled', 'loses its connection'])
    it(`goes on where it stood after it ${how}, and visits no row twice`, async () => {
      const { client, procedure } = await made(
        counted,
        { table: 't', set: 'n = n + 1', batch: 10 },
        { pause: 20 },
      );
      await script(client, procedure.setup);
      const other = await server.connect();
      const { rows } = await client.query('SELECT pg_backend_pid() AS pid');
      const running = script(client, procedure.run).then(
        () => 'done',
        () => 'stopped',
      );
      const batches = async () => Number((await other.query(procedure.progress)).rows[0].batches);
      while ((await batches()) < 3) await new Promise((resolve) => setTimeout(resolve, 10));
      if (how === 'is cancelled') await other.query('SELECT pg_cancel_backend($1)', [rows[0].pid]);
      else (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
      assert.equal(await running, 'stopped');
      // The server itself notices within two seconds that nobody listens any more.
      const isThere = 'SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND state = $2';
      while ((await other.query(isThere, [rows[0].pid, 'active'])).rows.length > 0)
        await new Promise((resolve) => setTimeout(resolve, 20));
      const stood = await batches();
      assert.ok(stood < 100, `stopped after ${stood} batches`);
      const seen = await other.query('SELECT sum(n)::int AS n FROM t');
      assert.equal(seen.rows[0].n, stood * 10);
      await script(other, procedure.setup);
      await script(other, procedure.run.replace('pg_sleep(0.02)', 'pg_sleep(0)'));
      const { rows: all } = await other.query('SELECT n, count(*)::int AS rows FROM t GROUP BY 1');
      assert.deepEqual(all, [{ n: 1, rows: 1000 }]);
      assert.equal(await batches(), 100);
    });

  it('walks quoted names, a composite key, rows that have a hole, and text that looks like quotes', async () => {
    const ddl = `CREATE TABLE "Order ""Lines""" ("Part" text COLLATE "C", line int, note text, PRIMARY KEY ("Part", line));
INSERT INTO "Order ""Lines""" SELECT chr(97 + g % 7), g, NULL FROM generate_series(1, 500) g WHERE g % 5 > 0;`;
    const { client, procedure } = await made(ddl, {
      table: '"Order ""Lines"""',
      set: "note = '$sql$ $1 %' -- $backfill$",
      where: 'note IS NULL',
      batch: 37,
    });
    await script(client, procedure.setup);
    await script(client, procedure.run);
    const { rows } = await client.query('SELECT note, count(*)::int AS n FROM "Order ""Lines""" GROUP BY 1');
    assert.deepEqual(rows, [{ note: '$sql$ $1 %', n: 400 }]);
  });

  it('leaves alone what comes in behind the end, and does nothing on an empty table', async () => {
    const { client, procedure } = await made(counted, { table: 't', set: 'n = n + 1', batch: 300 });
    await script(client, procedure.setup);
    await client.query('INSERT INTO t VALUES (100000, 0)');
    await script(client, procedure.run);
    assert.deepEqual((await client.query('SELECT id FROM t WHERE n = 0')).rows, [{ id: '100000' }]);
    const empty = await made('CREATE TABLE t (id bigint PRIMARY KEY, n int);', { table: 't', set: 'n = 1' });
    await script(empty.client, empty.procedure.setup);
    await script(empty.client, empty.procedure.run);
  });

  it('tries a batch again that waits too long for a row, and stands where it was where that does not help', async () => {
    const options = { lockTimeout: 50, retries: 2 };
    const { client, procedure } = await made(counted, { table: 't', set: 'n = n + 1', batch: 300 }, options);
    await script(client, procedure.setup);
    const other = await server.connect();
    await other.query('BEGIN; UPDATE t SET n = n WHERE id = 1500');
    const patient = script(client, procedure.run);
    await new Promise((resolve) => setTimeout(resolve, 500));
    await other.query('ROLLBACK');
    await patient;
    assert.equal((await client.query('SELECT sum(n)::int AS n FROM t')).rows[0].n, 1000);

    await script(client, procedure.forget);
    await script(client, procedure.setup);
    await other.query('BEGIN; UPDATE t SET n = n WHERE id = 1500');
    await assert.rejects(script(client, procedure.run.replace('tries > 2', 'tries > 0')), /lock timeout/);
    assert.equal((await client.query(procedure.progress)).rows[0].batches, '1');
    await other.query('ROLLBACK');
  });

  it('looks at replicas where it may, and says so where it may not', async () => {
    const { client, procedure } = await made(
      counted,
      { table: 't', set: 'n = n + 1', batch: 300 },
      { maxLag: 1024 },
    );
    await script(client, procedure.setup);
    await client.query(
      `DROP ROLE IF EXISTS plain; CREATE ROLE plain; GRANT ALL ON t, ${procedure.progressTable} TO plain; GRANT USAGE ON SCHEMA public TO plain; SET ROLE plain`,
    );
    const notices: string[] = [];
    client.on('notice', ({ message }) => notices.push(message ?? ''));
    await script(client, procedure.run);
    assert.match(notices.join('\n'), /hidden from this user.*GRANT pg_monitor TO plain/);
    assert.equal((await client.query('SELECT sum(n)::int AS n FROM t')).rows[0].n, 1000);
    await client.query('RESET ROLE');
    await script(client, procedure.forget);
    await script(client, procedure.setup);
    notices.length = 0;
    await script(client, procedure.run);
    assert.doesNotMatch(notices.join('\n'), /hidden/);
  });

  it('waits while a replica is behind, without keeping a transaction open, and goes on when it is not', async () => {
    const { client, procedure } = await made(
      counted,
      { table: 't', set: 'n = n + 1', batch: 300 },
      { maxLag: 1024 },
    );
    await script(client, procedure.setup);
    // A view of the same name stands in for the server's: a replica that another session moves on.
    await client.query(`CREATE TABLE replica AS SELECT '0/0'::pg_lsn AS replay_lsn;
      CREATE TEMP VIEW pg_stat_replication AS SELECT * FROM replica;
      SET search_path = pg_temp, public, pg_catalog`);
    const notices: string[] = [];
    client.on('notice', ({ message }) => notices.push(message ?? ''));
    const running = script(client, procedure.run.replace('pg_sleep(5)', 'pg_sleep(0.02)'));
    while (!notices.some((notice) => /A replica is \d+ bytes behind, more than 1024: waiting/.test(notice)))
      await new Promise((resolve) => setTimeout(resolve, 10));
    const other = await server.connect();
    assert.equal((await other.query('SELECT max(n) AS n FROM t')).rows[0].n, 0);
    await other.query("UPDATE replica SET replay_lsn = 'FFFFFFFF/0'");
    await running;
    assert.equal((await other.query('SELECT sum(n)::int AS n FROM t')).rows[0].n, 1000);
  });

  it('leads through the example and the whole way back, block by block', async () => {
    const folder = 'examples/rename-username/';
    const read = (path: string) => readFileSync(`${folder}${path}`, 'utf8');
    const analysis = analyze(read('rename-username.migration.yaml'), {
      parsers: await loadParsers(),
      kind: 'plan',
      readFile: (path) => ({ text: read(path) }),
    });
    const source = runbook(analysis, { preview: preview(analysis) });
    const client = await server.connect();
    await client.query(`DROP SCHEMA public CASCADE; CREATE SCHEMA public; ${read('schema.sql')};
      INSERT INTO users (username, email) SELECT 'u' || g, g || '@example.org' FROM generate_series(1, 50) g`);
    const shape = `SELECT column_name, data_type, is_nullable FROM information_schema.columns
      WHERE table_schema = 'public' ORDER BY 1`;
    const before = (await client.query(shape)).rows;

    const [forth = '', back = ''] = source.split('## The whole way back');
    const steps = forth.slice(forth.indexOf('## Phase 1')).split(/^### /m).slice(1);
    assert.equal(steps.length, 16);
    for (const step of steps)
      for (const block of sqlIn(step.split(/^#### Way back/m)[0] ?? '')) await script(client, block);
    const { rows } = await client.query('SELECT * FROM users WHERE handle IS NULL');
    assert.deepEqual(rows, []);
    const after = (await client.query(shape)).rows.map(({ column_name }) => column_name);
    assert.deepEqual(after, ['created_at', 'email', 'handle', 'id']);

    for (const block of sqlIn(back.split(/^## Monitoring/m)[0] ?? '')) await script(client, block);
    assert.deepEqual((await client.query(shape)).rows, before);
    const { rows: left } = await client.query(
      "SELECT relname FROM pg_class WHERE relname LIKE 'switchback%'",
    );
    assert.deepEqual(left, []);
  });
});

function sqlIn(source: string): readonly string[] {
  return markdownIt()
    .parse(source, {})
    .filter(({ type, info }) => type === 'fence' && info === 'sql')
    .map(({ content }) => content);
}
