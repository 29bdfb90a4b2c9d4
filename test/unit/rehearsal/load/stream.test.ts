import assert from 'node:assert/strict';
import fc from 'fast-check';
import { createRecorder } from '../../../../server/src/rehearsal/load/recorder.ts';
import { type Clock, createStream, type Lane } from '../../../../server/src/rehearsal/load/stream.ts';

const failure = {
  kind: 'failed' as const,
  version: 'v1',
  statement: 'SELECT 1',
  error: { message: 'no', code: '42703', detail: undefined, hint: undefined, range: undefined },
  range: { start: 7, end: 9 },
  line: 1,
};

describe('the recorder of a load', () => {
  it('tells percentiles within 1 % of what was there, and the worst exactly', () => {
    const times = fc.array(fc.double({ min: 0.05, max: 100_000, noNaN: true }), {
      minLength: 1,
      maxLength: 300,
    });
    fc.assert(
      fc.property(times, (all) => {
        const recorder = createRecorder(250);
        for (const ms of all)
          recorder.answered({ due: 1000, ended: 1000 + ms, queued: false, failure: undefined });
        const { p50 = 0, p99 = 0, worst } = recorder.report(1);
        const sorted = all.toSorted((a, b) => a - b);
        const exact = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
        for (const [told, is] of [
          [p50, exact(0.5)],
          [p99, exact(0.99)],
        ] as const)
          assert.ok(Math.abs(told - is) <= is * 0.0101 + 1e-9, `${told} for ${is}`);
        assert.ok(Math.abs((worst ?? 0) - (sorted.at(-1) ?? 0)) < 1e-6);
      }),
    );
  });

  it('says nothing of times where nothing came back', () => {
    const recorder = createRecorder(250);
    recorder.offered(3);
    const { requests, p50, worst, longest_stall } = recorder.report(10);
    assert.deepEqual(
      { requests, p50, worst, longest_stall },
      { requests: 3, p50: undefined, worst: undefined, longest_stall: 0 },
    );
  });

  it('calls it a stall when nothing comes back that is due, and not when nothing is', () => {
    const recorder = createRecorder(250);
    const answer = (due: number, ended: number) =>
      recorder.answered({ due, ended, queued: false, failure: undefined });
    answer(0, 1);
    // Nobody asked for anything for a second.
    answer(1001, 1003);
    assert.equal(recorder.report(1).longest_stall, 2);
    // Three that waited for the same lock, since different times.
    answer(1100, 1500);
    answer(1200, 1501);
    answer(1300, 1502);
    assert.equal(recorder.report(1).longest_stall, 400);
    assert.equal(recorder.report(1).late, 2 + 0);
  });

  it('counts errors by statement and SQLSTATE, and collisions as no failure', () => {
    const recorder = createRecorder(250);
    const answer = (of: typeof failure | ({ kind: 'collision' } & Omit<typeof failure, 'kind'>)) =>
      recorder.answered({ due: 0, ended: 1, queued: false, failure: of });
    answer(failure);
    answer(failure);
    answer({ ...failure, kind: 'collision', error: { ...failure.error, code: '23505' } });
    const { failed, errors } = recorder.report(1);
    assert.equal(failed, 2);
    assert.deepEqual(
      errors.map(({ kind, requests }) => [kind, requests]),
      [
        ['failed', 2],
        ['collision', 1],
      ],
    );
  });
});

/** Time that stands still until it is moved on. */
function standing() {
  let time = 0;
  const timers = new Set<{ readonly at: number; readonly work: () => void }>();
  const clock: Clock = {
    now: () => time,
    after(ms, work) {
      const timer = { at: time + ms, work };
      timers.add(timer);
      return () => timers.delete(timer);
    },
  };
  const pass = async (ms: number) => {
    const until = time + ms;
    for (;;) {
      // What was set off by the last one.
      await new Promise(setImmediate);
      const [next] = [...timers].sort((one, other) => one.at - other.at);
      if (!next || next.at > until) break;
      timers.delete(next);
      time = next.at;
      next.work();
    }
    time = until;
  };
  return { clock, pass };
}

