import type { Connection } from '../model.ts';

/** Values that nobody has had yet, made from numbers that are used once. */
export interface FreshValues {
  /** The next value of an expression over the number `i`; null where Postgres makes none of it. */
  take(expression: string): string | null | Promise<string | null>;
}

/** So many are made at once, and more are asked for when half of them are used up: requests do not wait for them. */
const chunk = 2000;

interface Supply {
  values: (string | null)[];
  at: number;
  /** The next ones, asked for already. */
  coming: Promise<(string | null)[]> | undefined;
}

/**
 * @param db asked for nothing else; reads no tables, so that no lock of a step's keeps it waiting
 * @param first the first number; values of lesser ones may be taken
 */
export function createFreshValues(db: Connection, first: number): FreshValues {
  const supplies = new Map<string, Supply>();
  let next = first;
  const make = async (expression: string): Promise<(string | null)[]> => {
    const from = next;
    next += chunk;
    try {
      const { rows } = await db.query(
        `SELECT (${expression})::text AS v FROM pg_catalog.generate_series($1::int8, $2::int8) AS s(i)`,
        [from, from + chunk - 1],
      );
      return rows.map(({ v }) => (v === null || v === undefined ? null : String(v)));
    } catch {
      // Out of its type's range, say: the statement goes with what is written in it.
      return [null];
    }
  };
  const refill = async (expression: string, supply: Supply): Promise<string | null> => {
    supply.coming ??= make(expression);
    const coming = supply.coming;
    const values = await coming;
    // Others may have waited for the same ones.
    if (supply.coming === coming) {
      supply.values = values;
      supply.at = 0;
      supply.coming = undefined;
    }
    return takeFrom(expression, supply);
  };
  const takeFrom = (expression: string, supply: Supply): string | null | Promise<string | null> => {
    if (supply.at >= supply.values.length) return refill(expression, supply);
    if (supply.at >= supply.values.length / 2) supply.coming ??= make(expression);
    return supply.values[supply.at++] ?? null;
  };
  return {
    take(expression) {
      const known = supplies.get(expression);
      if (known) return takeFrom(expression, known);
      const supply: Supply = { values: [], at: 0, coming: undefined };
      supplies.set(expression, supply);
      return takeFrom(expression, supply);
    },
  };
}
