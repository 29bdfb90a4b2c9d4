import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
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

  it('is told apart from the plan where the network is cut in the middle of a step', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'switchback-net-'));
    const open = new Set<Socket>();
    const { host, port } = server.target();
    // A way to the server that can be cut.
    const relay = createServer((socket) => {
      const upstream = connectSocket(join(host, `.s.PGSQL.${port}`));
      for (const each of [socket, upstream]) {
        open.add(each);
        each.on('error', () => {});
      }
      socket.pipe(upstream).pipe(socket);
    });
    await new Promise<void>((resolve) => relay.listen(join(folder, `.s.PGSQL.${port}`), resolve));
    const told: string[] = [];
    const engine = createServerEngine({
      target: { ...server.target('app'), host: folder },
      confirm: async () => true,
      onLeftBehind: (message) => told.push(message),
    });
    const cut = () => {
      relay.close();
      for (const socket of open) socket.destroy();
    };
    const report = await rehearsePlan(engine, plan, schema, {
      proofs: false,
      onProgress: ({ step }) => step === 1 && setTimeout(cut, 300),
    });
    rmSync(folder, { recursive: true });
    assert.equal(report.verdict, 'failed');
    assert.match(report.error?.message ?? '', /^The connection to the server was lost\. Check the network/);
    assert.match(
      told[0] ?? '',
      /^The scratch database switchback_\w+ at .* could not be dropped: No Postgres answers .* The next dry run on this server drops it\.$/,
    );
    assert.equal((await server.scratch()).length, 1);
    await (
      await createServerEngine({ target: server.target('app'), confirm: async () => true }).open()
    ).close();
  });
});
