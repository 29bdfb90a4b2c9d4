import assert from 'node:assert/strict';
import { insertSteps, setStepKey } from '../../../server/src/plan/edit.ts';
import { applyEdits } from '../rules/fix-laws.ts';
import { bothBreaks, flat, plan, stepOf } from './edit-helpers.ts';

const setIn = (text: string, name: string, key: string, value: unknown) =>
  bothBreaks(text, (source) => setStepKey(source, stepOf(source, name), key, value));

const insertIn = (text: string, name: string, side: 'before' | 'after', steps: Record<string, unknown>[]) =>
  bothBreaks(text, (source) => insertSteps(source, stepOf(source, name), side, steps));

const concurrently = { transaction: false, sql: 'DROP INDEX CONCURRENTLY i;' };
describe('setStepKey', () => {
  it('adds a rollback after the action, as a plain scalar, a mapping or a list', () => {
    const text = plan('- step: one\n  sql: A;\n  allow:\n    x: y\n');
    const expect = (value: unknown, rollback: string) =>
      assert.equal(
        setIn(text, 'one', 'rollback', value),
        plan(`- step: one\n  sql: A;\n  rollback:${rollback}\n  allow:\n    x: y\n`),
      );
    expect('DROP INDEX i;', ' DROP INDEX i;');
    expect(concurrently, '\n    transaction: false\n    sql: DROP INDEX CONCURRENTLY i;');
    expect({ not_needed: 'dropping x undoes it' }, '\n    not_needed: dropping x undoes it');
    expect(
      [{ sql: 'A;' }, concurrently],
      '\n    - sql: A;\n    - transaction: false\n      sql: DROP INDEX CONCURRENTLY i;',
    );
    expect('A;\nB;', ' |\n    A;\n    B;');
    expect('A;\n\nB;\n\n', ' |\n    A;\n\n    B;');
    expect({ sql: 'A;\nB;' }, '\n    sql: |\n      A;\n      B;');
    expect({ impossible: 'gone: for ever' }, '\n    impossible: "gone: for ever"');
    expect('  A;\nB;', ' |2\n      A;\n    B;');
    expect('A\u0007\nB', ' "A\\u0007\\nB\\n"');
  });

  it('never folds a long line', () => {
    const long = `ALTER TABLE users ${'ADD COLUMN a int, '.repeat(30)}ADD COLUMN b int;`;
    assert.equal(
      setIn(plan('- step: one\n  sql: A;\n'), 'one', 'rollback', { sql: long }),
      plan(`- step: one\n  sql: A;\n  rollback:\n    sql: ${long}\n`),
    );
  });

  it('puts transaction right above the action, below its comments', () => {
    assert.equal(
      setIn(
        plan('- step: one # first\n  # why\n  sql: A; # what\n  rollback: B\n'),
        'one',
        'transaction',
        false,
      ),
      plan('- step: one # first\n  # why\n  transaction: false\n  sql: A; # what\n  rollback: B\n'),
    );
    assert.equal(
      setIn(plan('- sql: A;\n  step: one\n'), 'one', 'transaction', false),
      plan('- transaction: false\n  sql: A;\n  step: one\n'),
    );
  });

  it('keeps comments at the end of lines and between keys', () => {
    assert.equal(
      setIn(
        plan('- step: one\n  sql: A; # what\n  # then\n  allow: { x: y } # so\n'),
        'one',
        'rollback',
        'B;',
      ),
      plan('- step: one\n  sql: A; # what\n  rollback: B;\n  # then\n  allow: { x: y } # so\n'),
    );
  });

  it('comes before the blank lines and comments that follow the step', () => {
    const next = '\n# about two\n- step: two\n  sql: B\n';
    assert.equal(
      setIn(plan(`- step: one\n  sql: A;\n${next}`), 'one', 'rollback', 'C;'),
      plan(`- step: one\n  sql: A;\n  rollback: C;\n${next}`),
    );
  });

  it('comes before the blank lines after a block scalar, whose value stays', () => {
    for (const header of ['|', '|-', '>', '| # so', '|2-']) {
      const text = plan(`- step: one\n  sql: ${header}\n    A;\n\n    B;\n\n\n- step: two\n  sql: C\n`);
      const after = setIn(text, 'one', 'rollback', 'D;');
      assert.equal(after, text.replace('B;\n', 'B;\n        rollback: D;\n'), header);
    }
    const kept = plan('- step: one\n  sql: |+\n    A;\n\n\n- step: two\n  sql: C\n');
    assert.equal(
      setIn(kept, 'one', 'rollback', 'D;'),
      kept.replace('\n\n\n', '\n\n\n        rollback: D;\n'),
    );
  });

  it('keeps a line of blanks that is part of a block scalar', () => {
    const text = plan('- step: one\n  sql: |\n    A;\n       \n- step: two\n  sql: C\n');
    const action = (of: string) => stepOf(of, 'one').action;
    const after = setIn(text, 'one', 'rollback', 'D;');
    assert.ok(after);
    const [before, now] = [action(text), action(after)];
    assert.ok(before?.kind === 'sql' && now?.kind === 'sql');
    assert.equal(now.sql.text, before.sql.text);
  });

  it('works at the end of a file without a last line break', () => {
    const ends = ['A;', '|\n    A;\n    B;', '|+\n    A;', "'A;'", 'A; # so', '{ file: a.sql }'];
    for (const end of ends) {
      const text = plan(`- step: one\n  sql: ${end}`);
      assert.equal(setIn(text, 'one', 'rollback', 'B;'), `${text}\n        rollback: B;`, end);
    }
  });

  it('writes in the indent of the file', () => {
    const four =
      'phases:\n    - phase: A\n      steps:\n          - step: one\n            sql: |\n                A;\n';
    assert.equal(
      setIn(`database:\n    version: 16\n${four}`, 'one', 'rollback', concurrently),
      `database:\n    version: 16\n${four}            rollback:\n                transaction: false\n                sql: DROP INDEX CONCURRENTLY i;\n`,
    );
    assert.equal(
      setIn(flat, 'one', 'rollback', [{ sql: 'A' }, { sql: 'B' }]),
      flat.replace('1;\n', '1;\n    rollback:\n    - sql: A\n    - sql: B\n'),
    );
    const wide = plan('-   step: one\n    sql: A\n');
    assert.equal(setIn(wide, 'one', 'rollback', 'B'), `${wide}          rollback: B\n`);
    const own = plan('-\n  step: one\n  sql: A\n');
    assert.equal(setIn(own, 'one', 'rollback', 'B'), `${own}        rollback: B\n`);
  });

  it('replaces a whole value, and keeps the comment of its line', () => {
    const expect = (old: string, value: unknown, rollback: string) =>
      assert.equal(
        setIn(
          plan(`- step: one\n  sql: A;\n  rollback:${old}\n  allow: { x: y }\n`),
          'one',
          'rollback',
          value,
        ),
        plan(`- step: one\n  sql: A;\n  rollback:${rollback}\n  allow: { x: y }\n`),
      );
    expect(' B # so', 'C', ' C # so');
    expect('   B', 'C', '   C');
    expect(' B # so', concurrently, ' # so\n    transaction: false\n    sql: DROP INDEX CONCURRENTLY i;');
    expect(' B # so', 'C\nD', ' | # so\n    C\n    D');
    expect(' |\n    -- to do', 'C', ' C');
    expect(' | # so\n    -- to do\n\n    -- more', 'C', ' C # so');
    expect('\n    sql: B # gone', 'C', ' C');
    expect(' # so\n    sql: B', 'C', ' C # so');
    expect('\n    - sql: B\n    - deploy: v1', 'C', ' C');
    expect(' { deploy: v1 } # so', 'C', ' C # so');
    expect(' [\n    { sql: B },\n    { sql: D }\n  ]', 'C', ' C');
    expect('', 'C', ' C');
    expect(' # none yet', 'C', ' C # none yet');
    expect(' ~', 'C', ' C');
    expect(' "B\n    B"', 'C', ' C');
    expect(' !!str B', 'C', ' C');
  });

  it('changes nothing the second time', () => {
    const text = plan('- step: one\n  sql: A;\n');
    const once = setIn(text, 'one', 'rollback', concurrently);
    assert.ok(once);
    assert.equal(setIn(once, 'one', 'rollback', concurrently), once);
  });

  it('works in a file with errors elsewhere', () => {
    const text = `${plan('- step: one\n  sql: A;\n- step: two\n  sql: "B\n')}cleanup: [\n`;
    const edits = setStepKey(text, { range: { start: text.indexOf('step: one'), end: 0 } }, 'rollback', 'C');
    assert.ok(edits);
    assert.equal(applyEdits(text, edits), text.replace('A;\n', 'A;\n        rollback: C\n'));
  });

  it('stays in the braces of a step in flow style', () => {
    const cases: readonly (readonly [step: string, value: unknown, expected: string])[] = [
      ['{ step: one, sql: A }', 'B;', '{ step: one, sql: A, rollback: B; }'],
      ['{ step: one, sql: A, }', 'B;', '{ step: one, sql: A, rollback: B; }'],
      ['{ step: one, sql: A, allow: { x: y } }', 'B', '{ step: one, sql: A, rollback: B, allow: { x: y } }'],
      ['{ step: one, sql: A }', 'B;\nC;', '{ step: one, sql: A, rollback: "B;\\nC;\\n" }'],
      ['{ step: one, sql: A }', 'f(a, b): c', '{ step: one, sql: A, rollback: "f(a, b): c" }'],
      [
        '{ step: one, sql: A }',
        [{ sql: 'B' }, concurrently],
        '{ step: one, sql: A, rollback: [ { sql: B }, { transaction: false, sql: DROP INDEX CONCURRENTLY i; } ] }',
      ],
      ['{ step: one, sql: A, rollback: "x" }', 'B', '{ step: one, sql: A, rollback: B }'],
      ['{ step: one, sql: A, rollback: { wait: 1h } }', 'B', '{ step: one, sql: A, rollback: B }'],
      [
        '{"step": "one", "sql": "A"}',
        concurrently,
        '{"step": "one", "sql": "A", "rollback": {"transaction": false, "sql": "DROP INDEX CONCURRENTLY i;"}}',
      ],
    ];
    for (const [step, value, expected] of cases)
      for (const around of [
        (one: string) => plan(`- ${one}\n`),
        (one: string) => `phases: [{ phase: A, steps: [${one}, { step: two, sql: B }] }]\n`,
      ])
        assert.equal(setIn(around(step), 'one', 'rollback', value), around(expected), step);
    const json = (entry: string) =>
      `{\n  "phases": [\n    {\n      "phase": "A",\n      "steps": [\n        {\n          "step": "one",\n          "sql": "A"${entry}\n        }\n      ]\n    }\n  ]\n}\n`;
    assert.equal(setIn(json(''), 'one', 'rollback', 'B\nC'), json(',\n          "rollback": "B\\nC\\n"'));
    const noted = plan('- { step: one,\n    sql: A # a note\n  }\n');
    assert.equal(
      setIn(noted, 'one', 'rollback', 'B'),
      noted.replace('A # a note', 'A, # a note\n          rollback: B'),
    );
    const more = plan('- { step: one,\n    sql: A, # a note\n    estimate: 1s }\n');
    assert.equal(setIn(more, 'one', 'transaction', false), more.replace('one,', 'one, transaction: false,'));
    assert.equal(
      setIn(more.replace('estimate: 1s', 'allow: {}'), 'one', 'rollback', 'B'),
      more.replace('estimate: 1s', 'rollback: B,\n          allow: {}'),
    );
    const above = plan('- { step: one, sql: A }\n');
    assert.equal(
      setIn(above, 'one', 'transaction', false),
      above.replace(', sql', ', transaction: false, sql'),
    );
  });

  it('sets a key of what has an anchor that no alias names', () => {
    const text = plan('- &one\n  step: one\n  sql: &sql A\n');
    assert.equal(
      setIn(text, 'one', 'rollback', 'B'),
      plan('- &one\n  step: one\n  sql: &sql A\n  rollback: B\n'),
    );
  });

  it('leaves alone what aliases name', () => {
    const refused = [
      plan('- &a { step: one, sql: A }\n- *a\n'),
      plan('- { step: one, sql: A, rollback: &b B }\n- { step: two, sql: C, rollback: *b }\n'),
      plan('- &a\n  step: one\n  sql: A\n- *a\n'),
      plan('- step: one\n  sql: A\n  rollback: &b B\n- step: two\n  sql: C\n  rollback: *b\n'),
      plan('- step: one\n  sql: A\n  rollback:\n    sql: &b B\n- step: two\n  sql: *b\n'),
      plan('- step: one\n  sql: A\n  ? rollback\n  : B\n'),
    ];
    for (const text of refused) assert.equal(setIn(text, 'one', 'rollback', 'Z'), undefined, text);
    const alias = plan('- step: two\n  sql: &b B\n- step: one\n  sql: A\n  rollback: *b\n');
    assert.equal(setIn(alias, 'one', 'rollback', 'Z'), alias.replace('*b', 'Z'));
  });
});

