import { indexesOf, relationKey } from '../schema/lookup.ts';
import type { Table } from '../schema/model.ts';
import { predictBackfill } from '../timing/backfill.ts';
import type { TimeRange } from '../timing/model.ts';
import type { Given } from './model.ts';

/** How a backfill goes through a table. */
export interface Pace {
  /** Rows a batch. */
  readonly batch: number;
  /** As a plan writes it. */
  readonly pause: string;
}

const batches = [10_000, 5000, 2000, 1000, 500] as const;
/** ms that a batch may hold its rows: the requests that write the same rows wait for as long. */
const longest = { usual: 200, busy: 100 };
/** Requests a second from which on many of them meet the rows of a batch. */
const busyFrom = 5000;
/** ms between batches, so that replicas and the disk keep up. */
const leastPause = 100;
/** Rows up to which there is nothing to keep up with. */
const small = 100_000;

/**
 * What a row takes, in updates of a plain table: where a trigger writes it to another table and takes it away here, and
 * where the new version is put into an exclusion constraint's index. Measured on Postgres 18: 2 to 4, and 6 to 15.
 */
const costs = { moved: 3, exclusion: 8 };

/** Batches that are over in a moment (`moves`: though a trigger moves each row to another table), and pauses as long as these take: half of the time is everybody else's. */
export function paceOf(given: Given, table: Table, moves = false): Pace {
  const { rows, bytes } = given.size(table) ?? {};
  const indexes = [...indexesOf(given.facts.schema, relationKey(table.name))].length;
  const limit = (given.traffic ?? 0) > busyFrom ? longest.busy : longest.usual;
  const excludes = table.constraints.some(({ kind }) => kind === 'exclusion');
  const cost = (moves ? costs.moved : 1) * (excludes ? costs.exclusion : 1);
  const timeOf = (batch: number) =>
    cost *
    (predictBackfill(
      { batch, pause: 0, conditional: false },
      { rows: batch, bytes: bytes && rows ? (bytes / rows) * batch : undefined, indexes },
    )?.time.likely ?? 0);
  const batch = batches.find((one) => timeOf(one) <= limit) ?? batches[batches.length - 1] ?? 500;
  const pause = Math.max(leastPause, Math.ceil(timeOf(batch) / 50) * 50);
  return { batch, pause: rows !== undefined && rows <= small ? '50ms' : `${pause}ms` };
}

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
] as const;

/** `1s`, `2min-10min`: from one server in ten to nine in ten, as a plan's `estimate`. */
export function estimateOf({ low, high }: TimeRange): string {
  const [from, to] = [durationOf(low), durationOf(high)];
  return from === to ? to : `${from}-${to}`;
}

/** ms as a plan writes a duration, to one or two figures: at least a second. */
export function durationOf(ms: number): string {
  if (ms < 1000) return '1s';
  const [unit, size] = units.find(([, each]) => ms >= each * 1.5) ?? ['s', 1000];
  const value = ms / size;
  return `${value < 10 ? Math.round(value) : Number(value.toPrecision(2))}${unit}`;
}
