import assert from 'node:assert/strict';
import { mentionAt, renamed, sameMentions } from '../../../server/src/features/references.ts';
import { type AtCursor, cursorAnalyzer, planOfSteps } from './cursor.ts';

const app = `app:
  runs: v1
  versions:
    v1: [SELECT 1]
    "v2": [SELECT 2]
`;
const steps = `# add_it comes first
- step: Add
  id: add_it
  sql: ALTER TABLE users ADD COLUMN add_it text; -- add_it
  rollback: ALTER TABLE users DROP COLUMN add_it;
- step: Go
  deploy: v2
  rollback: { deploy: v1 }
- step: Copy
  backfill: { table: users, set: email = username }
  rollback: { not_needed: the rollback of add_it and what "go" says }
- step: Back
  deploy: "v2"
  rollback: [{ deploy: 'v1' }]
`;

describe('references of steps and versions', () => {
  let at: (marked: string) => AtCursor;
  before(async () => {
    at = await cursorAnalyzer();
  });
  const found = (marked: string) => {
    const { analysis, offset } = at(marked);
    const mention = mentionAt(analysis, offset);
    return mention && { analysis, mention };
  };
  const lines = (marked: string) => {
    const one = found(marked);
    const { text } = one?.analysis ?? { text: '' };
    return (
      one &&
      sameMentions(one.analysis, one.mention).map(({ range: { start, end }, isDefinition }) => {
        const lineStart = text.lastIndexOf('\n', start) + 1;
        const line = `${text.slice(lineStart, start)}[${text.slice(start, end)}]${text.slice(end).split('\n')[0]}`;
        return `${isDefinition ? 'def ' : ''}${line.trim()}`;
      })
    );
  };
  const afterRename = (marked: string, name: string) => {
    const one = found(marked);
    assert.ok(one, 'nothing to rename');
    const edits = renamed(one.analysis, one.mention, name);
    if ('refused' in edits) return edits.refused;
    return [...edits]
      .sort((a, b) => b.range.start - a.range.start)
      .reduce(
        (text, { range, newText }) => text.slice(0, range.start) + newText + text.slice(range.end),
        one.analysis.text,
      );
  };
  const plan = app + planOfSteps(steps);

  it('finds an id where it is given, in reasons and in comments, and not in SQL', () => {
    const expected = [
      '# [add_it] comes first',
      'def id: [add_it]',
      'rollback: { not_needed: the rollback of [add_it] and what "go" says }',
    ];
    assert.deepEqual(lines(plan.replace('id: add_it', 'id: add$0_it')), expected);
    assert.deepEqual(lines(plan.replace('rollback of add_it', 'rollback of add_$0it')), expected);
    assert.equal(lines(plan.replace('COLUMN add_it', 'COLUMN add$0_it')), undefined);
  });

  it('finds a version where it is declared, run, deployed and rolled back to', () => {
    assert.deepEqual(lines(plan.replace('deploy: v2', 'deploy: v$02')), [
      'def "[v2]": [SELECT 2]',
      'deploy: [v2]',
      'deploy: "[v2]"',
    ]);
    assert.deepEqual(lines(plan.replace('runs: v1', 'runs: v1$0')), [
      'runs: [v1]',
      'def [v1]: [SELECT 1]',
      'rollback: { deploy: [v1] }',
      "rollback: [{ deploy: '[v1]' }]",
    ]);
  });

  it('renames all of them and nothing else', () => {
    assert.equal(
      afterRename(plan.replace('id: add_it', 'id: $0add_it'), 'first'),
      plan
        .replace('# add_it', '# first')
        .replace('id: add_it', 'id: first')
        .replace('rollback of add_it', 'rollback of first'),
    );
    const renamedPlan = afterRename(plan.replace('deploy: v2', 'deploy: v$02'), '2.0');
    assert.equal(
      renamedPlan,
      plan
        .replace('"v2": [', '"2.0": [')
        .replace('deploy: v2', 'deploy: "2.0"')
        .replace('deploy: "v2"', 'deploy: "2.0"'),
    );
    assert.deepEqual(
      at(`${renamedPlan}$0`).analysis.findings.filter(({ rule }) => rule.startsWith('plan-')),
      [],
    );
  });

  it('refuses a name that is taken, or is none', () => {
    const id = plan.replace('id: add_it', 'id: add$0_it');
    assert.match(afterRename(id, 'copy'), /There is a step copy already\./);
    assert.match(afterRename(id, 'Add it'), /snake_case/);
    const version = plan.replace('deploy: v2', 'deploy: v$02');
    assert.match(afterRename(version, 'v1'), /There is a version v1 already\./);
    assert.match(afterRename(version, ' '), /one line/);
  });

  it('says that an id made from a name has to be given first', () => {
    const made = app + planOfSteps(steps.replace('  id: add_it\n', '').replace('Add\n', 'Add it\n'));
    assert.match(
      afterRename(made.replace('rollback of add_it', 'rollback of add_$0it'), 'x'),
      /Give the step an id first/,
    );
  });
});
