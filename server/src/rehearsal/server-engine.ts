import { type CloneRecords, cloneRecordsFolder, createCloneRecords } from './clone-records.ts';
import type { Surroundings } from './connect/keywords.ts';
import { resolveTarget } from './connect/target.ts';
import { isDatabaseError } from './errors.ts';
import { readStatistics, type Statistics } from './fabricate/statistics.ts';
import type { Engine, EngineSession, KeptStart } from './model.ts';
import { type CloneCommands, createClone, destroyClone } from './server-clone.ts';
import {
  type ConnectError,
  cancelBackend,
  connectServer,
  type ServerConnection,
  type ServerTarget,
} from './server-connection.ts';
import { copySettings, disarmCopy } from './server-copy.ts';
import { explainCreateError, placeOf } from './server-errors.ts';
import { readFacts, type ServerFacts } from './server-facts.ts';
import { connectMonitor } from './server-monitor.ts';
import { type Override, refusalFor, type Sign, signsOf } from './server-production.ts';
import { usualSilence, watchPulse } from './server-pulse.ts';
import type { Runner } from './server-refusals.ts';
import { dropLeftBehind, markAlive, newScratch } from './server-scratch.ts';
import { serverSession } from './server-session.ts';
import { makeDatabase, type ScratchSource } from './server-source.ts';

/** What a user is shown of a server before anything happens on it. */
export interface ServerIdentity {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  /** E.g. `16.14`. */
  readonly version: string;
  /** Whether it is a clone that was made for the run. */
  readonly isClone: boolean;
}

export interface ServerEngineOptions {
  /** The server; the database that it names is never changed. */
  readonly target: ServerTarget;
  /** Asked once before anything is done there. False: the run does not happen. */
  confirm(identity: ServerIdentity): Promise<boolean>;
  /** How the scratch database may come about, the first that works; empty (`baseline`) where absent. */
  readonly sources?: readonly ScratchSource[];
  /** The user's patterns of hosts and databases that are production. */
  readonly production?: readonly string[];
  /** Signs of production, and code that cannot be read, that the user lets pass. */
  readonly overridden?: readonly Override[];
  /** Asked whether to go on despite the other signs; they refuse the run where absent. */
  readonly override?: (signs: readonly Sign[]) => Promise<boolean>;
  /** ms in which a server that is there answers; 10 s where absent. */
  readonly silence?: number;
  /** Told, in a sentence, where a scratch database or a clone could not be removed. */
  readonly onLeftBehind?: (message: string) => void;
}

export interface CloneEngineOptions
  extends Pick<ServerEngineOptions, 'confirm' | 'overridden' | 'onLeftBehind'> {
  readonly commands: CloneCommands;
  readonly surroundings: Surroundings;
  /** The database that the clone is of, if known: a clone that is this very one is refused. */
  readonly target?: ServerTarget;
}

/** The oldest major version that a dry run supports. */
export const oldestServer = 14;

/**
 * A real server. Each session works in a scratch database that is made for it on that server and dropped when it
 * closes; the database that the target names is not changed. `open` rejects with a message for the user.
 */
export function createServerEngine(options: ServerEngineOptions): Engine {
  const confirmOnce = oncePerEngine(options.confirm);
  return { open: (signal, { start } = {}) => openSession(options, confirmOnce, signal, start) };
}

type Confirm = (identity: ServerIdentity, signal: AbortSignal | undefined) => Promise<void>;

/** Rejects where the user says no. */
function oncePerEngine(confirm: ServerEngineOptions['confirm']): Confirm {
  let confirmed = false;
  return async (identity, signal) => {
    if (!confirmed && !(await confirm(identity)))
      throw new Error(`The dry run was not confirmed for ${identity.database} at ${placeOf(identity)}.`);
    confirmed = true;
    signal?.throwIfAborted();
  };
}

