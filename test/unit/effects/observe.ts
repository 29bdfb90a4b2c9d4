import type { PGlite } from '@electric-sql/pglite';
import { type LockMode, lockModes } from '../../../server/src/effects/model.ts';

/** What a statement did on a real Postgres, of relations that were there before it. */
export interface Observed {
  /** The strongest mode by relation; on indexes only what stops somebody. */
  readonly locks: Readonly<Record<string, LockMode>>;
  /** Tables, materialized views and indexes that have another file under their name. */
  readonly rewrites: readonly string[];
  /** Tables read in full. */
  readonly scans: readonly string[];
}

interface RelationRow {
  readonly oid: number;
  readonly name: string;
  readonly file: number;
  readonly kind: string;
  readonly scans: number;
}

const relationsQuery = `
  SELECT c.oid::int, c.oid::regclass::text AS name, c.relfilenode::int AS file, c.relkind AS kind, coalesce(s.seq_scan, 0)::int AS scans
  FROM pg_class c LEFT JOIN pg_stat_xact_all_tables s ON s.relid = c.oid
  WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema)' AND c.relkind <> 'c'`;

/** By OID: a dropped relation has its lock, and no name any more. */
const locksQuery = `SELECT relation::int, mode FROM pg_locks WHERE locktype = 'relation' AND pid = pg_backend_pid()`;

interface LockRow {
  readonly relation: number;
  readonly mode: LockMode;
}

const weakOnIndexes: ReadonlySet<string> = new Set(['AccessShareLock', 'RowShareLock', 'RowExclusiveLock']);

/**
 * Runs one statement in a transaction that is rolled back. Rejects where Postgres refuses it. With
 * `preferIndexes` the planner takes an index wherever one serves, as it does on a large table.
 */
export async function observe(db: PGlite, sql: string, preferIndexes: boolean): Promise<Observed> {
  // All in one message: most of the time goes into the round trips.
  const prepare = ['BEGIN', `SET LOCAL enable_seqscan = ${preferIndexes ? 'off' : 'on'}`];
  try {
    const results = await db.exec([...prepare, relationsQuery, sql, locksQuery, relationsQuery].join(';\n'));
    const before = results[prepare.length]?.rows as RelationRow[];
    const after = results.at(-1)?.rows as RelationRow[];
    const locks = results.at(-2)?.rows as LockRow[];
    return {
      locks: strongestLocks(before, locks),
      rewrites: rewritten(before, after),
      scans: scanned(before, after),
    };
  } finally {
    await db.exec('ROLLBACK');
  }
}

function strongestLocks(before: readonly RelationRow[], locks: readonly LockRow[]): Record<string, LockMode> {
  const strongest: Record<string, LockMode> = {};
  for (const { oid, name, kind } of before) {
    const modes = locks.filter((lock) => lock.relation === oid).map(({ mode }) => mode);
    const top = modes.sort((a, b) => lockModes.indexOf(b) - lockModes.indexOf(a))[0];
    if (top && !(/[iI]/.test(kind) && weakOnIndexes.has(top))) strongest[name] = top;
  }
  return strongest;
}

/** By name: a changed index comes under a new OID, with its old file where it was kept. */
function rewritten(before: readonly RelationRow[], after: readonly RelationRow[]): readonly string[] {
  return before.flatMap(({ name, file, kind }) => {
    const now = after.find((one) => one.name === name);
    return now && /[rmi]/.test(kind) && now.file !== file ? [name] : [];
  });
}

function scanned(before: readonly RelationRow[], after: readonly RelationRow[]): readonly string[] {
  return before.flatMap(({ oid, name, scans }) => {
    const now = after.find((one) => one.oid === oid);
    return now && now.scans > scans ? [name] : [];
  });
}
