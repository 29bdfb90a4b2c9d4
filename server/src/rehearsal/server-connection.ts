import type { Client, ClientConfig, CustomTypesConfig, QueryResult as PgResult } from 'pg';
import { type Keywords, SettingsError } from './connect/keywords.ts';
import { attempts, type TlsSettings, tlsOptions } from './connect/tls.ts';
import { asDatabaseError } from './errors.ts';
import type { Connection, QueryResult } from './model.ts';
import { explainConnectError, noTls, PasswordNeeded, placeOf } from './server-errors.ts';
import { heldPrefix, mayDeallocate, preparedNames, resetScript } from './session-reset.ts';

/** Where a server is and who asks. Complete: nothing is taken from the environment any more. */
export interface ServerTarget {
  /** A host name, an address, or the absolute path of the folder with the server's socket. */
  readonly host: string;
  /** The network address of the host, where its name is not to be looked up. */
  readonly address?: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password?: string;
  /** Command-line options for the server process, as in PGOPTIONS. */
  readonly options?: string;
  /** How long a connection may take to come about; ms. */
  readonly connectTimeout?: number;
  /** Plain text where absent. */
  readonly tls?: TlsSettings;
  /** What all of this was made from, for libpq's own programs. */
  readonly keywords?: Keywords;
}

/** A session of a real server. */
export interface ServerConnection extends Connection {
  /** The server process that serves it. */
  readonly pid: number;
  /** Settles when the connection is gone, by `end` or by itself. */
  readonly gone: Promise<void>;
  /** Whether it is gone. */
  isGone(): boolean;
  /** Resolves once nothing that was sent is still running. Never rejects. */
  settled(): Promise<void>;
  /** What DISCARD ALL does, but for the queries that are sent over and over and for statements that are held. */
  reset(): Promise<void>;
  /** Hangs up. What is running goes on in the server; cancel it first. */
  end(): Promise<void>;
}

export interface ConnectOptions {
  /** In place of the target's. */
  readonly database?: string;
  readonly signal?: AbortSignal;
}

/** Shown in `pg_stat_activity`. */
export const applicationName = 'switchback';

const defaultTimeout = 15_000;

/** Opens a session. Rejects with a `ConnectError`. The library is loaded at the first call. */
export async function connectServer(
  target: ServerTarget,
  { database = target.database, signal }: ConnectOptions = {},
): Promise<ServerConnection> {
  const full = { ...target, database };
  const tries = target.tls ? attempts(target.tls) : [false];
  for (const [at, encrypted] of tries.entries()) {
    try {
      return await connectOnce(full, encrypted, signal);
    } catch (cause) {
      signal?.throwIfAborted();
      if (at + 1 < tries.length && isWorthOther(cause, encrypted)) continue;
      throw connectError(cause, full);
    }
  }
  throw new Error('There is no way to connect.');
}

/** Cancels what a session runs, from a connection of its own. Never rejects. */
export async function cancelBackend(target: ServerTarget, pid: number): Promise<void> {
  try {
    const other = await connectServer({ ...target, connectTimeout: 5000 });
    await other.query('SELECT pg_catalog.pg_cancel_backend($1)', [pid]);
    await other.end();
  } catch {
    // Gone with its server, or by itself.
  }
}

/** Its message is for the user. */
export interface ConnectError extends Error {
  /** The SQLSTATE, where the server refused. */
  readonly sqlState: string | undefined;
}

function connectError(cause: unknown, target: ServerTarget): ConnectError {
  const sqlState = isServerError(cause) ? cause.code : undefined;
  return Object.assign(explainConnectError(cause, target), { sqlState });
}

/** Each server error has a severity; errors of the network have none. */
function isServerError(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'severity' in error && 'code' in error;
}

/** `prefer` falls back where there is no TLS, or not with it; `allow` where plain text is not let in. */
function isWorthOther(cause: unknown, encrypted: boolean): boolean {
  if (isServerError(cause)) return cause.code === '28000';
  if (!encrypted || !(cause instanceof Error)) return false;
  const code = 'code' in cause ? String(cause.code) : '';
  return cause.message === noTls || /^(ERR_SSL|ERR_TLS|EPROTO|ECONNRESET)/.test(code);
}

