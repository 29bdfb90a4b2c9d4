import assert from 'node:assert/strict';
import { analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { rollbackRules } from '../../../server/src/rules/rollbacks/index.ts';
import { examplePlan } from './example-plan.ts';

const schema = `CREATE TABLE users (id bigint PRIMARY KEY, username text NOT NULL, email text DEFAULT '');
CREATE TABLE "Order" (id bigint PRIMARY KEY, user_id bigint CONSTRAINT of_user REFERENCES users);
CREATE UNIQUE INDEX users_name ON users (username);
`;
const own = new Set(rollbackRules.map(({ id }) => id));

describe('rules on rollbacks', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  interface Options {
    readonly app?: string;
    /** Absent: the one above; empty: none. */
    readonly baseline?: string;
  }
  const check = (steps: string, { app, baseline = schema }: Options = {}) => {
    const database = `{ type: postgresql, version: 16${baseline === '' ? '' : ', schema: schema.sql'} }`;
    const text = examplePlan({ steps, plan: { database, ...(app === undefined ? {} : { app }) } });
    const { findings } = analyze(text, { parsers, kind: 'plan', readFile: () => ({ text: baseline }) });
    return findings.filter(({ rule }) => own.has(rule));
  };
  const found = (steps: string, options?: Options) => check(steps, options).map(({ rule }) => rule);
  const messages = (steps: string, options?: Options) =>
    check(steps, options)
      .map(({ message }) => message)
      .join('\n');

  const step = (sql: string, rollback: string, name = 'The step') =>
    `- step: ${name}\n  sql: |\n${sql.replace(/^/gm, '    ')}\n  rollback: ${rollback.startsWith('{') || rollback.startsWith('\n') ? rollback : JSON.stringify(rollback)}\n`;

  describe('rollback-leaves-changes', () => {
    const leaves = 'rollback-leaves-changes';

    it('says exactly what is left, and what the rollback itself brought', () => {
      for (const [sql, rollback, words] of [
        [
          'ALTER TABLE users ALTER email DROP DEFAULT',
          'SELECT 1',
          /the column users\.email has no default any more\./,
        ],
        [
          'DROP INDEX users_name',
          'CREATE UNIQUE INDEX users_names ON users (username)',
          /users_names is new, and the index users_name is gone|users_name is gone, and the index users_names is new/,
        ],
        [
          'DROP INDEX users_name',
          'CREATE INDEX users_name ON users (username)',
          /the index users_name is not unique any more\./,
        ],
        [
          'ALTER TABLE "Order" DROP CONSTRAINT of_user',
          'ALTER TABLE "Order" ADD CONSTRAINT of_user FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE NOT VALID',
          /of_user of "Order" has ON DELETE CASCADE, not none, and the constraint of_user of "Order" is not validated any more\./,
        ],
        [
          'ALTER TABLE users ADD a int, ADD b int, ADD c int, ADD d int, ADD e int',
          'ALTER TABLE users DROP e',
          /users\.a is still there, the column users\.b is still there, the column users\.c is still there, and 1 more thing is not as before\./,
        ],
        [
          'ALTER TABLE users ALTER username TYPE varchar(9)',
          'ALTER TABLE users ALTER username TYPE varchar(99)',
          /users\.username is character varying\(99\), not text/,
        ],
      ] as const) {
        assert.deepEqual(found(step(sql, rollback)), [leaves], sql);
        assert.match(messages(step(sql, rollback)), words);
      }
    });

    it('is silent where not all is known that a statement does', () => {
      for (const [sql, rollback] of [
        ['ALTER TABLE users ADD a int', "DO $$ BEGIN EXECUTE 'ALTER TABLE users DROP a'; END $$"],
        ['ALTER TABLE users ADD a int', 'SELECT drop_the_column()'],
        ['CREATE EXTENSION citext', 'SELECT 1'],
        ['ALTER TABLE users ADD a int', 'ALTER TABLE usres DROP a'],
        ['ALTER TABLE users ADD a int', 'ALTER TABLE users DRO a'],
        ['UPDATE users SET email = NULL WHERE id = 1', 'UPDATE users SET email = id::text WHERE id = 1'],
      ])
        assert.deepEqual(found(step(sql ?? '', rollback ?? '')), [], sql);
      // Without a baseline nobody knows whether it was there before.
      const unknown = step('CREATE TABLE IF NOT EXISTS notes (id int)', 'SELECT 1');
      assert.deepEqual(found(unknown, { baseline: '' }), []);
      for (const [sql, rollback] of [
        [
          'ALTER TABLE users DROP CONSTRAINT c',
          'ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID',
        ],
        ['ALTER TABLE users DROP COLUMN a', 'ALTER TABLE users ADD COLUMN a int'],
        ['DROP INDEX i', 'CREATE INDEX i ON users (id)'],
        ['DROP TABLE t', 'CREATE TABLE t (id int)'],
        ['DROP FUNCTION f(int)', 'CREATE FUNCTION f(int) RETURNS int LANGUAGE sql RETURN 1'],
        ['DROP TYPE m', "CREATE TYPE m AS ENUM ('a')"],
        [
          'DROP TRIGGER tr ON users',
          'CREATE TRIGGER tr BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION f()',
        ],
        ['ALTER TABLE users RENAME a TO b', 'ALTER TABLE users RENAME b TO a'],
        ['ALTER TABLE users ALTER a TYPE bigint', 'ALTER TABLE users ALTER a TYPE int'],
        ['ALTER TABLE users ALTER a SET NOT NULL', 'ALTER TABLE users ALTER a DROP NOT NULL'],
        ['ALTER SCHEMA app RENAME TO apps', 'ALTER SCHEMA apps RENAME TO app'],
        ['DROP SCHEMA app', 'CREATE SCHEMA app'],
        ['DROP VIEW v', 'CREATE VIEW v AS SELECT 1 AS x'],
      ])
        assert.deepEqual(found(step(sql ?? '', rollback ?? ''), { baseline: '' }), [], sql);
      const added = step(
        'ALTER TABLE users ADD a int, ALTER email SET NOT NULL',
        'ALTER TABLE users ALTER email DROP NOT NULL',
      );
      assert.match(messages(added, { baseline: '' }), /after it the column users\.a is still there\./);
    });

    it('is silent where rows are kept aside, columns stand in another order, or the drop is the way back', () => {
      for (const [sql, rollback] of [
        [
          'ALTER TABLE users ADD nick text',
          'CREATE TABLE kept AS SELECT id, nick FROM users; ALTER TABLE users DROP nick',
        ],
        ['ALTER TABLE users DROP email', "ALTER TABLE users ADD email text DEFAULT ''"],
        ['CREATE TABLE notes (id serial PRIMARY KEY); CREATE INDEX ON notes (id)', 'DROP TABLE notes'],
        ['ALTER TABLE users RENAME TO people', 'ALTER TABLE people RENAME TO users'],
      ])
        assert.deepEqual(found(step(sql ?? '', rollback ?? '')), [], sql);
    });
  });

  describe('rollback-stops', () => {
    const chain = (first: string) =>
      `- step: Build it
  transaction: false
  sql: CREATE UNIQUE INDEX CONCURRENTLY users_email ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY ${first}users_email }
- step: Use it
  sql: ALTER TABLE users ADD CONSTRAINT users_email UNIQUE USING INDEX users_email;
  rollback: ALTER TABLE users DROP CONSTRAINT users_email;
`;

    it('tells where the way back ends, once', () => {
      const findings = check(chain(''));
      assert.deepEqual(
        findings.map(({ rule, severity }) => [rule, severity]),
        [
          ['rollback-stops', 'error'],
          ['rollback-leaves-changes', 'info'],
        ],
      );
      assert.match(findings[0]?.message ?? '', /rolled back past "Use it"/);
      assert.match(findings[1]?.message ?? '', /DROP CONSTRAINT takes along the index/);
    });

    it('is silent where the earlier rollback allows for it', () => {
      assert.deepEqual(found(chain('IF EXISTS ')), ['rollback-leaves-changes']);
    });
  });

  describe('rollback-needed', () => {
    const index = (name: string, table: string, why: string) =>
      `- step: Index ${table}\n  transaction: false\n  sql: CREATE INDEX CONCURRENTLY ${name} ON ${table} (id);\n  rollback: { not_needed: ${why} }\n`;

    it('follows the rollbacks before it, as far as they go', () => {
      const make = step('CREATE TABLE notes (id int)', 'DROP TABLE notes', 'Make it');
      assert.deepEqual(found(make + index('notes_id', 'notes', 'goes with the table')), []);
      const schemaGoes = step('CREATE SCHEMA app', 'DROP SCHEMA app CASCADE', 'Make the schema');
      assert.deepEqual(
        found(schemaGoes + step('CREATE TABLE app.t (id int)', '{ not_needed: goes too }')),
        [],
      );
      const noReturn = step(
        'UPDATE users SET email = NULL WHERE id = 1',
        '{ impossible: it is gone }',
        'Forget',
      );
      assert.deepEqual(found(make + noReturn + index('notes_id', 'notes', 'x')), ['rollback-needed']);
      const column = step('ALTER TABLE users ADD nick text', 'ALTER TABLE users DROP nick', 'Add it');
      assert.deepEqual(found(column + index('users_id', 'users', 'x')), ['rollback-needed']);
    });

    it('is silent on what is in nobody’s way, and where a rollback cannot be followed', () => {
      const open = `${schema}ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID;`;
      const validate = step('ALTER TABLE users VALIDATE CONSTRAINT c', '{ not_needed: it holds }');
      assert.deepEqual(found(validate, { baseline: open }), []);
      const unknown = step('ALTER TABLE users ADD nick text', 'DO $$ BEGIN PERFORM 1; END $$', 'Add it');
      assert.deepEqual(found(unknown + index('users_nick', 'users', 'x')), []);
    });
  });

  it('what is done in a rollback beside SQL undoes nothing', () => {
    const add = 'ALTER TABLE users ADD nick text';
    for (const rollback of ['{ wait: 1h }', '{ verify: { sql: SELECT 1, expect: 1 } }', 'SELECT 1'])
      assert.match(messages(step(add, rollback)), /column users\.nick is still there/, rollback);
  });

  it('names the constraint whose index a rollback tries to drop', () => {
    const add = 'ALTER TABLE users ADD CONSTRAINT u UNIQUE (email)';
    assert.match(
      messages(step(add, 'DROP INDEX u')),
      /the constraint u needs the index\..*ALTER TABLE users DROP CONSTRAINT u\./,
    );
  });

  it('asks for no rollback of what changes nothing', () => {
    const alone = (sql: string) => `- step: The step\n  sql: ${JSON.stringify(sql)}\n`;
    for (const sql of [
      'COMMENT ON TABLE users IS NULL',
      'ALTER TABLE users DROP COLUMN IF EXISTS nope',
      'ALTER TABLE users ADD COLUMN IF NOT EXISTS email text',
      'SELECT count(*) FROM users',
      "SET work_mem = '1GB'; ANALYZE users",
    ])
      assert.deepEqual(found(alone(sql)), [], sql);
    for (const sql of [
      'COMMENT ON TABLE users IS NULL; ALTER TABLE users ADD nick text',
      'ALTER TABLE users DROP COLUMN IF EXISTS email',
      'SELECT some_function()',
    ])
      assert.deepEqual(found(alone(sql)), ['rollback-missing'], sql);
    const nothingKnown = alone('ALTER TABLE users DROP COLUMN IF EXISTS nope');
    assert.deepEqual(found(nothingKnown, { baseline: '' }), ['rollback-missing']);
    const [wrong] = check(step('ALTER TABLE users DROP IF EXISTS nope', 'ALTER TABLE users ADD nope int'));
    assert.deepEqual(
      wrong?.fixes.map(({ title, safe }) => [title, safe]),
      [['Say that no rollback is needed, and why', false]],
    );
  });

  it('lets a rollback without a baseline make what its step has dropped', () => {
    for (const [sql, rollback] of [
      ['ALTER TABLE foo DROP COLUMN x', 'ALTER TABLE foo ADD COLUMN x int'],
      ['DROP INDEX i', 'CREATE INDEX i ON foo (z)'],
      [
        'ALTER TABLE foo DROP CONSTRAINT k',
        'ALTER TABLE foo ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES bar NOT VALID; ALTER TABLE foo VALIDATE CONSTRAINT k',
      ],
      ['DROP VIEW vv', 'CREATE VIEW vv AS SELECT 1 AS one'],
    ] as const)
      assert.deepEqual(found(step(sql, rollback), { baseline: '' }), [], sql);
  });

  it('rollback-drops-nothing knows what a rollback has taken along, and what a failed command leaves', () => {
    const made = 'CREATE TABLE notes (id int); CREATE INDEX notes_id ON notes (id)';
    assert.deepEqual(found(step(made, 'DROP TABLE notes; DROP INDEX IF EXISTS notes_id')), []);
    assert.deepEqual(found(step(made, 'DROP TABLE notes; DROP INDEX IF EXISTS notes_idx')), [
      'rollback-drops-nothing',
    ]);
    const reindex = `- step: Build it anew
  transaction: false
  sql: REINDEX INDEX CONCURRENTLY users_name;
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY IF EXISTS users_name_ccnew }
`;
    assert.deepEqual(found(reindex), []);
    for (const [rollback, what] of [
      [
        'ALTER TABLE users DROP COLUMN IF EXISTS nik',
        /no column nik\b.*nick is still there\. Is nick meant\?/,
      ],
      ['DROP TRIGGER IF EXISTS tr ON users', /no trigger tr,/],
      ['DROP TYPE IF EXISTS mood', /no type mood,/],
      ['ALTER TABLE users DROP CONSTRAINT IF EXISTS users_nick_key', /no constraint users_nick_key,/],
    ] as const)
      assert.match(messages(step('ALTER TABLE users ADD nick text', rollback)), what);
    assert.deepEqual(
      found(step('ALTER TABLE users ADD nick text', 'DROP TABLE IF EXISTS x; ALTER TABLE users DROP nick'), {
        baseline: '',
      }),
      [],
    );
  });

  describe('rollback-other-version', () => {
    const app = '{ runs: v1, versions: { v1: ["SELECT 1"], v2: ["SELECT 2"], v3: ["SELECT 3"] } }';
    const deploy = (version: string, rollback: string) =>
      `- step: Deploy ${version}\n  deploy: ${version}\n  rollback: ${rollback}\n`;

    it('looks at what was live before, wherever the rollback deploys', () => {
      const two = deploy('v2', '{ deploy: v1 }');
      assert.deepEqual(found(two + deploy('v3', '{ deploy: v2 }'), { app }), []);
      const between = step('ALTER TABLE users ADD nick text', 'ALTER TABLE users DROP nick', 'Between');
      const severities = (steps: string) =>
        check(steps, { app }).map(({ rule, severity }) => `${rule} ${severity}`);
      assert.deepEqual(severities(two + deploy('v3', '{ deploy: v1 }')), ['rollback-other-version warning']);
      assert.deepEqual(severities(two + between + deploy('v3', '{ deploy: v1 }')), [
        'rollback-other-version error',
      ]);
      const inSql = step(
        'ALTER TABLE users ADD nick text',
        '\n    - deploy: v1\n    - sql: ALTER TABLE users DROP nick;',
      );
      assert.deepEqual(severities(inSql), []);
      assert.deepEqual(severities(two + inSql), ['rollback-other-version error']);
      assert.deepEqual(severities(deploy('v2', 'SELECT 1')), ['rollback-other-version error']);
    });

    it('is silent where nobody says what ran before', () => {
      assert.deepEqual(
        found(deploy('v2', '{ deploy: v1 }'), { app: '{ versions: { v1: [], v2: [] } }' }),
        [],
      );
    });
  });

  describe('rollback-discards-writes', () => {
    const plan = (
      write: string,
      { old = 'SELECT id FROM users', rollback = 'ALTER TABLE users DROP nick' } = {},
    ) =>
      [
        step('ALTER TABLE users ADD nick text', rollback, 'Add it') +
          '- step: Deploy v2\n  deploy: v2\n  rollback: { deploy: v1 }\n',
        { app: `{ runs: v1, versions: { v1: ["${old}"], v2: ["${write}"] } }` },
      ] as const;
    const severity = (...[steps, options]: ReturnType<typeof plan>) =>
      check(steps, options).map((one) => one.severity);

    it('is worse where the older version waits for the value', () => {
      const alone = 'UPDATE users SET nick = $1 WHERE id = $2';
      assert.deepEqual(severity(...plan(alone)), ['info']);
      assert.deepEqual(severity(...plan(alone, { old: 'UPDATE users SET username = $1 WHERE id = $2' })), [
        'error',
      ]);
    });

    it('is silent where the value is elsewhere too, or is kept', () => {
      for (const write of [
        'UPDATE users SET nick = $1, username = $1 WHERE id = $2',
        'INSERT INTO users (id, nick) VALUES ($1, NULL)',
        'INSERT INTO users (id, username, nick) SELECT 1, a, a FROM x',
        'SELECT nick FROM users',
      ])
        assert.deepEqual(found(...plan(write)), [], write);
      const rollback = 'CREATE TABLE kept AS SELECT id, nick FROM users; ALTER TABLE users DROP nick';
      assert.deepEqual(found(...plan('UPDATE users SET nick = $1', { rollback })), []);
      const [steps, { app }] = plan('UPDATE users SET nick = $1');
      const baseline = `${schema}CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER tr BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION f();`;
      assert.deepEqual(found(steps, { app, baseline }), []);
      const sync = step(
        `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER tr AFTER UPDATE ON users FOR EACH ROW EXECUTE FUNCTION f();`,
        'DROP TRIGGER tr ON users; DROP FUNCTION f();',
        'Keep another table in step',
      );
      const [before, after] = [steps.indexOf('- step: Deploy'), steps.slice(steps.indexOf('- step: Deploy'))];
      assert.deepEqual(found(steps.slice(0, before) + sync + after, { app }), []);
      assert.equal(found(steps + sync, { app }).length, 1);
    });

    it('tells of tables too', () => {
      const steps = `${step('CREATE TABLE notes (id int)', 'DROP TABLE notes', 'Make it')}- step: Deploy v2\n  deploy: v2\n  rollback: { deploy: v1 }\n`;
      const app = '{ runs: v1, versions: { v1: ["SELECT 1"], v2: ["INSERT INTO notes VALUES (1)"] } }';
      assert.match(messages(steps, { app }), /v2 writes notes from "Deploy v2" on/);
    });
  });

  it('rollback-possible leaves those alone that lose something', () => {
    const impossible = '{ impossible: no way }';
    assert.deepEqual(found(step('ALTER TABLE users ADD CONSTRAINT c CHECK (id > 0) NOT VALID', impossible)), [
      'rollback-possible',
    ]);
    const column = step('ALTER TABLE users ADD nick text', impossible);
    assert.match(messages(column), /no row is lost by it: the column can be dropped again/);
    const writes = (sql: string) => ({ app: `{ runs: v1, versions: { v1: ["SELECT 1"], v2: ["${sql}"] } }` });
    assert.deepEqual(found(column, writes('SELECT nick FROM users')), ['rollback-possible']);
    for (const sql of ['UPDATE users SET nick = $1', 'INSERT INTO users VALUES (1)'])
      assert.ok(!found(column, writes(sql)).includes('rollback-possible'), sql);
    for (const sql of [
      'CREATE TABLE notes (id int)',
      'DROP INDEX users_name',
      'ALTER TABLE users ALTER username DROP NOT NULL',
      "DO $$ BEGIN EXECUTE 'CREATE INDEX ON users (id)'; END $$",
    ])
      assert.deepEqual(found(step(sql, impossible)), [], sql);
  });
});
