import { setTimeout as delay } from 'node:timers/promises';
import {
  type ConnectError,
  connectServer,
  type ServerConnection,
  type ServerTarget,
} from './server-connection.ts';
import { placeOf } from './server-errors.ts';
import { usualSilence } from './server-pulse.ts';
import { dropScratch, type Scratch } from './server-scratch.ts';

/** The session that makes and drops scratch databases, and by whose life a run is known to live. */
export interface Monitor {
  readonly connection: ServerConnection;
  /** The database that it is connected to. */
  readonly database: string;
  /**
   * Drops the scratch database and ends the session, over a new connection where this one does not answer any
   * more. Never rejects: what could not be dropped is told, and the next run on the server drops it.
   */
  drop(left: LeftToDrop): Promise<void>;
}

interface LeftToDrop {
  readonly target: ServerTarget;
  readonly scratch: Scratch;
  readonly onLeftBehind: (message: string) => void;
}

/**
 * Connects: not to the target's own database where there is another, since a database can be copied only while
 * nobody is connected to it.
 */
export async function connectMonitor(
  target: ServerTarget,
  signal?: AbortSignal,
  silence = usualSilence,
): Promise<Monitor> {
  const others = ['postgres', 'template1'].filter((name) => name !== target.database);
  for (const database of others) {
    try {
      const connection = await connectServer(target, { database, ...(signal && { signal }) });
      return await monitor(connection, database, silence);
    } catch (error) {
      if (!isOfDatabase(error)) throw error;
    }
  }
  return await monitor(await connectServer(target, { ...(signal && { signal }) }), target.database, silence);
}

/** There is no such database, or this user may not connect to it: to another one perhaps. */
function isOfDatabase(error: unknown): boolean {
  return ['3D000', '42501', '28000'].includes((error as Partial<ConnectError>).sqlState ?? '');
}

async function monitor(connection: ServerConnection, database: string, patience: number): Promise<Monitor> {
  // It waits through the whole run, for the user's answer too, and a copy takes its time.
  // That the run was killed, the server is to notice in the middle of a copy too.
  // Those that this version has: one that is too old is yet to be told so.
  await connection.query(
    `SELECT pg_catalog.set_config(name, CASE WHEN name LIKE 'client%' THEN '2000' ELSE '0' END, false)
     FROM pg_catalog.pg_settings WHERE name IN ('idle_session_timeout', 'statement_timeout', 'lock_timeout',
       'transaction_timeout', 'client_connection_check_interval')
       AND (vartype <> 'integer' OR max_val::int8 > 0)`,
  );
  return {
    connection,
    database,
    async drop(left) {
      const { target, scratch } = left;
      try {
        if (await answers(connection, patience)) await dropScratch(connection, target, scratch.database);
        else await dropAnew(target, scratch, patience);
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        left.onLeftBehind(
          `The scratch database ${scratch.database} at ${placeOf(target)} could not be dropped: ${why} The next dry run on this server drops it.`,
        );
      } finally {
        await connection.end();
      }
    },
  };
}

async function answers(connection: ServerConnection, patience: number): Promise<boolean> {
  if (connection.isGone()) return false;
  const asked = connection.query('SELECT 1').then(
    () => true,
    () => false,
  );
  return await Promise.race([asked, delay(patience, false, { ref: false })]);
}

async function dropAnew(target: ServerTarget, scratch: Scratch, patience: number): Promise<void> {
  const { connection } = await connectAgain({ ...target, connectTimeout: patience }, patience);
  try {
    await dropScratch(connection, target, scratch.database);
  } finally {
    await connection.end();
  }
}

/** A server that is starting again after a crash is waited for. */
async function connectAgain(target: ServerTarget, patience: number): Promise<Monitor> {
  const deadline = performance.now() + patience;
  for (;;) {
    try {
      return await connectMonitor(target);
    } catch (error) {
      const isStarting = (error as Partial<ConnectError>).sqlState === '57P03';
      if (!isStarting || performance.now() > deadline) throw error;
      await delay(250);
    }
  }
}
