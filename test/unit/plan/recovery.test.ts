import assert from 'node:assert/strict';
import { createPlanParser } from '../../../server/src/plan/parse.ts';

const parser = createPlanParser();
const parse = (text: string) => parser.parse(text, { readFile: () => ({ error: 'no such file' }) });

/** Six steps; `fault` changes the lines of one of them, given the lines and the index of its first. */
function plan(fault?: (lines: string[], at: number) => void, step = 1): string[] {
  const lines = [
    'migration: m',
    'database: { type: postgresql, version: 16 }',
    'phases:',
    '  - phase: Expand',
    '    steps:',
    ...[0, 1, 2, 3, 4, 5].flatMap((i) => [
      `      - step: Step ${i}`,
      `        id: s${i}`,
      '        sql: SELECT 1',
      '        rollback: SELECT 2',
      '        estimate: 5s',
    ]),
    'cleanup:',
    '  - x',
  ];
  fault?.(lines, 5 + 5 * step);
  return lines;
}

const set = (offset: number, line: string) => (lines: string[], at: number) => {
  lines[at + offset] = line;
};

/** The fault, the text that is marked, and a part of what is said. */
const faults: readonly (readonly [string, (lines: string[], at: number) => void, string, RegExp])[] = [
  ['a colon in a text', set(2, "        sql: COMMENT ON TABLE t IS 'x: y'"), ':', /in quotes/],
  ['an unknown escape', set(2, '        sql: "SEL\\qECT"'), '\\', /\\q means nothing/],
  ['an open double quote', set(2, '        sql: "SELECT 1'), '"', /never closed/],
  ['an open single quote', set(2, "        sql: 'SELECT 1"), "'", /never closed/],
  ['an open brace', set(3, '        rollback: { sql: SELECT 2'), '{', /never closed/],
  ['a brace too many', set(3, '        rollback: { sql: SELECT 2 }}'), '}', /closes nothing/],
  ['a key one column left', set(3, '       rollback: SELECT 2'), 'rollback:', /indent is off/],
  ['a key one column right', set(3, '         rollback: SELECT 2'), 'SELECT 1', /column of the others/],
  ['a tab', set(3, '\trollback: SELECT 2'), '\t', /tab/],
  ['a reserved character', set(2, '        sql: @foo'), '@', /quotes/],
  ['a key without colon', set(3, '        rollback SELECT 2'), 'rollback SELECT 2', /colon|key/],
  ['text behind a block header', set(2, '        sql: | x'), 'x', /line below/],
  ['a dash without blank', set(0, '      -step: Step 1'), '-step:', /indent/],
  ['an alias of nothing', set(2, '        sql: *nope'), '*nope', /no anchor &nope/],
  ['a merge of nothing', set(2, '        <<: *nope\n        sql: SELECT 1'), '*nope', /no anchor &nope/],
  ['a merge of a text', set(2, '        <<: text\n        sql: SELECT 1'), 'text', /Only mappings/],
  ['a missing dash', set(0, '        step: Step 1'), 'step', /"- " is missing/],
];

