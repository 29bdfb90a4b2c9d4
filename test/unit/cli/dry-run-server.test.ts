import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dryRun } from '../../../server/src/cli/dry-run.ts';
import { nodeFiles } from '../../../server/src/cli/node-io.ts';
import { run } from '../../../server/src/cli/run.ts';
import { type RealServer, startServer } from '../rehearsal/real-server.ts';
import { type MemoryOptions, memoryIo } from './memory-io.ts';

const plan = `migration: Test
database: { type: postgresql, version: 18, schema: schema.sql }
phases:
  - phase: Only
    steps:
      - step: Make a table
        sql: CREATE TABLE t (id int PRIMARY KEY);
        rollback: DROP TABLE t;
`;
const files = { 'a.migration.yaml': plan, 'schema.sql': 'CREATE TABLE s (id int PRIMARY KEY);' };

describe('switchback dry-run on a server', function () {
  this.timeout(60_000);
  let server: RealServer;
  before(async () => {
    server = await startServer();
    await server.run('CREATE DATABASE app; ');
    await server.run('CREATE DATABASE app_prod');
    await server.run('CREATE TABLE s (id int PRIMARY KEY); INSERT INTO s VALUES (1)', 'app');
  });
  after(() => server?.stop());
  afterEach(async () => assert.deepEqual(await server.scratch(), []));

  const url = (database = 'app') => `host=${server.target().host} dbname=${database} user=postgres`;
  async function attempt(args: readonly string[], options: Partial<MemoryOptions> = {}) {
    const io = memoryIo({ files, ...options });
    const exitCode = await dryRun(['a.migration.yaml', ...args], io);
    return { exitCode, out: io.out(), err: io.err() };
  }

  it('asks for the database’s name, and goes on with no other', async () => {
    const answered = await attempt(['--database', url()], { answers: ['app'] });
    assert.equal(answered.exitCode, 0, answered.out + answered.err);
    assert.match(
      answered.err,
      /makes a scratch database beside app on PostgreSQL 18\.\d+ at \/.*, as postgres; app itself is not changed\.\nType the database's name/,
    );
    assert.match(answered.out, /Run in a copy of app, with its rows\./);
    const other = await attempt(['--database', url()], { answers: ['yes'] });
    assert.deepEqual([other.exitCode, /was not confirmed for app at/.test(other.out)], [2, true]);
    const nobody = await attempt(['--database', url()]);
    assert.equal(nobody.exitCode, 2);
    assert.match(nobody.out.replaceAll(/\s+/g, ' '), /Nobody has confirmed that.* --confirm local\/app/);
  });

  it('takes the name on the command line where nobody is asked, and the environment for the rest', async () => {
    const env = { PGHOST: server.target().host, PGDATABASE: 'app', PGUSER: 'postgres' };
    const { exitCode, out } = await attempt(
      ['--server', '--confirm', 'local/app', '--from', 'baseline', '--format', 'json'],
      { env },
    );
    const report = JSON.parse(out);
    assert.deepEqual([exitCode, report.verdict, report.rows], [0, 'passed', { s: 1000 }]);
    const wrong = await attempt(['--database', url(), '--confirm', 'local/other']);
    assert.equal(wrong.exitCode, 2);
    assert.match(wrong.out.replaceAll(/\s+/g, ' '), /--confirm local\/other is for another server/);
  });

  it('runs under load, at a rate and with a bar of its own', async () => {
    const app = `app: { runs: v1, versions: { v1: ['SELECT FROM s WHERE id = 1', 'INSERT INTO s VALUES (1)'] } }\n`;
    const { exitCode, out, err } = await attempt(
      [
        '--database',
        url(),
        '--confirm',
        'local/app',
        '--from',
        'baseline',
        '--load',
        '50/s',
        '--max-wait',
        '30s',
      ],
      {
        files: {
          ...files,
          'a.migration.yaml': plan.replace('phases:', `${app}phases:`),
          '.switchback.yaml': 'dry_run: { load: { max_wait: 1ms, pool: 3 } }\n',
        },
      },
    );
    assert.equal(exitCode, 0, out + err);
    assert.match(out, /\d+ requests: p50 .* ms, p99 .* ms, worst .* ms/);
    assert.match(
      out.replaceAll(/\s+/g, ' '),
      /Under load: \d+ requests at [\d.]+ a second on 3 connections.*, and 30\.0 s were allowed\./,
    );
  });

  it('refuses what looks like production until that is overridden', async () => {
    const args = ['--database', url('app_prod'), '--confirm', 'local/app_prod'];
    const refused = await attempt(args);
    assert.equal(refused.exitCode, 2);
    assert.match(refused.out.replaceAll(/\s+/g, ' '), /named like production \("prod"\).*--override name/);
    assert.equal((await attempt([...args, '--override', 'name'])).exitCode, 0);
    const listed = { ...files, '.switchback.yaml': 'dry_run: { production: ["*/app"] }' };
    const onList = await attempt(['--database', url(), '--confirm', 'local/app'], { files: listed });
    assert.match(onList.out.replaceAll(/\s+/g, ' '), /is on the production list, by "\*\/app"/);
  });

  it('runs in a clone that commands make and destroy', async () => {
    await server.run('CREATE DATABASE thin TEMPLATE app');
    const cwd = mkdtempSync(join(tmpdir(), 'switchback-clone-'));
    const clone = `postgres://postgres@${encodeURIComponent(server.target().host)}/thin`;
    const settings = `dry_run:
  clone:
    create: echo making; echo '${clone}'
    destroy: echo "$SWITCHBACK_CLONE_URL" > destroyed
`;
    for (const [name, text] of Object.entries({ ...files, '.switchback.yaml': settings }))
      writeFileSync(join(cwd, name), text);
    const io = { ...memoryIo(), cwd, files: nodeFiles };
    const args = [
      'a.migration.yaml',
      '--from',
      'clone',
      '--confirm',
      'clone',
      '--format',
      'json',
      '--no-proofs',
    ];
    assert.equal(await dryRun(args, io), 0);
    const report = JSON.parse(io.out());
    assert.deepEqual([report.verdict, report.rows], ['passed', { s: 1 }]);
    assert.match(report.notes[0], /^Run in a clone, thin at/);
    assert.equal(readFileSync(join(cwd, 'destroyed'), 'utf8'), `${clone}\n`);
    // The plan's table is in the clone, which the commands only say that they destroyed.
    const made = `SELECT count(*)::int AS n FROM pg_class WHERE relname = 't'`;
    assert.deepEqual(
      [await server.run(made, 'app'), await server.run(made, 'thin')],
      [[{ n: 0 }], [{ n: 1 }]],
    );
    writeFileSync(join(cwd, '.switchback.yaml'), settings.replaceAll('/thin', '/app'));
    const same = { ...memoryIo(), cwd, files: nodeFiles };
    assert.equal(await dryRun([...args, '--database', url()], same), 2);
    assert.match(same.out(), /The clone is the very database/);
    rmSync(cwd, { recursive: true });
    await server.run('DROP DATABASE thin');
  });

  it('says what is wrong with the options', async () => {
    const reject = async (...args: string[]) => {
      const io = memoryIo({ files });
      assert.equal(await run(['dry-run', 'a.migration.yaml', ...args], io), 2);
      return io.err();
    };
    assert.match(await reject('--server'), /names none: set PGHOST/);
    assert.match(await reject('--confirm', 'x/y'), /--confirm is for a run on a server/);
    assert.match(await reject('--database', 'mysql://x'), /begins with postgres/);
    assert.match(await reject('--from', 'coppy'), /Did you mean copy/i);
    assert.match(await reject('--from', 'clone'), /needs dry_run: \{ clone/);
    assert.match(
      await reject('--database', 'postgres://x', '--override', 'nam'),
      /nothing of that name to override/,
    );
  });
});
