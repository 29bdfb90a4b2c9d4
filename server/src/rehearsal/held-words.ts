/** `when`: `after 'Add the column'`. */
export function heldMessage(version: string, when: string, message: string): string {
  return `Where a connection of ${version} has this prepared, it fails ${when} until it is prepared anew: ${message}`;
}

/** What to do after an error with this SQLSTATE, and what the application's driver does by itself. */
export function heldHint(orm: string | undefined, code: string | undefined): string {
  return `Have the application's pool reconnect right after this step, or run DEALLOCATE ALL on its connections; a statement that lists its columns in place of * goes on when a column is added. ${drivers(orm, code)}`;
}

const changedResult = '0A000';

/**
 * As their documentation and sources say. Prisma: its pages "Configure Prisma Client with PgBouncer" and
 * `PrismaPgOptions`; pgJDBC: "Re-execution of failed statements" of "Server Prepared Statements"; asyncpg:
 * `Connection.__execute`; Active Record: `exec_cache` of its PostgreSQL adapter; Postgres.js: `retryRoutines`; pgx:
 * `QueryExecModeCacheStatement`.
 */
function drivers(orm: string | undefined, code: string | undefined): string {
  if (orm === 'prisma')
    return "Prisma's own engine keeps statements prepared, unless its URL says pgbouncer=true; through @prisma/adapter-pg none is kept without a statementNameGenerator.";
  if (orm === 'typeorm')
    return 'node-postgres, on which TypeORM runs, keeps only queries prepared that were given a name: so it is for what else runs this, and for a pooler in between.';
  if (code !== changedResult)
    return 'pgJDBC, asyncpg and Active Record, which prepare it anew after 0A000, do not after this error.';
  return 'Outside a transaction pgJDBC, asyncpg, Active Record and Postgres.js prepare it anew by themselves, and pgx when it is run again; inside one, the transaction fails.';
}
