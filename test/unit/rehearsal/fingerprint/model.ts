/** What is done to a database, and which differences that makes to its fingerprint. */
export interface FingerprintCase {
  /** SQL that adds to `baseSchema` what the case starts from. */
  readonly given?: string;
  /** One transaction; a list runs statement by statement without one, of which some may fail. */
  readonly sql: string | readonly string[];
  /** The messages, in order: none where the SQL takes back all that it did. */
  readonly drift: readonly string[];
  /** Takes back a list of statements. */
  readonly clean?: readonly string[];
  /** The first version that can run it. */
  readonly since?: number;
  /** The last version that it is so on. */
  readonly until?: number;
  /** Not on the embedded Postgres, which cannot do it. */
  readonly server?: true;
}
