import type { PGlite } from '@electric-sql/pglite';

/** Keeps the plans of queries that are sent over and over, which take longer to plan than to run. */
export interface PlanKeeper {
  /** The statement to send in a query's stead; undefined where that is the query itself. */
  execute(sql: string, parameters: readonly unknown[]): Promise<string | undefined>;
  /** To be told of all that is sent: what takes prepared statements away ends the keeping. */
  see(sql: string): void;
  /** What DISCARD ALL does, but for these plans. */
  reset(): Promise<void>;
}

const prefix = 'switchback_plan_';

/**
 * As the manual spells out DISCARD ALL (https://www.postgresql.org/docs/current/sql-discard.html), without DEALLOCATE
 * and DISCARD PLANS. The session authorization comes first: what follows may need its rights.
 */
export const resetScript = `SET SESSION AUTHORIZATION DEFAULT; RESET ALL; CLOSE ALL; UNLISTEN *;
  SELECT pg_catalog.pg_advisory_unlock_all(); DISCARD TEMP; DISCARD SEQUENCES`;

export function createPlanKeeper(db: PGlite): PlanKeeper {
  const names = new Map<string, string>();
  let isOff = false;
  return {
    async execute(sql, parameters) {
      // Numbers, names and WAL positions; anything else goes as a parameter.
      if (isOff || !parameters.every((one) => /^[\w/.]*$/.test(String(one)))) return undefined;
      let name = names.get(sql);
      if (name === undefined) {
        name = `${prefix}${names.size}`;
        await db.query(`PREPARE ${name} AS ${sql}`);
        names.set(sql, name);
      }
      const values = parameters.map((one) => `'${one}'`).join(', ');
      return values === '' ? `EXECUTE ${name}` : `EXECUTE ${name}(${values})`;
    },
    // A missing one would fail inside of the plan's own transaction.
    see(sql) {
      isOff ||= /\b(?:discard|deallocate)\b/i.test(sql);
    },
    async reset() {
      if (isOff) {
        await db.query('DISCARD ALL');
        return;
      }
      await db.exec(resetScript);
      const { rows } = await db.query<{ name: string }>(
        `SELECT pg_catalog.quote_ident(name) AS name FROM pg_catalog.pg_prepared_statements
          WHERE NOT pg_catalog.starts_with(name, '${prefix}') AND from_sql`,
      );
      for (const { name } of rows) await db.query(`DEALLOCATE ${name}`);
    },
  };
}
