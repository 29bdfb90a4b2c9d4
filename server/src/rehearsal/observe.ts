import type { LockMode } from '../effects/model.ts';
import { lockModes } from '../effects/model.ts';
import type { Connection } from './model.ts';

/** A relation as it stood before a statement. */
interface SeenRelation {
  readonly name: string;
  /** As `pg_class.relkind`. */
  readonly kind: string;
  /** Of the file that holds its data; null for relations without. */
  readonly file: number | null;
  /** For an index: its table's OID. */
  readonly table: number | null;
}

/** What is known just before a statement runs. OIDs are the keys: a dropped relation keeps its name here. */
export interface Before {
  readonly relations: ReadonlyMap<number, SeenRelation>;
  /** Locks that the transaction holds already, as `oid mode`. */
  readonly held: ReadonlySet<string>;
  /** Full scans by table OID so far in the transaction. */
  readonly scans: ReadonlyMap<number, number>;
  readonly wal: string;
}

/** What a statement did, as seen by the session that ran it. */
export interface Observation {
  /** The strongest mode by relation. */
  readonly locks: readonly { readonly relation: string; readonly mode: LockMode }[];
  readonly rewrites: readonly string[];
  readonly scans: readonly string[];
  /** Bytes. */
  readonly wal: number;
  /** What is known before the next statement of the same transaction: nothing needs to be read again for it. */
  readonly next: Before;
}

/** What was read last of a database's relations: most statements find them as they were. */
export interface KnownRelations {
  last?: {
    /** Another one once any relation or schema, or what a name of one is to the session, is not the same. */
    readonly version: string;
    readonly relations: Before['relations'];
  };
}

/**
 * Notes every relation of the user's with its name and file, the locks held, the scans counted and the WAL
 * position. Catalogs, TOAST and temporary relations are left out. Relations that are as they are known already are not
 * read again.
 */
export async function observeBefore(db: Connection, known: KnownRelations = {}): Promise<Before> {
  const { rows } = await db.query(beforeQuery, [known.last?.version ?? ''], { often: true });
  const seen = readState(rows[0] ?? {});
  const version = String(rows[0]?.version);
  if (known.last?.version !== version) known.last = { version, relations: seen.relations };
  return { ...seen, relations: known.last.relations, wal: String(rows[0]?.lsn) };
}

/**
 * What changed since `before`. Relations made by the statement itself are left out: nobody else can wait for
 * them. A lock that an earlier statement of the transaction took already is told again where `expected` (the
 * statement's own locks by the tables of `effects/`) says that this one takes it too. Where its transaction is still open
 * (`isOpen`), only what it holds is read again: whatever it made, wrote anew, renamed or dropped, it holds a lock on.
 */
export async function observeAfter(
  db: Connection,
  before: Before,
  expected: ReadonlySet<string>,
  isOpen: boolean,
): Promise<Observation> {
  const { rows } = await db.query(isOpen ? afterInside : afterAlone, [], { often: true });
  const seen = readState(rows[0] ?? {});
  const after = isOpen ? { ...seen, relations: updated(before.relations, seen) } : seen;
  return {
    locks: locksTaken(before, after, expected),
    rewrites: rewritten(before, after),
    scans: [...after.scans]
      .filter(([oid, count]) => count > (before.scans.get(oid) ?? 0))
      .flatMap(([oid]) => before.relations.get(oid)?.name ?? []),
    wal: bytesBetween(before.wal, String(rows[0]?.reached)),
    next: { ...after, wal: String(rows[0]?.lsn) },
  };
}

type State = Omit<Before, 'wal'>;

/**
 * Sequences' files are not told: a new one rewrites no data. A table's scans count every read
 * of all of it, an index build's and a constraint check's included.
 */
const relationsOf = (which: string) => `relation AS MATERIALIZED (
    SELECT c.oid::int8 AS oid, c.oid::regclass::text AS name, c.relkind AS kind, i.indrelid::int8 AS "table",
      CASE WHEN c.relkind IN ('r', 'm', 'i') THEN pg_catalog.pg_relation_filenode(c.oid)::int8 END AS file
    FROM pg_catalog.pg_class c
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    WHERE c.relnamespace NOT IN (
        SELECT oid FROM pg_catalog.pg_namespace WHERE nspname ~ '^pg_' OR nspname = 'information_schema')
      AND c.relkind IN ('r', 'p', 'm', 'v', 'S', 'f', 'i', 'I')${which})`;

const held = `held AS MATERIALIZED (
    SELECT l.relation, l.mode FROM pg_catalog.pg_locks l
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND l.granted
      AND l.relation >= 16384)`;

/**
 * A row of pg_class is written anew with whatever changes of a relation's name or file; names are told as the session's
 * role and search_path have them.
 */
const catalog = `catalog AS MATERIALIZED (
    SELECT pg_catalog.md5(pg_catalog.concat_ws(' ', current_user, pg_catalog.current_setting('search_path'),
      (SELECT pg_catalog.concat_ws(' ', count(*),
          pg_catalog.bit_xor(pg_catalog.hash_record_extended(ROW(oid, xmin, ctid, relfilenode), 0)))
        FROM pg_catalog.pg_class WHERE oid >= 16384),
      (SELECT pg_catalog.bit_xor(pg_catalog.hash_record_extended(ROW(oid, xmin, ctid), 0))
        FROM pg_catalog.pg_namespace))) AS version)`;

