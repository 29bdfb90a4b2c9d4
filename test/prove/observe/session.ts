import type { PGlite } from '@electric-sql/pglite';
import { type Client, types } from 'pg';

export type Row = Readonly<Record<string, unknown>>;

/** One session of a Postgres, real or embedded. */
export interface Session {
  /** Runs statements in one message; answers with the rows of each. Rejects at the first that fails. */
  run(sql: string): Promise<readonly (readonly Row[])[]>;
}

export function sessionOf(client: Client): Session {
  return {
    run: async (sql) => {
      const result: unknown = await client.query({ text: sql, types });
      const results = (Array.isArray(result) ? result : [result]) as { readonly rows: readonly Row[] }[];
      return results.map(({ rows }) => rows);
    },
  };
}

export function embeddedSession(db: PGlite): Session {
  return { run: async (sql) => (await db.exec(sql)).map(({ rows }) => rows as readonly Row[]) };
}
