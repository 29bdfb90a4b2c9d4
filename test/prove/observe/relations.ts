import { type LockMode, lockModes } from '../../../server/src/effects/model.ts';
import type { Row } from './session.ts';

/** A relation of the user's at one moment. */
export interface RelationRow {
  readonly oid: number;
  /** As regclass prints it. */
  readonly name: string;
  readonly file: number;
  /** `pg_class.relkind`. */
  readonly kind: string;
  /** How often it was read in full: in this transaction, or ever, by the query that gave it. */
  readonly scans: number;
  /** The table of an index, else 0. */
  readonly table: number;
  /** No page has a row; false for what has no rows. */
  readonly empty: boolean;
}

const relations = (scans: string) => `
  SELECT c.oid::int, c.oid::regclass::text AS name, c.relfilenode::int AS file, c.relkind AS kind,
    CASE WHEN c.relkind IN ('r', 'm') THEN ${scans} ELSE 0 END::int AS scans, coalesce(i.indrelid, 0)::int AS table,
    c.relkind IN ('r', 'm') AND pg_relation_size(c.oid) = 0 AS empty
  FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
  WHERE c.oid >= 16384 AND c.relnamespace <> 'pg_toast'::regnamespace AND c.relkind IN ('r', 'm', 'p', 'v', 'i', 'I', 'S', 'f')
  ORDER BY c.oid`;

/** Gives `RelationRow`s with the scans of the running transaction. */
export const relationsInTransaction = relations('pg_stat_get_xact_numscans(c.oid)');

/** Gives the OIDs and scans of tables alone. They are of all transactions whose counts the session still holds. */
export const scansInTransaction = `
  SELECT oid::int, pg_stat_get_xact_numscans(oid)::int AS scans FROM pg_class WHERE oid >= 16384 AND relkind IN ('r', 'm')`;

/** Gives `RelationRow`s with all scans that were counted; VACUUM's are counted apart. */
export const relationsEver = relations('pg_stat_get_numscans(c.oid) + pg_stat_get_vacuum_count(c.oid)');

export interface LockRow {
  readonly relation: number;
  readonly mode: LockMode;
}

/** By OID: a dropped relation has its lock, and no name any more. */
export const ownLocks = `SELECT relation::int, mode FROM pg_locks WHERE locktype = 'relation' AND pid = pg_backend_pid()`;

const weakOnIndexes: ReadonlySet<string> = new Set(['AccessShareLock', 'RowShareLock', 'RowExclusiveLock']);

/** By name, of relations that were there before. */
export function strongestLocks(
  before: readonly RelationRow[],
  locks: readonly LockRow[],
): Readonly<Record<string, LockMode>> {
  const strongest: Record<string, LockMode> = {};
  for (const { oid, name, kind } of before) {
    const modes = locks.filter(({ relation }) => relation === oid).map(({ mode }) => mode);
    const top = modes.reduce<LockMode | undefined>(stronger, undefined);
    if (top && !(/[iI]/.test(kind) && weakOnIndexes.has(top))) strongest[name] = top;
  }
  return strongest;
}

function stronger(one: LockMode | undefined, other: LockMode): LockMode {
  return one && lockModes.indexOf(one) > lockModes.indexOf(other) ? one : other;
}

/**
 * By name: a changed index comes under a new OID, with its old file where it was kept. Emptying a table, which
 * takes a new file too, is no rewrite.
 */
export function rewritten(before: readonly RelationRow[], after: readonly RelationRow[]): readonly string[] {
  return before.flatMap(({ name, file, kind }) => {
    const now = after.find((one) => one.name === name);
    if (!now || !/[rmi]/.test(kind) || now.file === file) return [];
    // An index that took another's name, with its file.
    if (before.some((one) => one.file === now.file)) return [];
    const rows = kind === 'i' ? after.find(({ oid }) => oid === now.table) : now;
    return rows?.empty ? [] : [name];
  });
}

/** Reading what has just been emptied does not count. */
export function scanned(before: readonly RelationRow[], after: readonly RelationRow[]): readonly string[] {
  return before.flatMap(({ oid, name, scans, file }) => {
    const now = after.find((one) => one.oid === oid);
    const emptied = now?.empty && now.file !== file;
    return now && now.scans > scans && !emptied ? [name] : [];
  });
}

export function relationRows(rows: readonly Row[] | undefined): readonly RelationRow[] {
  return (rows ?? []) as unknown as readonly RelationRow[];
}

export function lockRows(rows: readonly Row[] | undefined): readonly LockRow[] {
  return (rows ?? []) as unknown as readonly LockRow[];
}
