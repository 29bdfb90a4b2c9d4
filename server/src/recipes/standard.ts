import { writeSize } from '../plan/values.ts';
import { quoteLiteral } from '../sql/names.ts';
import type { AlertDraft, CheckDraft, PlanDraft, QueryDraft, Size } from './model.ts';

/** What of a plan's steps decides the standard parts of its checklist and monitoring. */
export interface Risks {
  /** It builds or drops an index concurrently: that waits for every older transaction. */
  readonly concurrently: boolean;
  /** It writes many rows, or an index: replicas have to take that in. */
  readonly heavyWal: boolean;
  /** A step locks everybody out of one of these tables, for however short a time: names in SQL. */
  readonly locked: readonly string[];
  /** Tables that are written to in full, or get an index: names in SQL, with what is known of their sizes. */
  readonly grown: readonly {
    readonly name: string;
    readonly size: Size | undefined;
    readonly shown: string | undefined;
  }[];
  /** ms */
  readonly lockTimeout: number;
}

/** Metrics that alerts are about. The runbook's rules for Prometheus know these. */
export type Metric =
  | 'query_latency_p99'
  | 'http_5xx_ratio'
  | 'replication_lag'
  | 'connection_pool_usage'
  | 'lock_waits'
  | 'longest_transaction'
  | 'disk_usage'
  | 'disk_io_wait';

/** What has to be so before step one, beside what the recipe itself asks for. */
export function standardChecklist(
  plan: Pick<PlanDraft, 'tables' | 'versions'>,
  risks: Risks,
): readonly (string | CheckDraft)[] {
  const [first] = plan.tables;
  const later = plan.versions.slice(1).map(({ name }) => name);
  const entries: (string | CheckDraft)[] = [
    `Backup of ${first ? first.name.name : 'the database'} restored on staging and opened`,
    'This plan dry-run on staging with production-size data',
  ];
  if (later.length > 0) entries.push(`${listed(later)} built, tested and ready to deploy`);
  entries.push(
    'Dashboards are open: p99 latency, error rate, replication lag, lock waits, disk, connections',
    'Who runs the plan is first on call until it is done, and the team and the status page know of it',
  );
  if (risks.grown.length > 0) {
    const sizes = risks.grown.map(({ name, shown }) => (shown === undefined ? name : `${name} (${shown})`));
    entries.push(
      `Three times the size of ${listed(sizes)} is free on the disk of the primary and of each replica, WAL included`,
    );
  }
  for (const { name, size, shown } of risks.grown) {
    if (size?.bytes === undefined || shown === undefined) continue;
    entries.push({
      check: `${name} has not outgrown the size that this plan counts with`,
      sql: `SELECT pg_table_size(${quoteLiteral(name)}::regclass)`,
      expect: `< ${writeSize(size.bytes * 1.5)}`,
    });
  }
  entries.push({
    check: 'No transaction has been open for more than a minute',
    sql: "SELECT count(*) FROM pg_stat_activity WHERE xact_start < now() - interval '1 minute'",
    expect: 0,
  });
  if (risks.concurrently)
    entries.push(
      {
        check: 'No prepared transaction is left open, for which CONCURRENTLY would wait',
        sql: 'SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()',
        expect: 0,
      },
      {
        check: 'No index is INVALID',
        sql: 'SELECT count(*) FROM pg_index WHERE NOT indisvalid',
        expect: 0,
      },
    );
  if (risks.locked.length > 0) {
    const tables = risks.locked.map((name) => `${quoteLiteral(name)}::regclass`).join(', ');
    entries.push(
      {
        check: `No transaction holds ${listed(risks.locked)} for longer than lock_timeout lets a step wait`,
        sql: `SELECT count(*)\nFROM pg_locks JOIN pg_stat_activity USING (pid)\nWHERE relation IN (${tables}) AND xact_start < now() - interval '${risks.lockTimeout} ms'`,
        expect: 0,
      },
      {
        check: 'No vacuum is at work that yields to nobody',
        sql: "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'autovacuum:%(to prevent wraparound)'",
        expect: 0,
      },
    );
  }
  entries.push({
    check: 'A fifth of all connections is free for the migration and for requests that take longer meanwhile',
    sql: "SELECT round(100.0 * count(*) / current_setting('max_connections')::int) FROM pg_stat_activity WHERE backend_type = 'client backend'",
    expect: '< 80',
  });
  entries.push({
    check: 'Replicas keep up',
    sql: 'SELECT coalesce(max(pg_wal_lsn_diff(sent_lsn, replay_lsn)), 0) FROM pg_stat_replication',
    expect: '< 16MB',
  });
  return entries;
}

