import type { StatementAnalysis, StepAnalysis } from '../rules/model.ts';
import { isDatabaseError } from './errors.ts';
import type { EngineSession, QueryResult, StatementReport, TableReport } from './model.ts';
import type { RehearseOptions } from './run.ts';

/** What is measured beside what is observed, where the engine's times tell of production's: see `timing/measured.ts`. */
export interface Gauge {
  /** Times are all that is wanted: what is seen at their cost is left out, as the locks of CONCURRENTLY in traps. */
  readonly timesAlone: boolean;
  /**
   * Counts the tables that a step works on, and has statistics and a checkpoint as production has them; to be called
   * outside of a transaction, before it begins.
   */
  open(step: StepAnalysis): Promise<void>;
  /** The place in the log that is reached. */
  position(): Promise<string>;
  /** Bytes of log since a place. */
  since(position: string): Promise<number>;
  /** The tables of a statement as they stand; nothing for one that works on none. */
  before(statement: StatementAnalysis): Promise<readonly TableReport[]>;
  /**
   * Runs a statement and undoes it, again and again while that is quick, inside of a transaction. Resolves with how
   * long it took each time, in ms; nothing for one that is not to be repeated.
   */
  repeat(statement: StatementAnalysis, run: () => Promise<number>): Promise<readonly number[]>;
  /** What to add to the report of a statement that is done. */
  after(
    statement: StatementAnalysis,
    tables: readonly TableReport[],
    rewrites: StatementReport['rewrites'],
  ): Promise<Pick<StatementReport, 'tables' | 'disk_bytes'>>;
}

/** What there is to tell of a run as a whole, as it comes along: databases made anew for a proof add to it. */
export interface Gauged {
  roundTrip: number | undefined;
  walLevel: string;
  buffers: number;
  /** Whether the user may not CHECKPOINT. */
  noCheckpoint: boolean;
  readonly tables: Map<string, CountReport>;
}

export function createGauged(): Gauged {
  return { roundTrip: undefined, walLevel: '', buffers: 0, noCheckpoint: false, tables: new Map() };
}

/** Undefined where nothing was measured. */
export function gaugeReport({ roundTrip, walLevel, buffers, tables }: Gauged): GaugeReport | undefined {
  return roundTrip === undefined
    ? undefined
    : {
        round_trip: roundTrip,
        wal_level: walLevel,
        shared_buffers: buffers,
        tables: Object.fromEntries(tables),
      };
}

export interface GaugeReport {
  /** ms there and back for a statement that does nothing. */
  readonly round_trip: number;
  /** The server's setting. */
  readonly wal_level: string;
  /** Bytes. */
  readonly shared_buffers: number;
  /** When a step that works on them began first. */
  readonly tables: Readonly<Record<string, CountReport>>;
}

export interface CountReport {
  readonly rows: number;
  readonly bytes: number;
  /** ms of EXPLAIN (ANALYZE) SELECT count(*), in one process and without an index. */
  readonly count_ms: number;
}

