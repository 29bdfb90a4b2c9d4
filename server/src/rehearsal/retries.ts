import { setTimeout as delay } from 'node:timers/promises';
import type { DatabaseError } from './model.ts';

/** How often a transaction of a step is tried again after lock_timeout, and how often one was. */
export interface Retries {
  /** The plan's `session.retries`; of each transaction. */
  readonly most: number;
  /** How often it happened, in all transactions of the step. */
  count: number;
}

/**
 * SQLSTATE `lock_not_available`: lock_timeout ended the waiting for a lock.
 * Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const lockNotAvailable = '55P03';

/** ms before the first try again, and the longest before one of them. */
const shortest = 100;
const longest = 10_000;

/** ms to wait before the try again that has this number, from 1: twice as long each time. */
export function backOff(again: number): number {
  return Math.min(shortest * 2 ** (again - 1), longest);
}

/**
 * Tries a transaction until it does not end at lock_timeout, as often as `retries` allows. While it waits in between,
 * it holds nothing: the requests that stood behind it go on. `attempt` answers with the error of a transaction that
 * was rolled back.
 */
export async function withRetries<E extends Pick<DatabaseError, 'code' | 'hint'>>(
  retries: Retries,
  attempt: () => Promise<E | undefined>,
): Promise<E | undefined> {
  for (let again = 0; ; again++) {
    const error = await attempt();
    if (error?.code !== lockNotAvailable) return error;
    if (again >= retries.most)
      return again === 0 ? error : { ...error, hint: error.hint ?? exhausted(again) };
    retries.count++;
    await delay(backOff(again + 1), undefined, { ref: false });
  }
}

function exhausted(again: number): string {
  return `It was tried ${again + 1} times, with a growing pause in between: whatever holds the lock was not done by then. End long transactions first, or raise \`retries\`.`;
}
