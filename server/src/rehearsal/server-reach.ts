/** What reaches outside of a database, by the names that Postgres and well-known extensions give it. */

/** Commands that act on the whole server, or on another one. */
export const reachingCommands: Readonly<Record<string, string>> = {
  CreatedbStmt: 'makes a database',
  DropdbStmt: 'drops a database',
  AlterDatabaseStmt: 'changes a database by its name',
  AlterDatabaseSetStmt: 'changes a database by its name',
  AlterDatabaseRefreshCollStmt: 'changes a database by its name',
  AlterSystemStmt: "changes the server's configuration",
  CreateRoleStmt: 'makes a role',
  AlterRoleStmt: 'changes a role',
  AlterRoleSetStmt: 'changes a role',
  DropRoleStmt: 'drops a role',
  GrantRoleStmt: 'changes who is a member of a role',
  DropOwnedStmt: 'takes away what a role owns, its rights on the whole server too',
  ReassignOwnedStmt: 'gives away what a role owns, other databases too',
  CreateTableSpaceStmt: 'makes a tablespace',
  DropTableSpaceStmt: 'drops a tablespace',
  AlterTableSpaceOptionsStmt: 'changes a tablespace',
  CreateSubscriptionStmt: 'subscribes to another server',
  AlterSubscriptionStmt: 'changes a subscription to another server',
  DropSubscriptionStmt: 'ends a subscription to another server',
  ImportForeignSchemaStmt: 'reads the schema of another server',
  LoadStmt: 'loads a library into the server',
};

/** Kinds of objects that are the server's. */
export const serverObjects: Readonly<Record<string, string>> = {
  OBJECT_DATABASE: 'changes a database by its name',
  OBJECT_ROLE: 'changes a role',
  OBJECT_TABLESPACE: 'changes a tablespace',
  OBJECT_PARAMETER_ACL: 'changes rights on settings of the whole server',
  OBJECT_SUBSCRIPTION: 'changes a subscription to another server',
};

/** Languages whose code stays inside; in others a function can do all that the server's own user can. */
const insideLanguage = /^(sql|plpgsql|plperl|pltcl|plv8|plcoffee|plls|pllua|pljs)$/;
/** Extensions that speak to other servers, read the server's files, or do work elsewhere or later. */
const reachingExtension =
  /(^(plv8_)?\w*pl\w+u$|_fdw$|^(dblink|adminpack|plsh|plr|plrust|plproxy|http|pg_net|pg_cron|pg_background|pgagent|pg_task|pg_file_settings|pg_tle|pglogical|aws_\w+|azure_storage|google_ml_integration|wrappers|orafce|amqp|pg_amqp|pg_smtp_client)$)/i;

export function isInsideLanguage(name: string): boolean {
  return insideLanguage.test(name);
}

export function isReachingExtension(name: string): boolean {
  return reachingExtension.test(name);
}

/** Functions of the server's files, of its sessions, of its replication, and of other servers. */
const reachingFunction = new RegExp(
  `^(${[
    'pg_read_(binary_)?file',
    'pg_ls_\\w*dir',
    'pg_logdir_ls',
    'pg_stat_file',
    'pg_file_\\w+',
    'lo_import',
    'lo_export',
    'pg_(cancel|terminate)_backend',
    'pg_log_backend_memory_contexts',
    'pg_reload_conf',
    'pg_rotate_logfile\\w*',
    'pg_promote',
    'pg_switch_wal',
    'pg_create_restore_point',
    'pg_(start_backup|stop_backup|backup_start|backup_stop)',
    'pg_wal_replay_\\w+',
    'pg_\\w*replication_slots?\\w*',
    'pg_logical_slot_\\w+',
    'pg_replication_origin_\\w+',
    'pg_stat_reset_(shared|slru|replication_slot|subscription_stats|backend_stats)',
    'pg_stat_statements_reset',
    'pg_buffercache_\\w+',
    'dblink\\w*',
    'postgres_fdw_\\w+',
    'file_fdw_\\w+',
    'http(_\\w+)?',
    'pg_background_\\w+',
    'query_export_to_s3',
    'table_import_from_s3',
    'fopen|fcopy|fremove|frename',
  ].join('|')})$`,
);

export function isReachingFunction(name: string): boolean {
  return reachingFunction.test(name);
}

/** Functions that run the SQL that they are given. */
const runningFunction =
  /^((query|cursor)_to_xml\w*|ts_stat|ts_rewrite|crosstab\w*|connectby|xpath_table|spi_\w+)$/;

export function isRunningFunction(name: string): boolean {
  return runningFunction.test(name);
}

/** System catalogs that all databases share: https://www.postgresql.org/docs/18/catalogs.html */
const sharedCatalogs: ReadonlySet<string> = new Set([
  'pg_auth_members',
  'pg_authid',
  'pg_database',
  'pg_db_role_setting',
  'pg_parameter_acl',
  'pg_replication_origin',
  'pg_shdepend',
  'pg_shdescription',
  'pg_shseclabel',
  'pg_subscription',
  'pg_tablespace',
]);

/** Catalogs of one database by whose rows a function comes to be another: a superuser may write them. */
const codeCatalogs: ReadonlySet<string> = new Set([
  'pg_aggregate',
  'pg_cast',
  'pg_foreign_data_wrapper',
  'pg_language',
  'pg_operator',
  'pg_proc',
]);

/** What writing or locking a relation of that name reaches; undefined where that is the database's own affair. */
export function catalogReach(name: string): string | undefined {
  if (sharedCatalogs.has(name)) return `writes or locks ${name}, which all databases of the server share`;
  return codeCatalogs.has(name) ? `writes ${name}, where functions of the server are told` : undefined;
}
