import assert from 'node:assert/strict';
import fc from 'fast-check';
import { nearest } from '../../../server/src/plan/nearest.ts';
import { tooDeepAt } from '../../../server/src/plan/nesting.ts';
import { createPlanParser } from '../../../server/src/plan/parse.ts';
import { parseSettings } from '../../../server/src/plan/settings-file.ts';
import * as values from '../../../server/src/plan/values.ts';

describe('values', () => {
  const table: readonly (readonly [(value: unknown) => unknown, readonly (readonly [unknown, unknown])[]])[] =
    [
      [
        values.parseDuration,
        [
          ['250ms', 250],
          ['2s', 2000],
          ['5 min', 300_000],
          ['24h', 86_400_000],
          ['7d', 604_800_000],
          ['1.5s', 1500],
          [0, 0],
          ['0', 0],
          ...['5', 5, '5m', '2S', '-5s', '1h30min', '', ' 2s', '9'.repeat(30).concat('d'), null].map(
            (bad) => [bad, undefined] as const,
          ),
        ],
      ],
      [
        values.parseTimeout,
        [
          ['24d', 2_073_600_000],
          ['25d', undefined],
        ],
      ],
      [
        values.parseSize,
        [
          ['16MB', 16 * 1024 ** 2],
          ['2.4GB', Math.round(2.4 * 1024 ** 3)],
          ['8 kB', 8192],
          ...['5', 5, '2.4gb', '2GiB'].map((bad) => [bad, undefined] as const),
        ],
      ],
      [
        values.parseCount,
        [
          ['8M', 8e6],
          ['8_000_000', 8e6],
          [8e6, 8e6],
          ['12.5k', 12_500],
          ...['8m', '8,000', -1, 1.5, 1e300, '9'.repeat(40), '1__000'].map(
            (bad) => [bad, undefined] as const,
          ),
        ],
      ],
      [
        values.parseBatch,
        [
          ['10k', 10_000],
          ['0', undefined],
          [0, undefined],
        ],
      ],
      [
        values.parseRate,
        [
          ['2000/s', 2000],
          ['120/min', 2],
          ['2k/s', 2000],
          ...['2000', '2000/sec', './s', '1.2.3/s'].map((bad) => [bad, undefined] as const),
        ],
      ],
      [
        values.parseDurationRange,
        [
          ['1s', { min: 1000, max: 1000 }],
          ['5min-10min', { min: 300_000, max: 600_000 }],
          ['5-10 min', { min: 300_000, max: 600_000 }],
          ['10min-5min', undefined],
          ['5-10', undefined],
        ],
      ],
      [
        values.parseLockLimit,
        [
          ['<= share update exclusive', { operator: '<=', mode: 'ShareUpdateExclusiveLock' }],
          ['ACCESS EXCLUSIVE LOCK', { operator: '<=', mode: 'AccessExclusiveLock' }],
          ['ACCESS', undefined],
        ],
      ],
      [
        values.parseExpectation,
        [
          [0, { kind: 'scalar', value: 0 }],
          ['== -5', { kind: 'comparison', operator: '=', value: -5, text: '== -5' }],
          ['< 16MB', { kind: 'comparison', operator: '<', value: 16 * 1024 ** 2, text: '< 16MB' }],
          ['<> 2s', { kind: 'comparison', operator: '!=', value: 2000, text: '<> 2s' }],
          [[[1, 'a'], { n: null }], { kind: 'rows', rows: [[1, 'a'], { n: null }] }],
          [[{ a: { b: 1 } }], undefined],
          ['< foo', undefined],
        ],
      ],
    ];
  for (const [read, cases] of table) {
    for (const [written, meant] of cases)
      it(`${read.name}: ${JSON.stringify(written)?.slice(0, 40)}`, () =>
        assert.deepEqual(read(written), meant));
  }

  it('are read at once, whatever stands there', () => {
    const started = performance.now();
    for (const [read] of table)
      for (const filler of [' ', '1', '_', 'a', '\n', '1_000'])
        for (const start of ['', '1', '< 1', 'A']) read(`${start}${filler.repeat(200_000)}!`);
    assert.ok(performance.now() - started < 500);
  });
});

describe('nearest', () => {
  it('finds a word with one slip, and none for a word unlike all', () => {
    const known = ['rollback', 'backfill', 'lock_timeout', 'statement_timeout'];
    fc.assert(
      fc.property(
        fc.constantFrom(...known),
        fc.nat(30),
        fc.constantFrom('drop', 'double', 'swap'),
        (word, seed, slip) => {
          const i = seed % (word.length - 1);
          const [a = '', b = ''] = word.slice(i, i + 2);
          const middle = { drop: b, double: a + a + b, swap: b + a }[slip];
          assert.equal(nearest(word.slice(0, i) + middle + word.slice(i + 2), known), word);
        },
      ),
    );
    assert.equal(nearest('Lock-Timeout', known), 'lock_timeout');
    assert.equal(nearest('lockTimeout', known), 'lock_timeout');
    assert.equal(nearest('weather', known), undefined);
  });
});

