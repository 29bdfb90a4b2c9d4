import { setTimeout as delay } from 'node:timers/promises';
import type { OtherSession } from '../model.ts';

/** A connection of the application's that is made anew when it is lost, as its pool would do. */
export interface PooledConnection {
  /** What is there now. */
  current(): OtherSession;
  /** To be called once it was found lost; resolves with the next one, or undefined where the run ends. */
  renew(): Promise<void>;
}

export interface Pool {
  readonly connections: readonly PooledConnection[];
  /** How many were asked for, and why they are fewer; undefined where they are not. */
  readonly shortOf: { readonly asked: number; readonly reason: string } | undefined;
  /** Nothing is made anew from here on. */
  stop(): void;
}

/** ms between tries to connect again. */
const pause = 500;

/**
 * Connects as often as asked, or as often as the server lets in, but once at least.
 *
 * Rejects with the server's error where it lets in none.
 */
export async function openPool(size: number, connect: () => Promise<OtherSession>): Promise<Pool> {
  const state = { stopped: false };
  const connections: PooledConnection[] = [];
  let reason: string | undefined;
  while (connections.length < size && reason === undefined) {
    try {
      connections.push(pooled(await connect(), connect, state));
    } catch (error) {
      if (connections.length === 0) throw error;
      reason = error instanceof Error ? error.message : String(error);
    }
  }
  return {
    connections,
    shortOf: reason === undefined ? undefined : { asked: size, reason },
    stop() {
      state.stopped = true;
    },
  };
}

function pooled(
  first: OtherSession,
  connect: () => Promise<OtherSession>,
  state: { readonly stopped: boolean },
): PooledConnection {
  let session = first;
  return {
    current: () => session,
    async renew() {
      while (!state.stopped && session.isGone()) {
        try {
          session = await connect();
        } catch {
          await delay(pause, undefined, { ref: false });
        }
      }
    },
  };
}
