import { setTimeout as delay } from 'node:timers/promises';
import type { LockMode } from '../effects/model.ts';

/**
 * The lock trap: shows the locks of a command that cannot run inside a transaction. Other sessions hold the
 * relations, the command waits at each lock it asks for, the mode is noted, and the trap opened so far that it goes
 * on to the next. Polling alone sees such locks in about half of the runs.
 */

/** A session that takes locks; not in a transaction when it is taken for a trap. */
export interface TrapSession {
  /** Its server process. */
  readonly pid: number;
  /** Runs a script in one message. */
  exec(sql: string): Promise<unknown>;
}

/** A statement that takes locks and does nothing else. */
export interface Rung {
  readonly sql: string;
  readonly takes: ReadonlyMap<number, LockMode>;
}

/** A session that holds locks, weaker ones below stronger ones, and lets the stronger ones go first. */
export interface Trap<S extends TrapSession> {
  readonly session: S;
  readonly rungs: readonly Rung[];
}

/** A relation that is to be held: its OID, its name as regclass prints it, `pg_class.relkind`. */
export interface TrappedRelation {
  readonly oid: number;
  readonly name: string;
  readonly kind: string;
}

/** "Conflicting Lock Modes" of the manual's chapter on explicit locking. */
const conflicts: Readonly<Record<LockMode, readonly LockMode[]>> = (() => {
  const exclusive: readonly LockMode[] = ['ExclusiveLock', 'AccessExclusiveLock'];
  const shareRow: readonly LockMode[] = ['ShareRowExclusiveLock', ...exclusive];
  const most: readonly LockMode[] = [
    'RowExclusiveLock',
    'ShareUpdateExclusiveLock',
    'ShareLock',
    ...shareRow,
  ];
  return {
    AccessShareLock: ['AccessExclusiveLock'],
    RowShareLock: exclusive,
    RowExclusiveLock: ['ShareLock', ...shareRow],
    ShareUpdateExclusiveLock: ['ShareUpdateExclusiveLock', 'ShareLock', ...shareRow],
    ShareLock: ['RowExclusiveLock', 'ShareUpdateExclusiveLock', ...shareRow],
    ShareRowExclusiveLock: most,
    ExclusiveLock: ['RowShareLock', ...most],
    AccessExclusiveLock: ['AccessShareLock', 'RowShareLock', ...most],
  };
})();

/** Modes that a table is trapped with: whatever a statement asks for next, one of them is in its way. */
const tableLadder = {
  'ACCESS SHARE': 'AccessShareLock',
  'ROW SHARE': 'RowShareLock',
  'ROW EXCLUSIVE': 'RowExclusiveLock',
  'SHARE UPDATE EXCLUSIVE': 'ShareUpdateExclusiveLock',
  'SHARE ROW EXCLUSIVE': 'ShareRowExclusiveLock',
  EXCLUSIVE: 'ExclusiveLock',
  'ACCESS EXCLUSIVE': 'AccessExclusiveLock',
} as const;

/** What holds a relation by itself. LOCK takes tables only: the others are held by doing nothing to them. */
export function ownRungs({ oid, name, kind }: TrappedRelation): readonly Rung[] {
  const rung = (sql: string, mode: LockMode): Rung => ({ sql, takes: new Map([[oid, mode]]) });
  switch (kind) {
    case 'r':
    case 'p':
      return Object.entries(tableLadder).map(([words, mode]) =>
        rung(`LOCK TABLE ONLY ${name} IN ${words} MODE`, mode),
      );
    case 'm':
      return [
        rung(`SELECT FROM ${name} LIMIT 0`, 'AccessShareLock'),
        rung(`COMMENT ON MATERIALIZED VIEW ${name} IS NULL`, 'ShareUpdateExclusiveLock'),
        rung(`ALTER MATERIALIZED VIEW ${name} OWNER TO CURRENT_USER`, 'AccessExclusiveLock'),
      ];
    case 'v':
      return [
        rung(`COMMENT ON VIEW ${name} IS NULL`, 'ShareUpdateExclusiveLock'),
        rung(`ALTER VIEW ${name} OWNER TO CURRENT_USER`, 'AccessExclusiveLock'),
      ];
    case 'i':
    case 'I':
      return [rung(`COMMENT ON INDEX ${name} IS NULL`, 'ShareUpdateExclusiveLock')];
    case 'S':
      return [rung(`COMMENT ON SEQUENCE ${name} IS NULL`, 'ShareUpdateExclusiveLock')];
    default:
      return [];
  }
}

