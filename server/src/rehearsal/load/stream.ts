import type { LoadError } from './model.ts';
import type { Recorder } from './recorder.ts';

/** A connection that takes one request at a time. */
export interface Lane<R> {
  /** Sends it and answers with how it failed; undefined where it did not. Never rejects. */
  send(request: R): Promise<Omit<LoadError, 'requests'> | undefined>;
}

/** Time as it is, or as a test has it. */
export interface Clock {
  /** ms since any moment. */
  now(): number;
  /** Does the work after so many ms at the earliest; answers with what takes that back. */
  after(ms: number, work: () => void): () => void;
}

const realClock: Clock = {
  now: () => performance.now(),
  after(ms, work) {
    const timer = setTimeout(work, ms);
    return () => clearTimeout(timer);
  },
};

/** A part of the stream that is reported by itself. */
export interface Window<R> {
  /** The next request, asked for as it is sent. */
  next(): R | Promise<R>;
  readonly recorders: readonly Recorder[];
}

/**
 * An open-loop stream: requests start by the clock, whether or not earlier ones have come back. One that finds no free
 * lane waits for one, first come, first served, and its time runs from when it was to start.
 *
 * Since they start at even intervals, those that wait are known by two numbers, however many they are.
 */
export interface Stream<R> {
  /** Requests that are due from now on are of this window; resolves once all before it have come back. */
  turnTo(window: Window<R>): Promise<void>;
  /** Sends nothing more; resolves once what was sent has come back. */
  stop(): Promise<void>;
}

interface OpenWindow<R> extends Window<R> {
  /** The number of its first request, and of the first behind it. */
  readonly from: number;
  to: number | undefined;
  /** How many of it are told as offered. */
  offered: number;
  answered: number;
  over: () => void;
}

/** ms between looks at the clock at the most; a timer may be late by more than that. */
const longestSleep = 20;
/** ms by which a timer is late before that is told as the process's own fault. */
const heldUpFrom = 5;

/**
 * @param rate requests a second
 * @param lanes not sent to by anybody else
 */
export function createStream<R>(
  rate: number,
  lanes: readonly Lane<R>[],
  first: Window<R>,
  { now, after }: Clock = realClock,
): Stream<R> {
  const interval = 1000 / rate;
  const epoch = now();
  const idle = [...lanes];
  const windows: OpenWindow<R>[] = [opened(first, 0)];
  let next = 0;
  /** Requests below this number found no free lane. */
  let starved = 0;
  let stopped = false;
  let sleepNoMore: () => void = () => {};
  let quiet: () => void = () => {};

  /** How many requests were to start by now. */
  const due = () => Math.floor((now() - epoch) / interval) + 1;
  const current = () => windows.at(-1) as OpenWindow<R>;

  const offer = (upTo: number) => {
    const window = current();
    const more = upTo - window.from - window.offered;
    if (more <= 0) return;
    window.offered += more;
    for (const recorder of window.recorders) recorder.offered(more);
  };

  const dispatch = () => {
    if (stopped) return;
    const upTo = due();
    offer(upTo);
    while (next < upTo && idle.length > 0) {
      const lane = idle.shift() as Lane<R>;
      void send(lane, next++);
    }
    if (next < upTo) starved = upTo;
  };

  const send = async (lane: Lane<R>, number: number) => {
    const window = windows.find(({ to }) => to === undefined || number < to) as OpenWindow<R>;
    const request = await window.next();
    const failure = await lane.send(request);
    const ended = now();
    idle.push(lane);
    if (stopped) {
      if (idle.length === lanes.length) quiet();
      return;
    }
    const answer = { due: epoch + number * interval, ended, queued: number < starved, failure };
    for (const recorder of window.recorders) recorder.answered(answer);
    window.answered++;
    settle(window);
    dispatch();
  };

  /** Windows that everything has come back of are done with, from the first on. */
  const settle = (window: OpenWindow<R>) => {
    if (window.to !== undefined && window.answered >= window.to - window.from) window.over();
    while (windows[0]?.to !== undefined && windows[0].answered >= windows[0].to - windows[0].from)
      windows.shift();
  };

  const tick = (woken: number) => {
    if (stopped) return;
    const behind = now() - woken;
    if (behind > heldUpFrom) for (const recorder of current().recorders) recorder.heldUp(behind);
    dispatch();
    const sleep = Math.min(Math.max(epoch + due() * interval - now(), 1), longestSleep);
    const planned = now() + sleep;
    sleepNoMore = after(sleep, () => tick(planned));
  };
  tick(now());

  return {
    turnTo(window) {
      const from = due();
      offer(from);
      const before = current();
      before.to = from;
      windows.push(opened(window, from));
      const over = new Promise<void>((resolve) => {
        before.over = resolve;
      });
      if (stopped) before.over();
      settle(before);
      return over;
    },
    async stop() {
      stopped = true;
      sleepNoMore();
      for (const window of windows) window.over();
      if (idle.length === lanes.length) return;
      await new Promise<void>((resolve) => {
        quiet = resolve;
      });
    },
  };
}

function opened<R>(window: Window<R>, from: number): OpenWindow<R> {
  return { ...window, from, to: undefined, offered: 0, answered: 0, over: () => {} };
}
