import type { TimeRange } from '../../../server/src/timing/model.ts';
import { residuals, type Work } from '../../../server/src/timing/residuals.ts';
import type { Actual } from './actual.ts';
import type { Form } from './cases.ts';
import type { Waiting } from './waiting.ts';

export interface Outcome {
  readonly id: string;
  readonly form: Form;
  readonly predicted: TimeRange;
  /** Bytes. */
  readonly wal: number;
  readonly actual: Actual;
  /** ms that a plain line by the row foretells, without what is known of how far it is off. */
  readonly line: number;
}

export interface Bar {
  readonly text: string;
  readonly met: boolean;
}

const seconds = (ms: number) => (ms / 1000).toFixed(2).padStart(7);
const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1).padStart(8);

export const outcomeHeading = `${'case'.padEnd(17)} ${'form'.padEnd(25)}    10 %    50 %    90 %  actual s  factor  in   WAL MB  actual    over line`;

export function outcomeLine({ id, form, predicted, wal, actual, line }: Outcome): string {
  const { low, likely, high } = predicted;
  const isIn = low <= actual.ms && actual.ms <= high;
  return `${id.padEnd(17)} ${form.padEnd(25)} ${seconds(low)} ${seconds(likely)} ${seconds(high)}   ${seconds(actual.ms)}  ${(actual.ms / likely).toFixed(2).padStart(6)}  ${isIn ? 'in' : actual.ms < low ? '< ' : '> '} ${megabytes(wal)} ${megabytes(actual.wal)}  ${(actual.ms / line).toFixed(2).padStart(9)}`;
}

/** Bytes below which a log is a catalog's change, whatever the rows. */
const smallWal = 1_000_000;

export function judge(outcomes: readonly Outcome[], waits: readonly Waiting[]): readonly Bar[] {
  const off = outcomes
    .map(({ predicted, actual }) => factor(actual.ms, predicted.likely))
    .toSorted((a, b) => a - b);
  const within = (limit: number) => off.filter((one) => one <= limit).length / off.length;
  const covered =
    outcomes.filter(({ predicted, actual }) => predicted.low <= actual.ms && actual.ms <= predicted.high)
      .length / outcomes.length;
  const logs = outcomes.filter(({ actual }) => actual.wal > smallWal);
  const worstLog = Math.max(...logs.map(({ wal, actual }) => Math.abs(wal / actual.wal - 1)));
  const requests = Math.max(...waits.map(({ predicted, seen }) => Math.abs(predicted / seen - 1)));
  const middle = off[Math.floor(off.length / 2)] ?? Number.NaN;
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  return [
    { text: `median factor ${middle.toFixed(2)} (at most 1.3)`, met: middle <= 1.3 },
    { text: `${percent(within(2))} within 2x (at least 95 %)`, met: within(2) >= 0.95 },
    { text: `${percent(within(1.5))} within 1.5x (at least 80 %)`, met: within(1.5) >= 0.8 },
    { text: `the range covers ${percent(covered)} (75 to 90 %)`, met: covered >= 0.75 && covered <= 0.9 },
    { text: `WAL at most ${percent(worstLog)} off in ${logs.length} cases (5 %)`, met: worstLog <= 0.05 },
    { text: `waiting requests at most ${percent(requests)} off (15 %)`, met: requests <= 0.15 },
  ];
}

function factor(one: number, other: number): number {
  return one > other ? one / other : other / one;
}

const works: Readonly<Record<Form, Work>> = {
  'index build': 'build',
  'index build, GIN': 'buildOther',
  'index build, concurrently': 'concurrently',
  rewrite: 'rewrite',
  'type change': 'rewrite',
  'CHECK validation': 'scan',
  'FOREIGN KEY validation': 'lookup',
  'SET NOT NULL': 'scan',
  backfill: 'batched',
  UPDATE: 'update',
};

/** What this run says of the residuals in `timing/residuals.ts`, a line a kind of work. */
export function residualLines(outcomes: readonly Outcome[]): readonly string[] {
  const kinds = [...new Set(outcomes.map(({ form }) => works[form]))];
  return kinds.map((work) => {
    const { low, likely, high } = residuals[work].grown;
    const found = outcomes
      .filter(({ form }) => works[form] === work)
      .map(({ actual, predicted }) => (actual.ms / predicted.likely) * likely)
      .toSorted((a, b) => a - b);
    const at = (share: number) => (found[Math.round(share * (found.length - 1))] ?? Number.NaN).toFixed(2);
    return `${work.padEnd(13)} ${at(0.1)} ${at(0.5)} ${at(0.9)} over what grows by the row, of ${found.length}; in residuals.ts ${low} ${likely} ${high}`;
  });
}