/** Takes a trap's locks. Rejects where they cannot be had. */
export async function setTrap<S extends TrapSession>(session: S, rungs: readonly Rung[]): Promise<Trap<S>> {
  const climb = rungs.map(({ sql }, index) => `SAVEPOINT rung_${index}; ${sql}`);
  await session.exec(["SET lock_timeout = '2s'", 'BEGIN', ...climb].join(';'));
  return { session, rungs };
}

/** Lets go of what is in the way of a mode on a relation, and of whatever lies above it; of all else of nothing. */
async function yieldTo<S extends TrapSession>(
  trap: Trap<S>,
  relation: number,
  mode: LockMode,
): Promise<Trap<S>> {
  const at = trap.rungs.findIndex(({ takes }) => {
    const held = takes.get(relation);
    return held && conflicts[mode].includes(held);
  });
  await trap.session.exec(at < 0 ? 'ROLLBACK' : `ROLLBACK TO SAVEPOINT rung_${at}`);
  return { ...trap, rungs: trap.rungs.slice(0, Math.max(at, 0)) };
}

/** The rungs that two sessions may hold at once. */
function sharedRungs({ rungs }: { readonly rungs: readonly Rung[] }): readonly Rung[] {
  return rungs.filter(({ takes }) => [...takes.values()].every((mode) => !conflicts[mode].includes(mode)));
}

export interface HeldLock {
  readonly locktype: string;
  readonly relation: number;
  readonly mode: LockMode;
  /** Server processes that it waits for; null where it is granted. */
  readonly blockers: readonly number[] | null;
}

export interface Watch<S extends TrapSession> {
  /** The traps that are set, by their sessions' processes; those that were opened are taken out. */
  readonly traps: Map<number, Trap<S>>;
  /** What the command holds and waits for now. */
  look(): Promise<readonly HeldLock[]>;
  take(): Promise<S>;
  /** Ends the session's transaction and keeps it for later. */
  giveBack(session: S): Promise<void>;
  /** Whether a lock is of no interest, asked as it is seen. */
  ignores?(lock: HeldLock): boolean;
}

/** Follows a command that runs through the traps to its end; every lock that it asked for or was seen to hold. */
export async function follow<S extends TrapSession>(
  watch: Watch<S>,
  running: Promise<unknown>,
): Promise<readonly { readonly relation: number; readonly mode: LockMode }[]> {
  const state = { ended: false };
  const end = () => {
    state.ended = true;
  };
  const ended = running.then(end, end);
  const seen = new Map<string, { readonly relation: number; readonly mode: LockMode }>();
  while (!state.ended) {
    const held = await watch.look();
    for (const lock of held) {
      const { locktype, relation, mode } = lock;
      if (locktype === 'relation' && !watch.ignores?.(lock))
        seen.set(`${relation} ${mode}`, { relation, mode });
    }
    const waits = held.find(({ blockers }) => blockers !== null);
    if (waits) for (const blocker of new Set(waits.blockers)) await open(watch, blocker, waits);
    else await Promise.race([ended, delay(watch.traps.size > 0 ? 1 : 50)]);
  }
  return [...seen.values()];
}

async function open<S extends TrapSession>(watch: Watch<S>, blocker: number, waits: HeldLock): Promise<void> {
  const { traps, take, giveBack } = watch;
  const trap = traps.get(blocker);
  if (!trap) return;
  if (waits.locktype === 'relation') {
    traps.set(blocker, await yieldTo(trap, waits.relation, waits.mode));
    return;
  }
  // CONCURRENTLY waits for the end of transactions, and counts them at one moment: a later one takes over.
  const shared = sharedRungs(trap);
  const next = shared.length > 0 ? await setTrap(await take(), shared) : undefined;
  traps.delete(blocker);
  await giveBack(trap.session);
  if (next) traps.set(next.session.pid, next);
}