async function openSession(
  options: ServerEngineOptions,
  confirm: Confirm,
  signal: AbortSignal | undefined,
  start: KeptStart | undefined,
): Promise<EngineSession> {
  const { target, silence = usualSilence, onLeftBehind = () => {} } = options;
  const monitor = await connectMonitor(target, signal, silence);
  let worker: ServerConnection | undefined;
  // It may be busy with a copy for long, so another session asks.
  const stopPulse = watchPulse({
    ask: () => answersAnother(target, monitor.database, silence),
    giveUp: () => void Promise.all([monitor.connection.end(), worker?.end()]),
    silence,
  });
  const scratch = newScratch();
  const closing = { target, scratch, onLeftBehind };
  // Making a database can take long; nothing else stops it.
  let cancelling: Promise<void> | undefined;
  const abort = () => {
    cancelling = cancelBackend(target, monitor.connection.pid);
  };
  signal?.addEventListener('abort', abort, { once: true });
  try {
    const facts = await readFacts(monitor.connection, target);
    requireUsable(facts, target);
    await confirm({ ...identityOf(target, facts), isClone: false }, signal);
    await refuseProduction(options, facts);
    signal?.throwIfAborted();
    await dropLeftBehind(monitor.connection, target);
    await markAlive(monitor.connection, scratch);
    const made = await makeDatabase({ ...options, monitor, facts, scratch, signal, start });
    await copySettings(monitor.connection, target.database, scratch.database);
    worker = await connectServer(target, { database: scratch.database, ...(signal && { signal }) });
    const isCopy = made.contents?.kind === 'rows';
    const disarmed = isCopy && !start ? await disarmCopy(worker) : [];
    const statistics = isCopy || start ? undefined : await statisticsOfNamed(target, signal);
    return serverSession({
      version: facts,
      place: placeOf(target),
      worker,
      monitor: monitor.connection,
      runner: runnerOf(facts, options.overridden),
      database: scratch.database,
      contents: made.contents,
      statistics,
      notes: [...made.notes, ...disarmed],
      silence,
      remove: () => monitor.drop(closing),
      connect: () => connectServer(target, { database: scratch.database }),
    });
  } catch (error) {
    await cancelling;
    await monitor.drop(closing);
    signal?.throwIfAborted();
    const told = isDatabaseError(error) ? explainCreateError(error, target) : undefined;
    throw told === undefined ? error : new Error(told, { cause: error });
  } finally {
    stopPulse();
    signal?.removeEventListener('abort', abort);
  }
}

/** A server that refuses is there. */
async function answersAnother(target: ServerTarget, database: string, silence: number): Promise<boolean> {
  try {
    await (await connectServer({ ...target, connectTimeout: silence }, { database })).end();
    return true;
  } catch (error) {
    return (error as Partial<ConnectError>).sqlState !== undefined;
  }
}

function runnerOf({ isPrivileged }: ServerFacts, overridden: readonly Override[] = []): Runner {
  return { isPrivileged, acceptsUnread: overridden.includes('code') };
}