const state = (which: string) => `
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(oid, name, kind, file, "table")), '[]')
      FROM relation)::text AS relations,
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(relation::int8, mode)), '[]')
      FROM held)::text AS locks,
    (SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(oid, scans)), '[]')
      FROM (SELECT c.oid::int8 AS oid, pg_catalog.pg_stat_get_xact_numscans(c.oid) AS scans
        FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'm') AND c.oid >= 16384${which}) s
      WHERE scans > 0)::text AS scans`;

/**
 * Reading the catalogs may write WAL itself (hint bits, where pages have checksums), so the position is the last that
 * is read before a statement, and the first after it.
 */
const beforeQuery = `WITH ${held}, ${catalog},
  ${relationsOf(' AND (SELECT version FROM catalog) IS DISTINCT FROM $1')}
  SELECT (SELECT version FROM catalog) AS version, ${state('')},
    pg_catalog.pg_current_wal_insert_lsn()::text AS lsn`;
const afterQuery = (which: string) => `WITH ${held}, ${relationsOf(which)}
  SELECT pg_catalog.pg_current_wal_insert_lsn()::text AS reached, ${state(which)},
    pg_catalog.pg_current_wal_insert_lsn()::text AS lsn`;
const afterAlone = afterQuery('');
const afterInside = afterQuery(' AND c.oid = ANY (ARRAY(SELECT relation FROM held))');

/** What was there, with what is held as it is now; what is held and not there any more is gone. */
function updated(
  before: ReadonlyMap<number, SeenRelation>,
  { relations, held }: State,
): ReadonlyMap<number, SeenRelation> {
  const now = new Map(before);
  for (const lock of held) now.delete(Number(lock.split(' ')[0]));
  for (const [oid, relation] of relations) now.set(oid, relation);
  return now;
}

/** Of two positions in the WAL, `X/Y` in hexadecimal digits: https://www.postgresql.org/docs/18/datatype-pg-lsn.html */
function bytesBetween(start: string, end: string): number {
  const [from, to] = [start, end].map((position) => {
    const [high = '0', low = '0'] = position.split('/');
    return BigInt(`0x${high}`) * 0x1_0000_0000n + BigInt(`0x${low}`);
  });
  return Number((to ?? 0n) - (from ?? 0n));
}

function readState(row: Readonly<Record<string, unknown>>): State {
  const list = <T>(column: string) => JSON.parse(String(row[column] ?? '[]')) as T[];
  return {
    relations: new Map(
      list<[number, string, string, number | null, number | null]>('relations').map(
        ([oid, name, kind, file, table]) => [oid, { name, kind, file, table }],
      ),
    ),
    held: new Set(list<[number, string]>('locks').map(([oid, mode]) => `${oid} ${mode}`)),
    scans: new Map(list<[number, number]>('scans')),
  };
}

/** `relation mode`, the form in which `observeAfter` wants a statement's expected locks. */
export function lockKey(relation: string, mode: string): string {
  return `${relation} ${mode}`;
}

function locksTaken(before: Before, after: State, expected: ReadonlySet<string>): Observation['locks'] {
  const strongest = new Map<number, number>();
  for (const lock of after.held) {
    const [oidText = '', mode = ''] = lock.split(' ');
    const oid = Number(oidText);
    const relation = before.relations.get(oid);
    const strength = lockModes.indexOf(mode as LockMode);
    if (!relation || strength < 0) continue;
    if (!expected.has(lockKey(relation.name, mode))) {
      if (before.held.has(lock)) continue;
      // What every reading and writing takes on the way, and nobody waits for.
      if (isIndexOrSequence(relation) && strength <= lockModes.indexOf('RowExclusiveLock')) continue;
    }
    strongest.set(oid, Math.max(strength, strongest.get(oid) ?? -1));
  }
  return [...strongest]
    .map(([oid, strength]) => ({
      relation: before.relations.get(oid)?.name ?? '',
      mode: lockModes[strength] ?? 'AccessShareLock',
    }))
    .sort((a, b) => lockModes.indexOf(b.mode) - lockModes.indexOf(a.mode) || compare(a.relation, b.relation));
}

function isIndexOrSequence({ kind }: SeenRelation): boolean {
  return kind === 'i' || kind === 'I' || kind === 'S';
}

/**
 * A changed file is a rewrite; so is an index that was made anew, under its old name, for a new type, unless it
 * was given the file of the old one, as Postgres does where the type's order stays the same.
 */
function rewritten(before: Before, after: State): string[] {
  const names: string[] = [];
  const gone = new Map<string, number | null>();
  for (const [oid, { name, file }] of before.relations) {
    const now = after.relations.get(oid);
    if (!now) gone.set(name, file);
    else if (file !== null && now.file !== file) names.push(name);
  }
  for (const [oid, { name, kind, file }] of after.relations)
    if (kind === 'i' && !before.relations.has(oid) && gone.has(name) && gone.get(name) !== file)
      names.push(name);
  return names.sort(compare);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
