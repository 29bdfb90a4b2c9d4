/**
 * A server as production has them, on one machine: what is committed is on disk, replicas could follow, and pages have
 * checksums as is the default. Checkpoints come where the bench asks for them: max_wal_size holds all that a run
 * writes, so that none falls into one measurement and not into another. Autovacuum is off for the same reason. One process a
 * statement: a second worker on a machine of two cores measures what else runs there.
 */
export const productionLike: Readonly<Record<string, string>> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_level: 'replica',
  max_wal_senders: '2',
  max_connections: '500',
  shared_buffers: '2GB',
  maintenance_work_mem: '64MB',
  work_mem: '16MB',
  max_wal_size: '24GB',
  min_wal_size: '4GB',
  wal_buffers: '64MB',
  checkpoint_timeout: '1h',
};
