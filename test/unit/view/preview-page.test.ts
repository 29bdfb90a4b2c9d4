import assert from 'node:assert/strict';
import type { Preview, StepPreview } from '../../../server/src/features/preview.ts';
import { renderPreview } from '../../../server/src/view/preview-page.ts';

const time = { low: 1000, likely: 3000, high: 60_000 };
const none = { low: 0, likely: 0, high: 0 };
const step = (part: Partial<StepPreview>): StepPreview => ({
  id: 'a',
  step: '<b>Widen</b>',
  action: 'sql',
  class: 'rewrite',
  time,
  basis: 'sizes',
  untold: '',
  wal: 5 * 1024 * 1024,
  disk: undefined,
  estimate: undefined,
  soak: 0,
  locks: [],
  worst: {
    relation: 'users',
    mode: 'AccessExclusiveLock',
    keeps_out: 'everybody',
    held: time,
    requests: { low: 2000, likely: 6000, high: 120_000 },
    pool_lasts: undefined,
  },
  statements: [],
  range: { start: 0, end: 1 },
  ...part,
});
const preview = (steps: readonly StepPreview[]): Preview => ({
  plan: 'A <plan>',
  pg_version: 16,
  basis: 'sizes',
  measured_on: undefined,
  calibrated_by: undefined,
  calibration_problem: undefined,
  traffic: 2000,
  phases: [{ phase: 'Only', steps, time, soak: 0, untold: 0 }],
  time,
  soak: 0,
  untold: 1,
  queue: { requests: 200, longest: 100, attempts: 3 },
});
const page = (steps: readonly StepPreview[]) =>
  renderPreview({
    preview: preview(steps),
    lines: { a: 9 },
    svg: '<svg></svg>',
    planName: 'a.migration.yaml',
    plan: 'file:///a',
    nonce: 'abc',
  });

describe('the timing view', () => {
  it('says of each step how long it takes and who waits, and leads to its line', () => {
    const text = page([step({})]);
    assert.match(text, /1-60 s/);
    assert.match(text, /everybody waits for 1-60 s, 2,000-120k requests/);
    assert.match(text, /Go to line 10 of the plan/);
    assert.match(text, /200 requests wait, the longest 100 ms, in each of up to 3 attempts/);
    assert.match(text, /5 MB/);
  });

  it('says what is not known, and what is no work of the database', () => {
    const unknown = step({ time: undefined, untold: 'Give the rows.', worst: undefined });
    assert.match(page([unknown]), /not known\. Give the rows\./);
    assert.match(page([step({ action: 'wait', soak: 86_400_000, time: undefined })]), /<td>1 d<\/td>/);
    assert.match(page([step({ action: 'deploy', time: undefined })]), /<td>deploy<\/td>/);
    assert.match(page([step({ class: 'instant', time: none })]), /<td>instant<\/td>/);
  });

  it('escapes what comes from the plan, and lets nothing be loaded', () => {
    const text = page([step({})]);
    assert.doesNotMatch(text, /<b>Widen|A <plan>/);
    assert.match(text, /default-src 'none'; style-src 'nonce-abc'; script-src 'nonce-abc'/);
    assert.doesNotMatch(text, / style="/);
  });
});
