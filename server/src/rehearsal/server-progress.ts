import type { Connection } from './model.ts';
import type { ServerConnection } from './server-connection.ts';

/** ms after which a statement that runs is looked at, and from one look to the next. */
const interval = 1000;

export interface Watcher {
  /** Who is told of what takes long, from here on. */
  listen(listener: (message: string) => void): void;
  /** Looks at what the worker does until the work is done. */
  during<T>(work: () => Promise<T>): Promise<T>;
}

/** Looks at a worker's statements from another session. */
export function createWatcher(worker: ServerConnection, monitor: Connection): Watcher {
  let tell: ((message: string) => void) | undefined;
  return {
    listen(listener) {
      tell = listener;
    },
    async during(work) {
      if (!tell) return await work();
      let ended = false;
      let start: string | undefined;
      const wait = () => setTimeout(() => void look().catch(() => undefined), interval);
      let timer = wait();
      // A connection that is lost meanwhile is told of by the work itself.
      async function look(): Promise<void> {
        const { rows } = await monitor.query(progressQuery, [worker.pid, start ?? null]);
        if (ended) return;
        const row = rows[0] ?? {};
        start ??= String(row.lsn);
        const message = progressText(row);
        if (message !== undefined) tell?.(message);
        timer = wait();
      }
      try {
        return await work();
      } finally {
        ended = true;
        clearTimeout(timer);
      }
    },
  };
}

/** One row: the views tell of one command each, and a rewrite by ALTER TABLE of none: its WAL grows. */
const progressQuery = `
  SELECT
    (SELECT json_build_array(phase, CASE WHEN blocks_total > 0 THEN blocks_done ELSE tuples_done END,
        CASE WHEN blocks_total > 0 THEN blocks_total ELSE tuples_total END)
      FROM pg_catalog.pg_stat_progress_create_index WHERE pid = $1)::text AS index,
    (SELECT json_build_array(phase, heap_blks_scanned, heap_blks_total)
      FROM pg_catalog.pg_stat_progress_vacuum WHERE pid = $1)::text AS vacuum,
    (SELECT json_build_array(phase, heap_blks_scanned, heap_blks_total)
      FROM pg_catalog.pg_stat_progress_cluster WHERE pid = $1)::text AS rewrite,
    (SELECT json_build_array(phase, sample_blks_scanned, sample_blks_total)
      FROM pg_catalog.pg_stat_progress_analyze WHERE pid = $1)::text AS analyze,
    (SELECT array_to_json(pg_catalog.pg_blocking_pids(pid))::text FROM pg_catalog.pg_stat_activity
      WHERE pid = $1 AND wait_event_type = 'Lock') AS blockers,
    pg_catalog.pg_current_wal_insert_lsn()::text AS lsn,
    pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), $2::pg_lsn)::float8 AS wal`;

function progressText(row: Readonly<Record<string, unknown>>): string | undefined {
  const blockers = row.blockers ? (JSON.parse(String(row.blockers)) as number[]) : [];
  if (blockers.length > 0)
    return `waits for ${blockers.length === 1 ? 'another session' : `${blockers.length} other sessions`}`;
  for (const view of ['index', 'vacuum', 'rewrite', 'analyze']) {
    if (!row[view]) continue;
    const [phase, done, total] = JSON.parse(String(row[view])) as [string, number, number];
    return total > 0 ? `${phase}, ${Math.min(100, Math.floor((100 * done) / total))} %` : phase;
  }
  const wal = Number(row.wal ?? 0);
  return wal > 1024 * 1024
    ? `${Math.round(wal / 1024 / 1024).toLocaleString('en')} MB of WAL written`
    : undefined;
}

export interface SpillCount {
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Bytes of temporary files that were written since the last call. */
  sinceLast(): Promise<number>;
}

/** ms; what sorts or hashes more than work_mem holds takes longer, and what is shorter is not asked about. */
const shortest = 50;

/**
 * Counts the temporary files of a worker's statements. Version 14 hands such counts in late, so there they may come
 * with a later call.
 */
export function createSpillCount(worker: Connection, major: number): SpillCount {
  let total = 0;
  let mayHaveSpilled = true;
  return {
    async during(work) {
      const since = performance.now();
      try {
        return await work();
      } finally {
        mayHaveSpilled ||= performance.now() - since > shortest;
      }
    },
    async sinceLast() {
      if (!mayHaveSpilled) return 0;
      const last = total;
      if (major >= 15) await worker.query('SELECT pg_catalog.pg_stat_force_next_flush()');
      const { rows } = await worker.query(
        'SELECT temp_bytes::int8 AS bytes FROM pg_catalog.pg_stat_database WHERE datname = current_database()',
      );
      total = Number(rows[0]?.bytes ?? 0);
      mayHaveSpilled = false;
      return total - last;
    },
  };
}
