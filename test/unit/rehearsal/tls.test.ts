import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Surroundings } from '../../../server/src/rehearsal/connect/keywords.ts';
import { resolveTarget } from '../../../server/src/rehearsal/connect/target.ts';
import { connectServer } from '../../../server/src/rehearsal/server-connection.ts';
import { type RealServer, startServer } from './real-server.ts';
import { root } from './setup.ts';

const folder = join(root, 'test/fixtures/tls');
const pem = (name: string) => readFileSync(join(folder, name), 'utf8');

/** A loopback address that no other run listens on; only Linux has them all. */
const address = `127.${process.pid % 250}.${Math.floor(process.pid / 250) % 250}.7`;

describe('a connection by the network', function () {
  this.timeout(60_000);
  let server: RealServer;
  before(async function () {
    if (process.platform !== 'linux') this.skip();
    server = await startServer(18, { listen_addresses: address });
    await server.run(
      `SET password_encryption = 'scram-sha-256'; CREATE ROLE ada LOGIN PASSWORD 'secret'; CREATE ROLE eve LOGIN PASSWORD 'secret'`,
    );
    await write('server.crt', pem('server.crt'));
    await write('server.key', pem('server.key'));
  });
  after(() => server?.stop());

  /** Written by the server, so that they are its own; it wants a key that nobody else may read. */
  async function write(file: string, text: string): Promise<void> {
    const client = await server.connect();
    const lines = client.escapeLiteral(text);
    const path = `current_setting('data_directory') || '/${file}'`;
    await client.query(
      `DO $do$ BEGIN EXECUTE format('COPY (SELECT unnest(string_to_array(%L, chr(10)))) TO %L', ${lines}, ${path}); END $do$`,
    );
    const { rows } = await client.query(`SELECT ${path} AS path`);
    chmodSync(rows[0].path, 0o600);
    await client.end();
  }

  async function serve(tls: boolean, hba: string): Promise<void> {
    await write('pg_hba.conf', `local all all trust\n${hba}\n`);
    await server.run(`ALTER SYSTEM SET ssl = ${tls ? 'on' : 'off'}`);
    await server.run('SELECT pg_reload_conf()');
    for (;;) {
      const [row] = await server.run(`SELECT current_setting('ssl') = '${tls ? 'on' : 'off'}' AS done`);
      if (row?.done) return;
    }
  }

  /** Whether the connection is encrypted, and by what it came about; or the message of its error. */
  async function attempt(settings: string): Promise<string> {
    const surroundings: Surroundings = {
      env: {},
      home: '/none',
      osUser: 'ada',
      platform: 'linux',
      readFile: (path) => (path === '/ca' ? { text: pem('ca.crt'), mode: 0o644 } : undefined),
      exists: () => false,
    };
    try {
      const given = `host=db.test hostaddr=${address} dbname=postgres user=ada password=secret ${settings}`;
      const session = await connectServer(resolveTarget(given, surroundings));
      const { rows } = await session.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
      await session.end();
      return rows[0]?.ssl === true ? 'encrypted' : 'plain';
    } catch (error) {
      return (error as Error).message;
    }
  }

  it('is encrypted as sslmode says, and the server known as it says', async () => {
    await serve(true, 'host all all all scram-sha-256');
    for (const [settings, outcome] of [
      ['sslmode=disable', 'plain'],
      ['sslmode=allow', 'plain'],
      ['sslmode=prefer', 'encrypted'],
      ['', 'encrypted'],
      ['sslmode=require', 'encrypted'],
      ['sslmode=require sslnegotiation=direct', 'encrypted'],
      ['sslmode=require sslrootcert=/ca', 'encrypted'],
      ['sslmode=verify-ca sslrootcert=/ca', 'encrypted'],
      ['sslmode=verify-full sslrootcert=/ca', 'encrypted'],
      ['sslmode=verify-ca sslrootcert=/ca host=other.test', 'encrypted'],
      ['channel_binding=require', 'encrypted'],
      ['channel_binding=disable', 'encrypted'],
    ] as const)
      assert.equal(await attempt(settings), outcome, settings);
    assert.match(
      await attempt('sslmode=verify-full sslrootcert=/ca host=other.test'),
      /certificate is not for other\.test/,
    );
    assert.match(await attempt('sslrootcert=system'), /No authority that is trusted here vouches/);
    assert.match(await attempt('sslmode=disable channel_binding=require'), /does not bind the password/);
  });

  it('falls back where the server has no TLS, and does not where it must not', async () => {
    await serve(false, 'host all all all scram-sha-256');
    assert.equal(await attempt('sslmode=prefer'), 'plain');
    assert.match(await attempt('sslmode=require'), /does not offer TLS, which sslmode asks for/);
    assert.match(await attempt('sslmode=verify-full sslrootcert=/ca'), /does not offer TLS/);
    assert.match(await attempt('channel_binding=require'), /does not bind the password/);
  });

  it('takes the other way where the server wants it', async () => {
    await serve(true, 'hostnossl all ada all trust\nhostssl all eve all scram-sha-256');
    assert.equal(await attempt('sslmode=prefer'), 'plain');
    assert.equal(await attempt('sslmode=allow user=eve'), 'encrypted');
    assert.match(await attempt('sslmode=require'), /does not let user ada in: no pg_hba\.conf entry/);
  });

  it('says what to do about a password, a database, an address, none with a secret', async () => {
    await serve(true, 'host all all all scram-sha-256');
    assert.match(
      await attempt('password=wrong-one'),
      /^The password for user ada at db\.test:5432 is wrong\. Give/,
    );
    assert.match(await attempt("password=''"), /is wrong|asks for the password/);
    assert.match(await attempt('dbname=nowhere'), /^There is no database nowhere at db\.test:5432/);
    assert.match(await attempt('port=1'), /^No Postgres answers at db\.test:1\. Start the server/);
    assert.doesNotMatch(await attempt('password=wrong-one'), /wrong-one/);
    await serve(true, 'host all all all md5\nhost all all all password');
    assert.equal(await attempt(''), 'encrypted');
  });
});
