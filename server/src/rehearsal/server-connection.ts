import type { Client, ClientConfig, CustomTypesConfig, QueryResult as PgResult } from 'pg';
import { asDatabaseError } from './errors.ts';
import type { Connection, QueryResult } from './model.ts';

/** Where a server is and who asks. Complete: nothing is taken from the environment any more. */
export interface ServerTarget {
  /** A host name, an address, or the absolute path of the folder with the server's socket. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  readonly password?: string;
  /** Command-line options for the server process, as in PGOPTIONS. */
  readonly options?: string;
  /** How long a connection may take to come about; ms. */
  readonly connectTimeout?: number;
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

/**
 * Opens a session. Rejects with the driver's error, unexplained: `code` is an SQLSTATE or one of Node's
 * (`ECONNREFUSED`). The library is loaded at the first call.
 */
export async function connectServer(
  target: ServerTarget,
  { database = target.database, signal }: ConnectOptions = {},
): Promise<ServerConnection> {
  signal?.throwIfAborted();
  const { Client } = await import('pg');
  const client = new Client(clientConfig({ ...target, database }));
  // Told by the promises below; without a listener, a lost connection would end this process.
  client.on('error', () => {});
  const abort = () => hangUp(client);
  signal?.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_catalog.pg_backend_pid() AS pid');
    signal?.throwIfAborted();
    return connection(client, rows[0]?.pid ?? 0);
  } catch (error) {
    hangUp(client);
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function clientConfig(target: Required<Pick<ServerTarget, 'database'>> & ServerTarget): ClientConfig {
  const { host, port, user, database, password, options, connectTimeout = defaultTimeout } = target;
  return {
    host,
    port,
    user,
    database,
    // A function, since the library would look for an absent one in places of its own.
    password: () => password ?? '',
    ssl: false,
    options: options ?? '',
    application_name: applicationName,
    connectionTimeoutMillis: connectTimeout,
    keepAlive: true,
    types: asPrinted,
  };
}

/** Ends a connection without the server's leave: it may not answer. */
function hangUp(client: Client): void {
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } }).connection;
  stream.destroy();
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
  return {
    pid,
    gone: whenGone,
    isGone: () => gone,
    query: (text, parameters = []) =>
      send(() => client.query({ text, values: [...parameters], queryMode: 'extended' } as never)),
    exec: async (text) => {
      await send(async () => {
        const result: unknown = await client.query(text);
        return (Array.isArray(result) ? result.at(-1) : result) as PgResult;
      });
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

const lostMessage = 'The connection to the server was lost.';

/** An error of the server with its fields; any other tells of the connection. */
function databaseError(error: unknown): Error {
  const fields = error as Error & Record<string, unknown>;
  const text = (name: string) => (typeof fields[name] === 'string' ? (fields[name] as string) : undefined);
  // The server sends a severity with each of its errors; the network does not.
  if (text('severity') === undefined)
    return asDatabaseError({ message: lostMessage, detail: fields.message });
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
