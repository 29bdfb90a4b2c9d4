import assert from 'node:assert/strict';
import { analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { examplePlan } from './example-plan.ts';
import { assertFixLaws } from './fix-laws.ts';

const schema = `CREATE TABLE users (id bigint PRIMARY KEY, email text, n int);
CREATE TABLE teams (id bigint PRIMARY KEY);
CREATE TABLE part (id bigint, d date) PARTITION BY RANGE (d);
CREATE TABLE part_1 PARTITION OF part FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
`;

describe('rules, case by case', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });
  const check = (text: string, kind: 'plan' | 'sql' = 'plan') =>
    analyze(text, { parsers, kind, readFile: () => ({ text: schema }) });
  const planOf = (sql: string, { session = '{ lock_timeout: 2s }', transaction = true } = {}) =>
    examplePlan({
      plan: { session },
      steps: `- step: one\n${transaction ? '' : '  transaction: false\n'}  sql: |\n${sql.replace(/^/gm, '    ')}\n  rollback: { impossible: for the example }\n`,
    });
  // That the steps' rollbacks are no real ones is not what is asked here.
  const found = (text: string) =>
    check(text)
      .findings.filter(({ rule }) => rule !== 'rollback-possible')
      .map(({ rule, range }) => [rule, text.slice(range.start, range.end)]);

  describe('lock_timeout is followed through', () => {
    const drop = 'ALTER TABLE users ALTER email SET STORAGE main;';
    const limited = [
      "SET lock_timeout TO '2s'",
      "SET SESSION lock_timeout = '10ms'",
      'SET LOCAL lock_timeout = 2000',
      'SET "lock_timeout" = \'0.5s\'',
      "SELECT set_config('lock_timeout', '2s', true)",
      "DO $$ BEGIN PERFORM set_config('lock_timeout', '2s', false); END $$",
    ];
    const unlimited = [
      ...['0', '0s', '0 ms', ' 0 ', '0.0s'].map((zero) => `SET lock_timeout = '${zero}'`),
      'SET lock_timeout = 0',
      'SET lock_timeout = 0.0',
      "SELECT set_config('lock_timeout', '0', false)",
      ...['SET lock_timeout TO DEFAULT', 'RESET lock_timeout', 'RESET ALL'].map(
        (reset) => `SET lock_timeout = '2s'; ${reset}`,
      ),
    ];
    const alone = [
      "SET LOCAL lock_timeout = '2s'",
      "BEGIN; SET LOCAL lock_timeout = '2s'; COMMIT",
      "BEGIN; SET lock_timeout = '2s'; ROLLBACK",
      "SET lock_timeout = '2s'; DISCARD ALL",
    ];
    for (const sql of limited)
      it(`limits: ${sql}`, () => assert.deepEqual(found(planOf(`${sql};\n${drop}`, { session: '{}' })), []));
    for (const sql of unlimited)
      it(`does not: ${sql}`, () =>
        assert.deepEqual(found(planOf(`${sql};\n${drop}`, { session: '{}' })), [
          ['lock-timeout-missing', 'ALTER TABLE users ALTER email SET STORAGE main'],
        ]));
    for (const sql of alone)
      it(`does not, statement by statement: ${sql}`, () =>
        assert.deepEqual(found(planOf(`${sql};\n${drop}`, { session: '{}', transaction: false })), [
          ['lock-timeout-missing', 'ALTER TABLE users ALTER email SET STORAGE main'],
        ]));

    it('is missed where a step takes the limit of the plan away', () => {
      const [finding, ...more] = check(planOf(`RESET lock_timeout;\n${drop}`)).findings;
      assert.deepEqual([finding?.rule, finding?.fixes, more], ['lock-timeout-missing', [], []]);
      assert.match(finding?.message ?? '', /switched off here/);
    });

    it('is left to the problem that says it is misspelt or no duration', () => {
      for (const session of ['{ lock-timeout: 2s }', '{ lock_timeout: 2 }', '{ lock_timeout: 40d }'])
        assert.equal(found(planOf(drop, { session })).length, 1, session);
    });
  });

  describe('words are those of the statement, not of its comments and strings', () => {
    for (const [sql, expected, transaction] of [
      [
        'CREATE /* a */ INDEX -- b\n i ON users (email);',
        ['index-without-concurrently', 'CREATE /* a */ INDEX'],
      ],
      [
        "CREATE INDEX i ON users (email) WHERE email <> 'CONCURRENTLY';",
        ['index-without-concurrently', 'CREATE INDEX'],
      ],
      ['VACUUM /* concurrently */ users;', ['concurrently-in-transaction', 'VACUUM']],
      [
        'CREATE INDEX /* CONCURRENTLY? */ CONCURRENTLY i ON users (email);',
        ['concurrently-in-transaction', 'CONCURRENTLY'],
      ],
      [
        'ALTER TABLE users /* set not null */ ALTER email SET /* x */ NOT NULL;',
        ['set-not-null-scans', 'SET /* x */ NOT NULL'],
      ],
      ['ALTER TABLE users ADD COLUMN z int UNIQUE;', ['constraint-builds-index', 'UNIQUE']],
      ['-- later', ['plan-action', 'sql'], true],
    ] as const) {
      it(sql.replace(/\n/g, ' '), () =>
        assert.deepEqual(found(planOf(sql, { transaction: transaction ?? true })), [expected]),
      );
    }
  });

  it('offers no fix that Postgres refuses', () => {
    for (const [rule, sql] of [
      ['constraint-builds-index', 'ALTER TABLE part ADD CONSTRAINT u UNIQUE (id, d);'],
      [
        'constraint-without-not-valid',
        'ALTER TABLE part ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES teams (id);',
      ],
      ['exclusion-constraint', 'ALTER TABLE users ADD CONSTRAINT e EXCLUDE USING gist (n WITH =);'],
    ] as const) {
      const own = check(planOf(sql)).findings.filter((finding) => finding.rule === rule);
      assert.deepEqual(
        own.map(({ fixes }) => fixes),
        [[]],
        sql,
      );
    }
    const file = "SET lock_timeout = '2s';\nBEGIN;\nCREATE INDEX i ON users (email);\nCOMMIT;\n";
    assert.deepEqual(check(file, 'sql').findings[0]?.fixes, []);
  });

  it('proves every column of a statement that sets several NOT NULL', () => {
    const analysis = check(
      planOf('ALTER TABLE users ALTER email SET NOT NULL, ALTER n SET NOT NULL; -- both'),
    );
    const [finding] = analysis.findings;
    const [fix] = finding?.fixes ?? [];
    assert.ok(finding && fix);
    const fixed = assertFixLaws(analysis, finding, fix, (text) => check(text));
    assert.deepEqual(found(fixed), []);
  });

  it('keeps what is appended out of a trailing comment', () => {
    for (const end of [' -- why', ' -- why\n;', '; -- why', '\n-- why']) {
      const analysis = check(planOf(`ALTER TABLE users ADD CONSTRAINT c CHECK (n > 0)${end}`));
      const [finding] = analysis.findings;
      const [fix] = finding?.fixes ?? [];
      assert.ok(finding && fix);
      assert.match(
        assertFixLaws(analysis, finding, fix, (text) => check(text)),
        /\(n > 0\) NOT VALID/,
      );
    }
  });
});
