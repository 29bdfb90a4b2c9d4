import type { Client } from 'pg';
import { type LockMode, lockModes } from '../../../server/src/effects/model.ts';
import {
  follow,
  type HeldLock,
  ownRungs,
  type Rung,
  setTrap,
  type Trap,
} from '../../../server/src/rehearsal/lock-trap.ts';
import type { Observed, Refused } from './model.ts';
import { leaveMark, marked, type Pen, type PenSession, untilMarked } from './pen.ts';
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
  const traps = new Map<number, Trap<PenSession>>();
  const release = async () => {
    const sessions = [...traps.values()].map(({ session }) => session);
    traps.clear();
    await Promise.all(sessions.map((session) => pen.giveBack(session)));
  };
  try {
    for (const trap of await Promise.all(rungs.map(async (one) => await setTrap(await pen.take(), one))))
      traps.set(trap.session.pid, trap);
    await actor.query(asOnLargeTables);
    const indexes = new Set(before.filter(({ table }) => table !== 0).map(({ oid }) => oid));
    const locks = await runTrapped(pen, actor, { traps, indexes }, sql);
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

/** The locks first: an index that is in use as the second query runs was so when its lock was read. */
const heldBy = (pid: number) => `
  SELECT locktype, relation::int, mode, CASE WHEN NOT granted THEN pg_blocking_pids(pid) END AS blockers
    FROM pg_locks WHERE pid = ${pid};
  SELECT indexrelid::int AS oid FROM pg_index WHERE indislive AND indexrelid >= 16384`;

/** Runs the statement through the traps; every lock that it asked for or was seen to hold. */
async function runTrapped(
  pen: Pen,
  actor: Client,
  {
    traps,
    indexes,
  }: { readonly traps: Map<number, Trap<PenSession>>; readonly indexes: ReadonlySet<number> },
  sql: string,
): Promise<readonly LockRow[] | Refused> {
  const { rows } = await actor.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const look = heldBy(rows[0]?.pid ?? 0);
  let live: ReadonlySet<number> = new Set();
  let refused: string | undefined;
  const running = actor.query(sql).catch((error: Error) => {
    refused = error.message;
  });
  const locks = await follow(
    {
      traps,
      async look() {
        const [held = [], indexesInUse = []] = await sessionOf(pen.monitor).run(look);
        live = new Set(indexesInUse.map(({ oid }) => oid as number));
        return held as unknown as readonly HeldLock[];
      },
      take: pen.take,
      giveBack: pen.giveBack,
      // On an index that no session uses any more, which is about to go, a lock stops nobody.
      ignores: ({ relation }) => indexes.has(relation) && !live.has(relation),
    },
    running,
  );
  return refused === undefined ? locks : { refused };
}

/** What holds a table's indexes more weakly than their own rung does: only with the table. */
export function indexRungs(table: RelationRow, indexes: readonly RelationRow[]): readonly Rung[] {
  const rung = (sql: string, mode: LockMode): Rung => ({
    sql,
    takes: new Map([table, ...indexes].map(({ oid }) => [oid, mode])),
  });
  const reads = rung(`SELECT FROM ONLY ${table.name} LIMIT 0`, 'AccessShareLock');
  return table.kind === 'm'
    ? [reads]
    : [reads, rung(`DELETE FROM ONLY ${table.name} WHERE false`, 'RowExclusiveLock')];
}