/** What to watch while the plan runs. */
export function standardAlerts(risks: Risks): readonly AlertDraft[] {
  const alerts: AlertDraft[] = [
    {
      metric: 'query_latency_p99',
      warning: '> 200ms',
      critical: '> 500ms',
      action: risks.heavyWal
        ? 'Pause the backfill or the index build'
        : 'Halt the migration and see who waits for whom',
    },
    {
      metric: 'http_5xx_ratio',
      warning: '> 0.1%',
      critical: '> 1%',
      action: 'Halt the migration and roll back the last deploy',
    },
  ];
  if (risks.heavyWal)
    alerts.push(
      {
        metric: 'replication_lag',
        warning: '> 1s',
        critical: '> 5s',
        action: 'Pause the backfill, then continue with smaller batches',
      },
      {
        metric: 'disk_usage',
        warning: '> 75%',
        critical: '> 90%',
        action: 'Pause, and see that replicas and archiving take the WAL in',
      },
      {
        metric: 'disk_io_wait',
        warning: '> 30%',
        critical: '> 60%',
        action: 'Pause the backfill or the index build',
      },
    );
  if (risks.locked.length > 0)
    alerts.push({
      metric: 'lock_waits',
      warning: '> 5',
      critical: '> 20',
      action: 'Cancel the step that waits: its requests queue behind it',
    });
  if (risks.concurrently || risks.locked.length > 0)
    alerts.push({
      metric: 'longest_transaction',
      warning: '> 1min',
      critical: '> 5min',
      action: 'End it before the next step: that would wait for it',
    });
  alerts.push({
    metric: 'connection_pool_usage',
    warning: '> 80%',
    critical: '> 95%',
    action: 'Pause the migration',
  });
  return alerts;
}

/** How many rows of a table a backfill has done: `done` counts them. */
export function progressQuery(done: string, table: string, name = 'Backfill progress'): QueryDraft {
  return {
    name,
    sql: [
      `SELECT done, total, round(100.0 * done / nullif(total, 0), 1) AS percent`,
      `FROM (SELECT ${done} AS done, count(*) AS total FROM ${table}) AS counted`,
    ].join('\n'),
  };
}

/** Queries that show how it goes. */
export function standardQueries(risks: Risks): readonly QueryDraft[] {
  const queries: QueryDraft[] = [];
  if (risks.concurrently)
    queries.push({
      name: 'Progress of an index build',
      sql: [
        'SELECT relid::regclass AS on_table, index_relid::regclass AS index, phase,',
        '  round(100.0 * blocks_done / nullif(blocks_total, 0), 1) AS blocks_percent, lockers_total - lockers_done AS waits_for',
        'FROM pg_stat_progress_create_index',
      ].join('\n'),
    });
  queries.push(
    {
      name: 'Who has been running for long',
      sql: [
        'SELECT pid, now() - xact_start AS running, state, wait_event_type, query',
        'FROM pg_stat_activity',
        "WHERE state <> 'idle' AND now() - xact_start > interval '30 seconds'",
        'ORDER BY xact_start',
      ].join('\n'),
    },
    {
      name: 'Who waits for whom',
      sql: [
        'SELECT pid, pg_blocking_pids(pid) AS waits_for, now() - query_start AS waiting, query',
        'FROM pg_stat_activity',
        'WHERE cardinality(pg_blocking_pids(pid)) > 0',
      ].join('\n'),
    },
  );
  if (risks.heavyWal)
    queries.push({
      name: 'Replication lag',
      sql: 'SELECT client_addr, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn) AS lag_bytes FROM pg_stat_replication',
    });
  return queries;
}

/** What is to be done when the plan is through, behind what the recipe itself asks for. */
export function standardCleanup(orm: 'prisma' | 'typeorm' | 'none'): readonly string[] {
  return [
    ...(orm === 'prisma'
      ? [
          'Bring the Prisma schema up to the database: `prisma migrate diff` finds no difference, and a migration of the same is marked with `prisma migrate resolve --applied`',
        ]
      : orm === 'typeorm'
        ? ['Bring the entities up to the database: `typeorm schema:log` finds nothing to change']
        : []),
    'Archive this plan with its measured timings, and note where they differ from the estimates',
  ];
}

/** `users`, `users and orders`. */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? '') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
