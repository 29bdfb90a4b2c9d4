import assert from 'node:assert/strict';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { examplePlan } from './example-plan.ts';
import { assertFixLaws } from './fix-laws.ts';

/** Plain files, as the tools of the field write them: nothing is known of the tables that are there. */
describe('rules: what a file makes itself', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });
  const check = (text: string): Analysis =>
    analyze(text, { parsers, kind: 'sql', readFile: () => ({ error: 'no file' }) });
  const found = (text: string) =>
    check(text).findings.map(({ rule, range }) => [rule, text.slice(range.start, range.end)]);

  const filled = `CREATE TABLE roles (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, rank int);
INSERT INTO roles (name) VALUES ('admin'), ('user');
`;
  for (const sql of [
    'CREATE UNIQUE INDEX roles_name_key ON roles (name);',
    'ALTER TABLE roles ADD CONSTRAINT roles_name_key UNIQUE (name);',
    'ALTER TABLE roles ADD CONSTRAINT named CHECK (length(name) < 50);',
    'ALTER TABLE roles ALTER COLUMN name SET NOT NULL;',
    'ALTER TABLE roles ALTER COLUMN rank TYPE bigint;',
    'UPDATE roles SET rank = 1;',
    'REINDEX TABLE roles;',
  ])
    it(`holds nobody up: ${sql}`, () => assert.deepEqual(found(filled + sql), []));

  it('a materialized view is filled and indexed before anyone reads it', () => {
    const view = `CREATE MATERIALIZED VIEW daily AS SELECT day, count(*) AS n FROM visits GROUP BY day;
CREATE UNIQUE INDEX daily_day_key ON daily (day);
REFRESH MATERIALIZED VIEW CONCURRENTLY daily;`;
    assert.deepEqual(found(view), []);
  });

  it('one that is refreshed beside its readers has no writers who would wait', () => {
    assert.deepEqual(found('REFRESH MATERIALIZED VIEW CONCURRENTLY daily;'), []);
  });

  it('a table that takes the place of another is found again', () => {
    const sql = `CREATE TABLE users_new AS SELECT * FROM users;
BEGIN;
SET LOCAL lock_timeout = '2s';
ALTER TABLE users RENAME TO users_old;
ALTER TABLE users_new RENAME TO users;
COMMIT;
CREATE INDEX users_email_idx ON users (email);`;
    assert.ok(found(sql).some(([rule]) => rule === 'index-without-concurrently'));
  });

  it('what a dump fills by COPY is read as psql reads it', () => {
    const dump = `\\restrict x1
CREATE TABLE public.teams (id bigint NOT NULL);
COPY public.teams (id) FROM stdin;
1
2
\\.
ALTER TABLE ONLY public.teams ADD CONSTRAINT teams_pkey PRIMARY KEY (id);
\\unrestrict x1
`;
    assert.deepEqual(found(dump), []);
    assert.deepEqual(found(`\\set ON_ERROR_STOP on\n${dump}ALTER TABLE other ADD COLUMN x int;\n`), [
      ['lock-timeout-missing', 'ALTER TABLE other ADD COLUMN x int'],
    ]);
  });

  it('an index that a foreign key of a new table wants is made on the spot', () => {
    for (const [begin, end] of [
      ['', ''],
      ['BEGIN;\n', '\nCOMMIT;'],
    ]) {
      const text = `SET lock_timeout = '2s';
${begin}CREATE TABLE posts (id bigint PRIMARY KEY, author_id bigint REFERENCES users (id));${end}
`;
      const analysis = check(text);
      const finding = analysis.findings.find(({ rule }) => rule === 'foreign-key-without-index');
      assert.ok(finding);
      assert.match(finding.message, /Make one here, while nobody uses the table\.$/);
      const [fix] = finding.fixes;
      assert.ok(fix);
      const fixed = assertFixLaws(analysis, finding, fix, check);
      assert.match(fixed, /\(id\)\);\nCREATE INDEX posts_author_id_idx ON posts \(author_id\);/);
      assert.deepEqual(check(fixed).findings, []);
    }
  });

  it('row-level security without a policy is a note on a table that is new', () => {
    const severity = (sql: string) =>
      check(sql).findings.find(({ rule }) => rule === 'row-security-without-policy')?.severity;
    assert.equal(severity(`${filled}ALTER TABLE roles ENABLE ROW LEVEL SECURITY;`), 'info');
  });
});

