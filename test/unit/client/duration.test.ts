import assert from 'node:assert/strict';
import { parseDuration } from '../../../client/src/duration.ts';

describe('parseDuration', () => {
  it('reads durations as plans write them, in ms', () => {
    assert.deepEqual(
      ['250ms', '2s', '5min', '24h', '7d', ' 1.5s '].map(parseDuration),
      [250, 2000, 300_000, 86_400_000, 604_800_000, 1500],
    );
  });

  it('takes nothing else', () => {
    for (const value of ['', '60', 's', '-1s', '5 parsecs', 60, null, undefined, {}])
      assert.equal(parseDuration(value), undefined);
  });
});