describe('a plan with a syntax error', () => {
  for (const [name, fault, marked, message] of faults) {
    for (const step of [1, 3]) {
      it(`says ${name} once, at its place (step ${step})`, () => {
        const text = `${plan(fault, step).join('\n')}\n`;
        const { problems } = parse(text);
        assert.equal(problems.length, 1, JSON.stringify(problems, null, 1));
        const [problem] = problems;
        assert.equal(problem?.code, 'plan-yaml');
        assert.match(problem?.message ?? '', message);
        const range = problem?.range ?? { start: 0, end: 0 };
        assert.ok(text.slice(range.start, range.end).startsWith(marked), text.slice(range.start, range.end));
        const line = text.slice(0, range.start).split('\n').length;
        assert.ok(line >= 6 + 5 * step && line <= 11 + 5 * step, `line ${line}`);
      });
    }

    it(`still checks the steps before and after ${name}`, () => {
      const lines = plan((all, at) => {
        all[5 + 4] = '        estimate: 6 parsecs';
        all[5 + 5 * 5 + 4] = '        estimate: 5 parsecs';
        fault(all, at);
      }, 3);
      const values = parse(`${lines.join('\n')}\n`).problems.filter(({ code }) => code === 'plan-value');
      assert.deepEqual(values.map(({ message }) => /\d parsecs/.exec(message)?.[0]).sort(), [
        '5 parsecs',
        '6 parsecs',
      ]);
    });
  }

  it('keeps the other steps, and the places in them', () => {
    const text = `${plan(set(2, '        sql: "SELECT 1'), 2).join('\r\n')}\r\n`;
    const steps = parse(text).plan.phases.flatMap((phase) => phase.steps);
    assert.deepEqual(
      steps.map(({ id }) => id),
      ['s0', 's1', 's2', 's3', 's4', 's5'],
    );
    const last = steps.at(-1)?.action;
    assert.ok(last?.kind === 'sql');
    assert.equal(text.slice(last.sql.range.start, last.sql.range.end), 'SELECT 1');
    assert.equal(text.lastIndexOf('SELECT 1'), last.sql.map.toDocument(0));
  });

  it('says each of two', () => {
    const text = plan((lines, at) => {
      set(2, '        sql: "SELECT 1')(lines, at);
      set(3, '        rollback: { sql: SELECT 2')(lines, at + 10);
    }).join('\n');
    assert.deepEqual(
      parse(text).problems.map(({ message }) => message),
      ['This " is never closed.', 'This { is never closed.'],
    );
  });

  it('says no more of a root entry that does not parse', () => {
    for (const [line, broken] of [
      [1, 'database: { type: postgresql, version: 16'],
      [2, 'phases'],
      [3, '  - phase: "Expand'],
      [35, 'cleanup: ['],
    ] as const) {
      const lines = plan();
      lines[line] = broken;
      const { problems } = parse(`${lines.join('\n')}\n`);
      assert.deepEqual(
        problems.map(({ code }) => code),
        ['plan-yaml'],
        JSON.stringify(problems),
      );
    }
  });
});

describe('one mistake', () => {
  const codes = (text: string) => parse(text).problems.map(({ code }) => code);
  const withStep = (step: string) => `${plan().slice(0, 5).join('\n')}\n      - step: one\n${step}`;

  it('is one finding where a misspelt key is missed as well', () => {
    for (const step of [
      '        wiat: 1s\n',
      '        verify: { sql: SELECT 1, expct: 0 }\n',
      '        sql: SELECT 1\n        rollback: { not_neded: x }\n',
    ])
      assert.deepEqual(codes(withStep(step)), ['plan-unknown-key'], step);
  });

  it('is said where a key goes with another action', () => {
    for (const step of [
      '        wait: 1s\n        transaction: false\n',
      '        sql: SELECT 1\n        rollback: SELECT 2\n        code: [{ file: a, language: b, body: c }]\n',
    ])
      assert.deepEqual(codes(withStep(step)), ['plan-value'], step);
  });

  it('is said where the baseline schema is not beside the plan, and it is not read', () => {
    for (const path of [
      '/etc/passwd',
      'https://example.org/schema.sql',
      'C:\\schema.sql',
      '\\\\host\\schema.sql',
    ]) {
      const text = plan().join('\n').replace('version: 16', `version: 16, schema: '${path}'`);
      const { plan: read, problems } = parse(text);
      assert.deepEqual(
        problems.map(({ code, range }) => [code, text.slice(range.start, range.end)]),
        [['plan-file', `'${path}'`]],
      );
      assert.equal(read.database.schema, undefined);
    }
    assert.deepEqual(
      codes(plan().join('\n').replace('version: 16', 'version: 16, schema: ../schema.sql')),
      [],
    );
  });
});
