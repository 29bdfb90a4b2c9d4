import type { ServerTarget } from '../../../server/src/rehearsal/server-connection.ts';
import type { AnyMajor, Major } from '../../prove/postgres/binaries.ts';
import { type Connect, type Control, withServer } from '../../prove/postgres/server.ts';

/** The version to test on: others than the newest are downloaded on first use. */
export const major = Number(process.env.SWITCHBACK_TEST_POSTGRES ?? 18) as Major;

export interface RealServer extends Control {
  readonly connect: Connect;
  /** The superuser's, on a database of the server's. */
  target(database?: string): ServerTarget;
  /** Runs SQL on a database, in a session that is closed after. */
  run(sql: string, database?: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Names of the scratch databases that are there. */
  scratch(): Promise<string[]>;
  /** Ends it for good, with its data. */
  stop(): Promise<void>;
}

/** A server that lasts until it is stopped, for a suite's before and after. */
export async function startServer(
  version: AnyMajor = major,
  settings: Readonly<Record<string, string>> = {},
): Promise<RealServer> {
  let stop: () => void = () => {};
  const stopped = new Promise<void>((resolve) => {
    stop = resolve;
  });
  let ended: Promise<void> = Promise.resolve();
  const { connect, control } = await new Promise<{ connect: Connect; control: Control }>(
    (resolve, reject) => {
      ended = withServer(
        version,
        (open, more) => {
          resolve({ connect: open, control: more });
          return stopped;
        },
        settings,
      );
      ended.catch(reject);
    },
  );
  const first = await connect();
  const { host, port } = first;
  await first.end();
  const run: RealServer['run'] = async (sql, database = 'postgres') => {
    const client = await connect({ database });
    try {
      const result = await client.query(sql);
      return (Array.isArray(result) ? result.at(-1) : result).rows;
    } finally {
      await client.end();
    }
  };
  return {
    connect,
    target: (database = 'postgres') => ({ host, port, user: 'postgres', database }),
    run,
    scratch: async () =>
      (await run(`SELECT datname FROM pg_database WHERE datname LIKE 'switchback%' ORDER BY 1`)).map(
        ({ datname }) => String(datname),
      ),
    ...control,
    async stop() {
      stop();
      await ended;
    },
  };
}
