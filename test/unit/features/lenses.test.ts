import assert from 'node:assert/strict';
import { lenses, planTimingTitle, stepTimingTitle } from '../../../server/src/features/lenses.ts';
import { stepEntries } from '../../../server/src/features/steps.ts';
import { createPlanParser } from '../../../server/src/plan/parse.ts';
import { stepPreview, worstLock } from '../support/previews.ts';

const steps = `phases:
  - phase: Expand
    steps:
      - step: Add
        sql: SELECT 1;
        rollback: { not_needed: nothing }
      - step: Move
        id: move_app
        deploy: v2
        rollback: { deploy: v1 }
      - step: Count
        verify: { sql: SELECT 1, expect: 1 }
      - step: Rest
        wait: 24h
      - step: Later
`;
const app = `app:
  runs: v1
  versions: { v1: [SELECT 1], v2: [SELECT 2] }
`;

const short = { low: 1, likely: 5, high: 50 };
const instant = stepPreview({
  class: 'instant',
  time: short,
  worst: { ...worstLock, held: short, requests: undefined },
});
const soak = stepPreview({
  action: 'wait',
  class: undefined,
  time: undefined,
  soak: 864e6,
  worst: undefined,
});

describe('lenses on timing', () => {
  it('tell of a step what it does, how long that takes and who waits', () => {
    assert.equal(
      stepTimingTitle(stepPreview({})),
      'rewrite · 1-60 s · everybody waits for 1-60 s, 2,000-120k requests',
    );
    assert.equal(stepTimingTitle(instant), 'instant · everybody waits for under a second');
    assert.equal(
      stepTimingTitle(stepPreview({ class: 'build', worst: undefined, basis: 'measured' })),
      'index build · 1-60 s · nobody waits · from the dry run',
    );
    assert.equal(
      stepTimingTitle(stepPreview({ time: undefined, untold: 'Why.', worst: undefined })),
      'rewrite · time not told · nobody waits',
    );
  });

  it('sum the plan up', () => {
    assert.equal(planTimingTitle([instant, instant]), 'under a second · 2 steps lock for under a second');
    assert.equal(
      planTimingTitle([instant, stepPreview({}), soak]),
      '1-60 s · 10 d of soak · 1 step makes requests wait, for up to 1 min',
    );
    assert.equal(planTimingTitle([soak]), '10 d of soak · nobody waits');
  });
});

describe('steps and lenses', () => {
  const parser = createPlanParser();
  const read = (text: string, kind: 'plan' | 'sql' = 'plan') => ({
    plan: parser.parse(text, { readFile: () => ({ error: 'none' }) }).plan,
    kind,
  });
  const above = (text: string) =>
    lenses(read(text)).map(({ range, kind, title, step }) => [
      text.slice(range.start, range.end),
      kind === 'timing' ? '(timing)' : title,
      step,
    ]);

  it('offer a dry run of the plan at its title, and the proof of each step that has one at its name', () => {
    assert.deepEqual(above(`migration: Rename\n${steps}`), [
      ['Rename', 'Dry run', undefined],
      ['Rename', '(timing)', undefined],
      ['Add', 'Prove this step', 'add'],
      ['Add', '(timing)', 'add'],
      ['Move', 'Prove this step', 'move_app'],
      ['Count', 'Run up to here', 'count'],
    ]);
  });

  it('offer nothing where nothing can be run', () => {
    assert.deepEqual(above('migration: Rename\nphases: []\n'), []);
    assert.deepEqual(lenses(read(`migration: Rename\n${steps}`, 'sql')), []);
  });

  it('offer the dry run above the first line of a plan without a title', () => {
    assert.deepEqual(above(steps)[0], ['', 'Dry run', undefined]);
  });

  it('tell what of each step is proven: the application where its versions say what they run', () => {
    const proofs = (text: string) => stepEntries(read(text)).map(({ id, proofs }) => [id, proofs.join(' ')]);
    assert.deepEqual(proofs(steps), [
      ['add', 'apply rollback'],
      ['move_app', 'apply rollback'],
      ['count', 'apply'],
      ['rest', 'apply'],
    ]);
    assert.deepEqual(proofs(app + steps)[0], ['add', 'apply rollback application']);
  });
});