describe('rules: new tables from step to step', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });
  const schema = `CREATE TABLE orders (id bigint PRIMARY KEY, state text);
CREATE TABLE days (day date NOT NULL, state text) PARTITION BY RANGE (day);`;
  const found = (steps: readonly string[]) => {
    const text = examplePlan({
      plan: { app: '{ runs: v1, versions: { v1: [SELECT 1], v2: [SELECT 2] } }' },
      steps: steps
        .map((one, i) =>
          one.startsWith('deploy')
            ? `- step: s${i}\n  ${one}\n  rollback: { deploy: v1 }\n`
            : `- step: s${i}\n  sql: |\n${one.replace(/^/gm, '    ')}\n  rollback: { impossible: for the test }\n`,
        )
        .join(''),
    });
    return analyze(text, { parsers, kind: 'plan', readFile: () => ({ text: schema }) })
      .findings.filter(({ rule }) => rule === 'index-without-concurrently')
      .map(({ step }) => step);
  };
  const create = 'CREATE TABLE copy (id bigint PRIMARY KEY, state text);';
  const index = (table: string) => `CREATE INDEX ON ${table} (state);`;
  const code = `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO copy VALUES (1); RETURN NULL; END $$;`;

  it('one is filled by nobody until a version is deployed', () => {
    assert.deepEqual(found([create, index('copy')]), []);
    assert.deepEqual(found([create, 'deploy: v2', index('copy')]), ['s2']);
    assert.deepEqual(found([`${create}\n${code}`, 'deploy: v2', index('copy')]), ['s2']);
  });

  it('one that a trigger may fill is empty in its own step alone', () => {
    assert.deepEqual(found([`${create}\n${code}\n${index('copy')}`, index('copy')]), ['s1']);
    assert.deepEqual(found([create, code, index('orders')]), ['s2']);
  });

  it('a partition is empty until the step that makes it is done', () => {
    const part = "CREATE TABLE day1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2026-01-02');";
    assert.deepEqual(found([`${part}\n${index('day1')}`]), []);
    assert.deepEqual(found([part, index('day1')]), ['s1']);
  });
});

describe('rules: limits in a plain file', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });
  const check = (text: string): Analysis =>
    analyze(text, { parsers, kind: 'sql', readFile: () => ({ error: 'no file' }) });
  const fixed = (text: string) => {
    const analysis = check(text);
    const finding = analysis.findings.find(({ rule }) => rule === 'lock-timeout-missing');
    const [fix] = finding?.fixes ?? [];
    assert.ok(finding && fix);
    return assertFixLaws(analysis, finding, fix, check);
  };
  const add = 'ALTER TABLE users ADD COLUMN note text;';

  it('last for the transaction that they are for, and for the file where there is none, or more follows', () => {
    assert.equal(
      fixed(`BEGIN;\n${add}\nCOMMIT;\n`),
      `BEGIN;\nSET LOCAL lock_timeout = '2s';\n${add}\nCOMMIT;\n`,
    );
    assert.equal(fixed(`${add}\n`), `SET lock_timeout = '2s';\n${add}\n`);
    const two = `BEGIN;\n${add}\nCOMMIT;\nALTER TABLE users ADD COLUMN more text;\n`;
    assert.match(fixed(two), /^BEGIN;\nSET lock_timeout = '2s';\n/);
  });

  it('keep the indent and the line breaks of the file', () => {
    assert.equal(
      fixed(`BEGIN;\r\n  ${add}\r\nCOMMIT;\r\n`),
      `BEGIN;\r\n  SET LOCAL lock_timeout = '2s';\r\n  ${add}\r\nCOMMIT;\r\n`,
    );
  });
});
