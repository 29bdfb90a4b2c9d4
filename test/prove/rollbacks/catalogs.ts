import {
  compareFingerprints,
  type Fingerprint,
  takeFingerprint,
} from '../../../server/src/rehearsal/fingerprint.ts';
import type { ProofSession } from './session.ts';

/** What a rollback is to restore, besides rows: the schema, and what belongs to all databases of the server. */
export interface Catalogs {
  readonly schema: Fingerprint;
  readonly cluster: ReadonlyMap<string, string>;
}

/** Roles with their settings and members, databases, tablespaces: by name, without numbers. */
const clusterSql = `
SELECT 'role ' || rolname AS key, (pg_catalog.to_jsonb(r) - 'oid')::text AS value FROM pg_catalog.pg_authid r
UNION ALL
SELECT pg_catalog.format('member %s of %s', member::regrole, roleid::regrole), admin_option::text FROM pg_catalog.pg_auth_members
UNION ALL
SELECT 'database ' || datname, pg_catalog.concat_ws(' ', datdba::regrole, datacl, datconnlimit, datallowconn,
  pg_catalog.shobj_description(oid, 'pg_database')) FROM pg_catalog.pg_database WHERE datname !~ '^(scene|copy)_'
UNION ALL
SELECT pg_catalog.format('settings of %s in %s', CASE WHEN setrole <> 0 THEN setrole::regrole::text END,
  (SELECT datname FROM pg_catalog.pg_database d WHERE d.oid = setdatabase)), setconfig::text
  FROM pg_catalog.pg_db_role_setting
UNION ALL
SELECT 'tablespace ' || spcname, pg_catalog.concat_ws(' ', spcowner::regrole, spcacl, spcoptions) FROM pg_catalog.pg_tablespace`;

export async function readCatalogs(session: ProofSession): Promise<Catalogs> {
  const { rows } = await session.query(clusterSql);
  return {
    schema: await takeFingerprint(session),
    cluster: new Map(rows.map(({ key, value }) => [String(key), String(value)])),
  };
}

/** The differences in words; where columns stand in another order and that is all, `reordered`. */
export function catalogDrift(
  before: Catalogs,
  after: Catalogs,
): { readonly drift: readonly string[]; readonly reordered: boolean } {
  const drifts = compareFingerprints(before.schema, after.schema);
  const drift = drifts.flatMap(({ kind, message }) => (kind === 'schema' ? [message] : []));
  return {
    drift: [...drift, ...clusterDrift(before.cluster, after.cluster)],
    reordered: drifts.some(({ kind }) => kind === 'column_order'),
  };
}

function clusterDrift(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((key) => {
    const [was, now] = [before.get(key), after.get(key)];
    if (was === now) return [];
    return [`${key}: ${now === undefined ? 'missing' : was === undefined ? 'new' : 'changed'}`];
  });
}
