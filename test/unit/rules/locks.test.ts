import assert from 'node:assert/strict';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { lockRules } from '../../../server/src/rules/locks/index.ts';
import type { Finding } from '../../../server/src/rules/model.ts';
import { examplePlan } from './example-plan.ts';
import { assertFixLaws } from './fix-laws.ts';

const own = new Set(lockRules.map(({ id }) => id));

const schema = `CREATE TYPE mood AS ENUM ('good', 'bad');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE users (id bigint PRIMARY KEY, email text, name varchar(50), n integer, price numeric(10,2), seen timestamptz);
CREATE INDEX users_name_idx ON users (name);
CREATE TABLE tags (id integer PRIMARY KEY, name varchar(10) CONSTRAINT tags_name_key UNIQUE, span int4range,
  CONSTRAINT tags_span_excl EXCLUDE USING gist (span WITH &&));
CREATE TABLE events (id bigint, day date NOT NULL) PARTITION BY RANGE (day);
CREATE INDEX events_id_idx ON events (id);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 (id bigint, day date NOT NULL);
CREATE TABLE logs (day date) PARTITION BY RANGE (day);
CREATE TABLE logs_rest PARTITION OF logs DEFAULT;
CREATE TABLE logs_2024 PARTITION OF logs FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE MATERIALIZED VIEW sums AS SELECT count(*) AS total FROM users;
CREATE MATERIALIZED VIEW keyed AS SELECT n, count(*) AS total FROM users GROUP BY n;
CREATE UNIQUE INDEX keyed_n_key ON keyed (n);
`;

