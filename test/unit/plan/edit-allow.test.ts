import assert from 'node:assert/strict';
import { insertAllow } from '../../../server/src/plan/edit.ts';
import { setRuleLevel } from '../../../server/src/plan/edit-settings.ts';
import { parseSettings } from '../../../server/src/plan/settings-file.ts';
import { bothBreaks, plan, planOf } from './edit-helpers.ts';

describe('insertAllow', () => {
  const allow = (text: string, kind: 'step' | 'phase' | 'plan', rule = 'r-b', reason = 'why') =>
    bothBreaks(text, (source) => {
      const found = planOf(source);
      const [phase] = found.phases;
      const [step] = phase?.steps ?? [];
      assert.ok(phase && step);
      const place =
        kind === 'plan'
          ? ({ kind, of: found } as const)
          : kind === 'phase'
            ? ({ kind, of: phase } as const)
            : ({ kind, of: step } as const);
      return insertAllow(source, place, rule, reason);
    });

  it('gives a step its own, last of its keys', () => {
    const text = plan('- step: one # kept\n  sql: A\n  rollback: |\n    B\n\n- step: two\n  sql: C\n');
    assert.equal(
      allow(text, 'step'),
      text.replace('          B\n', '          B\n        allow:\n          r-b: why\n'),
    );
  });

  it('adds to entries that are there, in block and in flow style', () => {
    const block = plan('- step: one\n  allow:\n    r-a: x # first\n    # about r-c\n    r-c: y\n  sql: A\n');
    assert.equal(allow(block, 'step'), block.replace('r-c: y\n', 'r-c: y\n          r-b: why\n'));
    const flow = plan('- step: one\n  sql: A\n  allow: { r-a: x } # all\n');
    assert.equal(allow(flow, 'step'), flow.replace('{ r-a: x }', '{ r-a: x, r-b: why }'));
    const inFlow = plan('- { step: one, sql: A }\n');
    assert.equal(allow(inFlow, 'step'), inFlow.replace('sql: A }', 'sql: A, allow: { r-b: why } }'));
  });

  it('replaces a reason that is still open', () => {
    const text = plan('- step: one\n  sql: A\n  allow:\n    r-b: <why it is all right here>\n');
    assert.equal(allow(text, 'step'), text.replace('<why it is all right here>', 'why'));
  });

  it('quotes a reason that YAML would read otherwise', () => {
    const text = plan('- step: one\n  sql: A\n');
    for (const reason of ['a: b # c', "it's", '"so"', '- no', 'null', '007', '{x', 'grüße 😀']) {
      const result = allow(text, 'step', 'r-b', reason);
      assert.ok(result, reason);
      assert.equal(planOf(result).phases[0]?.steps[0]?.allow[0]?.reason.value, reason);
    }
  });

  it('gives a phase its own above its steps, and the plan above its phases', () => {
    const text = plan('- step: one\n  sql: A\n').replace('steps:', 'risk: low\n    steps:');
    assert.equal(
      allow(text, 'phase'),
      text.replace('risk: low\n', 'risk: low\n    allow:\n      r-b: why\n'),
    );
    assert.equal(allow(text, 'plan'), text.replace('migration: x\n', 'migration: x\nallow:\n  r-b: why\n'));
    const known = text.replace('phases:', 'session: { retries: 1 } # s\nallow:\n  r-a: x\nphases:');
    assert.equal(allow(known, 'plan'), known.replace('r-a: x\n', 'r-a: x\n  r-b: why\n'));
    const bare = text.replace('phases:', 'session: { retries: 1 } # s\nphases:');
    assert.equal(allow(bare, 'plan'), bare.replace('# s\n', '# s\nallow:\n  r-b: why\n'));
  });

  it('leaves anchors and odd values alone', () => {
    assert.equal(allow(plan('- step: one\n  sql: A\n  allow: &a { r-a: x }\n'), 'step'), undefined);
    assert.equal(allow(plan('- step: one\n  sql: A\n  allow: never\n'), 'step'), undefined);
  });
});

describe('setRuleLevel', () => {
  const set = (text: string) =>
    bothBreaks(text, (source) => setRuleLevel(source, 'lock-timeout-missing', 'off'));

  it('adds to the rules, or makes them', () => {
    const entry = 'lock-timeout-missing: off';
    for (const [before, after] of [
      ['# ours\n', `# ours\nrules:\n  ${entry}\n`],
      ['rules:\n', `rules:\n  ${entry}\n`],
      ['rules: # all\n  a: off # b\n', `rules: # all\n  a: off # b\n  ${entry}\n`],
      ['rules: { a: off }\n', `rules: { a: off, ${entry} }\n`],
      [
        'rules:\n    a: off\ndry_run: { rows: 5 }\n',
        `rules:\n    a: off\n    ${entry}\ndry_run: { rows: 5 }\n`,
      ],
      ['dry_run:\n  rows: 5\n', `rules:\n  ${entry}\ndry_run:\n  rows: 5\n`],
      ['rules:\n  lock-timeout-missing: error # loud\n', `rules:\n  ${entry} # loud\n`],
    ] as const) {
      const result = set(before);
      assert.equal(result, after);
      assert.equal(parseSettings(result).settings.rules['lock-timeout-missing'], 'off');
    }
  });

  it('writes the first line of an empty file', () => {
    const edits = setRuleLevel('', 'a-b', 'info');
    assert.deepEqual(edits, [{ range: { start: 0, end: 0 }, newText: 'rules:\n  a-b: info\n' }]);
  });

  it('leaves alone what are no settings', () => {
    for (const text of ['null\n', '- a\n', 'rules: loud\n', 'a: [\n', 'rules: &r { a: off }\n'])
      assert.equal(set(text), undefined, text);
  });
});
