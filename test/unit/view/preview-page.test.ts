import assert from 'node:assert/strict';
import type { StepPreview } from '../../../server/src/features/preview.ts';
import { renderPreview } from '../../../server/src/view/preview-page.ts';
import { previewOf, stepPreview as step } from '../support/previews.ts';

const none = { low: 0, likely: 0, high: 0 };
const page = (steps: readonly StepPreview[], isOwn = false) =>
  renderPreview({
    preview: previewOf(steps),
    lines: { a: 9 },
    timeline: { wide: '<svg></svg>', narrow: '<svg></svg>' },
    planName: 'a.migration.yaml',
    plan: isOwn ? undefined : 'file:///a',
    nonce: 'abc',
  });

/** What the page says, without its tags. */
const textOf = (html: string) => html.replace(/<[^>]+>/g, '');

describe('the timing view', () => {
  it('says what the times come from, step by step where that differs', () => {
    assert.match(page([step({})]), /From the sizes in the plan alone/);
    assert.doesNotMatch(textOf(page([step({})])), /from sizes|Disk|Dry run/);
    const told = { ...previewOf([step({ basis: 'measured' }), step({})]), basis: 'measured' as const };
    const text = textOf(
      renderPreview({
        preview: { ...told, measured_on: 'PostgreSQL 16.1 at <db>', calibrated_by: 'same' },
        timeline: { wide: '', narrow: '' },
        lines: {},
        planName: 'a',
        plan: undefined,
        nonce: 'abc',
      }),
    );
    assert.match(text, /what a dry run took on PostgreSQL 16\.1 at &#60;db&#62;, .*the same hardware/);
    assert.match(text, /could not measure are from the sizes/);
    assert.equal(text.match(/from sizes/g)?.length, 1);
  });

  it('tells an estimate that what was measured contradicts', () => {
    const estimate = { min: 1000, max: 1000, contradicted: 'too short' as const };
    assert.match(textOf(page([step({ estimate })])), /the estimate of 1 s is too short/);
  });

  it('is a page of its own elsewhere, without scripts and what needs them', () => {
    const text = page([step({})], true);
    assert.match(text, /default-src 'none'; style-src 'nonce-abc'"/);
    assert.doesNotMatch(text, /<script|<button|https?:/);
    assert.match(text, /prefers-color-scheme: dark/);
  });

  it('explains the bars that there are', () => {
    assert.match(page([step({})]), /every read and write waits/);
    assert.doesNotMatch(page([step({})]), /<\/svg>(?:writes wait|nobody waits|soak)</);
    assert.match(page([step({ action: 'wait', time: undefined })]), /<\/svg>soak</);
  });

  it('says of each step how long it takes and who waits, and leads to its line', () => {
    const text = page([step({})]);
    assert.match(textOf(text), /1-60 s half by 3 s/);
    assert.match(textOf(text), /everybody waits for 1-60 s, 2,000-120k requests/);
    assert.match(text, /Go to line 10 of the plan/);
    assert.match(text, /200 requests wait, the longest 100 ms, in each of up to 3 attempts/);
    assert.match(text, /5 MB/);
  });

  it('says what is not known, and what is no work of the database', () => {
    const unknown = step({ time: undefined, untold: 'Give the rows.', worst: undefined });
    assert.match(page([unknown]), /not known\. Give the rows\./);
    assert.match(
      page([step({ action: 'wait', soak: 86_400_000, time: undefined })]),
      /data-title="Time">1 d<\/td>/,
    );
    assert.match(page([step({ action: 'deploy', time: undefined })]), /data-title="Time">deploy<\/td>/);
    assert.match(page([step({ class: 'instant', time: none })]), /data-title="Time">instant<\/td>/);
  });

  it('escapes what comes from the plan, and lets nothing be loaded', () => {
    const text = page([step({})]);
    assert.doesNotMatch(text, /<b>Widen|A <plan>/);
    assert.match(text, /default-src 'none'; style-src 'nonce-abc'; script-src 'nonce-abc'/);
    assert.doesNotMatch(text, / style="/);
  });
});