describe('tooDeepAt', () => {
  it('finds the first place beyond the limit, in brackets, indents and marks of lists', () => {
    assert.equal(tooDeepAt('a: [[[1]]]', 3), undefined);
    assert.equal(tooDeepAt('a: [[[1]]]', 2), 5);
    assert.equal(tooDeepAt('a:\n b:\n  c: 1\n', 2), 9);
    assert.equal(tooDeepAt('- - - a', 2), 0);
    assert.equal(tooDeepAt('a:\n b: 1\n'.repeat(1000), 3), undefined);
  });
});

describe('parseSettings', () => {
  it('reads every setting', () => {
    const { settings, problems } = parseSettings(
      'rules: { rollback-missing: off, lock-timeout-missing: error }\nsession: { lock_timeout: 2s, statement_timeout: 0, retries: 3 }\ndry_run: { rows: 1k, step_timeout: 30s, proofs: false, amplify: { rows: 50k, within: 90s }, load: { max_wait: 250ms, pool: 40 }, calibrate: count.txt }\n',
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(settings, {
      rules: { 'rollback-missing': 'off', 'lock-timeout-missing': 'error' },
      session: { lockTimeout: 2000, statementTimeout: 0, retries: 3 },
      dryRun: {
        rows: 1000,
        stepTimeout: 30_000,
        proofs: false,
        amplify: { rows: 50_000, within: 90_000 },
        load: { maxWait: 250, pool: 40 },
      },
      server: { calibrate: 'count.txt' },
    });
  });

  it('says what a wait and a pool can be', () => {
    const problemsOf = (load: string) => {
      const { settings, problems } = parseSettings(`dry_run: { load: { ${load} } }\n`);
      return [settings.dryRun, ...problems.map(({ message }) => message)];
    };
    const [kept, ...waits] = problemsOf('pool: 3, max_wait: 0s');
    assert.deepEqual(kept, { load: { pool: 3 } });
    assert.match(waits.join('\n'), /^"0s" is not how long a request may take, from 1ms to 1h: 250ms or 1s/);
    assert.equal(problemsOf('pool: 1001, max_wait: 61min').length, 3);
    assert.match(String(problemsOf('max_wai: 1s')[1]), /max_wait/);
  });

  it('says each mistake once, and keeps the rest', () => {
    const text =
      'rules: { rolback-missing: off, allow-unused: loud }\nsession: { lock_timeout: 2, retries: 1 }\n';
    const { settings, problems } = parseSettings(text);
    assert.deepEqual(problems.map(({ range }) => text.slice(range.start, range.end)).sort(), [
      '2',
      'loud',
      'rolback-missing',
    ]);
    assert.deepEqual(settings, { rules: { 'rolback-missing': 'off' }, session: { retries: 1 }, dryRun: {} });
    for (const nothing of ['', '\n', '# only a comment\n'])
      assert.deepEqual(parseSettings(nothing).problems, []);
    assert.equal(parseSettings('- a').problems.length, 1);
  });
});

describe('the ways to write a rollback', () => {
  const parser = createPlanParser();
  const rollbackOf = (written: string) => {
    const text = `migration: x\ndatabase: { version: 16 }\nphases:\n  - phase: A\n    steps:\n      - step: one\n        sql: SELECT 1\n        rollback:${written}\n`;
    const { plan, problems } = parser.parse(text, { readFile: () => ({ error: 'there is none.' }) });
    const rollback = plan.phases[0]?.steps[0]?.rollback;
    const actions = rollback?.kind === 'actions' ? rollback.actions.map(({ kind }) => kind) : rollback?.kind;
    return { actions, unreadable: rollback?.kind === 'actions' && rollback.unreadable === true, problems };
  };
  for (const [written, actions] of [
    [' SELECT 2', ['sql']],
    [' { sql: SELECT 2 }', ['sql']],
    ['\n          - SELECT 2\n          - sql: SELECT 3\n          - wait: 1s', ['sql', 'sql', 'wait']],
    [' { not_needed: since }', 'not_needed'],
    [' { impossible: since }', 'impossible'],
    ['', []],
    [' ""', ['sql']],
    [' []', []],
  ] as const) {
    it(`takes${written.replace(/\s+/g, ' ')}`, () =>
      assert.deepEqual(rollbackOf(written), { actions, unreadable: false, problems: [] }));
  }
  for (const written of [
    ' 5',
    ' { not_needed: }',
    ' not_needed',
    ' { sqll: SELECT 2 }',
    ' { sql: a, wait: 1s }',
    ' { transaction: false }',
    '\n          - 5',
  ]) {
    it(`says once what is wrong with${written.replace(/\s+/g, ' ')}, and that it cannot be read`, () => {
      const { unreadable, problems } = rollbackOf(written);
      assert.deepEqual([unreadable, problems.length], [true, 1], JSON.stringify(problems));
    });
  }
});
