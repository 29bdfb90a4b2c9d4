import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseDurationRange } from '../../../server/src/plan/values.ts';
import {
  aboutTime,
  estimateText,
  formatDuration,
  formatMeasured,
  formatTime,
  spanTime,
} from '../../../server/src/timing/format.ts';

const range = (low: number, high: number) => ({ low, likely: (low + high) / 2, high });

describe('timing: in words', () => {
  const cases: readonly (readonly [number, number, string])[] = [
    [180_000, 420_000, 'about 3-7 min'],
    [40_000, 240_000, 'about 40 s-4 min'],
    [1500, 9000, 'about 1.5-9 s'],
    [12, 260, 'under a second'],
    [250, 3200, 'about 0.3-3 s'],
    [12, 3200, 'about 12 ms-3 s'],
    [89_900, 90_100, 'about 1.5 min'],
    [5_400_000, 4 * 86_400_000, 'about 1.5 h-4 d'],
    [3_600_000 * 3, 3_600_000 * 11, 'about 3-11 h'],
  ];
  for (const [low, high, text] of cases) {
    it(`${low} to ${high} ms is ${text}`, () => assert.equal(aboutTime(range(low, high)), text));
  }

  it('is within a quarter of the number, and never 0', () => {
    const factors: Readonly<Record<string, number>> = {
      ms: 1,
      s: 1000,
      min: 60_000,
      h: 3_600_000,
      d: 86_400_000,
    };
    fc.assert(
      fc.property(fc.double({ min: 1, max: 1e10, noNaN: true }), (ms) => {
        const [number, unit] = formatDuration(ms).split(' ');
        const back = Number(number) * (factors[unit ?? ''] ?? Number.NaN);
        assert.ok(Math.abs(back - ms) <= ms / 4 + 0.5, `${ms} as ${number} ${unit}`);
      }),
    );
  });

  it('keeps what is a whole number of a unit', () => {
    const whole = [500, 2000, 60_000, 900_000, 7_200_000, 604_800_000].map(formatDuration);
    assert.deepEqual(whole, ['500 ms', '2 s', '1 min', '15 min', '2 h', '7 d']);
  });

  it('names one unit where both ends have it', () => {
    assert.equal(formatTime(range(120_000, 1_200_000)), '2-20 min');
  });

  it('says of a time that is short at the worst only that', () => {
    assert.equal(spanTime(range(1, 50)), 'under a second');
    assert.equal(spanTime(range(120_000, 1_200_000)), '2-20 min');
  });

  it('prints measured times as people read them', () => {
    assert.deepEqual([0.44, 12.3, 1234, 59_999, 185_000].map(formatMeasured), [
      '0.4 ms',
      '12 ms',
      '1.2 s',
      '60.0 s',
      '3 min 5 s',
    ]);
  });

  it('writes an estimate as a plan has it, and as wide as the range', () => {
    assert.equal(estimateText(range(12, 260)), '1s');
    assert.equal(estimateText(range(130_000, 590_000)), '2min-10min');
    assert.equal(estimateText(range(760, 20_100)), '760ms-21s');
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 1e9, noNaN: true }),
        fc.double({ min: 1, max: 100, noNaN: true }),
        (low, factor) => {
          const read = parseDurationRange(estimateText(range(low, low * factor)));
          assert.ok(read && read.max >= low * factor * 0.999 && (read.min <= low || read.max === 1000));
        },
      ),
    );
  });
});
