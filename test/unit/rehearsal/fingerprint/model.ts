/** What is done to a database, and which differences that makes to its fingerprint. */
export interface DriftCase {
  /** SQL that makes a schema to start from, beside `baseSchema`. */
  readonly given?: string;
  readonly sql: string;
  /** The messages, in order; none where the SQL takes back all that it did. */
  readonly drift: readonly string[];
  /** The first version that can run it. */
  readonly since?: number;
  /** Only in a cluster of its own: it needs more than one session, or what an embedded Postgres does not have. */
  readonly server?: true;
}