/** What is known of the values in the named database; nothing where this user may not even connect to it. */
async function statisticsOfNamed(
  target: ServerTarget,
  signal: AbortSignal | undefined,
): Promise<Statistics | undefined> {
  try {
    const named = await connectServer(target, { ...(signal && { signal }) });
    try {
      return await readStatistics(named);
    } finally {
      await named.end();
    }
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** Rejects with a message for the user where the server looks like production and nobody overrides that. */
async function refuseProduction(options: ServerEngineOptions, facts: ServerFacts): Promise<void> {
  const { target, production = [], overridden = [], override } = options;
  const signs = signsOf(target, facts, production).filter(({ sign }) => !overridden.includes(sign));
  if (signs.length === 0 || (override && (await override(signs)))) return;
  throw new Error(refusalFor(signs));
}

/** @throws with a message for the user */
function requireUsable(
  { version, major, inRecovery, mayCreate, exists }: ServerFacts,
  target: ServerTarget,
): void {
  requireVersion({ version, major });
  const { database, user } = target;
  const place = placeOf(target);
  if (!exists)
    throw new Error(
      `There is no database ${database} at ${place}. Give the name of one: --database URL, or PGDATABASE.`,
    );
  if (inRecovery)
    throw new Error(
      `The server at ${place} is a standby, which takes no changes: no scratch database can be made on it. Use a development server of its own.`,
    );
  if (!mayCreate)
    throw new Error(
      explainCreateError({ code: '42501', message: '' }, target) ?? `User ${user} may not make a database.`,
    );
}

function requireVersion({ version, major }: Pick<ServerFacts, 'version' | 'major'>): void {
  if (major < oldestServer)
    throw new Error(
      `The server is PostgreSQL ${version}; a dry run needs version ${oldestServer} or newer. Rehearse on a newer server, or on the embedded Postgres.`,
    );
}

function identityOf({ host, port, database, user }: ServerTarget, { version }: ServerFacts) {
  return { host, port, database, user, version };
}

/**
 * A clone that commands make for each session and destroy after it: for databases too big for a copy on the
 * development server. `open` rejects with a message for the user.
 */
export function createCloneEngine(options: CloneEngineOptions): Engine {
  const confirmOnce = oncePerEngine(options.confirm);
  return { open: (signal) => openClone(options, confirmOnce, signal) };
}

async function openClone(
  { commands, surroundings, target: original, overridden, onLeftBehind = () => {} }: CloneEngineOptions,
  confirm: Confirm,
  signal: AbortSignal | undefined,
): Promise<EngineSession> {
  const records = createCloneRecords(cloneRecordsFolder(surroundings), commands);
  await destroyLeft(records, commands, onLeftBehind);
  const url = await createClone(commands, signal);
  const forget = records.keep(url);
  const destroy = () =>
    destroyClone(commands, url).then(forget, (error: Error) =>
      onLeftBehind(
        `The clone may still be there: ${error.message} The next run with the same settings tries again.`,
      ),
    );
  let opened: ServerConnection[] = [];
  try {
    const target = resolveTarget(url, { ...surroundings, env: withoutServer(surroundings.env) });
    if (original && isSame(original, target))
      throw new Error(
        'The clone is the very database that it was to be made of: dry_run.clone.create printed its URL.',
      );
    const worker = await connectServer(target, { ...(signal && { signal }) });
    opened = [worker];
    const facts = await readFacts(worker, target);
    requireVersion(facts);
    await confirm({ ...identityOf(target, facts), isClone: true }, signal);
    const monitor = await connectServer(target, { ...(signal && { signal }) });
    opened.push(monitor);
    const notes = await disarmCopy(worker);
    return serverSession({
      version: facts,
      place: placeOf(target),
      worker,
      monitor,
      runner: runnerOf(facts, overridden),
      contents: { kind: 'rows' },
      notes: [`Run in a clone, ${target.database} at ${placeOf(target)}, with its rows.`, ...notes],
      remove: async () => {
        await monitor.end();
        await destroy();
      },
      connect: () => connectServer(target),
    });
  } catch (error) {
    await Promise.all(opened.map((each) => each.end()));
    await destroy();
    throw error;
  }
}

/** What killed runs of the same settings left. */
async function destroyLeft(
  records: CloneRecords,
  commands: CloneCommands,
  onLeftBehind: (message: string) => void,
): Promise<void> {
  for (const { url, forget } of records.left()) {
    await destroyClone(commands, url).then(forget, (error: Error) =>
      onLeftBehind(`The clone of a run that was killed may still be there: ${error.message}`),
    );
  }
}

/** A clone's URL says all of where it is: what the environment says is of another server. */
function withoutServer(env: Surroundings['env']): Surroundings['env'] {
  const own = ['PGHOST', 'PGHOSTADDR', 'PGPORT', 'PGDATABASE', 'PGSERVICE', 'PGUSER', 'PGPASSWORD'];
  return Object.fromEntries(Object.entries(env).filter(([name]) => !own.includes(name)));
}

function isSame(one: ServerTarget, other: ServerTarget): boolean {
  return one.host === other.host && one.port === other.port && one.database === other.database;
}
