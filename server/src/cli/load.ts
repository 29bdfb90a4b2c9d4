import { parseRate, poolSizes, waits } from '../plan/values.ts';
import type { LoadOptions } from '../rehearsal/load/model.ts';
import { type Arguments, duration, wholeNumber } from './arguments.ts';
import { UsageError } from './io.ts';

/** The options of `dry-run` that are about load. */
export const loadOptions = { load: 'rate', pool: 'string', 'max-wait': 'string' } as const;

/** Requests a second; one process of Node.js sends no more. */
const fastest = 100_000;

/**
 * The load that the options ask for; undefined where they ask for none.
 *
 * @param onServer whether the run is on a server
 * @throws {UsageError}
 */
export function loadAskedFor(given: Arguments, onServer: boolean): LoadOptions | undefined {
  const pool = wholeNumber('dry-run', given, 'pool', poolSizes);
  const maxWait = duration('dry-run', given, 'max-wait', waits);
  if (!given.has('load')) {
    const needing = pool !== undefined ? 'pool' : maxWait !== undefined ? 'max-wait' : undefined;
    if (needing === undefined) return undefined;
    throw new UsageError(`--${needing} is for a rehearsal under load: give --load too.`, 'dry-run');
  }
  if (!onServer)
    throw new UsageError(
      '--load needs a server with many sessions, which the embedded Postgres is not: name one with --database URL, or --server.',
      'dry-run',
    );
  if (given.value('step') !== undefined)
    throw new UsageError(
      '--step proves one step, and under load nothing is proven: give one of the two.',
      'dry-run',
    );
  const written = given.value('load');
  const rate = parseRate(written);
  if (written !== undefined && !(rate !== undefined && rate > 0 && rate <= fastest))
    throw new UsageError(
      `--load=${written}: give a rate such as 200/s or 5k/min, at most ${fastest / 1000}k/s; or --load alone for the plan's \`traffic\`.`,
      'dry-run',
    );
  return {
    ...(rate === undefined ? {} : { rate }),
    ...(pool === undefined ? {} : { pool }),
    ...(maxWait === undefined ? {} : { maxWait }),
  };
}
