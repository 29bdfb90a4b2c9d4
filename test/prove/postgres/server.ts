import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client, type ClientConfig } from 'pg';
import { type AnyMajor, copyBinaries } from './binaries.ts';

const run = promisify(execFile);

/** Opens a session of the superuser `postgres`; on the database `postgres` where none is named. */
export type Connect = (options?: ClientConfig) => Promise<Client>;

/** How a server is shut down: `pg_ctl stop -m`. */
export type StopMode = 'fast' | 'immediate';

/** What else can be done to a server that is running. */
export interface Control {
  /** Stops it while sessions are open: at once, resolves when it is gone. */
  goDown(mode: StopMode): Promise<void>;
  /** Starts it again on the same data; resolves when it lets sessions in. */
  comeUp(): Promise<void>;
}

/** Small, quick and forgetful: nothing is to survive, and plans are to be the same every time. */
const settings: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  autovacuum: 'off',
  jit: 'off',
  shared_buffers: '32MB',
  max_connections: '200',
  max_parallel_workers: '0',
  max_parallel_maintenance_workers: '0',
  max_wal_senders: '0',
  wal_level: 'minimal',
  timezone: 'UTC',
  deadlock_timeout: '1min',
};

/**
 * Starts a Postgres of that major version in a temporary folder, answers with what `use` answers, and stops it,
 * whatever happens: sessions left open are cut, data and programs are removed. Where the process runs as root,
 * which Postgres refuses, the server runs as `nobody`. `more` are settings beside the usual ones. Rejects with the
 * server's log where it does not come up.
 */
export async function withServer<T>(
  major: AnyMajor,
  use: (connect: Connect, control: Control) => Promise<T>,
  more: Readonly<Record<string, string>> = {},
): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), `prove-${major}-`));
  const remove = () => rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  const stopHandling = onSudden(remove);
  try {
    const identity = await unprivileged();
    await chmod(home, 0o755);
    const programs = join(home, 'programs');
    await copyBinaries(major, programs);
    const data = await ownFolder(join(home, 'data'), identity);
    const sockets = await ownFolder(join(home, 'run'), identity);
    const initdb = join(programs, 'bin/initdb');
    await run(
      initdb,
      ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      {
        ...identity,
        cwd: home,
      },
    );
    return await running({ programs, data, sockets, identity, more }, use);
  } finally {
    stopHandling();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Installed {
  readonly programs: string;
  readonly data: string;
  readonly sockets: string;
  readonly identity: Identity;
  readonly more: Readonly<Record<string, string>>;
}

async function running<T>(
  { programs, data, sockets, identity, more }: Installed,
  use: (connect: Connect, control: Control) => Promise<T>,
): Promise<T> {
  // A socket in a folder of our own needs no free port; Windows has none that the client knows.
  const address =
    process.platform === 'win32'
      ? { host: '127.0.0.1', port: await freePort() }
      : { host: sockets, port: 5432 };
  const listen =
    process.platform === 'win32'
      ? { listen_addresses: address.host }
      : { listen_addresses: '', unix_socket_directories: sockets };
  const options = Object.entries({ ...settings, ...listen, ...more, port: String(address.port) });
  const launch = () => {
    const child = spawn(
      join(programs, 'bin/postgres'),
      ['-D', data, ...options.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { ...identity, cwd: data, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const ended = new Promise<void>((resolve) =>
      child.on('close', () => resolve()).on('error', () => resolve()),
    );
    return { child, ended, log: logOf(child) };
  };
  let server = launch();
  const stopHandling = onSudden(() => {
    server.child.kill('SIGQUIT');
    // Nothing is awaited in an ending process, and its folder goes next.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  });
  const sessions = new Set<Client>();
  const connect: Connect = async (options) => {
    const client = new Client({ ...address, user: 'postgres', database: 'postgres', ...options });
    // Else a session cut at the end ends this process.
    client.on('error', () => sessions.delete(client)).on('end', () => sessions.delete(client));
    await client.connect();
    sessions.add(client);
    return client;
  };
  const control: Control = {
    async goDown(mode) {
      server.child.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
      await server.ended;
    },
    async comeUp() {
      server = launch();
      await untilReady(connect, server.child, server.log);
    },
  };
  try {
    await untilReady(connect, server.child, server.log);
    return await use(connect, control);
  } finally {
    await Promise.all([...sessions].map((client) => client.end().catch(() => undefined)));
    // An immediate end: there is nothing to keep.
    server.child.kill('SIGQUIT');
    await server.ended;
    stopHandling();
  }
}

async function untilReady(connect: Connect, child: ChildProcess, log: () => string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      await (await connect()).end();
      return;
    } catch (error) {
      if (child.exitCode !== null || child.pid === undefined || Date.now() > deadline)
        throw new Error(`Postgres did not come up: ${(error as Error).message}\n${log()}`);
      await delay(20);
    }
  }
}

/** The last of what the server wrote. */
function logOf(child: ChildProcess): () => string {
  let text = '';
  const add = (data: Buffer | Error) => {
    text = `${text}${data}`.slice(-4000);
  };
  child.stdout?.on('data', add);
  child.stderr?.on('data', add);
  child.on('error', add);
  return () => text;
}

interface Identity {
  readonly uid?: number;
  readonly gid?: number;
}

/** Nothing to change, unless this process is root. */
async function unprivileged(): Promise<Identity> {
  if (process.getuid?.() !== 0) return {};
  const ask = async (flag: string) => Number((await run('id', [flag, 'nobody'])).stdout);
  return { uid: await ask('-u'), gid: await ask('-g') };
}

async function ownFolder(path: string, { uid, gid }: Identity): Promise<string> {
  await mkdir(path, { mode: 0o700 });
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid);
  return path;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Cleans up where the process ends before it could in order; answers with what takes that back. */
function onSudden(clean: () => void): () => void {
  const stop = () => process.exit(130);
  process.prependOnceListener('exit', clean);
  for (const signal of signals) process.on(signal, stop);
  return () => {
    process.off('exit', clean);
    for (const signal of signals) process.off(signal, stop);
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
