import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseError } from './errors.ts';
import type { Engine, EngineSession } from './model.ts';
import {
  type ConnectOptions,
  connectServer,
  type ServerConnection,
  type ServerTarget,
} from './server-connection.ts';
import { refusalOnServer } from './server-refusals.ts';
import {
  createScratch,
  dropLeftBehind,
  dropScratch,
  markAlive,
  newScratch,
  type Scratch,
} from './server-scratch.ts';

export interface ServerEngineOptions {
  /** The server; its database is never changed. */
  readonly target: ServerTarget;
}

/** The oldest major version that a dry run supports. */
export const oldestServer = 14;

/**
 * A real server. Each session works in a scratch database that is made for it on that server and dropped when it
 * closes; the database that the target names is not changed.
 */
export function createServerEngine({ target }: ServerEngineOptions): Engine {
  return { open: (signal) => openSession(target, signal) };
}

async function openSession(target: ServerTarget, signal: AbortSignal | undefined): Promise<EngineSession> {
  const monitor = await connectMonitor(target, signal);
  const scratch = newScratch();
  // Making a database can take long; nothing else stops it.
  let cancelling: Promise<void> | undefined;
  const abort = () => {
    cancelling = cancel(target, monitor.pid);
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const version = await versionOf(monitor);
    await dropLeftBehind(monitor);
    await markAlive(monitor, scratch);
    await createScratch(monitor, scratch, 'template0');
    await hangUpWithClient(monitor, scratch);
    const worker = await connectServer(target, { database: scratch.database, signal });
    return session({ target, monitor, worker, scratch, version });
  } catch (error) {
    await cancelling;
    await drop(target, monitor, scratch).catch(() => undefined);
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** A session that makes and drops databases: not on the target's own, which a copy needs to be free of sessions. */
async function connectMonitor(
  target: ServerTarget,
  signal: AbortSignal | undefined,
): Promise<ServerConnection> {
  const others = ['postgres', 'template1'].filter((name) => name !== target.database);
  for (const database of others) {
    try {
      return await connectServer(target, { database, ...(signal && { signal }) } as ConnectOptions);
    } catch (error) {
      if (!isOfDatabase(error)) throw error;
    }
  }
  return await connectServer(target, { signal } as ConnectOptions);
}

/** There is no such database, or this user may not connect to it: to another one perhaps. */
function isOfDatabase(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === '3D000' || code === '42501' || code === '28000';
}

interface Version {
  /** E.g. `16.14`. */
  readonly text: string;
  readonly major: number;
}

async function versionOf(monitor: ServerConnection): Promise<Version> {
  const { rows } = await monitor.query(
    `SELECT current_setting('server_version') AS text, current_setting('server_version_num')::int / 10000 AS major`,
  );
  const version = { text: String(rows[0]?.text).split(' ')[0] ?? '', major: Number(rows[0]?.major) };
  if (version.major < oldestServer)
    throw new Error(
      `The server is PostgreSQL ${version.text}; a dry run needs version ${oldestServer} or newer. Rehearse on a newer server, or on the embedded Postgres.`,
    );
  return version;
}

/** A statement whose client is gone, killed perhaps, ends soon. Not every platform's server can tell. */
async function hangUpWithClient(monitor: ServerConnection, { database }: Scratch): Promise<void> {
  try {
    await monitor.query(`ALTER DATABASE ${database} SET client_connection_check_interval = '2s'`);
  } catch (error) {
    if (!isDatabaseError(error) || error.code === undefined) throw error;
  }
}

interface Open {
  readonly target: ServerTarget;
  readonly monitor: ServerConnection;
  readonly worker: ServerConnection;
  readonly scratch: Scratch;
  readonly version: Version;
}

function session({ target, monitor, worker, scratch, version }: Open): EngineSession {
  let closing: Promise<void> | undefined;
  // Without it, other runs take this one for dead: then it is.
  void monitor.gone.then(() => worker.end());
  const close = async () => {
    if (!monitor.isGone() && !worker.isGone()) await stopRunning(monitor, worker);
    await worker.end();
    await drop(target, monitor, scratch);
  };
  return {
    name: `PostgreSQL ${version.text} on ${target.host}`,
    majorVersion: version.major,
    observesConcurrent: false,
    isShared: true,
    refusal: refusalOnServer,
    explain: (error) => error,
    query: worker.query,
    exec: worker.exec,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Cancels what the worker runs, and waits a little for it to be undone: dropping the database then is quick. */
async function stopRunning(monitor: ServerConnection, worker: ServerConnection): Promise<void> {
  const settled = worker.settled().then(() => true);
  if (await Promise.race([settled, delay(0, false)])) return;
  await monitor.query('SELECT pg_catalog.pg_cancel_backend($1)', [worker.pid]).catch(() => undefined);
  await Promise.race([settled, delay(2000)]);
}

/** Cancels what a session runs, from a connection of its own. */
async function cancel(target: ServerTarget, pid: number): Promise<void> {
  try {
    const other = await connectServer(target);
    await other.query('SELECT pg_catalog.pg_cancel_backend($1)', [pid]);
    await other.end();
  } catch {
    // Gone with its server, or by itself.
  }
}

/** Drops the scratch database, over a new connection where the old one is lost, and ends the monitor. */
async function drop(target: ServerTarget, monitor: ServerConnection, { database }: Scratch): Promise<void> {
  try {
    if (!monitor.isGone()) return await dropScratch(monitor, database);
  } catch (error) {
    if (!monitor.isGone()) throw error;
  } finally {
    await monitor.end();
  }
  let again: ServerConnection | undefined;
  try {
    again = await connectMonitor({ ...target, connectTimeout: 3000 }, undefined);
    await dropScratch(again, database);
  } catch {
    // The server is gone. The next run on it drops the database.
  } finally {
    await again?.end();
  }
}
