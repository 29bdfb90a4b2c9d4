import type { LoadError, LoadReport } from './model.ts';

/** A request that came back. Times of `performance.now()`. */
export interface Answer {
  /** When it was to start. */
  readonly due: number;
  readonly ended: number;
  /** Whether it found no free connection. */
  readonly queued: boolean;
  readonly failure: Omit<LoadError, 'requests'> | undefined;
}

/** Gathers what requests felt, in bounded memory however many there are. */
export interface Recorder {
  /** So many requests were to start. */
  offered(requests: number): void;
  answered(answer: Answer): void;
  /** This process did not get to run for so many ms. */
  heldUp(ms: number): void;
  report(rate: number): LoadReport;
}

/** Each bucket of times is this much wider than the one below: what is told of them is within 1 %. */
const growth = 1.02;
/** ms; what is shorter is in the first bucket. */
const shortest = 0.05;
const buckets = 1000;
/** Kinds of errors that are kept; a plan's versions have few statements. */
const mostErrors = 200;

/** @param lateAfter ms over which a request counts as late */
export function createRecorder(lateAfter: number): Recorder {
  const counts = new Uint32Array(buckets);
  const errors = new Map<string, { example: Omit<LoadError, 'requests'>; requests: number }>();
  let requests = 0;
  let answers = 0;
  let worst = 0;
  let late = 0;
  let queued = 0;
  let failed = 0;
  let heldUp = 0;
  let stall = 0;
  let last = Number.NEGATIVE_INFINITY;
  const quantile = (share: number) => {
    if (answers === 0) return undefined;
    let left = Math.ceil(share * answers);
    const at = counts.findIndex((count) => {
      left -= count;
      return left <= 0;
    });
    return Math.min(shortest * growth ** (at + 0.5), worst);
  };
  return {
    offered(more) {
      requests += more;
    },
    heldUp(ms) {
      heldUp = Math.max(heldUp, ms);
    },
    answered({ due, ended, queued: wasQueued, failure }) {
      const ms = Math.max(0, ended - due);
      answers++;
      const bucket = Math.floor(Math.log(Math.max(ms, shortest) / shortest) / Math.log(growth));
      const at = Math.min(bucket, buckets - 1);
      counts[at] = (counts[at] ?? 0) + 1;
      worst = Math.max(worst, ms);
      if (ms > lateAfter) late++;
      if (wasQueued) queued++;
      stall = Math.max(stall, Math.min(ms, ended - last));
      last = Math.max(last, ended);
      if (!failure) return;
      if (failure.kind !== 'collision') failed++;
      const key = `${failure.version} ${failure.range.start} ${failure.error.code}`;
      const known = errors.get(key);
      if (known) known.requests++;
      else if (errors.size < mostErrors) errors.set(key, { example: failure, requests: 1 });
    },
    report: (rate) => ({
      requests,
      rate,
      p50: quantile(0.5),
      p99: quantile(0.99),
      worst: answers > 0 ? worst : undefined,
      longest_stall: stall,
      late,
      queued,
      failed,
      errors: [...errors.values()]
        .sort((one, other) => other.requests - one.requests)
        .map(({ example, requests: count }) => ({ ...example, requests: count })),
      held_up: heldUp,
    }),
  };
}
