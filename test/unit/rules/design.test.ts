import assert from 'node:assert/strict';
import { PGlite } from '@electric-sql/pglite';
import { analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { designRules } from '../../../server/src/rules/design/index.ts';
import { defaultSettings } from '../../../server/src/rules/settings.ts';
import { examplePlan } from './example-plan.ts';

const schema = `CREATE TABLE teams (id bigint PRIMARY KEY, code integer UNIQUE);
CREATE TABLE users (id bigint PRIMARY KEY, team_id bigint, email text, n int, at timestamptz);
CREATE INDEX users_n_email ON users (n, email);
CREATE TABLE notes (id bigint PRIMARY KEY, user_id bigint, kind text);
CREATE INDEX notes_user ON notes (user_id) WHERE user_id IS NOT NULL;
`;

describe('rules of design', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  const all = Object.fromEntries(designRules.map(({ id, severity }) => [id, severity]));
  const own = new Set(designRules.map(({ id }) => id));
  /** Findings of this group alone: `rule text` each. */
  const found = (sql: string, { kind = 'sql' as 'plan' | 'sql', rules = {}, baseline = schema } = {}) => {
    const text =
      kind === 'sql'
        ? sql
        : examplePlan({
            plan: { tables: '{ users: { rows: 8M }, notes: { rows: 200 } }' },
            steps: `- step: one\n  sql: |\n${sql.replace(/^/gm, '    ')}\n  rollback: { impossible: for the example }\n`,
          });
    const { findings } = analyze(text, {
      parsers,
      kind,
      settings: { ...defaultSettings, rules },
      readFile: () => ({ text: baseline }),
      ...(kind === 'sql' && baseline !== '' ? { baselineSql: baseline } : {}),
    });
    return findings
      .filter(({ rule }) => own.has(rule))
      .map(({ rule, range, severity }) => `${severity} ${rule} ${text.slice(range.start, range.end)}`);
  };
  const cases = (entries: readonly (readonly [sql: string, ...expected: string[]])[]) => {
    for (const [sql, ...expected] of entries)
      it(`${sql} → ${expected.join('; ') || 'nothing'}`, () => assert.deepEqual(found(sql), expected));
  };

  describe('an index that repeats another', () => {
    cases([
      ['CREATE INDEX CONCURRENTLY i ON users (id);', 'warning index-duplicated i'],
      ['CREATE INDEX CONCURRENTLY i ON users (n, email);', 'warning index-duplicated i'],
      ['CREATE INDEX CONCURRENTLY i ON users (n);', 'info index-duplicated i'],
      [
        'CREATE INDEX CONCURRENTLY IF NOT EXISTS "Odd" ON users (n, email);',
        'warning index-duplicated "Odd"',
      ],
      ['CREATE INDEX a ON users (at); CREATE INDEX b ON users (at);', 'warning index-duplicated b'],
      ['CREATE TABLE t (id bigint PRIMARY KEY); CREATE INDEX i ON t (id);', 'warning index-duplicated i'],
      ['CREATE INDEX CONCURRENTLY i ON users (email);'],
      ['CREATE INDEX CONCURRENTLY i ON users (email, n);'],
      ['CREATE INDEX CONCURRENTLY i ON users (n, email, at);'],
      ['CREATE INDEX CONCURRENTLY i ON users (n DESC, email);'],
      ['CREATE INDEX CONCURRENTLY i ON users (n, email text_pattern_ops);'],
      ['CREATE INDEX CONCURRENTLY i ON users (n, (lower(email)));'],
      ['CREATE INDEX CONCURRENTLY i ON users (n, email) WHERE n > 0;'],
      ['CREATE INDEX CONCURRENTLY i ON users (n, email) INCLUDE (at);'],
      ['CREATE INDEX CONCURRENTLY i ON users USING hash (id);'],
      ['CREATE UNIQUE INDEX CONCURRENTLY i ON users (n, email);'],
      ['CREATE INDEX CONCURRENTLY IF NOT EXISTS users_n_email ON users (n, email);'],
      ['CREATE INDEX CONCURRENTLY i ON users (n, email); DROP INDEX CONCURRENTLY users_n_email;'],
      ['CREATE INDEX i ON users (id); DROP INDEX i;'],
    ]);
  });

  describe('foreign keys', () => {
    const add = 'ADD CONSTRAINT f FOREIGN KEY';
    cases([
      [
        `ALTER TABLE users ${add} (team_id) REFERENCES teams NOT VALID;`,
        'info foreign-key-without-index CONSTRAINT',
      ],
      [
        'ALTER TABLE users ADD COLUMN t bigint REFERENCES teams;',
        'info foreign-key-without-index REFERENCES',
      ],
      [
        'CREATE TABLE t (id bigint PRIMARY KEY, u bigint REFERENCES users);',
        'info foreign-key-without-index REFERENCES',
      ],
      ['CREATE TABLE t (id bigint PRIMARY KEY, u bigint REFERENCES users); CREATE INDEX ON t (u, id);'],
      ['CREATE TABLE t (id bigint PRIMARY KEY, u bigint REFERENCES users); DROP TABLE t;'],
      ['CREATE TABLE t (u bigint PRIMARY KEY REFERENCES users);'],
      ['CREATE TEMP TABLE t (u bigint, FOREIGN KEY (u) REFERENCES users);'],
      [`ALTER TABLE notes ${add} (user_id) REFERENCES users NOT VALID;`],
      [
        `ALTER TABLE users ${add} (team_id) REFERENCES teams NOT VALID; CREATE INDEX ON users (team_id) WHERE n > 0;`,
        'info foreign-key-without-index CONSTRAINT',
      ],
      [
        'CREATE TABLE t (id bigint PRIMARY KEY, u int REFERENCES users); CREATE INDEX ON t (u);',
        'warning foreign-key-type-mismatch REFERENCES',
      ],
      [
        'CREATE TABLE t (id bigint PRIMARY KEY, u text REFERENCES users); CREATE INDEX ON t (u);',
        'error foreign-key-type-mismatch REFERENCES',
      ],
      ['CREATE TABLE t (id bigint PRIMARY KEY, u bigint REFERENCES teams (code)); CREATE INDEX ON t (u);'],
    ]);

    it('are not blamed for what the ones lacked that they take the place of', () => {
      const old = `CREATE TABLE notes (id bigint PRIMARY KEY);
CREATE TABLE marks (id bigint PRIMARY KEY, note integer CONSTRAINT old_key REFERENCES notes, other integer);`;
      const sql = `ALTER TABLE marks ADD CONSTRAINT new_key FOREIGN KEY (other) REFERENCES notes NOT VALID;`;
      const told = (more: string, baseline = old) =>
        found(`${sql} ${more}`, { baseline }).filter((one) => one.includes('foreign-key'));
      const both = [
        'info foreign-key-without-index CONSTRAINT',
        'warning foreign-key-type-mismatch CONSTRAINT',
      ];
      assert.deepEqual(told('ALTER TABLE marks DROP COLUMN note;'), []);
      assert.deepEqual(told('').sort(), both);
      const indexed = `${old} CREATE INDEX ON marks (note);`;
      assert.deepEqual(told('ALTER TABLE marks DROP COLUMN note;', indexed), [both[0]]);
      const wide = old.replace('note integer', 'note bigint');
      assert.deepEqual(told('ALTER TABLE marks DROP COLUMN note;', wide), [both[1]]);
    });

    it('without an index are silent where the indexes are not known, and for small tables', () => {
      const sql = 'ALTER TABLE users ADD CONSTRAINT f FOREIGN KEY (team_id) REFERENCES teams NOT VALID;';
      assert.deepEqual(found(sql, { baseline: '' }), []);
      assert.equal(found(sql, { kind: 'plan' }).length, 1);
      const small = 'ALTER TABLE notes ADD COLUMN team_id bigint REFERENCES teams;';
      assert.deepEqual(found(small, { kind: 'plan' }), []);
    });

    it('between types that cannot be compared are refused by Postgres, and by nothing else here', async function () {
      this.timeout(60_000);
      const types = [
        'smallint',
        'integer',
        'bigint',
        'numeric(12,2)',
        'real',
        'double precision',
        'text',
        'varchar(9)',
        'char(3)',
        'uuid',
        'boolean',
        'date',
        'timestamp',
        'timestamptz',
        'bytea',
      ];
      const postgres = new PGlite();
      try {
        for (const key of types) {
          for (const type of types) {
            const sql = `CREATE TABLE k (id ${key} PRIMARY KEY); CREATE TABLE t (id ${type} PRIMARY KEY REFERENCES k);`;
            const refused = await postgres.exec(`BEGIN; ${sql}`).then(
              () => false,
              (error: { code?: string }) => error.code === '42804',
            );
            await postgres.exec('ROLLBACK');
            const told = found(sql).some((one) => one.startsWith('error foreign-key-type-mismatch'));
            assert.equal(told, refused, sql);
          }
        }
      } finally {
        await postgres.close();
      }
    });
  });

  describe('a CHECK that does not last', () => {
    const check = (condition: string) => `ALTER TABLE users ADD CONSTRAINT c CHECK (${condition}) NOT VALID;`;
    cases([
      [check('at > now()'), 'warning check-not-immutable now'],
      [check("now() < at + interval '1 day'"), 'warning check-not-immutable now'],
      [check('n > 0 AND at > current_timestamp'), 'warning check-not-immutable current_timestamp'],
      [check('at::date = current_date'), 'warning check-not-immutable current_date'],
      [check('email = current_user'), 'warning check-not-immutable current_user'],
      [check('n < random()'), 'warning check-not-immutable random'],
      [check('at <= now()')],
      [check("at < now() + interval '1 hour' OR n = 0")],
      [check('now() >= at')],
      [check('current_timestamp > at')],
      [check('char_length(email) < 10')],
      [check('app.valid(email)')],
      ['CREATE DOMAIN d AS date CHECK (value > current_date);', 'warning check-not-immutable current_date'],
      ["CREATE TABLE t (id bigint PRIMARY KEY, d date DEFAULT current_date CHECK (d > '2020-01-01'));"],
    ]);
  });

  describe('security and upkeep', () => {
    const body = "AS 'SELECT 1'";
    cases([
      [
        'ALTER TABLE users ENABLE ROW LEVEL SECURITY;',
        'warning row-security-without-policy ENABLE ROW LEVEL SECURITY',
      ],
      ['ALTER TABLE users ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON users USING (true);'],
      ['ALTER TABLE users ENABLE ROW LEVEL SECURITY; ALTER TABLE users DISABLE ROW LEVEL SECURITY;'],
      [
        `CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER ${body};`,
        'warning definer-without-search-path SECURITY DEFINER',
      ],
      [`CREATE FUNCTION f() RETURNS int LANGUAGE sql ${body};`],
      [`CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY INVOKER ${body};`],
      [`CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' ${body};`],
      [
        `CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER ${body}; ALTER FUNCTION f() SET search_path = app, pg_temp;`,
      ],
      ['CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER BEGIN ATOMIC SELECT 1; END;'],
      ['ALTER TABLE users SET (autovacuum_enabled = off);', 'warning autovacuum-disabled autovacuum_enabled'],
      [
        'CREATE TABLE t (id bigint PRIMARY KEY) WITH (autovacuum_enabled = false);',
        'warning autovacuum-disabled autovacuum_enabled',
      ],
      [
        'ALTER TABLE users SET (autovacuum_enabled = false); ALTER TABLE users SET (autovacuum_enabled = true);',
      ],
      ['ALTER TABLE users SET (autovacuum_enabled, fillfactor = 90);'],
      ['ALTER TABLE users SET (toast.autovacuum_enabled = false);'],
    ]);

    it('is a note where policies may be there that nothing tells of', () => {
      assert.deepEqual(found('ALTER TABLE users ENABLE ROW LEVEL SECURITY;', { baseline: '' }), [
        'info row-security-without-policy ENABLE ROW LEVEL SECURITY',
      ]);
    });
  });

  describe('keys of new tables', () => {
    cases([
      ['CREATE TABLE t (id serial PRIMARY KEY);', 'info primary-key-runs-out serial'],
      [
        'CREATE TABLE t (id smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);',
        'info primary-key-runs-out smallint',
      ],
      ["CREATE TABLE t (id int DEFAULT nextval('s'), PRIMARY KEY (id));", 'info primary-key-runs-out int'],
      ['CREATE TABLE t (id int PRIMARY KEY);'],
      ['CREATE TABLE t (id bigserial PRIMARY KEY, n serial);'],
      ['CREATE TABLE t (a int);', 'info table-without-primary-key t'],
      ['CREATE TABLE t (a int); ALTER TABLE t ADD PRIMARY KEY (a);'],
      ['CREATE TABLE t (a int); DROP TABLE t;'],
      ['CREATE TEMP TABLE t (a int);'],
      ['CREATE TABLE t (LIKE users INCLUDING ALL);'],
      ['CREATE TABLE t (a int) PARTITION BY LIST (a); CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1);'],
      ['CREATE TABLE IF NOT EXISTS users (a int);'],
    ]);
  });

  describe('names that Postgres cuts', () => {
    const long = 'a'.repeat(64);
    cases([
      [`ALTER TABLE users RENAME TO ${long};`, `warning name-truncated ${long}`],
      [`ALTER TABLE users RENAME TO "${'é'.repeat(32)}";`, `warning name-truncated "${'é'.repeat(32)}"`],
      [`ALTER TABLE users RENAME TO ${long.slice(1)};`],
      [`ALTER TABLE users RENAME TO "${'é'.repeat(31)}";`],
      [`SELECT '${long}' -- ${long}`],
      [`DROP TABLE ${long}; DROP TABLE ${long};`, `warning name-truncated ${long}`],
    ]);
  });

  describe('opinions', () => {
    it('are silent until a setting asks for them', () => {
      const sql =
        'CREATE UNLOGGED TABLE t (id int PRIMARY KEY, a serial, b varchar(9), c char(2), d timestamp(0), e json, f money);';
      assert.deepEqual(found(sql), []);
      assert.deepEqual(
        found(sql, { rules: { ...all, 'statement-not-repeatable': 'off' } }).map((one) =>
          one.split(' ').slice(1).join(' '),
        ),
        [
          'table-unlogged UNLOGGED',
          'name-unqualified t',
          'column-integer int',
          'column-integer serial',
          'column-serial serial',
          'column-varchar-limit varchar(9)',
          'column-char char(2)',
          'column-timestamp timestamp(0)',
          'column-timestamp-precision timestamp(0)',
          'column-json json',
          'column-money money',
        ],
      );
    });

    it('cover the whole type and nothing else', () => {
      for (const [type, rule] of [
        ['timestamp (3) without time zone', 'column-timestamp'],
        ['character varying(9)', 'column-varchar-limit'],
        ['pg_catalog.varchar(9)', 'column-varchar-limit'],
        ['character /* two */ (2)', 'column-char'],
        ['"char"', 'column-char'],
      ] as const)
        assert.deepEqual(
          found(`ALTER TABLE users ADD COLUMN c ${type}[] DEFAULT '{}';`, { rules: { [rule]: 'info' } }),
          [`info ${rule} ${type}`],
        );
    });

    it('do not say twice that a key runs out', () => {
      const rules = { 'column-integer': 'warning' as const };
      assert.deepEqual(found('CREATE TABLE t (id serial PRIMARY KEY);', { rules }), [
        'info primary-key-runs-out serial',
      ]);
    });

    it('leave a plan alone that sets its search_path', () => {
      const rules = { 'name-unqualified': 'warning' as const };
      assert.deepEqual(found('SET search_path = app; DROP TABLE teams;', { rules }), []);
      assert.deepEqual(found('DROP TABLE public.notes, teams;', { rules }), [
        'warning name-unqualified teams',
      ]);
    });
  });
});
