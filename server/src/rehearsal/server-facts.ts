import { statfs } from 'node:fs/promises';
import type { Connection } from './model.ts';
import { applicationName, type ServerTarget } from './server-connection.ts';

/** What a server says of itself and of the database that was named. Nothing is changed to learn it. */
export interface ServerFacts {
  /** E.g. `16.14`. */
  readonly version: string;
  readonly major: number;
  readonly superuser: boolean;
  /** Has, or may take on, rights that reach outside of a database: a superuser's, on roles, on files, on programs. */
  readonly isPrivileged: boolean;
  readonly mayCreate: boolean;
  /** A standby: read only. */
  readonly inRecovery: boolean;
  /** Standbys and subscribers that stream from it now. */
  readonly replicas: number;
  /** Sessions of others than Switchback, on all databases. */
  readonly sessions: number;
  /** Of these, on the named database. */
  readonly sessionsOnDatabase: number;
  readonly exists: boolean;
  /** Bytes; undefined where the user may not know. */
  readonly size: number | undefined;
  /** Whether the user may copy the database: its owner, or a superuser. */
  readonly mayCopy: boolean;
  /** Bytes free for new databases; undefined where that cannot be known from here. */
  readonly free: number | undefined;
}

const query = `
  SELECT current_setting('server_version') AS version,
    current_setting('server_version_num')::int / 10000 AS major,
    r.rolsuper AS superuser,
    r.rolsuper OR r.rolcreatedb AS may_create,
    EXISTS (SELECT FROM pg_catalog.pg_roles p WHERE pg_catalog.pg_has_role(p.oid, 'MEMBER')
      AND (p.rolsuper OR p.rolcreaterole OR p.rolreplication OR p.rolname IN ('pg_execute_server_program',
        'pg_read_server_files', 'pg_write_server_files', 'pg_signal_backend', 'rds_superuser', 'cloudsqlsuperuser',
        'azure_pg_admin'))) AS privileged,
    pg_catalog.pg_is_in_recovery() AS in_recovery,
    (SELECT count(*) FROM pg_catalog.pg_stat_replication)::int AS replicas,
    (SELECT count(*) FROM other)::int AS sessions,
    (SELECT count(*) FROM other WHERE datname = $1)::int AS sessions_on_database,
    d.oid IS NOT NULL AS exists,
    CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT') THEN pg_catalog.pg_database_size(d.oid) END AS size,
    coalesce(r.rolsuper OR d.datistemplate OR pg_catalog.pg_has_role(d.datdba, 'USAGE'), false) AS may_copy,
    CASE WHEN r.rolsuper OR pg_catalog.pg_has_role('pg_read_all_settings', 'USAGE')
      THEN current_setting('data_directory', true) END AS folder
  FROM pg_catalog.pg_roles r LEFT JOIN pg_catalog.pg_database d ON d.datname = $1
  WHERE r.rolname = current_user`;

/** Others' sessions: helpers of the server have no user, and what Switchback runs calls itself so. */
const others = `
  WITH other AS (
    SELECT datname FROM pg_catalog.pg_stat_activity
    WHERE datid IS NOT NULL AND usesysid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid()
      AND coalesce(application_name, '') <> $2)`;

export async function readFacts(monitor: Connection, target: ServerTarget): Promise<ServerFacts> {
  const { rows } = await monitor.query(others + query, [target.database, applicationName]);
  const row = rows[0] ?? {};
  return {
    version: String(row.version).split(' ')[0] ?? '',
    major: Number(row.major),
    superuser: row.superuser === true,
    isPrivileged: row.privileged === true,
    mayCreate: row.may_create === true,
    inRecovery: row.in_recovery === true,
    replicas: Number(row.replicas),
    sessions: Number(row.sessions),
    sessionsOnDatabase: Number(row.sessions_on_database),
    exists: row.exists === true,
    size: row.size === null ? undefined : Number(row.size),
    mayCopy: row.may_copy === true,
    free: isHere(target) && row.folder ? await freeIn(String(row.folder)) : undefined,
  };
}

/** Only where the server's disk is this machine's: over a socket, which nobody forwards by accident. */
function isHere({ host }: ServerTarget): boolean {
  return host.startsWith('/');
}

async function freeIn(folder: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}