describe('rules on locks', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  const check = (text: string, kind: 'plan' | 'sql' = 'plan') =>
    analyze(text, { parsers, kind, readFile: () => ({ text: schema }) });
  const stepOf = (sql: string, transaction: boolean, name = 'one') =>
    `- step: ${name}\n${transaction ? '' : '  transaction: false\n'}  sql: |\n${sql.replace(/^/gm, '    ')}\n  rollback: { impossible: for the example }\n`;
  const planOf = (sql: string, { transaction = true, plan = {} } = {}) =>
    examplePlan({ steps: stepOf(sql, transaction), plan });
  const ofLocks = ({ findings }: Analysis) => findings.filter(({ rule }) => own.has(rule));
  const said = (analysis: Analysis) =>
    ofLocks(analysis).map(({ rule, range }) => [rule, analysis.text.slice(range.start, range.end)]);
  const only = (analysis: Analysis): Finding => {
    const [finding, ...more] = ofLocks(analysis);
    assert.ok(finding && more.length === 0, JSON.stringify(said(analysis)));
    return finding;
  };

  describe('find what Postgres does, at its place', () => {
    for (const [sql, rule, place, transaction] of [
      ['DROP INDEX users_name_idx;', 'drop-index-without-concurrently', 'DROP INDEX'],
      ['DROP INDEX tags_name_key CASCADE;', 'drop-index-of-constraint', 'DROP INDEX'],
      ['DROP INDEX events_2024_id_idx;', 'drop-index-of-constraint', 'DROP INDEX'],
      ['REINDEX TABLE users;', 'reindex-without-concurrently', 'REINDEX'],
      ['REINDEX (VERBOSE) INDEX users_name_idx;', 'reindex-without-concurrently', 'REINDEX'],
      ['REINDEX DATABASE;', 'reindex-without-concurrently', 'REINDEX', false],
      ['DROP INDEX CONCURRENTLY events_id_idx;', 'concurrently-refused', 'CONCURRENTLY', false],
      ['DROP INDEX CONCURRENTLY users_name_idx, users_x;', 'concurrently-refused', 'CONCURRENTLY', false],
      ['DROP INDEX CONCURRENTLY users_name_idx CASCADE;', 'concurrently-refused', 'CONCURRENTLY', false],
      ['CREATE INDEX CONCURRENTLY x ON events (day);', 'concurrently-refused', 'CONCURRENTLY', false],
      ['CREATE INDEX CONCURRENTLY x ON ONLY events (day);', 'concurrently-refused', 'CONCURRENTLY', false],
      ['REINDEX INDEX CONCURRENTLY tags_span_excl;', 'concurrently-refused', 'CONCURRENTLY', false],
      ['REFRESH MATERIALIZED VIEW CONCURRENTLY sums;', 'concurrently-refused', 'CONCURRENTLY'],
      [
        'ALTER TABLE logs DETACH PARTITION logs_2024 CONCURRENTLY;',
        'concurrently-refused',
        'CONCURRENTLY',
        false,
      ],
      ['REFRESH MATERIALIZED VIEW sums;', 'matview-refresh-blocks-reads', 'REFRESH MATERIALIZED VIEW'],
      [
        'REFRESH MATERIALIZED VIEW sums WITH NO DATA;',
        'matview-refresh-blocks-reads',
        'REFRESH MATERIALIZED VIEW',
      ],
      ['ALTER TABLE events DETACH PARTITION events_2024;', 'detach-without-concurrently', 'DETACH PARTITION'],
      ['ALTER TABLE users ADD x float DEFAULT random();', 'add-column-rewrites', 'DEFAULT'],
      ['ALTER TABLE users ADD x smallserial;', 'add-column-rewrites', 'smallserial'],
      ['ALTER TABLE users ADD x int GENERATED ALWAYS AS IDENTITY;', 'add-column-rewrites', 'GENERATED'],
      ['ALTER TABLE users ADD x positive;', 'add-column-rewrites', 'positive'],
      ['ALTER TABLE users ALTER email TYPE text COLLATE "C", ADD x int;', undefined, ''],
      ['ALTER TABLE users ALTER name TYPE varchar(60) COLLATE "C";', 'type-change-rebuilds', 'COLLATE'],
      ['ALTER TABLE users ALTER price TYPE numeric(10,1);', 'type-change-rewrites', 'numeric'],
      ['VACUUM FULL users, tags;', 'table-rewritten', 'VACUUM', false],
      ['CLUSTER users USING users_pkey;', 'table-rewritten', 'CLUSTER'],
      ['ALTER TABLE users SET TABLESPACE fast;', 'table-rewritten', 'SET TABLESPACE'],
      ['ALTER INDEX users_name_idx SET TABLESPACE fast;', 'table-rewritten', 'SET TABLESPACE'],
      ['ALTER TABLE users SET ACCESS METHOD heap;', 'table-rewritten', 'SET ACCESS METHOD'],
      ['LOCK users IN SHARE MODE;', 'lock-table', 'LOCK'],
      ['LOCK TABLE users;', 'lock-table', 'LOCK TABLE', false],
      [
        "CREATE TABLE l PARTITION OF logs FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');",
        'default-partition-scanned',
        'PARTITION OF',
      ],
    ] as const) {
      it(sql, () => {
        const found = said(check(planOf(sql, { transaction: transaction ?? true })));
        if (rule === undefined) assert.deepEqual(found, []);
        else
          assert.ok(
            found.some(([id, at]) => id === rule && at === place),
            JSON.stringify(found),
          );
      });
    }
  });

  describe('are silent where nobody waits', () => {
    for (const [sql, transaction] of [
      ['DROP INDEX IF EXISTS no_such_idx;'],
      ['CREATE TABLE t (a int); CREATE INDEX t_a ON t (a); DROP INDEX t_a;'],
      ['CREATE TABLE t (a int); REINDEX TABLE t; CLUSTER t USING t_pkey;'],
      ['DROP INDEX events_id_idx;'],
      ['REINDEX TABLE pg_catalog.pg_class;'],
      ['REINDEX SYSTEM app;', false],
      ['VACUUM users;', false],
      ['VACUUM (FULL false) users;', false],
      ['REFRESH MATERIALIZED VIEW CONCURRENTLY keyed;'],
      ['CREATE MATERIALIZED VIEW v AS SELECT 1 AS a WITH NO DATA; REFRESH MATERIALIZED VIEW v;'],
      ['ALTER TABLE logs DETACH PARTITION logs_2024;'],
      ['ALTER TABLE events DETACH PARTITION events_2024 FINALIZE;'],
      ["CREATE TABLE e PARTITION OF events FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');"],
      [
        "CREATE TABLE e (LIKE events); ALTER TABLE events ATTACH PARTITION e FOR VALUES FROM ('2030-01-01') TO ('2031-01-01');",
      ],
      ['ALTER TABLE users ADD x timestamptz NOT NULL DEFAULT now();'],
      ["ALTER TABLE users ADD x mood DEFAULT 'good';"],
      ['ALTER TABLE users ALTER name TYPE varchar(60);'],
      ['ALTER TABLE users ALTER price TYPE numeric(12,2);'],
      ['ALTER TABLE users SET LOGGED;'],
      ['LOCK TABLE users IN ACCESS SHARE MODE;'],
      ['CREATE TABLE t (a int); LOCK TABLE t;'],
      [
        'SET lock_timeout = 0;\nCREATE UNIQUE INDEX CONCURRENTLY users_id_email_key ON users (email, id);',
        false,
      ],
      ['ALTER TABLE users ADD handle text; CREATE TABLE t (a int);'],
      [
        'SET lock_timeout = 0;\nDROP INDEX CONCURRENTLY IF EXISTS users_n_idx;\nCREATE INDEX CONCURRENTLY IF NOT EXISTS users_n_idx ON users (n);',
        false,
      ],
    ] as const) {
      it(sql.replace(/\n/g, ' '), () =>
        assert.deepEqual(said(check(planOf(sql, { transaction: transaction ?? true }))), []),
      );
    }
  });

  describe('weigh by the figures of the plan', () => {
    const small = { tables: '{ users: { rows: 200 }, events: { rows: 200 } }' };
    for (const sql of [
      'DROP INDEX users_name_idx;',
      'REINDEX TABLE users;',
      'CLUSTER users USING users_pkey;',
      'ALTER TABLE users ADD x bigserial;',
      'LOCK TABLE users;',
      'ALTER TABLE events DETACH PARTITION events_2024;',
    ]) {
      it(`a small table is a note: ${sql}`, () =>
        assert.equal(only(check(planOf(sql, { plan: small }))).severity, 'info'));
    }

    it('a materialized view has no writers but its refresh', () => {
      const { severity, message } = only(check(planOf('CREATE INDEX ON sums (total);')));
      assert.equal(severity, 'info');
      assert.match(message, /every REFRESH of it waits\./);
    });

    it('a partitioned table speaks for its partitions', () => {
      const plan = { tables: '{ logs: { rows: 40M, size: 9GB } }' };
      const { message } = only(
        check(planOf('ALTER TABLE logs ADD x uuid DEFAULT gen_random_uuid();', { plan })),
      );
      assert.match(message, /rewrites logs \(40M rows, 9 GB, about /);
    });

    it('each column that rewrites the table is told, the table once', () => {
      const sql = 'ALTER TABLE logs ADD x uuid DEFAULT gen_random_uuid(), ADD y int, ADD z bigserial;';
      assert.deepEqual(said(check(planOf(sql))), [
        ['add-column-rewrites', 'DEFAULT'],
        ['add-column-rewrites', 'bigserial'],
      ]);
    });

    it('the figures stand in the message', () => {
      const { severity, message } = only(check(planOf('ALTER TABLE users ADD x bigserial;')));
      assert.equal(severity, 'error');
      assert.match(message, /users \(8M rows, 2\.4 GB, about .*2,000 requests\/s/s);
    });
  });

  describe('in a plain file, with no baseline', () => {
    const inFile = (sql: string) => said(check(sql, 'sql')).map(([rule]) => rule);
    for (const [sql, expected] of [
      ['DROP INDEX i;', ['drop-index-without-concurrently']],
      ['REINDEX INDEX i;', ['reindex-without-concurrently']],
      ['VACUUM FULL t;', ['table-rewritten']],
      ['VACUUM FULL;', ['table-rewritten']],
      ['CLUSTER;', ['table-rewritten']],
      ['ALTER TABLE t SET LOGGED;', ['table-rewritten']],
      ['ALTER TABLE t ADD c int DEFAULT f();', ['add-column-rewrites']],
      ["ALTER TABLE t ADD c some_type DEFAULT 'x';", []],
      ['ALTER TABLE t DETACH PARTITION p;', ['detach-without-concurrently']],
      ['ALTER TABLE t ATTACH PARTITION p FOR VALUES IN (1);', ['attach-partition-scans']],
      ['ALTER TABLE t ALTER c TYPE smallint;', ['type-change-rewrites', 'type-change-loses-values']],
      ['ALTER TABLE t ALTER c TYPE integer;', ['type-change-rewrites']],
      ['CREATE UNIQUE INDEX CONCURRENTLY i ON t (a);', []],
      ['REFRESH MATERIALIZED VIEW CONCURRENTLY v;', []],
      ['LOCK TABLE t;', ['lock-table']],
    ] as const) {
      it(sql, () => assert.deepEqual(inFile(sql), expected));
    }

    it('a fix is an edit of the statement, and none inside a written transaction', () => {
      const file = "SET lock_timeout = '2s';\nDROP INDEX IF EXISTS a, b; -- both\n";
      const analysis = check(file, 'sql');
      const finding = only(analysis);
      const [fix] = finding.fixes;
      assert.ok(fix);
      const fixed = assertFixLaws(analysis, finding, fix, (text) => check(text, 'sql'));
      assert.match(
        fixed,
        /DROP INDEX CONCURRENTLY IF EXISTS a;\nDROP INDEX CONCURRENTLY IF EXISTS b; -- both\n$/,
      );
      assert.deepEqual(only(check(`BEGIN;\n${file}COMMIT;\n`, 'sql')).fixes, []);
    });

    it('offers no steps that a file cannot have', () => {
      assert.deepEqual(only(check('ALTER TABLE t ADD c bigserial;', 'sql')).fixes, []);
    });
  });

  describe('a type change and the values that are there', () => {
    for (const [change, expected] of [
      ['n TYPE smallint', /outside -32,768 to 32,767 make this fail.*WHERE n NOT BETWEEN -32768 AND 32767/],
      ['name TYPE varchar(20)', /longer than 20 characters make this fail.*length\(name\) > 20/],
      ['name TYPE varchar(20) USING name::varchar(20)', /longer than 20 characters are cut or rounded/],
      ['price TYPE numeric(10,1)', /more than 1 digits after the point are cut or rounded/],
      ['price TYPE numeric(5,2)', /more than 3 digits before the point make this fail/],
      ['price TYPE integer', /make this fail/],
      ['seen TYPE date', /with a time of day are cut or rounded.*seen <> seen::date/],
      [
        'id TYPE float8',
        /beyond 9,007,199,254,740,992 are cut or rounded.*id NOT BETWEEN -9007199254740992 AND/,
      ],
      ['n TYPE real', /beyond 16,777,216 are cut or rounded/],
      ['price TYPE real', /with more than 6 digits are cut or rounded.*price <> price::real::numeric/],
      ['n TYPE float8', undefined],
      ['price TYPE float8', undefined],
      ['seen TYPE timestamptz(0)', /with a fraction of a second/],
      ['n TYPE bigint', undefined],
      ['name TYPE text', undefined],
      ['price TYPE numeric', undefined],
    ] as const) {
      it(change, () => {
        const found = ofLocks(check(planOf(`ALTER TABLE users ALTER ${change};`))).filter(
          ({ rule }) => rule === 'type-change-loses-values',
        );
        if (expected) assert.match(found[0]?.message ?? '', expected);
        else assert.deepEqual(found, []);
      });
    }

    it('is silent where a verify step asked', () => {
      const asked = `- step: fits\n  verify:\n    sql: SELECT count(*) FROM users WHERE length(name) > 20\n    expect: 0\n`;
      const steps = asked + stepOf('ALTER TABLE users ALTER name TYPE varchar(20);', true);
      assert.ok(!said(check(examplePlan({ steps }))).some(([rule]) => rule === 'type-change-loses-values'));
    });
  });

  describe('a new uniqueness', () => {
    const build = 'SET lock_timeout = 0;\nCREATE UNIQUE INDEX CONCURRENTLY u ON users (email) WHERE n > 0;';
    const rules = (steps: string, plan = {}) =>
      said(check(examplePlan({ steps, plan }))).map(([rule]) => rule);

    it('asks for the duplicates of a partial index', () => {
      const { message } = only(check(planOf(build, { transaction: false })));
      assert.match(message, /SELECT email FROM users WHERE \(n > 0\) AND email IS NOT NULL GROUP BY email/);
    });
    it('is all right where the checklist says so, or rows were deleted', () => {
      assert.deepEqual(rules(stepOf(build, false), { checklist: '[No duplicates in users]' }), []);
      const deleted = stepOf("DELETE FROM users WHERE email = 'x' AND id > 5;", true, 'zero');
      assert.deepEqual(rules(deleted + stepOf(build, false)), []);
    });
    it('is all right on a column that the plan adds', () => {
      const added = stepOf('ALTER TABLE users ADD handle text;', true, 'zero');
      const index = 'SET lock_timeout = 0;\nCREATE UNIQUE INDEX CONCURRENTLY u ON users (handle);';
      assert.deepEqual(rules(added + stepOf(index, false)), []);
    });
  });

  describe('an index that replaces another', () => {
    const drop = stepOf('DROP INDEX CONCURRENTLY users_name_idx;', false, 'zero');
    const create = (columns: string) =>
      stepOf(`SET lock_timeout = 0;\nCREATE INDEX CONCURRENTLY i ON users (${columns});`, false);
    const rules = (steps: string) => said(check(examplePlan({ steps }))).map(([rule]) => rule);
    it('comes before the drop', () => {
      assert.deepEqual(rules(drop + create('name, email')), ['index-dropped-before-replacement']);
      assert.deepEqual(rules(create('name, email') + drop), []);
    });
    it('is one that serves the same queries', () => assert.deepEqual(rules(drop + create('email')), []));
  });

  describe('partitions', () => {
    const attach =
      "ALTER TABLE events ATTACH PARTITION events_2025 FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);";

    it('are proven within their bounds first', () => {
      const analysis = check(planOf(attach));
      const finding = only(analysis);
      assert.match(finding.message, /builds the indexes it lacks/);
      const [fix] = finding.fixes;
      assert.ok(fix);
      const fixed = assertFixLaws(analysis, finding, fix, (text) => check(text));
      assert.match(fixed, /CHECK \(day IS NOT NULL AND day >= '2025-01-01'\) NOT VALID/);
      assert.deepEqual(said(check(fixed)), []);
    });

    it('are said to be read in spite of a CHECK on another column', () => {
      const other = stepOf(
        'ALTER TABLE events_2025 ADD CONSTRAINT c CHECK (id > 0) NOT VALID;',
        true,
        'zero',
      );
      const valid = stepOf('ALTER TABLE events_2025 VALIDATE CONSTRAINT c;', true, 'half');
      assert.equal(
        only(check(examplePlan({ steps: other + valid + stepOf(attach, true) }))).rule,
        'attach-partition-scans',
      );
    });

    it('get their part of an index one by one', () => {
      const analysis = check(planOf('CREATE INDEX by_day ON events USING brin (day);'));
      const [finding] = ofLocks(analysis);
      const [fix] = finding?.fixes ?? [];
      assert.ok(finding && fix);
      const fixed = assertFixLaws(analysis, finding, fix, (text) => check(text));
      assert.match(fixed, /CREATE INDEX CONCURRENTLY events_2024_by_day ON events_2024 USING brin \(day\);/);
      assert.match(
        fixed,
        /CREATE INDEX by_day ON ONLY events USING brin \(day\);\n\s+ALTER INDEX by_day ATTACH/,
      );
      assert.deepEqual(said(check(fixed)), []);
    });
  });

  describe('a column of another type', () => {
    const fixes = (sql: string) =>
      ofLocks(check(planOf(sql))).find(({ rule }) => rule === 'type-change-rewrites')?.fixes ?? [];

    it('is built beside the old one where only values hang on it', () => {
      assert.equal(fixes('ALTER TABLE users ALTER price TYPE numeric(12,4);').length, 1);
    });
    it('takes its index and its key along', () => {
      const analysis = check(planOf('ALTER TABLE users ALTER name TYPE integer USING length(name);'));
      const finding = ofLocks(analysis).find(({ rule }) => rule === 'type-change-rewrites');
      const [fix] = finding?.fixes ?? [];
      assert.ok(finding && fix);
      const fixed = assertFixLaws(analysis, finding, fix, (text) => check(text));
      assert.match(fixed, /CREATE INDEX CONCURRENTLY users_name_idx_new ON users \(name_new\);/);
      assert.match(fixed, /ALTER INDEX users_name_idx_new RENAME TO users_name_idx;/);
      // What USING made of a value no cast takes back.
      assert.match(fixed, /impossible: values of name written since are of the new type alone/);
      const [keyed] = fixes('ALTER TABLE users ALTER id TYPE numeric;');
      const text = keyed?.edits.map(({ newText }) => newText).join('') ?? '';
      assert.match(text, /ADD CONSTRAINT users_pkey PRIMARY KEY USING INDEX users_pkey_new;/);
    });
    it('is not, where a view or an exclusion would have to move too, or two values cannot be compared', () => {
      const rewrites = (change: string) => `ALTER TABLE ${change};`;
      for (const change of [
        'users ALTER n TYPE bigint',
        'tags ALTER span TYPE int8range USING int8range(lower(span), upper(span))',
        'users ALTER email TYPE json USING email::json',
      ])
        assert.deepEqual(fixes(rewrites(change)), [], change);
      assert.deepEqual(fixes('ALTER TABLE users ALTER n TYPE bigint, ALTER price TYPE numeric(12,4);'), []);
    });
  });
});
