import assert from 'node:assert/strict';
import type { Preview, StepPreview } from '../../../server/src/features/preview.ts';
import { drawTimeline } from '../../../server/src/features/timeline.ts';
import { stepPreview } from '../support/previews.ts';

const none = { low: 0, likely: 0, high: 0 };
const draw = (steps: readonly StepPreview[], more: readonly StepPreview[] = []) => {
  const phase = (name: string, of: readonly StepPreview[]) => ({
    phase: name,
    steps: of,
    time: none,
    soak: 0,
    untold: 0,
  });
  const phases: Preview['phases'] = [
    phase('First', steps),
    ...(more.length > 0 ? [phase('Second', more)] : []),
  ];
  return drawTimeline({ phases });
};
const each = ({ wide, narrow }: ReturnType<typeof draw>) => [wide, narrow];
/** Where the bars of a look end. */
const ends = (svg: string, look: string) =>
  [
    ...svg.matchAll(
      new RegExp(`<path d="M([\\d.]+) [\\d.]+l([\\d.]+) 0[^"]*" fill="var\\(--${look}\\)"`, 'g'),
    ),
  ].map(([, x, width]) => Number(x) + Number(width));

describe('the timeline', () => {
  it('draws a bar in the colour and the pattern of who waits, and its time beside it', () => {
    const soak = stepPreview({ action: 'wait', time: undefined, worst: undefined, soak: 86_400_000 });
    for (const svg of each(draw([stepPreview({}), soak]))) {
      for (const look of ['everybody', 'soak']) {
        assert.ok(svg.includes(`fill="var(--${look})"`));
        assert.ok(svg.includes(`fill="url(#pattern-${look})"`));
      }
      assert.ok(!svg.includes('--writers'));
      assert.match(svg, />1-60 s</);
      assert.match(svg, />1 d</);
    }
  });

  it('draws no bar where no time is known', () => {
    for (const svg of each(
      draw([
        stepPreview({ time: undefined, untold: 'why' }),
        stepPreview({ action: 'deploy', time: undefined }),
      ]),
    )) {
      assert.ok(!svg.includes('pattern-'));
      assert.match(svg, />not told</);
      assert.match(svg, />deploy</);
    }
  });

  it('names the phases, and numbers the steps through all of them', () => {
    for (const svg of each(draw([stepPreview({})], [stepPreview({}), stepPreview({})]))) {
      assert.match(svg, />First<[\s\S]*>Second</);
      assert.deepEqual(
        [...new Set(svg.match(/data-step="\d+"/g))],
        [0, 1, 2].map((n) => `data-step="${n}"`),
      );
    }
  });

  it('keeps soaks short, however long they are, and the scale for the steps', () => {
    const week = stepPreview({ action: 'wait', time: undefined, worst: undefined, soak: 7 * 86_400_000 });
    const alone = draw([stepPreview({})]).wide;
    const beside = draw([stepPreview({}), week]).wide;
    assert.deepEqual(ends(beside, 'everybody'), ends(alone, 'everybody'));
    assert.ok((ends(beside, 'soak')[0] ?? Infinity) < (ends(beside, 'everybody')[0] ?? 0));
  });

  it('holds no style, no script, and no markup of a plan', () => {
    for (const svg of each(draw([stepPreview({ step: '<script>alert(1)</script> & "quotes" style="x"' })]))) {
      assert.doesNotMatch(svg, /<script|<style|<[^>]* style=/);
      assert.match(svg, /&lt;script/);
    }
  });

  it('makes longer times end further right', () => {
    const hour = stepPreview({ time: { low: 1000, likely: 2000, high: 3_600_000 } });
    const [short = 0, long = 0] = ends(draw([stepPreview({}), hour]).wide, 'everybody');
    assert.ok(short > 0 && long > short + 100);
  });
});