/** Undefined for an engine whose times tell of nothing. */
export function createGauge(
  session: EngineSession,
  gauged: Gauged,
  { measure }: Pick<RehearseOptions, 'measure'>,
): Gauge | undefined {
  if (!session.measuresTime) return undefined;
  const thorough = measure !== undefined;
  const rows = new Map<string, number>();
  const repeated = new Set<StatementAnalysis>();
  return {
    timesAlone: measure === 'alone',
    async open(step) {
      const statements = (step.action?.statements ?? []).filter(works);
      const names = [...new Set(statements.flatMap(tablesOf))].filter((name) => !rows.has(name));
      if (gauged.roundTrip === undefined) {
        gauged.roundTrip = await measureRoundTrip(session);
        Object.assign(gauged, await readSettings(session));
      }
      for (const { table, bytes, isIndex } of await readSizes(session, names)) {
        if (isIndex) continue;
        // The first may find the table elsewhere than in memory, and its rows not yet marked as committed.
        if (thorough) await prepare(session, table, bytes);
        const counted = await count(session, table, bytes);
        if (!counted) continue;
        rows.set(table, counted.rows);
        if (!gauged.tables.has(table)) gauged.tables.set(table, { ...counted, bytes });
      }
      if (thorough && writesRows(step)) await checkpoint(session, gauged);
    },
    async repeat(statement, run) {
      if (!thorough || repeated.has(statement) || !isRepeatable(statement)) return [];
      // What takes long is told well enough by one run, and twice would be too long.
      if (tablesOf(statement).some((table) => (rows.get(table) ?? 0) > mostRepeatedRows)) return [];
      repeated.add(statement);
      const times: number[] = [];
      while (times.length < mostRepeats && times.reduce((sum, ms) => sum + ms, 0) < longestRepeats) {
        await session.query('SAVEPOINT switchback_repeat');
        times.push(await run());
        await session.query('ROLLBACK TO SAVEPOINT switchback_repeat');
        await session.query('RELEASE SAVEPOINT switchback_repeat');
      }
      return times;
    },
    async position() {
      const { rows: found } = await session.query(
        'SELECT pg_catalog.pg_current_wal_insert_lsn()::text AS lsn',
      );
      return String(found[0]?.lsn);
    },
    async since(position) {
      const { rows: found } = await session.query(
        'SELECT pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), $1::pg_lsn)::float8 AS bytes',
        [position],
      );
      return Number(found[0]?.bytes);
    },
    async before(statement) {
      if (!works(statement)) return [];
      const sizes = await readSizes(session, tablesOf(statement));
      return sizes.flatMap(({ table, bytes, all_bytes }) => {
        const counted = rows.get(table);
        return counted === undefined ? [] : [{ table, rows: counted, bytes, all_bytes }];
      });
    },
    async after({ statement }, tables, rewrites) {
      if (changesRows.has(statement.kind)) rows.clear();
      if (tables.length === 0) return {};
      const names = [...tables.map(({ table }) => table), ...rewrites];
      const now = new Map(
        (await readSizes(session, names)).map(({ table, all_bytes }) => [table, all_bytes]),
      );
      return { tables, disk_bytes: diskBytes(tables, rewrites, now) };
    },
  };
}

const mostRepeats = 6;
/** ms, of all of them. */
const longestRepeats = 1500;
const mostRepeatedRows = 1_000_000;

/** What writes rows leaves dead ones when it is undone, and is not the same again. */
function isRepeatable({ effects, statement }: StatementAnalysis): boolean {
  return effects.transactional && repeatable.has(statement.kind) && effects.class !== 'instant';
}

const repeatable: ReadonlySet<string> = new Set(['AlterTableStmt', 'IndexStmt', 'ReindexStmt']);

/** A table with statistics, in memory, all of its rows marked as committed. Where the user may not, it stays as it is. */
async function prepare(session: EngineSession, table: string, bytes: number): Promise<void> {
  try {
    await session.query(`ANALYZE ${table}`);
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
  }
  await count(session, table, bytes);
}

function writesRows({ action }: StepAnalysis): boolean {
  return (action?.statements ?? []).some(
    ({ statement, effects }) =>
      effects.class !== 'instant' && /^(?:Update|Delete|Merge|Insert)Stmt$/.test(statement.kind),
  );
}

/**
 * A page goes to the log as a whole when it is first changed after a checkpoint (full_page_writes): in production most
 * pages of a table have not been for long, and those that were just filled would be missing from the bytes.
 */
async function checkpoint(session: EngineSession, gauged: Gauged): Promise<void> {
  try {
    await session.query('CHECKPOINT');
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
    gauged.noCheckpoint = true;
  }
}

/** What may change how many rows a table has, or which one a name is of. */
const changesRows: ReadonlySet<string> = new Set([
  ...['InsertStmt', 'DeleteStmt', 'MergeStmt', 'TruncateStmt', 'CopyStmt', 'RefreshMatViewStmt'],
  ...['CreateTableAsStmt', 'DropStmt', 'RenameStmt', 'CallStmt', 'DoStmt', 'ExecuteStmt'],
]);

function works({ effects }: StatementAnalysis): boolean {
  return effects.class !== 'instant';
}

function tablesOf({ effects }: StatementAnalysis): readonly string[] {
  const { locks, rewrites, scans, builds, lookups = [], unshared = [] } = effects;
  return [
    ...new Set([
      ...locks.map(({ relation }) => relation),
      ...[...rewrites, ...scans, ...builds, ...lookups, ...unshared].map(
        ({ relation, indexOf }) => indexOf ?? relation,
      ),
    ]),
  ];
}

/** Old copies are gone only once the transaction has ended. */
function diskBytes(
  before: readonly TableReport[],
  rewrites: readonly string[],
  now: ReadonlyMap<string, number>,
): number {
  const isTable = new Set(before.map(({ table }) => table));
  const tables = before.reduce((sum, { table, all_bytes }) => {
    const after = now.get(table) ?? 0;
    return sum + (rewrites.includes(table) ? after : Math.max(after - all_bytes, 0));
  }, 0);
  const wholeTables = before.some(({ table }) => rewrites.includes(table));
  const indexes = wholeTables ? [] : rewrites.filter((name) => !isTable.has(name));
  return tables + indexes.reduce((sum, name) => sum + (now.get(name) ?? 0), 0);
}