describe('an open-loop stream', () => {
  /** Lanes that answer after so many ms. */
  function lanes(count: number, { after }: Clock, ms: () => number) {
    const sent: number[] = [];
    let busy = 0;
    let busiest = 0;
    const lane: Lane<number> = {
      async send(request) {
        sent.push(request);
        busiest = Math.max(busiest, ++busy);
        await new Promise<void>((resolve) => after(ms(), resolve));
        busy--;
        return undefined;
      },
    };
    return { all: Array.from({ length: count }, () => ({ ...lane })), sent, busiest: () => busiest };
  }

  function numbers(): () => number {
    let n = 0;
    return () => n++;
  }

  it('starts requests by the clock, however long the others take', async () => {
    const { clock, pass } = standing();
    const recorder = createRecorder(100);
    const { all, busiest } = lanes(100, clock, () => 200);
    const stream = createStream(200, all, { next: numbers(), recorders: [recorder] }, clock);
    await pass(402);
    const { requests, queued, worst } = recorder.report(200);
    assert.deepEqual({ requests, queued, worst }, { requests: 81, queued: 0, worst: 200 });
    assert.ok(busiest() >= 40 && busiest() <= 42, `${busiest()} at once`);
    void stream.stop();
  });

  it('counts the waiting for a free lane from when the request was due', async () => {
    const { clock, pass } = standing();
    const recorder = createRecorder(100);
    let first = 2;
    const { all, sent } = lanes(2, clock, () => (first-- > 0 ? 300 : 5));
    const stream = createStream(100, all, { next: numbers(), recorders: [recorder] }, clock);
    await pass(290);
    assert.equal(sent.length, 2);
    await pass(710);
    const { requests, queued, worst = 0, late } = recorder.report(100);
    assert.equal(requests, 101);
    // Those of 300 ms and of the time until two lanes have caught up: 30 of them, 400 a second less 100 that come.
    assert.ok(queued >= 30 && queued <= 42, `${queued} queued`);
    assert.ok(worst >= 300 && worst <= 305, `${worst}`);
    // The two, and those that were due in the first 200 ms.
    assert.ok(late >= 22 && late <= 30, `${late} late`);
    assert.deepEqual(
      sent,
      sent.toSorted((a, b) => a - b),
    );
    void stream.stop();
  });

  it('tells a window of all that was due in it, once it is back', async () => {
    const { clock, pass } = standing();
    const [one, other] = [createRecorder(100), createRecorder(100)];
    const { all } = lanes(50, clock, () => 100);
    const next = numbers();
    const stream = createStream(100, all, { next, recorders: [one] }, clock);
    await pass(205);
    let isOver = false;
    const over = stream.turnTo({ next, recorders: [other] }).then(() => {
      isOver = true;
    });
    await pass(90);
    assert.deepEqual([one.report(100).requests, isOver], [21, false]);
    await pass(10);
    await over;
    assert.equal(one.report(100).requests, 21);
    assert.equal(other.report(100).requests, 10);
    void stream.stop();
    await stream.turnTo({ next, recorders: [] });
  });

  it('tells how long it was not woken itself, and counts that as waiting', async () => {
    const { clock, pass } = standing();
    const recorder = createRecorder(100);
    const { all } = lanes(50, clock, () => 1);
    const asleep: Clock = {
      ...clock,
      after: (ms, work) => clock.after(ms + (clock.now() > 50 ? 400 : 0), work),
    };
    const stream = createStream(100, all, { next: numbers(), recorders: [recorder] }, asleep);
    await pass(600);
    const { held_up, worst = 0, late } = recorder.report(100);
    assert.equal(held_up, 400);
    assert.ok(worst > 390 && late >= 29 && late <= 31, `${worst}, ${late} late`);
    void stream.stop();
  });

  it('stops without waiting for what was never sent', async () => {
    const { clock, pass } = standing();
    const { all, sent } = lanes(1, clock, () => 50);
    const stream = createStream(1000, all, { next: numbers(), recorders: [] }, clock);
    await pass(60);
    const stopping = stream.stop();
    await pass(100);
    await stopping;
    assert.equal(sent.length, 2);
  });
});
