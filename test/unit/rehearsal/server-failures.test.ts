import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { asDatabaseError } from '../../../server/src/rehearsal/errors.ts';
import type { ServerTarget } from '../../../server/src/rehearsal/server-connection.ts';
import { createServerEngine } from '../../../server/src/rehearsal/server-engine.ts';
import { explainCreateError, explainRunError } from '../../../server/src/rehearsal/server-errors.ts';
import { type RealServer, startServer } from './real-server.ts';
import { planOf, rehearsePlan } from './setup.ts';

const schema = 'CREATE TABLE users (id bigserial PRIMARY KEY, name text);';
const plan = planOf(`
- step: sleep
  sql: SELECT pg_sleep(30);
  rollback: { not_needed: nothing is done }
`);

describe('a server that cannot do it', function () {
  this.timeout(60_000);
  let server: RealServer;
  before(async () => {
    server = await startServer();
    await server.run('CREATE DATABASE app');
    await server.run('CREATE ROLE weak LOGIN');
    await server.run('CREATE ROLE maker LOGIN CREATEDB');
  });
  after(() => server?.stop());
  afterEach(async () => assert.deepEqual(await server.scratch(), []));

  const refusal = async (target: Partial<ServerTarget>) => {
    const engine = createServerEngine({
      target: { ...server.target('app'), ...target },
      confirm: async () => true,
    });
    const report = await rehearsePlan(engine, plan, schema);
    assert.equal(report.verdict, 'refused');
    return report.error?.message ?? '';
  };

  it('says what to do', async () => {
    assert.match(
      await refusal({ user: 'weak' }),
      /^User weak may not make a database at .*ALTER ROLE weak CREATEDB gives that right/,
    );
    assert.match(await refusal({ database: 'nowhere' }), /^There is no database nowhere at /);
    assert.match(
      await refusal({ port: 1 }),
      /^No Postgres answers at .*Start the server, or give another address/,
    );
    assert.match(
      await refusal({ host: 'nowhere.invalid' }),
      /^The host name nowhere\.invalid is not known\. Check/,
    );
    assert.match(
      await refusal({ user: 'nobody' }),
      /does not let user nobody in: role "nobody" does not exist/,
    );
    await server.run('ALTER DATABASE app CONNECTION LIMIT 0; ALTER ROLE maker CONNECTION LIMIT 0');
    assert.match(await refusal({ user: 'maker' }), /has no connection left/);
    await server.run('ALTER DATABASE app CONNECTION LIMIT -1; ALTER ROLE maker CONNECTION LIMIT -1');
    const full = asDatabaseError({
      message: 'could not extend file: No space left on device',
      code: '53100',
    });
    assert.match(
      explainCreateError(full, server.target('app')) ?? '',
      /disk is full.*nothing of it is left\. Free some space/,
    );
    assert.match(explainRunError(full).message, /^The server's disk is full: that is no fault of the plan\./);
  });

  /** A way to the server that can be cut, or made to swallow what is sent on it. */
  async function wayToServer() {
    const folder = mkdtempSync(join(tmpdir(), 'switchback-net-'));
    const open = new Set<Socket>();
    const { host, port } = server.target();
    let swallows = false;
    const relay = createServer((socket) => {
      open.add(socket);
      socket.on('error', () => {});
      if (swallows) return socket.resume();
      const upstream = connectSocket(join(host, `.s.PGSQL.${port}`));
      open.add(upstream);
      upstream.on('error', () => {});
      socket.pipe(upstream).pipe(socket);
    });
    await new Promise<void>((resolve) => relay.listen(join(folder, `.s.PGSQL.${port}`), resolve));
    return {
      target: { ...server.target('app'), host: folder },
      cut() {
        relay.close();
        for (const socket of open) socket.destroy();
      },
      swallow() {
        swallows = true;
        for (const socket of open) socket.unpipe().resume();
      },
      remove() {
        this.cut();
        rmSync(folder, { recursive: true });
      },
    };
  }

  async function dropLeft(): Promise<void> {
    await (
      await createServerEngine({ target: server.target('app'), confirm: async () => true }).open()
    ).close();
  }

  const leftBehind =
    /^The scratch database switchback_\w+ at .* could not be dropped: .* The next dry run on this server drops it\.$/;

  it('is told apart from the plan where the network is cut in the middle of a step', async () => {
    const way = await wayToServer();
    const told: string[] = [];
    const engine = createServerEngine({
      target: way.target,
      confirm: async () => true,
      onLeftBehind: (message) => told.push(message),
    });
    const report = await rehearsePlan(engine, plan, schema, {
      onProgress: ({ step }) => step === 1 && setTimeout(way.cut, 300),
    });
    way.remove();
    assert.equal(report.verdict, 'failed');
    assert.match(report.error?.message ?? '', /^The connection to the server was lost\. Check the network/);
    assert.match(told[0] ?? '', leftBehind);
    assert.match(told[0] ?? '', /No Postgres answers/);
    assert.equal((await server.scratch()).length, 1);
    await dropLeft();
  });

  it('is given up where the network swallows all: in a step, while the database is made, before it connects', async () => {
    for (const moment of ['step', 'making', 'connecting'] as const) {
      const way = await wayToServer();
      if (moment === 'connecting') way.swallow();
      const told: string[] = [];
      const engine = createServerEngine({
        target: { ...way.target, connectTimeout: 1000 },
        confirm: async () => {
          if (moment === 'making') way.swallow();
          return true;
        },
        silence: 300,
        onLeftBehind: (message) => told.push(message),
      });
      const since = performance.now();
      const report = await rehearsePlan(engine, plan, schema, {
        onProgress: ({ step }) => step === 1 && moment === 'step' && setTimeout(way.swallow, 300),
      });
      assert.ok(performance.now() - since < 8000, moment);
      way.remove();
      assert.equal(report.verdict, moment === 'step' ? 'failed' : 'refused', moment);
      assert.match(
        report.error?.message ?? '',
        moment === 'connecting'
          ? /does not answer\. Check the address/
          : /connection to the server was lost\. Check/,
        moment,
      );
      if (moment !== 'connecting') assert.match(told[0] ?? '', leftBehind, moment);
      assert.doesNotMatch(JSON.stringify([report, told]), /\bat \w+ \(|\.ts:\d|node:internal/, moment);
      await dropLeft();
    }
  });

  it('has no room: told as such while the database is copied and in a step, with nothing left', async function () {
    const disk = mountSmall();
    if (typeof disk === 'string') {
      console.log(`        left out: ${disk}`);
      return this.skip();
    }
    try {
      await server.run(`CREATE TABLESPACE small LOCATION '${disk.folder}'`);
      await server.run('CREATE DATABASE tight TABLESPACE small');
      await server.run(schema, 'tight');
      const fill = planOf(`
- step: fill
  sql: INSERT INTO users (name) SELECT repeat('x', 1000) FROM generate_series(1, 60000);
  rollback: DELETE FROM users;
`);
      const run = () =>
        rehearsePlan(
          createServerEngine({
            target: server.target('tight'),
            confirm: async () => true,
            sources: ['copy'],
          }),
          fill,
          schema,
        );
      const inStep = await run();
      assert.equal(inStep.verdict, 'failed');
      assert.match(inStep.error?.message ?? '', /^The server's disk is full: that is no fault of the plan\./);
      assert.match(inStep.error?.hint ?? '', /Free some more/);
      assert.deepEqual(await server.scratch(), []);
      await server.run(
        `INSERT INTO users (name) SELECT repeat('x', 1000) FROM generate_series(1, 30000)`,
        'tight',
      );
      const inCopy = await run();
      assert.equal(inCopy.verdict, 'refused');
      assert.match(inCopy.error?.message ?? '', /disk is full.*nothing of it is left\. Free some space/);
      assert.deepEqual(await server.scratch(), []);
    } finally {
      await server.run('DROP DATABASE IF EXISTS tight');
      await server.run('DROP TABLESPACE IF EXISTS small');
      disk.remove();
    }
  });
});

/** A file system of 64 MB that the server may write to; why there is none, where only root could have it. */
function mountSmall(): { readonly folder: string; remove(): void } | string {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'only root can mount a disk that is small';
  const folder = mkdtempSync(join(tmpdir(), 'switchback-disk-'));
  const { status, stderr } = spawnSync(
    'mount',
    ['-t', 'tmpfs', '-o', 'size=64m,mode=0777', 'tmpfs', folder],
    { encoding: 'utf8' },
  );
  const remove = () => {
    if (status === 0) spawnSync('umount', [folder]);
    rmSync(folder, { recursive: true, force: true });
  };
  if (status === 0) {
    // A tablespace belongs to who runs the server.
    const inside = join(folder, 'space');
    mkdirSync(inside, { mode: 0o700 });
    spawnSync('chown', ['nobody', inside]);
    return { folder: inside, remove };
  }
  remove();
  return `no small disk could be mounted: ${stderr.trim()}`;
}

describe('a server that is too old', function () {
  this.timeout(120_000);

  // It is downloaded for this alone.
  it('is refused by its version, with what to do', async function () {
    if (process.env.SWITCHBACK_SERVER_ALL !== '1') return this.skip();
    const old = await startServer(13);
    try {
      const engine = createServerEngine({ target: old.target(), confirm: async () => true });
      const report = await rehearsePlan(engine, plan, schema);
      assert.equal(report.verdict, 'refused');
      assert.match(
        report.error?.message ?? '',
        /^The server is PostgreSQL 13\.\d+; a dry run needs version 14 or newer\. Rehearse on a newer server, or on the embedded/,
      );
      assert.deepEqual(await old.scratch(), []);
    } finally {
      await old.stop();
    }
  });
});
