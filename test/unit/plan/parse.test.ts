import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { createPlanParser } from '../../../server/src/plan/parse.ts';

const base = `migration: x
database: { type: postgresql, version: 16 }
phases:
  - phase: A
    steps:
      - step: one
        sql: SELECT 1
        rollback: SELECT 2
`;
const verify = (expect: string) =>
  base.replace('sql: SELECT 1', `verify:\n          sql: SELECT 1\n          expect: ${expect}`);
const example = readFileSync(
  join(__dirname, '../../../examples/rename-username/rename-username.migration.yaml'),
  'utf8',
);
const parser = createPlanParser();
const readFile = (path: string) =>
  path === 'there.sql' ? { text: 'SELECT 1' } : { error: `there is no file ${path}.` };
const parse = (text: string) => parser.parse(text, { readFile });

describe('parsePlan', () => {
  it('reads the example without a problem', () => {
    const { plan, problems } = parse(example);
    assert.deepEqual(problems, []);
    assert.equal(plan.migration?.value, 'Rename users.username to users.handle');
    assert.equal(plan.database.version?.value, 16);
    assert.equal(plan.tables[0]?.rows?.value, 8_000_000);
    assert.equal(plan.tables[0]?.size?.value, Math.round(2.4 * 1024 ** 3));
    assert.equal(plan.traffic?.value, 2000);
    assert.equal(plan.session.lockTimeout?.value, 2000);
    assert.deepEqual(
      plan.app?.versions.map((version) => [version.name.value, version.statements.length]),
      [
        ['v1', 3],
        ['v2', 3],
        ['v3', 3],
        ['v4', 3],
      ],
    );
    const steps = plan.phases.flatMap((phase) => phase.steps);
    assert.deepEqual([...new Set(steps.map((step) => step.action?.kind))].sort(), [
      'backfill',
      'deploy',
      'sql',
      'verify',
      'wait',
    ]);
    const backfill = steps.find((step) => step.id === 'copy_usernames')?.action;
    assert.ok(backfill?.kind === 'backfill');
    assert.deepEqual(
      [backfill.batch, backfill.pause, backfill.set?.text],
      [10_000, 100, 'handle = username'],
    );
    for (const step of steps)
      assert.equal(example.slice(step.name.range.start, step.name.range.end), step.name.value);
  });

  it('takes the same plan with CRLF, and with a byte order mark', () => {
    const sql = (text: string) => parse(text).plan.phases[0]?.steps[0]?.action;
    for (const text of [example.replaceAll('\n', '\r\n'), `\uFEFF${example}`]) {
      assert.deepEqual(parse(text).problems, []);
      const action = sql(text);
      assert.ok(action?.kind === 'sql');
      assert.equal(text.slice(action.sql.map.toDocument(0), action.sql.map.toDocument(11)), 'ALTER TABLE');
    }
  });

  it('makes ids from names, unique and never those that other steps have', () => {
    const text = `${base}      - step: One!\n        wait: 1s\n      - step: Füll 2 %\n        id: one_3\n        wait: 1s\n      - step: one\n        wait: 1s\n      - step: "42"\n        wait: 1s\n`;
    const ids = parse(text).plan.phases.flatMap((phase) => phase.steps.map((step) => step.id));
    assert.deepEqual(ids, ['one', 'one_2', 'one_3', 'one_4', 'step_42']);
  });

  it('allows anchors, aliases and merge keys', () => {
    const text = `${base}      - &two\n        step: two\n        sql: &sql ALTER TABLE a ADD b int\n        rollback: *sql\n`;
    const { plan, problems } = parse(text);
    assert.deepEqual(problems, []);
    const rollback = plan.phases[0]?.steps[1]?.rollback;
    assert.ok(rollback?.kind === 'actions' && rollback.actions[0]?.kind === 'sql');
    assert.equal(rollback.actions[0].sql.text, 'ALTER TABLE a ADD b int');
  });

  /** One mistake each: the code, the text that is marked, and a part of what is said. */
  const mistakes: readonly (readonly [string, string, string, string, RegExp])[] = [
    ['another database', base.replace('postgresql', 'mysql'), 'plan-value', 'mysql', /PostgreSQL.*mysql/],
    ['an old version', base.replace('16', '9'), 'plan-value', '9', /14 to 18/],
    [
      'a wrong duration',
      `${base}session: { lock_timeout: 2 minutes }\n`,
      'plan-value',
      '2 minutes',
      /250ms, 2s, 5min/,
    ],
    ['a duration without unit', `${base}session: { lock_timeout: 2 }\n`, 'plan-value', '2', /no unit/],
    ['a wrong size', `${base}tables: { a: { size: big } }\n`, 'plan-value', 'big', /16MB/],
    ['a wrong count', `${base}tables: { a: { rows: many } }\n`, 'plan-value', 'many', /8M/],
    ['a wrong rate', `${base}traffic: fast\n`, 'plan-value', 'fast', /2000\/s/],
    ['an unknown key', base.replace('rollback', 'rolback'), 'plan-unknown-key', 'rolback', /"rollback"/],
    [
      'a key of nothing like it',
      `${base}weather: sunny\n`,
      'plan-unknown-key',
      'weather',
      /Known here: migration/,
    ],
    [
      'two actions',
      base.replace('        rollback', '        wait: 1s\n        rollback'),
      'plan-action',
      'wait',
      /sql and wait/,
    ],
    ['no action', base.replace('        sql: SELECT 1\n', ''), 'plan-action', 'one', /needs one of sql/],
    [
      'an unknown version',
      base.replace('sql: SELECT 1', 'deploy: v9'),
      'plan-unknown-version',
      'v9',
      /app.versions/,
    ],
    [
      'a duplicate id',
      `${base}      - { step: two, id: q, wait: 1s }\n      - { step: three, id: q, wait: 1s }\n`,
      'plan-duplicate-id',
      'q',
      /already/,
    ],
    [
      'a duplicate key',
      base.replace('        rollback', '        sql: x\n        rollback'),
      'plan-yaml',
      'sql',
      /second time/,
    ],
    ['a tab', base.replace('        sql', '\tsql'), 'plan-yaml', '\t', /tab/],
    ['an open quote', base.replace('SELECT 2', '"SELECT 2'), 'plan-yaml', '"', /never closed/],
    ['a list', '- a\n- b\n', 'plan-type', '-', /mapping/],
    ['a word', 'hello', 'plan-type', 'h', /mapping/],
    ['an empty file', '', 'plan-unreadable', '', /empty/],
    ['a binary file', `${base}\0`, 'plan-unreadable', 'm', /UTF-8/],
    ['a huge file', `${base}# ${'x'.repeat(2_100_000)}`, 'plan-unreadable', 'm', /2 MB/],
    ['two documents', `${base}---\na: 1\n`, 'plan-yaml', '', /second document/],
    ['a missing file', base.replace('SELECT 1', '{ file: a.sql }'), 'plan-file', 'a.sql', /no file a.sql/],
    [
      'an absolute path',
      base.replace('SELECT 1', '{ file: /etc/passwd }'),
      'plan-file',
      '/etc/passwd',
      /relative/,
    ],
    [
      'an address',
      base.replace('SELECT 1', '{ file: "http://x/y.sql" }'),
      'plan-file',
      '"http://x/y.sql"',
      /address/,
    ],
    ['an empty expectation', verify(''), 'plan-type', 'expect', /is empty/],
    ['a comparison that YAML takes for a tag', verify('!= 0'), 'plan-yaml', '!=', /quotes, "!= 0"/],
    ['a comparison that YAML takes for a block', verify('> 0'), 'plan-yaml', '0', /quotes: "> 0"/],
    ['rows that are none', verify('[[{ a: 1 }]]'), 'plan-value', 'expect', /Rows are lists/],
    ['an unknown tag', base.replace('SELECT 1', '!foo SELECT 1'), 'plan-yaml', '!foo', /tag/],
    ['a key that is no word', `${base}? [a]\n: b\n`, 'plan-yaml', '[a]', /plain word/],
    [
      'Postgres by another name',
      base.replace('postgresql', 'Postgres'),
      'plan-value',
      'Postgres',
      /type: postgresql/,
    ],
    ['a colon in a text', `${base}cleanup:\n  - Retro: later\n`, 'plan-type', 'Retro: later', /quotes/],
    ['a number for SQL', base.replace('SELECT 2', '5'), 'plan-type', '5', /"5", a number/],
    ['no reason', base.replace('SELECT 2', '{ not_needed: "" }'), 'plan-value', '""', /reason/],
    ['an allow without reason', `${base}allow: { rollback-missing: "" }\n`, 'plan-value', '""', /reason/],
    [
      'a reason and an action',
      base.replace('SELECT 2', '{ not_needed: a, sql: b }'),
      'plan-action',
      'sql',
      /keep one/,
    ],
    ['nothing where a list belongs', `${base}cleanup:\n`, 'plan-type', 'cleanup', /empty/],
    [
      'a yes that YAML takes for a text',
      base.replace('rollback', 'transaction: no\n        rollback'),
      'plan-type',
      'no',
      /true or false/,
    ],
    ['many marks in a line', '- '.repeat(20_000), 'plan-yaml', '-', /200 levels/],
    ['deep nesting', `a: ${'['.repeat(20_000)}`, 'plan-yaml', '[', /200 levels/],
    [
      'a backfill without set',
      base.replace('sql: SELECT 1', 'backfill: { table: a }'),
      'plan-missing-key',
      'table',
      /needs "set:"/,
    ],
    [
      'a bad comparison',
      base.replace('sql: SELECT 1', 'verify: { sql: SELECT 1, expect: "< foo" }'),
      'plan-value',
      '"< foo"',
      /comparison/,
    ],
  ];
  for (const [name, text, code, marked, message] of mistakes) {
    it(`reports ${name} once, at its place`, () => {
      const found = parse(text).problems;
      assert.equal(found.length, 1, JSON.stringify(found, null, 1));
      const [problem] = found;
      assert.equal(problem?.code, code);
      assert.equal(text.slice(problem?.range.start, problem?.range.end), marked);
      assert.match(problem?.message ?? '', message);
    });
  }

  it('refuses an alias bomb at once, and an alias that holds itself', () => {
    const level = (name: string, of: string) => `${name}: &${name} [${Array(9).fill(of).join(',')}]\n`;
    let bomb = level('a', '1');
    for (const [name, of] of ['ba', 'cb', 'dc', 'ed', 'fe', 'gf', 'hg', 'ih'].map((pair) => [
      pair[0],
      pair[1],
    ])) {
      bomb += level(name ?? '', `*${of}`);
    }
    const started = performance.now();
    for (const text of [bomb, `${base}cleanup: &a [*a]\n`]) {
      assert.match(
        parse(text)
          .problems.map((problem) => problem.message)
          .join('\n'),
        /aliases/,
      );
    }
    assert.ok(performance.now() - started < 500);
  });

  it('still checks everything else beside a mistake', () => {
    const text = base
      .replace('16', '9')
      .replace('rollback', 'rolback')
      .replace('SELECT 1', '{ file: a.sql }');
    assert.deepEqual(
      parse(text)
        .problems.map((problem) => problem.code)
        .sort(),
      ['plan-file', 'plan-unknown-key', 'plan-value'],
    );
  });

  it('gives a fix that puts the nearest key in', () => {
    const text = base.replace('rollback', 'rolback');
    const fix = parse(text).problems[0]?.fix;
    assert.ok(fix);
    assert.equal(text.slice(0, fix.range.start) + fix.newText + text.slice(fix.range.end), base);
  });

  it('never throws and stays quick, whatever is typed', () => {
    const edit = fc.record({
      at: fc.nat(example.length),
      cut: fc.nat(40),
      put: fc.oneof(
        fc.string({ maxLength: 6 }),
        fc.constantFrom('\n', ':', '- ', '{', '"', '\t', '&a ', '*a', '|\n', '\0', '\r'),
      ),
    });
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        let text = example;
        for (const { at, cut, put } of edits) text = text.slice(0, at) + put + text.slice(at + cut);
        const { problems } = parse(text);
        for (const { range, message } of problems) {
          assert.ok(range.start >= 0 && range.end >= range.start && range.end <= text.length, message);
        }
      }),
      { numRuns: 150 },
    );
  });
});
