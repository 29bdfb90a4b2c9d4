import type { Fingerprint } from './fingerprint/model.ts';
import { readObjects } from './fingerprint/objects.ts';
import { readCatalogs } from './fingerprint/query.ts';
import type { Connection } from './model.ts';

export { compareFingerprints } from './fingerprint/compare.ts';
export type { Drift, Fingerprint } from './fingerprint/model.ts';

/**
 * Reads the schema of the database that is connected: all that is the user's own, without system schemas and
 * temporary objects, and extensions as one object each. Postgres 14 and newer. Changes nothing, neither outside a
 * transaction nor in one, and is the same for every search_path. Rejects with a `DatabaseError`.
 */
export async function takeFingerprint(db: Connection): Promise<Fingerprint> {
  return { objects: readObjects(await readCatalogs(db)) };
}