async function connectOnce(
  target: ServerTarget,
  encrypted: boolean,
  signal: AbortSignal | undefined,
): Promise<ServerConnection> {
  signal?.throwIfAborted();
  const [{ Client }, { checkServerIdentity }] = await Promise.all([import('pg'), import('node:tls')]);
  const binding = { offered: false };
  const client = new Client({
    ...clientConfig(target, binding),
    ...encryption(encrypted ? target.tls : undefined, checkServerIdentity),
  });
  // Told by the promises below; without a listener, a lost connection would end this process.
  client.on('error', () => {});
  const abort = () => hangUp(client);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    wireOf(client).on('authenticationSASL', ({ mechanisms }) => {
      binding.offered = encrypted && mechanisms.includes('SCRAM-SHA-256-PLUS');
    });
    await client.connect();
    if (bindingMissing(target, binding)) throw bindingError(target);
    const rows = await within(target.connectTimeout ?? defaultTimeout, abort, async () => {
      const answer = await client.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid');
      return answer.rows;
    });
    signal?.throwIfAborted();
    return connection(client, rows[0]?.pid ?? 0);
  } catch (error) {
    hangUp(client);
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** Hangs up after `ms`: the library's own limit ends with the connection's start. */
async function within<T>(ms: number, hangUp: () => void, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(hangUp, ms);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

interface Binding {
  /** Whether the server took up channel binding. */
  offered: boolean;
}

function bindingMissing({ tls }: ServerTarget, { offered }: Binding): boolean {
  return tls?.channelBinding === 'require' && !offered;
}

function bindingError(target: ServerTarget): SettingsError {
  return new SettingsError(
    `The server at ${placeOf(target)} does not bind the password to its certificate, which channel_binding=require asks for: nothing was sent to it.`,
  );
}

function clientConfig(target: ServerTarget, binding: Binding): ClientConfig {
  const { host, address, port, user, database, password, options, connectTimeout = defaultTimeout } = target;
  return {
    host: address ?? host,
    port,
    user,
    database,
    // A function, since the library would look for an absent one in places of its own; and asked only once the
    // server's way of asking is known.
    password: () => {
      if (bindingMissing(target, binding)) throw bindingError(target);
      if (password === undefined)
        throw new PasswordNeeded(
          `The server at ${placeOf(target)} asks for the password of user ${user}. Give it in a password file (~/.pgpass) or in PGPASSWORD.`,
        );
      return password;
    },
    options: options ?? '',
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeout,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    types: asPrinted,
  };
}

function encryption(tls: TlsSettings | undefined, checkHost: Parameters<typeof tlsOptions>[1]): ClientConfig {
  if (!tls) return { ssl: false, sslnegotiation: 'postgres' } as ClientConfig;
  return {
    ssl: tlsOptions(tls, checkHost),
    enableChannelBinding: tls.channelBinding !== 'disable',
    sslnegotiation: tls.direct ? 'direct' : 'postgres',
  } as ClientConfig;
}

/** The part of the library's inner connection that is used here. */
interface Wire {
  readonly stream: { destroy(): void };
  on(
    event: 'authenticationSASL',
    listener: (message: { readonly mechanisms: readonly string[] }) => void,
  ): void;
}

function wireOf(client: Client): Wire {
  return (client as unknown as { readonly connection: Wire }).connection;
}

/** Ends a connection without the server's leave: it may not answer. */
function hangUp(client: Client): void {
  wireOf(client).stream.destroy();
}
function connection(client: Client, pid: number): ServerConnection {
  let notices: string[] = [];
  let gone = false;
  // One after the other: the library's own queue is on its way out.
  let queue: Promise<unknown> = Promise.resolve();
  client.on('notice', ({ message }) => notices.push(message ?? ''));
  const whenGone = new Promise<void>((resolve) =>
    client.once('end', () => {
      gone = true;
      resolve();
    }),
  );
  const send = (work: () => Promise<PgResult>): Promise<QueryResult> => {
    const sent = queue.then(async () => {
      if (gone) throw asDatabaseError({ message: lostMessage });
      notices = [];
      const { rows, rowCount } = await work().catch((error) => {
        throw databaseError(error);
      });
      return { rows, affectedRows: rowCount ?? 0, notices };
    });
    queue = sent.catch(() => undefined);
    return sent;
  };
  const prepared = createPrepared();
  const query: Connection['query'] = (text, parameters = [], { often = false } = {}) =>
    send(() => {
      const named = often ? { name: prepared.nameOf(text) } : {};
      if (!often) prepared.see(text);
      return client.query({ text, values: [...parameters], ...named, queryMode: 'extended' } as never);
    });
  const exec = async (text: string) => {
    await send(async () => {
      prepared.see(text);
      const result: unknown = await client.query(text);
      return (Array.isArray(result) ? result.at(-1) : result) as PgResult;
    });
  };
  return {
    pid,
    gone: whenGone,
    isGone: () => gone,
    query,
    exec,
    async reset() {
      const others = prepared.mayBeOthers();
      await exec(others ? `${resetScript}; DISCARD PLANS` : resetScript);
      if (!others) return;
      const { rows } = await query(preparedNames);
      for (const { name } of rows) await query(`DEALLOCATE ${name}`);
      prepared.othersGone();
    },
    settled: () => queue.then(() => undefined),
    async end() {
      if (gone) return;
      void client.end().catch(() => undefined);
      // A server that does not answer has lost its say.
      const timer = setTimeout(() => hangUp(client), 1000);
      await whenGone;
      clearTimeout(timer);
    },
  };
}

/** The names under which queries are prepared that are sent over and over. */
function createPrepared() {
  const names = new Map<string, string>();
  let made = 0;
  let others = false;
  return {
    nameOf(sql: string): string {
      const known = names.get(sql);
      if (known !== undefined) return known;
      made += 1;
      const name = `switchback_${made}`;
      names.set(sql, name);
      return name;
    },
    /** To be told of all that is sent: what takes prepared statements away, takes these too. */
    see(sql: string): void {
      if (mayDeallocate(sql) && !sql.startsWith(resetScript)) {
        names.clear();
        others = false;
      }
      others ||= /\bprepare\b/i.test(sql) && !sql.startsWith(`PREPARE ${heldPrefix}`);
    },
    /** Whether there may be some that are not Switchback's. */
    mayBeOthers: () => others,
    othersGone(): void {
      others = false;
    },
  };
}

const lostMessage =
  'The connection to the server was lost. Check the network and the server’s log, then run it again.';

/** An error of the server with its fields; any other tells of the connection. */
function databaseError(error: unknown): Error {
  const fields = error as Error & Record<string, unknown>;
  const text = (name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : undefined);
  // The server sends a severity with each of its errors; the network does not.
  if (text('severity') === undefined)
    return asDatabaseError({ message: lostMessage, detail: fields.message });
  // The session is over, whatever it was doing: that is no error of a statement.
  if (/^57P0[1-4]$/.test(text('code') ?? ''))
    return asDatabaseError({
      message: `The server was stopped, or the session was ended there (${fields.message}). Run it again once the server is up.`,
    });
  const position = Number(text('position'));
  return asDatabaseError({
    message: fields.message,
    code: text('code'),
    detail: text('detail'),
    hint: text('hint'),
    position: position > 0 ? position : undefined,
  });
}

const bool = 16;
const int8 = 20;
const numbers: ReadonlySet<number> = new Set([21, 23, 26, 700, 701]);

/** Values as Postgres prints them, but for booleans and numbers that lose nothing: `QueryResult.rows`. */
const asPrinted: CustomTypesConfig = {
  getTypeParser: ((oid: number) => {
    if (oid === bool) return (text: string) => text === 't';
    if (oid === int8) return exactNumber;
    return numbers.has(oid) ? Number : (text: string) => text;
  }) as CustomTypesConfig['getTypeParser'],
};

function exactNumber(text: string): number | string {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : text;
}
