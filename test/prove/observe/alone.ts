import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { type LockMode, lockModes } from '../../../server/src/effects/model.ts';
import type { Observed, Refused } from './model.ts';
import { leaveMark, marked, type Pen, untilMarked } from './pen.ts';
import {
  type LockRow,
  type RelationRow,
  relationRows,
  relationsEver,
  rewritten,
  scanned,
  strongestLocks,
} from './relations.ts';
import { sessionOf } from './session.ts';
import { asOnLargeTables } from './transaction.ts';
import { indexRungs, ownRungs, type Rung, setTrap, sharedRungs, type Trap, yieldTo } from './traps.ts';

/**
 * Observes a statement that Postgres refuses inside a transaction block. Its locks come and go, so they are
 * trapped: other sessions hold every relation, the statement waits at each lock it asks for, the mode is noted and
 * the trap opened so far that it goes on to the next.
 */
export async function observeAlone(pen: Pen, sql: string): Promise<Observed | Refused> {
  const first = await watch(pen, sql, (rows) => rows.map(ownRungs));
  if ('refused' in first) return first;
  // An index's own trap is gone once it was asked for; a second run holds those indexes through their tables.
  const again = new Set(
    first.before.flatMap(({ name, kind }) =>
      /[iI]/.test(kind) && (first.locks[name] ?? 'AccessExclusiveLock') !== 'AccessExclusiveLock'
        ? [name]
        : [],
    ),
  );
  const second = again.size > 0 ? await watch(pen, sql, (rows) => tableRungs(rows, again)) : first;
  return {
    locks: 'refused' in second ? first.locks : strongest(first.locks, second.locks),
    rewrites: [...rewritten(first.before, first.after)].sort(),
    scans: [...scanned(first.before, first.after)].sort(),
    alone: true,
  };
}

function tableRungs(
  rows: readonly RelationRow[],
  indexes: ReadonlySet<string>,
): readonly (readonly Rung[])[] {
  return rows.flatMap((table) => {
    const own = rows.filter((one) => one.table === table.oid && indexes.has(one.name));
    return own.length > 0 ? [indexRungs(table, own)] : [];
  });
}

type Locks = Readonly<Record<string, LockMode>>;

function strongest(one: Locks, other: Locks): Locks {
  const result: Record<string, LockMode> = { ...one };
  for (const [name, mode] of Object.entries(other)) {
    const known = result[name];
    if (known === undefined || lockModes.indexOf(mode) > lockModes.indexOf(known)) result[name] = mode;
  }
  return result;
}

interface Watched {
  readonly before: readonly RelationRow[];
  readonly after: readonly RelationRow[];
  readonly locks: Locks;
}

async function watch(
  pen: Pen,
  sql: string,
  rungsFor: (rows: readonly RelationRow[]) => readonly (readonly Rung[])[],
): Promise<Watched | Refused> {
  await pen.reset();
  const actor = await pen.actor();
  const before = relationRows((await pen.monitor.query(relationsEver)).rows);
  const marks = await marked(pen.monitor);
  const rungs = rungsFor(before).filter((one) => one.length > 0);
  const traps = new Map<number, Trap>();
  const release = async () => {
    const clients = [...traps.values()].map(({ client }) => client);
    traps.clear();
    await Promise.all(clients.map((client) => pen.giveBack(client)));
  };
  try {
    for (const trap of await Promise.all(rungs.map(async (one) => await setTrap(await pen.take(), one))))
      traps.set(trap.pid, trap);
    await actor.query(asOnLargeTables);
    const indexes = new Set(before.filter(({ table }) => table !== 0).map(({ oid }) => oid));
    const locks = await follow(pen, actor, { traps, indexes }, sql);
    if ('refused' in locks) return locks;
    await release();
    await leaveMark(actor);
    await untilMarked(pen.monitor, marks);
    const after = relationRows((await pen.monitor.query(relationsEver)).rows);
    return { before, after, locks: strongestLocks(before, locks) };
  } finally {
    await Promise.all([actor.end(), release()]);
  }
}

interface HeldRow extends LockRow {
  readonly locktype: string;
  readonly blockers: readonly number[] | null;
}

/** The locks first: an index that is in use as the second query runs was so when its lock was read. */
const heldBy = (pid: number) => `
  SELECT locktype, relation::int, mode, CASE WHEN NOT granted THEN pg_blocking_pids(pid) END AS blockers
    FROM pg_locks WHERE pid = ${pid};
  SELECT indexrelid::int AS oid FROM pg_index WHERE indislive AND indexrelid >= 16384`;

/** Runs the statement through the traps; every lock that it asked for or was seen to hold. */
async function follow(
  pen: Pen,
  actor: Client,
  { traps, indexes }: { readonly traps: Map<number, Trap>; readonly indexes: ReadonlySet<number> },
  sql: string,
): Promise<readonly LockRow[] | Refused> {
  const { rows } = await actor.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const look = heldBy(rows[0]?.pid ?? 0);
  const state: { ended: boolean; refused?: string } = { ended: false };
  const running = actor.query(sql).then(
    () => {
      state.ended = true;
    },
    (error: Error) => {
      state.ended = true;
      state.refused = error.message;
    },
  );
  const seen = new Map<string, LockRow>();
  while (!state.ended) {
    const [held, live] = await lookAt(pen, look);
    for (const { locktype, relation, mode } of held) {
      // On an index that no session uses any more, which is about to go, a lock stops nobody.
      const dead = indexes.has(relation) && !live.has(relation);
      if (locktype === 'relation' && !dead) seen.set(`${relation} ${mode}`, { relation, mode });
    }
    const waits = held.find(({ blockers }) => blockers !== null);
    if (waits) for (const blocker of new Set(waits.blockers)) await open(pen, traps, blocker, waits);
    else await Promise.race([running, delay(1)]);
  }
  return state.refused === undefined ? [...seen.values()] : { refused: state.refused };
}

async function lookAt(pen: Pen, look: string): Promise<readonly [readonly HeldRow[], ReadonlySet<number>]> {
  const [held = [], live = []] = await sessionOf(pen.monitor).run(look);
  return [held as unknown as readonly HeldRow[], new Set(live.map(({ oid }) => oid as number))];
}

async function open(pen: Pen, traps: Map<number, Trap>, blocker: number, waits: HeldRow): Promise<void> {
  const trap = traps.get(blocker);
  if (!trap) return;
  if (waits.locktype === 'relation') {
    traps.set(blocker, await yieldTo(trap, waits.relation, waits.mode));
    return;
  }
  // CONCURRENTLY waits for the end of transactions, and counts them at one moment: a later one takes over.
  const shared = sharedRungs(trap);
  const next = shared.length > 0 ? await setTrap(await pen.take(), shared) : undefined;
  traps.delete(blocker);
  await pen.giveBack(trap.client);
  if (next) traps.set(next.pid, next);
}
