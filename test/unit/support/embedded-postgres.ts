import { PGlite } from '@electric-sql/pglite';
import { btree_gist } from '@electric-sql/pglite/contrib/btree_gist';

/** What ALTER DEFAULT PRIVILEGES said, in whatever way it was said. */
const forgetDefaultPrivileges = `
  DELETE FROM pg_depend WHERE classid = 'pg_default_acl'::regclass;
  DELETE FROM pg_shdepend WHERE classid = 'pg_default_acl'::regclass;
  DELETE FROM pg_default_acl`;

let started: Promise<PGlite> | undefined;

/**
 * The one embedded Postgres of the unit suites, with an empty `public` schema. A start takes seconds, so all
 * suites use it in turn.
 */
export async function embeddedPostgres(): Promise<PGlite> {
  started ??= PGlite.create({ extensions: { btree_gist } });
  const db = await started;
  await db.exec('DISCARD TEMP');
  await db.exec(forgetDefaultPrivileges);
  const { rows } = await db.query<{ nspname: string }>(
    `SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'`,
  );
  for (const { nspname } of rows) await db.exec(`DROP SCHEMA "${nspname}" CASCADE`);
  const { rows: publications } = await db.query<{ pubname: string }>('SELECT pubname FROM pg_publication');
  for (const { pubname } of publications) await db.exec(`DROP PUBLICATION "${pubname}"`);
  await db.exec('CREATE SCHEMA public; RESET ALL; SET client_min_messages = error');
  return db;
}
