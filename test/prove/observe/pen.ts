import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { TrapSession } from '../../../server/src/rehearsal/lock-trap.ts';
import type { Scene } from '../forms/model.ts';
import type { Connect } from '../postgres/server.ts';
import { sessionOf } from './session.ts';

/** A database that is made anew for each statement, and sessions on it that are used again and again. */
export interface Pen {
  /** Watches, and holds nothing. */
  readonly monitor: Client;
  /** A session that ends with the statement it runs. */
  actor(): Promise<Client>;
  /** Makes the scene's database as it was. */
  reset(): Promise<void>;
  /** A session that is not in a transaction. */
  take(): Promise<PenSession>;
  /** Ends the session's transaction and keeps it for later. */
  giveBack(session: PenSession): Promise<void>;
  close(): Promise<void>;
}

export interface PenSession extends TrapSession {
  readonly client: Client;
}

async function penSession(client: Client): Promise<PenSession> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return { client, pid: rows[0]?.pid ?? 0, exec: (sql) => client.query(sql) };
}

export async function openPen(connect: Connect, database: string, scene: Scene): Promise<Pen> {
  const monitor = await connect({ database });
  const idle: PenSession[] = [];
  return {
    monitor,
    actor: () => connect({ database }),
    async reset() {
      const marks = await marked(monitor);
      const builder = await connect({ database });
      const session = sessionOf(builder);
      const [schemas = []] = await session.run(
        `SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`,
      );
      await session.run(
        [
          'SET client_min_messages = error; SET search_path = public',
          ...schemas.map(({ nspname }) => `DROP SCHEMA "${nspname}" CASCADE`),
          'CREATE SCHEMA public',
        ].join(';'),
      );
      await session.run(scene.setup);
      await session.run('ANALYZE');
      await leaveMark(builder);
      await untilMarked(monitor, marks);
    },
    take: async () => idle.pop() ?? (await penSession(await connect({ database }))),
    async giveBack(session) {
      await session.exec('ROLLBACK');
      idle.push(session);
    },
    async close() {
      await Promise.all([monitor, ...idle.map(({ client }) => client)].map((client) => client.end()));
    },
  };
}

/** A table that nobody else reads: its scans tell when a session's counts have arrived. */
const markTable = 'pg_catalog.pg_largeobject';

/** Ends a session, which hands in its counts; the mark is the last of them. */
export async function leaveMark(client: Client): Promise<void> {
  await client.query(`SELECT count(*) FROM ${markTable}`);
  await client.end();
}

/** How many marks have arrived. */
export async function marked(monitor: Client): Promise<number> {
  const { rows } = await monitor.query<{ scans: number }>(
    `SELECT seq_scan::int AS scans FROM pg_stat_all_tables WHERE relid = '${markTable}'::regclass`,
  );
  return rows[0]?.scans ?? 0;
}

/** Waits until more marks than that have arrived. */
export async function untilMarked(monitor: Client, marks: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while ((await marked(monitor)) <= marks) {
    if (Date.now() > deadline) throw new Error('the statistics of a session did not arrive');
    await delay(2);
  }
}
