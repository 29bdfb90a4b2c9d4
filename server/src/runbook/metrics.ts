/** What a metric's value is counted in, as Prometheus keeps it. */
export type MetricUnit =
  | 'seconds'
  | 'bytes'
  /** 0 to 1. */
  | 'ratio'
  | 'count'
  | 'per_second'
  | 'bytes_per_second';

/** Whose labels choose the series: the Postgres server's, the application's, or the machine's. */
export type MetricOrigin = 'database' | 'app' | 'host';

export interface MetricExpression {
  readonly unit: MetricUnit;
  /**
   * PromQL that gives one value, without the comparison. `$database`, `$app` and `$host` stand for the label matchers
   * that choose the series.
   */
  readonly promql: string;
  /** Who exports it, and what has to be switched on there. */
  readonly source: string;
  /** What it does not tell, in a sentence; absent where nothing is to be said. */
  readonly limit?: string;
}

/** A metric as plans call it. */
export interface KnownMetric {
  /** In snake_case: what a plan should write. */
  readonly name: string;
  /** Other names for it, in snake_case. */
  readonly aliases: readonly string[];
  readonly title: string;
  /** One for each unit that a threshold may be given in. */
  readonly expressions: readonly [MetricExpression, ...MetricExpression[]];
}

const http = 'the application: histogram http_request_duration_seconds with the label status_code';
const exporter = 'postgres_exporter';
const node = 'node_exporter';
const fileSystems = 'fstype!~"tmpfs|overlay|squashfs",$host';

/**
 * The metrics that can be exported without the plan's own PromQL. Names of series are those of postgres_exporter
 * (0.13 and newer), PgBouncer exporter, node_exporter and kube-state-metrics; for HTTP those of express-prom-bundle,
 * which is what a NestJS application on Express usually has.
 */
