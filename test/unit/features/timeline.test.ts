import assert from 'node:assert/strict';
import type { Preview, StepPreview } from '../../../server/src/features/preview.ts';
import { timelineSvg } from '../../../server/src/features/timeline.ts';

const step = (part: Partial<StepPreview>): StepPreview => ({
  id: 'a',
  step: 'A',
  action: 'sql',
  class: 'rewrite',
  time: { low: 1000, likely: 3000, high: 60_000 },
  basis: 'sizes',
  untold: '',
  wal: undefined,
  disk: undefined,
  estimate: undefined,
  soak: 0,
  locks: [],
  worst: undefined,
  statements: [],
  range: { start: 0, end: 1 },
  ...part,
});
const none = { low: 0, likely: 0, high: 0 };
const draw = (steps: readonly StepPreview[]) => {
  const phases: Preview['phases'] = [{ phase: 'Only', steps, time: none, soak: 0, untold: 0 }];
  return timelineSvg({ phases });
};
const worst = {
  relation: 'users',
  mode: 'AccessExclusiveLock',
  keeps_out: 'everybody',
  held: undefined,
  requests: undefined,
  pool_lasts: undefined,
} as const;

describe('the timeline', () => {
  it('draws a bar in the colour and the pattern of who waits', () => {
    const svg = draw([step({ worst }), step({ action: 'wait', time: undefined, soak: 86_400_000 })]);
    for (const look of ['everybody', 'soak']) {
      assert.ok(svg.includes(`fill="var(--${look})"`));
      assert.ok(svg.includes(`fill="url(#pattern-${look})"`));
    }
    assert.ok(!svg.includes('--writers'));
    assert.match(svg, />1 d</);
  });

  it('draws no bar where no time is known', () => {
    const svg = draw([step({ time: undefined, untold: 'why' }), step({ action: 'deploy', time: undefined })]);
    assert.ok(!svg.includes('pattern-'));
  });

  it('holds no style, no script, and no markup of a plan', () => {
    const svg = draw([step({ step: '<script>alert(1)</script> & "quotes" style="x"', worst })]);
    assert.doesNotMatch(svg, /<script|<style|<[^>]* style=/);
    assert.match(svg, /&lt;script/);
  });

  it('makes longer times end further right', () => {
    const ends = (svg: string) =>
      [...svg.matchAll(/<path d="M([\d.]+) [\d.]+l([\d.]+) 0[^"]*" fill="var\(--nobody\)"/g)].map(
        ([, x, width]) => Number(x) + Number(width),
      );
    const [short = 0, long = 0] = ends(
      draw([step({}), step({ time: { low: 1000, likely: 2000, high: 3_600_000 } })]),
    );
    assert.ok(short > 0 && long > short + 100);
  });
});
