import assert from 'node:assert/strict';
import { lenses } from '../../../server/src/features/lenses.ts';
import { stepEntries } from '../../../server/src/features/steps.ts';
import { createPlanParser } from '../../../server/src/plan/parse.ts';

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

describe('steps and lenses', () => {
  const parser = createPlanParser();
  const read = (text: string, kind: 'plan' | 'sql' = 'plan') => ({
    plan: parser.parse(text, { readFile: () => ({ error: 'none' }) }).plan,
    kind,
  });
  const above = (text: string) =>
    lenses(read(text)).map(({ range, title, step }) => [text.slice(range.start, range.end), title, step]);

  it('offer a dry run of the plan at its title, and the proof of each step that has one at its name', () => {
    assert.deepEqual(above(`migration: Rename\n${steps}`), [
      ['Rename', 'Dry run', undefined],
      ['Add', 'Prove this step', 'add'],
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
