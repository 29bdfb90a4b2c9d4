import type { PGlite } from '@electric-sql/pglite';
import { mayDeallocate, preparedNames, resetScript } from './session-reset.ts';

/** Keeps the plans of queries that are sent over and over, which take longer to plan than to run. */
export interface PlanKeeper {
  /** The statement to send in a query's stead; undefined where that is the query itself. */
  execute(sql: string, parameters: readonly unknown[]): Promise<string | undefined>;
  /** To be told of all that is sent: what takes prepared statements away ends the keeping. */
  see(sql: string): void;
  /** What DISCARD ALL does, but for these plans and for statements that are held. */
  reset(): Promise<void>;
}

const prefix = 'switchback_plan_';

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
      isOff ||= mayDeallocate(sql);
    },
    async reset() {
      await db.exec(isOff ? `${resetScript}; DISCARD PLANS` : resetScript);
      const { rows } = await db.query<{ name: string }>(preparedNames);
      for (const { name } of rows)
        if (isOff || !name.startsWith(prefix)) await db.query(`DEALLOCATE ${name}`);
      if (isOff) names.clear();
      isOff = false;
    },
  };
}