describe('insertSteps', () => {
  const before = { step: 'email: no new NULL', sql: 'A;', rollback: 'B;' };
  const after = { step: 'last', transaction: false, sql: 'C;', rollback: { not_needed: 'why' } };
  const beforeText = '- step: "email: no new NULL"\n  sql: A;\n  rollback: B;\n';
  const afterText = '- step: last\n  transaction: false\n  sql: C;\n  rollback:\n    not_needed: why\n';

  it('adds steps on either side', () => {
    const text = plan('- step: one\n  sql: X;\n- step: two\n  sql: Y;\n');
    const one = '- step: one\n  sql: X;\n';
    const two = '- step: two\n  sql: Y;\n';
    assert.equal(insertIn(text, 'two', 'before', [before, after]), plan(one + beforeText + afterText + two));
    assert.equal(insertIn(text, 'one', 'after', [before, after]), plan(one + beforeText + afterText + two));
    assert.equal(insertIn(text, 'one', 'before', [before]), plan(beforeText + one + two));
    assert.equal(insertIn(text, 'two', 'after', [after]), plan(one + two + afterText));
  });

  it('keeps comments with their steps', () => {
    const one = '# about one\n# more\n- step: one # x\n  sql: X; # y\n  # end of one\n';
    const two = '# about two\n- step: two\n  sql: Y;\n';
    const text = plan(one + two);
    assert.equal(insertIn(text, 'one', 'before', [before]), plan(beforeText + one + two));
    assert.equal(insertIn(text, 'one', 'after', [after]), plan(one + afterText + two));
    assert.equal(insertIn(text, 'two', 'before', [before]), plan(one + beforeText + two));
  });

  it('separates steps by blank lines where the file does', () => {
    const one = '- step: one\n  sql: |\n    X;\n';
    const two = '# about two\n- step: two\n  sql: Y;\n';
    const text = plan(`${one}\n${two}`);
    assert.equal(
      insertIn(text, 'one', 'after', [before, after]),
      plan(`${one}\n${beforeText}\n${afterText}\n${two}`),
    );
    assert.equal(insertIn(text, 'two', 'before', [before]), plan(`${one}\n${beforeText}\n${two}`));
    assert.equal(insertIn(text, 'one', 'before', [before]), plan(`${beforeText}\n${one}\n${two}`));
    assert.equal(insertIn(text, 'two', 'after', [after]), plan(`${one}\n${two}\n${afterText}`));
    const alone = `${text}  - phase: B\n    steps:\n      - step: three\n        sql: Z\n`;
    const indented = afterText.replace(/^(?=.)/gm, '      ');
    assert.equal(insertIn(alone, 'three', 'after', [after]), `${alone}\n${indented}`);
  });

  it('does not add to a block scalar that keeps its blank lines', () => {
    const one = '- step: one\n  sql: |+\n    X;\n\n';
    const text = plan(`${one}- step: two\n  sql: Y;\n`);
    assert.equal(insertIn(text, 'one', 'after', [after]), plan(`${one}${afterText}- step: two\n  sql: Y;\n`));
  });

  it('works at the end of a file without a last line break, and before what follows the steps', () => {
    const text = plan('- step: one\n  sql: X;');
    assert.equal(
      insertIn(text, 'one', 'after', [after]),
      plan(`- step: one\n  sql: X;\n${afterText.trimEnd()}`),
    );
    const more = `${plan('- step: one\n  sql: X;\n')}\n# the end\ncleanup:\n  - x\n`;
    assert.equal(
      insertIn(more, 'one', 'after', [after]),
      `${plan(`- step: one\n  sql: X;\n${afterText}`)}\n# the end\ncleanup:\n  - x\n`,
    );
  });

  it('stands in the columns of its neighbours', () => {
    assert.equal(
      insertIn(flat, 'one', 'after', [{ step: 'new', sql: 'A;', rollback: [{ sql: 'B;' }, { sql: 'C;' }] }]),
      flat.replace('1;\n', '1;\n  - step: new\n    sql: A;\n    rollback:\n    - sql: B;\n    - sql: C;\n'),
    );
    const wide = plan('-   step: one\n    sql:\n        file: x.sql\n');
    assert.equal(
      insertIn(wide, 'one', 'before', [after]),
      plan(
        '-   step: last\n    transaction: false\n    sql: C;\n    rollback:\n        not_needed: why\n-   step: one\n    sql:\n        file: x.sql\n',
      ),
    );
  });

  it('leaves flow style and anchors alone', () => {
    for (const text of [
      'phases: [{ phase: A, steps: [{ step: one, sql: A }] }]\n',
      plan('- { step: one, sql: A }\n'),
      plan('- &a\n  step: one\n  sql: A\n- *a\n'),
    ])
      assert.equal(insertIn(text, 'one', 'after', [after]), undefined, text);
  });
});
