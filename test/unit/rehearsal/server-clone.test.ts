import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cloneRecordsFolder } from '../../../server/src/rehearsal/clone-records.ts';
import type { Surroundings } from '../../../server/src/rehearsal/connect/keywords.ts';
import { createCloneEngine } from '../../../server/src/rehearsal/server-engine.ts';
import { major, type RealServer, startServer } from './real-server.ts';
import { planOf, rehearsePlan, root } from './setup.ts';

const schema = 'CREATE TABLE users (id bigserial PRIMARY KEY, name text);';
const plan = (sql: string) => planOf(`- step: only\n  sql: ${sql}\n  rollback: { not_needed: a test }`);
const passing = plan('ALTER TABLE users ADD COLUMN more int;');
const endless = plan('SELECT pg_sleep(3600);');

describe('a clone that commands make', function () {
  this.timeout(60_000);
  let server: RealServer;
  let folder: string;
  before(async () => {
    server = await startServer();
    await server.run('CREATE DATABASE app');
    await server.run(schema, 'app');
    folder = mkdtempSync(join(tmpdir(), 'switchback-clones-'));
    const { host } = server.target();
    writeFileSync(
      join(folder, 'clone.cjs'),
      `const { Client } = require(${JSON.stringify(join(root, 'node_modules/pg'))});
       const [what] = process.argv.slice(2);
       const name = what === 'create' ? 'clone_' + process.pid : new URL(process.env.SWITCHBACK_CLONE_URL).pathname.slice(1);
       const client = new Client({ host: ${JSON.stringify(host)}, user: 'postgres', database: 'postgres' });
       client.connect()
         .then(() => client.query(what === 'create' ? 'CREATE DATABASE ' + name + ' TEMPLATE app' : 'DROP DATABASE ' + name + ' WITH (FORCE)'))
         .then(() => console.log('postgres://postgres:secret@' + encodeURIComponent(${JSON.stringify(host)}) + '/' + name))
         .then(() => client.end())
         .catch((error) => { console.error(error.message); process.exit(1); });`,
    );
  });
  after(async () => {
    await server?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  const surroundings = (): Surroundings => ({
    env: { XDG_STATE_HOME: folder, LOCALAPPDATA: folder },
    home: folder,
    osUser: 'postgres',
    platform: process.platform,
    exists: () => false,
    readFile: () => undefined,
  });
  const command = (what: string) => `"${process.execPath}" clone.cjs ${what}`;
  const commands = () => ({ create: command('create'), destroy: command('destroy'), folder });
  const engine = (told: string[] = [], destroy = command('destroy')) =>
    createCloneEngine({
      commands: { ...commands(), destroy },
      surroundings: surroundings(),
      confirm: async () => true,
      onLeftBehind: (message) => told.push(message),
    });
  const clones = async () =>
    (await server.run(`SELECT datname FROM pg_database WHERE datname LIKE 'clone%'`)).length;
  const records = () => {
    try {
      return readdirSync(cloneRecordsFolder(surroundings()));
    } catch {
      return [];
    }
  };

  it('is destroyed after a run, a failure and a cancel', async () => {
    assert.equal((await rehearsePlan(engine(), passing, schema)).verdict, 'passed');
    assert.equal((await rehearsePlan(engine(), plan('SELECT 1 / 0;'), schema)).verdict, 'failed');
    const controller = new AbortController();
    const cancelled = await rehearsePlan(engine(), endless, schema, {
      signal: controller.signal,
      onProgress: ({ step }) => step === 1 && setTimeout(() => controller.abort(), 200),
    });
    assert.equal(cancelled.verdict, 'cancelled');
    assert.deepEqual([await clones(), records()], [0, []]);
  });

  it('is destroyed by the next run where the server was down', async () => {
    const told: string[] = [];
    let down: Promise<void> | undefined;
    const report = await rehearsePlan(engine(told), endless, schema, {
      onProgress: ({ step }) => {
        if (step === 1) down ??= server.goDown('immediate');
      },
    });
    assert.equal(report.verdict, 'failed');
    assert.match(
      told[0] ?? '',
      /^The clone may still be there: dry_run\.clone\.destroy ended .* tries again\.$/,
    );
    await down;
    await server.comeUp();
    // It is this process's, which lives: nobody else takes it away.
    assert.deepEqual([await clones(), records().length], [1, 1]);
    const [name = ''] = records();
    const path = join(cloneRecordsFolder(surroundings()), name);
    const text = readFileSync(path, 'utf8');
    assert.doesNotMatch(text, /secret/);
    assert.doesNotMatch(text, /clone\.cjs/);
    await rehearsePlan(engine(), passing, schema);
    assert.equal(await clones(), 1);
    writeFileSync(path, JSON.stringify({ ...JSON.parse(text), pid: 2 ** 30 }));
    await rehearsePlan(engine(), passing, schema);
    assert.deepEqual([await clones(), records()], [0, []]);
  });

  /** A run in a process of its own; resolves once its clone is there and its statement runs. */
  async function runElsewhere(): Promise<ChildProcess> {
    const program = join(folder, 'run.ts');
    writeFileSync(
      program,
      `import { createCloneEngine } from ${JSON.stringify(join(root, 'server/src/rehearsal/server-engine.ts'))};
       const options = JSON.parse(process.argv[2]);
       const surroundings = { ...options.surroundings, exists: () => false, readFile: () => undefined };
       createCloneEngine({ ...options, surroundings, confirm: async () => true })
         .open().then((session) => { console.log('open'); return session.query('SELECT pg_sleep(3600)'); });`,
    );
    const options = JSON.stringify({ commands: commands(), surroundings: surroundings() });
    const child = spawn(process.execPath, ['--import', 'tsx', program, options], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      child.stdout?.once('data', () => resolve());
      child.once('exit', () => reject(new Error('it ended')));
    });
    return child;
  }

  it('is destroyed after kill -9 by the next run with the same settings, and by no other', async () => {
    const child = await runElsewhere();
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;
    assert.equal(await clones(), 1);
    await rehearsePlan(engine([], `${command('destroy')} `), passing, schema);
    assert.equal(await clones(), 1, `by other commands, on ${major}`);
    await rehearsePlan(engine(), passing, schema);
    assert.deepEqual([await clones(), records()], [0, []]);
  });
});
