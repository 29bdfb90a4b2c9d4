import assert from 'node:assert/strict';
import { judge, type Outcome, residualLines } from '../../bench/timing/outcome.ts';

const outcome = (ms: number, wal = 1e8): Outcome => ({
  id: 'a_case',
  form: 'index build',
  predicted: { low: 800, likely: 1000, high: 1300 },
  wal: 1e8,
  actual: { ms, wal },
  line: 600,
});
const wait = (seen: number) => ({ id: 'stall', rate: 25, predicted: 100, seen });
const met = (outcomes: readonly Outcome[], seen = 100) => judge(outcomes, [wait(seen)]).map((bar) => bar.met);

describe('the bars of the timing bench', () => {
  const nine = Array.from({ length: 9 }, () => outcome(1000));

  it('are met by times near the likely one, of which some are out of the range', () => {
    assert.deepEqual(met([...nine, outcome(1400), outcome(750)]), [true, true, true, true, true, true]);
  });

  it('are missed one by one', () => {
    const far = Array.from({ length: 12 }, () => outcome(2100));
    assert.deepEqual(met([...nine, ...far]).slice(0, 4), [false, false, false, false]);
    // A range that holds all is too wide.
    assert.equal(met(nine)[3], false);
    assert.equal(met([...nine, outcome(1400, 1.1e8)])[4], false);
    assert.equal(met([...nine, outcome(1400)], 120)[5], false);
  });

  it('come with what the run says of the residuals', () => {
    const [line, ...more] = residualLines(nine);
    assert.match(line ?? '', /^build +(\S+) \1 \1 .* of 9; in residuals\.ts/);
    assert.deepEqual(more, []);
  });
});
