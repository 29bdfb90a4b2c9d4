import { createHash, randomInt } from 'node:crypto';
import { hostname } from 'node:os';
import { isDatabaseError } from './errors.ts';
import type { Connection } from './model.ts';
import { quoteIdentifier, quoteLiteral } from './roles.ts';
import { connectServer, type ServerTarget } from './server-connection.ts';

/**
 * Scratch databases: how they are named, tagged, found again and dropped.
 *
 * A live one is known by an advisory lock that the run's own session holds from before the database is made: the
 * lock ends with that session, however it ends. What no lock protects any more was left behind, and the next run
 * drops it. Only what is certainly Switchback's own is dropped: the name proves itself, the owner is who asks, and
 * the comment is Switchback's, or is not there yet since the run ended in between.
 */
export interface Scratch {
  readonly database: string;
  /** Names the lock of its run. */
  readonly token: number;
}

/** The first key of the advisory locks; the second is the token. */
const lockClass = 1_398_228_033;

const commentStart = 'Switchback scratch database';

/** A scratch database's name and token; nothing is made yet. */
export function newScratch(): Scratch {
  const token = randomInt(1, 2 ** 31 - 1);
  return { database: databaseName(token), token };
}

/** The name carries a check, so that no database that anyone else made has such a name. */
function databaseName(token: number): string {
  const check = createHash('sha256').update(`${commentStart} ${token}`).digest('hex').slice(0, 10);
  return `switchback_${token.toString(36)}_${check}`;
}

/** The token in a scratch database's name; undefined for a name that Switchback did not give. */
export function tokenOf(database: string): number | undefined {
  const token = Number.parseInt(/^switchback_([0-9a-z]{1,6})_[0-9a-f]{10}$/.exec(database)?.[1] ?? '', 36);
  return Number.isSafeInteger(token) && databaseName(token) === database ? token : undefined;
}

/** Tells other runs that this one lives, for as long as the session does. */
export async function markAlive(monitor: Connection, { token }: Scratch): Promise<void> {
  await monitor.query(`SELECT pg_catalog.pg_advisory_lock(${lockClass}, ${token})`);
}

/**
 * Makes the database, as a copy of `template`, and tags it. The lock of `markAlive` must be held. Rejects with
 * Postgres's error; a half-made database is then gone.
 */
export async function createScratch(
  monitor: Connection,
  { database, token }: Scratch,
  { template, strategy }: { readonly template: string; readonly strategy?: 'FILE_COPY' | undefined },
): Promise<void> {
  const name = quoteIdentifier(database);
  const how = strategy ? ` STRATEGY ${strategy}` : '';
  await monitor.query(`CREATE DATABASE ${name} TEMPLATE ${quoteIdentifier(template)}${how}`);
  const tag = { host: hostname(), pid: process.pid, started: new Date().toISOString(), token };
  const comment = `${commentStart}: dropped when its dry run ends, or by the next one. ${JSON.stringify(tag)}`;
  await monitor.query(`COMMENT ON DATABASE ${name} IS ${quoteLiteral(comment)}`);
  await setDefaults(monitor, name);
}

/**
 * What sessions of a dry run need, whatever the server's defaults are: a statement whose client is gone, killed
 * perhaps, ends soon, which not every platform's server can tell; and none is ended for being idle.
 */
async function setDefaults(monitor: Connection, name: string): Promise<void> {
  for (const setting of [`client_connection_check_interval = '2s'`, 'idle_session_timeout = 0']) {
    try {
      await monitor.query(`ALTER DATABASE ${name} SET ${setting}`);
    } catch (error) {
      if (!isDatabaseError(error) || error.code === undefined) throw error;
    }
  }
}

/**
 * Drops a scratch database and ends the sessions on it, prepared transactions too. One that is gone already is no
 * error.
 */
export async function dropScratch(
  monitor: Connection,
  target: ServerTarget,
  database: string,
): Promise<void> {
  if (tokenOf(database) === undefined) throw new Error(`${database} is no scratch database of Switchback's.`);
  const sql = `DROP DATABASE IF EXISTS ${quoteIdentifier(database)} WITH (FORCE)`;
  try {
    await monitor.query(sql);
  } catch (error) {
    if (!isDatabaseError(error) || error.code === undefined) throw error;
    // Else it was a cancel that was meant for what ran before.
    if (error.code !== '57014') await rollBackPrepared(monitor, target, database);
    await monitor.query(sql);
  }
}

async function rollBackPrepared(monitor: Connection, target: ServerTarget, database: string): Promise<void> {
  const { rows } = await monitor.query('SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = $1', [
    database,
  ]);
  if (rows.length === 0) return;
  const inside = await connectServer(target, { database });
  try {
    for (const { gid } of rows) await inside.query(`ROLLBACK PREPARED ${quoteLiteral(String(gid))}`);
  } finally {
    await inside.end();
  }
}

/** Drops what ended runs of the same user left behind. Returns the names. */
export async function dropLeftBehind(monitor: Connection, target: ServerTarget): Promise<string[]> {
  const { rows } = await monitor.query(
    `SELECT datname::text AS name FROM pg_catalog.pg_database d
     WHERE datname LIKE 'switchback\\_%'
       AND datdba = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = current_user)
       AND coalesce(pg_catalog.shobj_description(oid, 'pg_database'), $1) LIKE $1 || '%'`,
    [commentStart],
  );
  const dropped: string[] = [];
  for (const { name } of rows) {
    const database = String(name);
    const token = tokenOf(database);
    if (token === undefined || (await isAlive(monitor, token))) continue;
    try {
      await dropScratch(monitor, target, database);
      dropped.push(database);
    } catch (error) {
      // Another run is at it too, or a prepared transaction holds it: the run that comes next tries again.
      if (!isDatabaseError(error) || error.code === undefined) throw error;
    }
  }
  return dropped;
}

/** Locks are seen from every database of the server, whoever holds them. */
async function isAlive(monitor: Connection, token: number): Promise<boolean> {
  const { rows } = await monitor.query(
    `SELECT FROM pg_catalog.pg_locks
     WHERE locktype = 'advisory' AND classid::int8 = ${lockClass} AND objid::int8 = ${token} AND objsubid = 2`,
  );
  return rows.length > 0;
}
