import type { PGlite } from '@electric-sql/pglite';
import type { Connection } from '../../../server/src/rehearsal/model.ts';

/** An embedded Postgres of the unit suites as a rehearsal sees one. */
export function connectionTo(db: PGlite): Connection {
  return {
    query: async (sql, parameters) => {
      const { rows, affectedRows } = await db.query<Record<string, unknown>>(sql, [...(parameters ?? [])]);
      return { rows, affectedRows: affectedRows ?? 0 };
    },
    exec: async (sql) => {
      await db.exec(sql);
    },
  };
}
