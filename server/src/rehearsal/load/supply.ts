import type { SampledRow } from './samples.ts';

/** Rows that requests take values of. */
export interface Supply {
  /** A row with a value in that column; undefined where there is none now. */
  row(column: string): SampledRow | undefined;
  /** Whether the last one that was given had been used before, though each can be used once. */
  isSpent?(): boolean;
}

/** Any of them at random, as often as may be. */
export function anyOf(rows: readonly SampledRow[]): Supply {
  return {
    row(column) {
      for (let count = 0; count < 20; count++) {
        const row = rows[Math.floor(Math.random() * rows.length)];
        if (typeof row?.[column] === 'string') return row;
      }
      return undefined;
    },
  };
}

/** ms between looks for more. */
const pause = 250;
/** Used ones that are kept to be used again. */
const mostUsed = 1000;

/**
 * Each row once. When they are used up, more are looked for in the background: no request waits for that, but takes
 * one that was used before, or of `spare` where none was, and `isSpent` tells so.
 */
export function eachOnce(
  first: readonly SampledRow[],
  spare: readonly SampledRow[],
  more: () => Promise<readonly SampledRow[]>,
  now = () => performance.now(),
): Supply {
  let rows = [...first];
  let used = spare.slice(0, mostUsed);
  let again = 0;
  let isSpent = false;
  const look = async () => {
    again = Number.POSITIVE_INFINITY;
    // Refused where a step has changed the tables: what is live then is looked at anew, and supplies with it.
    const found = await more().catch(() => []);
    rows = [...found];
    again = now() + pause;
  };
  return {
    row(column) {
      const row = rows.pop();
      isSpent = row === undefined;
      if (!row) {
        if (now() >= again) void look();
        return anyOf(used).row(column);
      }
      used.push(row);
      if (used.length > mostUsed * 2) used = used.slice(mostUsed);
      return row;
    },
    isSpent: () => isSpent,
  };
}
