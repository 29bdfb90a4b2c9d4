import { setTimeout as delay } from 'node:timers/promises';
import type { LoadReport } from './model.ts';
import { createRecorder } from './recorder.ts';
import { createStream, type Lane, type Window } from './stream.ts';

/** ms of each try. */
const length = 600;
const longest = 3000;
/** ms; connections that are new, and caches that are cold, are not what is asked about. */
const warmUp = 250;
/** ms under which nearly all requests come back from a server that is at ease. */
const sane = 50;
const tries = 6;

export interface Calibration {
  readonly rate: number;
  /** What requests felt at that rate. */
  readonly report: LoadReport;
}

/**
 * Finds the rate at which the server is at ease before anything is done to it: 99 of 100 requests come back within 50 ms
 * and none piles up. What a step does then shows as what it is. From `asked` downwards; takes a second, or a few.
 */
export async function calibrate<R>(
  asked: number,
  lanes: readonly Lane<R>[],
  next: Window<R>['next'],
  lateAfter: number,
): Promise<Calibration> {
  await attempt(asked, lanes, next, lateAfter, warmUp);
  let rate = asked;
  for (let count = 0; ; count++) {
    const { report, answered } = await attempt(
      rate,
      lanes,
      next,
      lateAfter,
      Math.min(Math.max(length, 3000 / rate), longest),
    );
    const isAtEase =
      (report.p99 ?? Number.POSITIVE_INFINITY) <= sane && answered >= report.requests * 0.9 - 1;
    if (isAtEase || count === tries || rate <= 1) return { rate, report };
    // Once more at the same rate: anything may have been in the way for a moment.
    if (count === 0) continue;
    const held = answered / Math.max(report.requests, 1);
    rate = Math.max(1, rounded(rate * Math.min(0.6, Math.max(0.1, held * 0.6))));
  }
}

function rounded(rate: number): number {
  const unit = 10 ** Math.max(0, Math.floor(Math.log10(rate)) - 1);
  return Math.floor(rate / unit) * unit;
}

async function attempt<R>(
  rate: number,
  lanes: readonly Lane<R>[],
  next: Window<R>['next'],
  lateAfter: number,
  ms: number,
): Promise<{ readonly report: LoadReport; readonly answered: number }> {
  const recorder = createRecorder(lateAfter);
  let answered = 0;
  const counted = {
    ...recorder,
    answered(answer: Parameters<typeof recorder.answered>[0]) {
      answered++;
      recorder.answered(answer);
    },
  };
  const stream = createStream(rate, lanes, { next, recorders: [counted] });
  await delay(ms);
  await stream.stop();
  return { report: recorder.report(rate), answered };
}
