import type { Client } from 'pg';
import type { LockMode } from '../../../server/src/effects/model.ts';
import type { RelationRow } from './relations.ts';

/** A statement that takes locks and does nothing else. */
export interface Rung {
  readonly sql: string;
  readonly takes: ReadonlyMap<number, LockMode>;
}

/** A session that holds locks, weaker ones below stronger ones, and lets the stronger ones go first. */
export interface Trap {
  readonly client: Client;
  readonly pid: number;
  readonly rungs: readonly Rung[];
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
export function ownRungs({ oid, name, kind }: RelationRow): readonly Rung[] {
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

/** Takes a trap's locks, on a session that is not in a transaction. */
export async function setTrap(client: Client, rungs: readonly Rung[]): Promise<Trap> {
  const climb = rungs.map(({ sql }, index) => `SAVEPOINT rung_${index}; ${sql}`);
  const results: unknown = await client.query(
    ['SELECT pg_backend_pid() AS pid', "SET lock_timeout = '2s'", 'BEGIN', ...climb].join(';'),
  );
  const [first] = results as { readonly rows: readonly { readonly pid: number }[] }[];
  return { client, pid: first?.rows[0]?.pid ?? 0, rungs };
}

/** Lets go of what is in the way of a mode on a relation, and of whatever lies above it; of all else of nothing. */
export async function yieldTo(trap: Trap, relation: number, mode: LockMode): Promise<Trap> {
  const at = trap.rungs.findIndex(({ takes }) => {
    const held = takes.get(relation);
    return held && conflicts[mode].includes(held);
  });
  await trap.client.query(at < 0 ? 'ROLLBACK' : `ROLLBACK TO SAVEPOINT rung_${at}`);
  return { ...trap, rungs: trap.rungs.slice(0, Math.max(at, 0)) };
}

/** The rungs that two sessions may hold at once. */
export function sharedRungs({ rungs }: Trap): readonly Rung[] {
  return rungs.filter(({ takes }) => [...takes.values()].every((mode) => !conflicts[mode].includes(mode)));
}
