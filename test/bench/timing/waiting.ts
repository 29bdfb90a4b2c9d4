import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Connect } from '../../prove/postgres/server.ts';

export interface Waiting {
  readonly id: string;
  /** Requests a second. */
  readonly rate: number;
  readonly predicted: number;
  readonly seen: number;
}

/** A statement that keeps others out, and a request of those that it does. */
export interface Stall {
  readonly id: string;
  readonly sql: string;
  readonly undo: string;
  /** `$1`: a row's id. */
  readonly request: string;
}

export const stalls: readonly Stall[] = [
  {
    id: 'stall_rewrite',
    sql: 'ALTER TABLE links ADD COLUMN seen timestamptz DEFAULT clock_timestamp()',
    undo: 'ALTER TABLE links DROP COLUMN seen',
    request: 'SELECT label FROM links WHERE id = $1',
  },
  {
    id: 'stall_build',
    sql: 'CREATE INDEX stall ON links (account_id)',
    undo: 'DROP INDEX stall',
    request: 'UPDATE links SET weight = weight WHERE id = $1',
  },
];

/** A second; each has a connection of its own while it waits. */
export const rate = 25;
const connections = 300;
/** ms before the statement, and after it. */
const around = 1000;
/** ms; a request that finds no lock in its way takes about one. */
const quick = 30;

/** How many requests of an open-loop stream (each sent at its time, whatever became of those before) have to wait. */
export async function requestsThatWait(
  connect: Connect,
  database: string,
  { sql, undo, request }: Stall,
  rows: number,
): Promise<number> {
  const pool: Client[] = [];
  while (pool.length < connections) pool.push(await connect({ database }));
  const worker = await connect({ database });
  const latencies: Promise<number>[] = [];
  const stream = { isOver: false };
  const sent = send(stream, pool, latencies, request, rows);
  // Awaited below; should it end early, it says why there.
  sent.catch(() => undefined);
  await delay(around);
  await worker.query(sql);
  await delay(around);
  stream.isOver = true;
  await sent;
  const times = await Promise.all(latencies);
  await worker.query(undo);
  await Promise.all([...pool, worker].map((client) => client.end()));
  return times.filter((ms) => ms > quick).length;
}

async function send(
  stream: { readonly isOver: boolean },
  pool: Client[],
  latencies: Promise<number>[],
  request: string,
  rows: number,
): Promise<void> {
  const start = performance.now();
  for (let at = 0; !stream.isOver; at++) {
    const due = start + (at * 1000) / rate;
    await delay(Math.max(due - performance.now(), 0));
    const client = pool.pop();
    if (!client)
      throw new Error(`More than ${connections} requests wait at once: the statement takes too long here.`);
    // From when it was due: a stream that is late makes its requests wait, too.
    latencies.push(
      client.query(request, [1 + ((at * 7919) % rows)]).then(() => {
        pool.push(client);
        return performance.now() - due;
      }),
    );
  }
}