export const knownMetrics: readonly KnownMetric[] = [
  {
    name: 'query_latency_p99',
    aliases: [
      'latency_p99',
      'p99_latency',
      'query_p99',
      'query_p99_latency',
      'query_duration_p99',
      'request_latency_p99',
      'http_latency_p99',
      'http_request_duration_p99',
    ],
    title: 'p99 of request times',
    expressions: [
      {
        unit: 'seconds',
        promql:
          'histogram_quantile(0.99, sum by (le) (rate(http_request_duration_seconds_bucket{$app}[5m])))',
        source: http,
        limit:
          'postgres_exporter has no percentiles of query times: this is the p99 of HTTP requests, which hold them.',
      },
    ],
  },
  {
    name: 'query_latency_p95',
    aliases: ['latency_p95', 'p95_latency', 'query_p95', 'request_latency_p95', 'http_latency_p95'],
    title: 'p95 of request times',
    expressions: [
      {
        unit: 'seconds',
        promql:
          'histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket{$app}[5m])))',
        source: http,
        limit:
          'postgres_exporter has no percentiles of query times: this is the p95 of HTTP requests, which hold them.',
      },
    ],
  },
  {
    name: 'error_rate',
    aliases: [
      'error_ratio',
      'http_5xx_ratio',
      'http_5xx_rate',
      'http_error_rate',
      'http_error_ratio',
      'error_rate_5xx',
      '5xx_rate',
    ],
    title: 'share of requests that fail (5xx)',
    expressions: [
      {
        unit: 'ratio',
        promql:
          'sum(rate(http_request_duration_seconds_count{status_code=~"5..",$app}[5m])) / sum(rate(http_request_duration_seconds_count{$app}[5m]))',
        source: http,
      },
      {
        unit: 'per_second',
        promql: 'sum(rate(http_request_duration_seconds_count{status_code=~"5..",$app}[5m]))',
        source: http,
      },
    ],
  },
  {
    name: 'request_rate',
    aliases: ['http_requests', 'http_request_rate', 'throughput', 'traffic'],
    title: 'requests a second',
    expressions: [
      {
        unit: 'per_second',
        promql: 'sum(rate(http_request_duration_seconds_count{$app}[5m]))',
        source: http,
      },
    ],
  },
  {
    name: 'replication_lag',
    aliases: ['replica_lag', 'replication_lag_seconds', 'replication_lag_bytes', 'replica_lag_bytes'],
    title: 'how far the replicas are behind',
    expressions: [
      {
        unit: 'seconds',
        promql: 'max(pg_replication_lag_seconds{$database})',
        source: `${exporter} on each replica (0.14 and newer)`,
      },
      {
        unit: 'bytes',
        promql: 'max(pg_stat_replication_pg_wal_lsn_diff{$database})',
        source: `${exporter} on the primary`,
      },
    ],
  },
  {
    name: 'replication_slot_lag',
    aliases: ['slot_lag', 'slot_retained_wal', 'replication_slots'],
    title: 'WAL kept for replication slots',
    expressions: [
      {
        unit: 'bytes',
        promql: 'max(pg_replication_slots_pg_wal_lsn_diff{$database})',
        source: `${exporter} on the primary`,
      },
    ],
  },
  {
    name: 'lock_waits',
    aliases: ['lock_wait', 'waiting_for_locks', 'blocked_queries', 'blocked_sessions', 'locks_waiting'],
    title: 'sessions that wait for a lock',
    expressions: [
      {
        unit: 'count',
        promql: 'sum(pg_stat_activity_count{wait_event_type="Lock",$database})',
        source: `${exporter} (0.13 and newer)`,
        limit: 'Seen at each scrape: waits that begin and end between two are missed.',
      },
    ],
  },
  {
    name: 'long_transactions',
    aliases: [
      'long_transaction',
      'longest_transaction',
      'long_running_transactions',
      'long_running_queries',
      'oldest_transaction',
      'transaction_age',
    ],
    title: 'age of the oldest transaction',
    expressions: [
      {
        unit: 'seconds',
        promql: 'max(pg_stat_activity_max_tx_duration{$database})',
        source: exporter,
        limit: 'The migration’s own statements count too.',
      },
    ],
  },
  {
    name: 'idle_in_transaction',
    aliases: ['idle_transactions', 'idle_in_transaction_sessions'],
    title: 'sessions that hold a transaction open and do nothing',
    expressions: [
      {
        unit: 'seconds',
        promql: 'max(pg_stat_activity_max_tx_duration{state=~"idle in transaction.*",$database})',
        source: exporter,
      },
      {
        unit: 'count',
        promql: 'sum(pg_stat_activity_count{state=~"idle in transaction.*",$database})',
        source: exporter,
      },
    ],
  },
  {
    name: 'connections',
    aliases: [
      'connection_usage',
      'connections_used',
      'connection_saturation',
      'connection_pool_usage',
      'connection_pool',
      'pool_usage',
      'max_connections_usage',
    ],
    title: 'connections of the server',
    expressions: [
      {
        unit: 'ratio',
        promql:
          'max(sum by (instance) (pg_stat_activity_count{$database}) / max by (instance) (pg_settings_max_connections{$database}))',
        source: exporter,
        limit:
          'Of the server’s max_connections: the pool inside of an application exports its own metric, if any; give that as `promql`.',
      },
      {
        unit: 'count',
        promql: 'max(sum by (instance) (pg_stat_activity_count{$database}))',
        source: exporter,
      },
    ],
  },
  {
    name: 'pool_waiting',
    aliases: ['pool_queue', 'clients_waiting', 'pgbouncer_waiting', 'connection_wait'],
    title: 'clients that wait for a connection of the pool',
    expressions: [
      {
        unit: 'count',
        promql: 'sum(pgbouncer_pools_client_waiting_connections{$database})',
        source: 'pgbouncer_exporter',
      },
      {
        unit: 'seconds',
        promql: 'max(pgbouncer_pools_client_maxwait_seconds{$database})',
        source: 'pgbouncer_exporter',
      },
    ],
  },
  {
    name: 'disk_usage',
    aliases: ['disk', 'disk_used', 'disk_space', 'disk_space_used', 'disk_full'],
    title: 'share of the disk that is used',
    expressions: [
      {
        unit: 'ratio',
        promql: `max(1 - node_filesystem_avail_bytes{${fileSystems}} / node_filesystem_size_bytes{${fileSystems}})`,
        source: `${node} on the database’s machine`,
      },
    ],
  },
  {
    name: 'disk_free',
    aliases: ['free_disk', 'disk_available', 'disk_space_free', 'free_disk_space'],
    title: 'free space on the disk',
    expressions: [
      {
        unit: 'bytes',
        promql: `min(node_filesystem_avail_bytes{${fileSystems}})`,
        source: `${node} on the database’s machine`,
      },
      {
        unit: 'ratio',
        promql: `min(node_filesystem_avail_bytes{${fileSystems}} / node_filesystem_size_bytes{${fileSystems}})`,
        source: `${node} on the database’s machine`,
      },
    ],
  },
  {
    name: 'disk_io_wait',
    aliases: ['io_wait', 'iowait', 'disk_i_o_wait', 'cpu_iowait'],
    title: 'share of time that processors wait for the disk',
    expressions: [
      {
        unit: 'ratio',
        promql: 'max(avg by (instance) (rate(node_cpu_seconds_total{mode="iowait",$host}[5m])))',
        source: `${node} on the database’s machine`,
      },
    ],
  },
  {
    name: 'disk_busy',
    aliases: ['disk_io', 'disk_utilization', 'disk_i_o'],
    title: 'share of time that the disk is busy',
    expressions: [
      {
        unit: 'ratio',
        promql: 'max(rate(node_disk_io_time_seconds_total{$host}[5m]))',
        source: `${node} on the database’s machine`,
      },
    ],
  },
  {
    name: 'cpu_usage',
    aliases: ['cpu', 'database_cpu', 'cpu_utilization'],
    title: 'share of processor time in use',
    expressions: [
      {
        unit: 'ratio',
        promql: 'max(1 - avg by (instance) (rate(node_cpu_seconds_total{mode="idle",$host}[5m])))',
        source: `${node} on the database’s machine`,
      },
    ],
  },
  {
    name: 'wal_size',
    aliases: ['wal', 'wal_bytes', 'pg_wal_size', 'wal_disk'],
    title: 'size of pg_wal',
    expressions: [{ unit: 'bytes', promql: 'max(pg_wal_size_bytes{$database})', source: exporter }],
  },
  {
    name: 'wal_rate',
    aliases: ['wal_bytes_per_second', 'wal_throughput'],
    title: 'write-ahead log written a second',
    expressions: [
      {
        unit: 'bytes_per_second',
        promql: 'max(rate(pg_stat_replication_pg_current_wal_lsn_bytes{$database}[5m]))',
        source: `${exporter} on the primary`,
        limit: 'Exported while a replica is attached.',
      },
    ],
  },
  {
    name: 'deadlocks',
    aliases: ['deadlock_count', 'deadlock_rate'],
    title: 'deadlocks within five minutes',
    expressions: [
      {
        unit: 'count',
        promql: 'sum(increase(pg_stat_database_deadlocks{$database}[5m]))',
        source: exporter,
      },
      {
        unit: 'per_second',
        promql: 'sum(rate(pg_stat_database_deadlocks{$database}[5m]))',
        source: exporter,
      },
    ],
  },
  {
    name: 'rollback_ratio',
    aliases: ['transaction_rollback_ratio', 'rollbacks', 'aborted_transactions'],
    title: 'share of transactions that are rolled back',
    expressions: [
      {
        unit: 'ratio',
        promql:
          'sum(rate(pg_stat_database_xact_rollback{$database}[5m])) / (sum(rate(pg_stat_database_xact_rollback{$database}[5m])) + sum(rate(pg_stat_database_xact_commit{$database}[5m])))',
        source: exporter,
      },
      {
        unit: 'per_second',
        promql: 'sum(rate(pg_stat_database_xact_rollback{$database}[5m]))',
        source: exporter,
      },
    ],
  },
  {
    name: 'cache_hit_ratio',
    aliases: ['buffer_cache_hit_ratio', 'cache_hit_rate'],
    title: 'share of pages found in the buffer cache',
    expressions: [
      {
        unit: 'ratio',
        promql:
          'sum(rate(pg_stat_database_blks_hit{$database}[5m])) / (sum(rate(pg_stat_database_blks_hit{$database}[5m])) + sum(rate(pg_stat_database_blks_read{$database}[5m])))',
        source: exporter,
      },
    ],
  },
  {
    name: 'dead_tuples',
    aliases: ['dead_rows', 'n_dead_tup', 'bloat'],
    title: 'dead rows of the table that has most',
    expressions: [
      {
        unit: 'count',
        promql: 'max(pg_stat_user_tables_n_dead_tup{$database})',
        source: exporter,
      },
    ],
  },
  {
    name: 'pod_restarts',
    aliases: ['restarts', 'container_restarts', 'crash_loops'],
    title: 'restarts of containers within a quarter of an hour',
    expressions: [
      {
        unit: 'count',
        promql: 'sum(increase(kube_pod_container_status_restarts_total{$app}[15m]))',
        source: 'kube-state-metrics',
      },
    ],
  },
];

/** The metric that a plan means by `name`, however it is written: `Replication lag`, `replica-lag`. */
export function findMetric(name: string): KnownMetric | undefined {
  const wanted = metricKey(name);
  return knownMetrics.find((metric) => metric.name === wanted || metric.aliases.includes(wanted));
}

/** A metric's name in snake_case. */
export function metricKey(name: string): string {
  return name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^_|_$/g, '');
}
