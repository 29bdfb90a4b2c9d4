import type { Range } from '../../text/range.ts';
import type { StatementError } from '../model.ts';

/** How the application's requests are to come while the steps run. */
export interface LoadOptions {
  /** Requests a second; the plan's `traffic` where absent. */
  readonly rate?: number;
  /** Connections that the requests share; `defaultPool` where absent. */
  readonly pool?: number;
  /** ms that no request may take: one that does fails its step. Nothing fails for its time where absent. */
  readonly maxWait?: number;
  /** ms for which requests go on after each step, at the least, before the next one; `defaultSettle` where absent. */
  readonly settle?: number;
}

export const defaultPool = 20;
/** ms */
export const defaultSettle = 300;
/** ms over which a request counts as late where no `maxWait` was given. */
export const defaultLate = 250;

/**
 * What requests felt. All times are ms from when a request was to start, by the clock, to when its answer was there:
 * the waiting for a free connection of the pool is in them, and so are the timers of Node.js, a millisecond or two.
 */
export interface LoadReport {
  /** Requests that were to start in that time, whatever became of them. */
  readonly requests: number;
  /** Requests a second, as they were offered. */
  readonly rate: number;
  /** Within 1 %; undefined where no request came back. */
  readonly p50: number | undefined;
  readonly p99: number | undefined;
  readonly worst: number | undefined;
  /** The longest time in which no request came back, at the end of which one did that was due all the while. */
  readonly longest_stall: number;
  /** Requests that took longer than `Report.load.late_after`. */
  readonly late: number;
  /** Requests that found no free connection in the pool. */
  readonly queued: number;
  /** Requests that Postgres refused. */
  readonly failed: number;
  /** What it refused them with, the most frequent first; the first of each kind as an example. */
  readonly errors: readonly LoadError[];
  /** The longest time in which this very process did not get to run: requests then came late by its own fault. */
  readonly held_up: number;
}

/**
 * lock_timeout and statement_timeout: of the application's own session, by its role's or its database's settings.
 * collision: values that were made up for the requests met one another; no fault of a step's.
 */
export type LoadErrorKind = 'failed' | 'lock_timeout' | 'statement_timeout' | 'collision' | 'disconnected';

export interface LoadError {
  readonly kind: LoadErrorKind;
  readonly version: string;
  /** Its SQL, as the plan has it. */
  readonly statement: string;
  /** Of the first such request. Its `code` is undefined where the connection was lost. */
  readonly error: StatementError;
  readonly requests: number;
  /** The statement's place in the plan, and its zero-based line. */
  readonly range: Range;
  readonly line: number;
}

/** The load of a whole run. */
export interface RunLoad {
  /** Requests a second that were asked for. */
  readonly asked: number;
  /** And that were offered: less where the server could not hold them. */
  readonly rate: number;
  /** Connections of the pool. */
  readonly pool: number;
  /** ms that no request might take; undefined where no bar was given. */
  readonly max_wait: number | undefined;
  /** ms over which a request is counted as late: `max_wait`, or `defaultLate`. */
  readonly late_after: number;
  /**
   * Whether no request took longer than `max_wait` in any step; undefined where no bar was given, no step was run, or one
   * that did may have done so since this very process did not get to run (`held_up`).
   */
  readonly kept: boolean | undefined;
  /** Right before step one, at `rate`. */
  readonly before: LoadReport;
  /** From step one to the end. */
  readonly total: LoadReport;
}

/** Whether the bar was kept in a part of the load; undefined where this process's own waiting leaves that open. */
export function keepsBar(
  { worst = 0, held_up }: Pick<LoadReport, 'worst' | 'held_up'>,
  maxWait: number,
): boolean | undefined {
  if (worst <= maxWait) return true;
  return worst - held_up > maxWait ? false : undefined;
}
