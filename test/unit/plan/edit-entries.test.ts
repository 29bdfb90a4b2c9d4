import assert from 'node:assert/strict';
import { insertSessionSetting, removeEntry } from '../../../server/src/plan/edit.ts';
import { bothBreaks, flat, plan, planOf } from './edit-helpers.ts';

describe('insertSessionSetting', () => {
  const set = (text: string, value: string | number = '2s') =>
    bothBreaks(text, (source) => insertSessionSetting(source, planOf(source), 'lock_timeout', value));
  const steps = 'phases:\n  - phase: A\n    steps:\n      - step: one\n        sql: A;\n';

  it('adds to a block or a flow mapping', () => {
    const expect = (before: string, after: string) =>
      assert.equal(set(`${before}${steps}`), `${after}${steps}`);
    expect(
      'session: # all\n  statement_timeout: 15min # long\n  retries: 5\n\n',
      'session: # all\n  lock_timeout: 2s\n  statement_timeout: 15min # long\n  retries: 5\n\n',
    );
    expect(
      'session: { statement_timeout: 15min } # x\n',
      'session: { statement_timeout: 15min, lock_timeout: 2s } # x\n',
    );
    expect('session: {}\n', 'session: { lock_timeout: 2s }\n');
    expect('session:\n', 'session:\n  lock_timeout: 2s\n');
    expect('session: # none\n', 'session: # none\n  lock_timeout: 2s\n');
    expect(
      'session: { retries: 5, }\n',
      'session: { retries: 5, lock_timeout: 2s }\n'.replace('2s }', '2s }'),
    );
    expect('session: { lock_timeout: 0, retries: 5 }\n', 'session: { lock_timeout: 2s, retries: 5 }\n');
    expect('session:\n  lock_timeout: 0 # off\n', 'session:\n  lock_timeout: 2s # off\n');
    expect('session: {\n  retries: 5 # x\n}\n', 'session: {\n  retries: 5, # x\n  lock_timeout: 2s\n}\n');
  });

  it('makes a session after what is known of the database', () => {
    const session = 'session:\n  lock_timeout: 2s\n';
    const expect = (before: string, after: string) =>
      assert.equal(set(`${before}${after}${steps}`), `${before}${session}${after}${steps}`);
    expect(
      'migration: x\ndatabase: { version: 16 }\ntables:\n  users: { rows: 8M }\ntraffic: 2000/s # peak\n',
      '\n',
    );
    expect('migration: x\ntables:\n  users: { rows: 8M }\n  b: { rows: 8M, size: 1GB }\n', '# then\n');
    expect('migration: x\ndatabase:\n  version: 16\n', 'app:\n  runs: v1\n');
    expect('migration: x\n', '');
  });

  it('keeps to the indent of the file', () => {
    const text = `migration: x\ndatabase:\n    version: 16\n${steps}`;
    assert.equal(set(text), text.replace('16\n', '16\nsession:\n    lock_timeout: 2s\n'));
  });

  it('leaves a flow-style plan and anchors alone', () => {
    assert.equal(set('{ migration: x, phases: [] }\n'), undefined);
    assert.equal(set(`session: &s { retries: 5 }\n${steps}`), undefined);
    assert.equal(set(`session: off\n${steps}`), undefined);
  });
});

describe('removeEntry', () => {
  const allow = (text: string, rule: string) =>
    bothBreaks(text, (source) => {
      const found = planOf(source);
      const all = [found, ...found.phases, ...found.phases.flatMap((phase) => phase.steps)].flatMap(
        (of) => of.allow,
      );
      const entry = all.find((one) => one.rule.value === rule);
      assert.ok(entry, source);
      return removeEntry(source, entry.range);
    });

  it('removes the entry with its line', () => {
    const text = plan(
      '- step: one\n  allow:\n    a: x # why\n    # b is\n    b: |\n      y\n\n    c: z\n  sql: A\n',
    );
    assert.equal(allow(text, 'a'), text.replace('          a: x # why\n', ''));
    assert.equal(allow(text, 'b'), text.replace('          b: |\n            y\n', ''));
    assert.equal(allow(text, 'c'), text.replace('          c: z\n', ''));
  });

  it('removes the key above with its only entry', () => {
    const block = plan('- step: one\n  sql: A\n  allow:\n    a: x\n');
    assert.equal(allow(block, 'a'), plan('- step: one\n  sql: A\n'));
    assert.equal(allow(block.trimEnd(), 'a'), plan('- step: one\n  sql: A'));
    assert.equal(
      allow(plan('- step: one\n  allow: { a: x } # so\n  sql: A\n'), 'a'),
      plan('- step: one\n  sql: A\n'),
    );
    assert.equal(
      allow(plan('- allow: { a: x }\n  step: one\n  sql: A\n'), 'a'),
      plan('- step: one\n  sql: A\n'),
    );
    assert.equal(
      allow(`${plan('- step: one\n  sql: A\n')}        allow:\n          a: x\n`, 'a'),
      plan('- step: one\n  sql: A\n'),
    );
    assert.equal(allow(`allow:\n  a: x\n${flat}`, 'a'), flat);
    assert.equal(allow(`${flat}allow: { a: x }\n`, 'a'), flat);
  });

  it('removes from a flow mapping', () => {
    const of = (entries: string) => plan(`- step: one\n  allow: {${entries}}\n  sql: A\n`);
    assert.equal(allow(of(' a: x, b: y '), 'a'), of(' b: y '));
    assert.equal(allow(of(' a: x, b: y '), 'b'), of(' a: x '));
    assert.equal(allow(of(' a: x, b: "y, z", c: w '), 'b'), of(' a: x, c: w '));
    assert.equal(allow(of('\n    a: x,\n    b: y\n  '), 'b'), of('\n    a: x\n  '));
    assert.equal(allow(of('\n    a: x, # x\n    b: y\n  '), 'a'), undefined);
    const inFlow = 'phases: [{ phase: A, steps: [{ step: one, sql: A, allow: { a: x } }] }]\n';
    assert.equal(allow(inFlow, 'a'), inFlow.replace(', allow: { a: x }', ''));
  });

  it('leaves what aliases name alone', () => {
    const two = plan(
      '- step: one\n  sql: A\n  allow: &a { a: x, b: y }\n- step: two\n  sql: B\n  allow: *a\n',
    );
    assert.equal(allow(two, 'a'), undefined);
    const text = plan('- step: one\n  sql: A\n  allow: &a { a: x }\n- step: two\n  sql: B\n  allow: *a\n');
    assert.equal(allow(text, 'a'), undefined);
  });
});