/** Of a partitioned table those of its partitions together. What is not there, or holds no rows, is left out. */
const sizesQuery = `
  SELECT name AS "table", c.relkind AS kind,
    (SELECT pg_catalog.sum(pg_catalog.pg_table_size(relid))
      FROM pg_catalog.pg_partition_tree(c.oid) WHERE isleaf)::float8 AS leaf_bytes,
    (SELECT pg_catalog.sum(pg_catalog.pg_total_relation_size(relid))
      FROM pg_catalog.pg_partition_tree(c.oid) WHERE isleaf)::float8 AS leaf_all,
    pg_catalog.pg_table_size(c.oid)::float8 AS bytes, pg_catalog.pg_total_relation_size(c.oid)::float8 AS all_bytes
  FROM pg_catalog.unnest($1::text[]) AS name
  JOIN pg_catalog.pg_class c ON c.oid = pg_catalog.to_regclass(name)
  WHERE c.relkind IN ('r', 'm', 'p', 'i')`;

async function readSizes(
  session: EngineSession,
  names: readonly string[],
): Promise<readonly (Omit<TableReport, 'rows'> & { readonly isIndex: boolean })[]> {
  if (names.length === 0) return [];
  const { rows } = await session.query(sizesQuery, [names]);
  return rows.map((row) => ({
    table: String(row.table),
    bytes: Number(row.leaf_bytes ?? row.bytes),
    all_bytes: Number(row.leaf_all ?? row.all_bytes),
    isIndex: row.kind === 'i',
  }));
}

const plainly = `SELECT pg_catalog.set_config(name, value, true) FROM (VALUES
  ('max_parallel_workers_per_gather', '0'), ('enable_indexscan', 'off'), ('enable_indexonlyscan', 'off'),
  ('enable_bitmapscan', 'off'), ('jit', 'off'), ('statement_timeout', '0')) AS settings (name, value)`;

/** Bytes that are read of a table at most: of a larger one, so much of it is counted, spread over all of it. */
const mostCounted = 1024 ** 3;

/** Undefined where it may not be read. */
async function count(
  session: EngineSession,
  table: string,
  bytes: number,
): Promise<Omit<CountReport, 'bytes'> | undefined> {
  await session.query('BEGIN');
  try {
    await session.query(plainly);
    const share = Math.min(mostCounted / Math.max(bytes, 1), 1);
    const sample = share < 1 ? ` TABLESAMPLE SYSTEM (${100 * share}) REPEATABLE (1)` : '';
    const { rows } = await session.query(
      `EXPLAIN (ANALYZE, FORMAT JSON) SELECT count(*) FROM ${table}${sample}`,
    );
    return readCount(rows, share);
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
    return undefined;
  } finally {
    await session.query('ROLLBACK');
  }
}

interface ExplainNode {
  readonly 'Actual Rows': number;
  readonly Plans?: readonly ExplainNode[];
}

function readCount(rows: QueryResult['rows'], share: number): Omit<CountReport, 'bytes'> | undefined {
  const [found] = JSON.parse(String(rows[0]?.['QUERY PLAN'] ?? '[]')) as readonly {
    readonly Plan: ExplainNode;
    readonly 'Execution Time': number;
  }[];
  const [scan] = found?.Plan.Plans ?? [];
  if (!found || !scan) return undefined;
  return { rows: Math.round(scan['Actual Rows'] / share), count_ms: found['Execution Time'] / share };
}

async function readSettings(session: EngineSession): Promise<Pick<Gauged, 'walLevel' | 'buffers'>> {
  const { rows } = await session.query(
    `SELECT pg_catalog.current_setting('wal_level') AS level,
      pg_catalog.pg_size_bytes(pg_catalog.current_setting('shared_buffers'))::float8 AS buffers`,
  );
  return { walLevel: String(rows[0]?.level), buffers: Number(rows[0]?.buffers) };
}

const tries = 7;

/** The shortest: what else takes time on the way is not the way's. */
async function measureRoundTrip(session: EngineSession): Promise<number> {
  const times: number[] = [];
  while (times.length < tries) {
    const since = performance.now();
    await session.query('SELECT');
    times.push(performance.now() - since);
  }
  return Math.min(...times);
}
