import { isDatabaseError } from '../errors.ts';
import type { Connection } from '../model.ts';

/** Evaluates SQL that makes a value from the number `i`. */
export interface Evaluator {
  /** The value as text; null where it is NULL, or Postgres refuses it (out of its type's range). Inside a transaction. */
  value(expression: string, n: number): Promise<string | null>;
}

/** As many values are asked for at once: the next ones will be wanted too. */
const ahead = 100;

export function createEvaluator(db: Connection): Evaluator {
  const known = new Map<string, Map<number, string | null>>();
  const read = (expression: string, n: number, count: number) =>
    attempt(db, async () => {
      const { rows } = await db.query(
        `SELECT i::int8 AS i, (${expression})::text AS v FROM pg_catalog.generate_series(${n}, ${n + count - 1}) AS s(i)`,
      );
      return new Map(rows.map(({ i, v }) => [Number(i), v === null ? null : String(v)]));
    });
  return {
    async value(expression, n) {
      const found = known.get(expression)?.get(n);
      if (found !== undefined) return found;
      const values = (await read(expression, n, ahead)) ?? (await read(expression, n, 1)) ?? new Map();
      known.set(expression, values);
      return values.get(n) ?? null;
    },
  };
}

/** What `work` gives, or undefined where Postgres refuses it; then nothing of it remains. Inside a transaction. */
export async function attempt<T>(db: Connection, work: () => Promise<T>): Promise<T | undefined> {
  await db.query('SAVEPOINT attempt');
  try {
    const result = await work();
    await db.query('RELEASE SAVEPOINT attempt');
    return result;
  } catch (error) {
    if (!isDatabaseError(error) || error.code === undefined) throw error;
    await db.query('ROLLBACK TO SAVEPOINT attempt');
    return undefined;
  }
}
