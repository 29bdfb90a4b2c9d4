import type { EngineSession } from './model.ts';

/** Why work was stopped before its end; the session is closed then. */
export class Stopped extends Error {
  readonly reason: 'cancelled' | 'time limit';

  constructor(reason: Stopped['reason']) {
    super(reason);
    this.reason = reason;
  }
}

/** Lets work on a session be stopped from outside, whatever Postgres is doing. */
export interface Guard {
  /** Runs `work`; rejects with `Stopped` once `limit` ms have passed or the run is cancelled. */
  run<T>(work: () => Promise<T>, limit: number): Promise<T>;
}

/** A guard over `session`. Stopping closes it: nothing that was running goes on, and nothing is left behind. */
export function createGuard(session: EngineSession, signal: AbortSignal | undefined): Guard {
  return {
    async run(work, limit) {
      if (signal?.aborted) throw new Stopped('cancelled');
      let stop: (reason: Stopped['reason']) => void = () => {};
      const stopped = new Promise<never>((_, reject) => {
        stop = (reason) => {
          reject(new Stopped(reason));
          // Afterwards: closing makes the running query fail, and that must not be taken for the cause.
          setTimeout(() => void session.close(), 0);
        };
      });
      const cancel = () => stop('cancelled');
      const timer = setTimeout(() => stop('time limit'), limit);
      signal?.addEventListener('abort', cancel, { once: true });
      try {
        return await Promise.race([work(), stopped]);
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', cancel);
      }
    },
  };
}
