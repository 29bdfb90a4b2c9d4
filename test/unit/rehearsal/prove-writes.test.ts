import assert from 'node:assert/strict';
import type { Engine, Report } from '../../../server/src/rehearsal/model.ts';
import { dataWords } from '../../../server/src/rehearsal/proof-words.ts';
import { embeddedEngine, planOf, provePlan, reusedEngine } from './setup.ts';

const schema = `CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE, email text);
CREATE TABLE notes (body text, stars int);
`;

describe('what the application wrote, after a rollback', function () {
  this.timeout(60_000);
  let engine: Engine;
  let reused: Awaited<ReturnType<typeof reusedEngine>>;
  before(async () => {
    engine = await embeddedEngine();
    reused = await reusedEngine(engine);
  });
  after(() => reused?.close());

  const prove = (steps: string, ...statements: string[]) =>
    provePlan(
      reused.engine,
      planOf(
        steps,
        `app:\n  runs: v1\n  versions:\n    v1:\n${statements.map((sql) => `      - ${JSON.stringify(sql)}\n`).join('')}`,
      ),
      schema,
      { rows: 20 },
    );
  const insertUser = "INSERT INTO users (name, email) VALUES ('ada', 'ada@example.org')";
  const insertNote = "INSERT INTO notes VALUES ('x', 1)";

  /** The verdict and what is different, of the last step. */
  const last = ({ steps }: Report) => {
    const { rollback } = steps.at(-1) ?? {};
    return [rollback?.verdict, ...(rollback ? dataWords(rollback.data) : [])];
  };
  const harmless = (count: number, table: string) =>
    Array.from(
      { length: count },
      (_, at) =>
        `- step: ok${at}\n  sql: ALTER TABLE ${table} ADD COLUMN c${at} int;\n  rollback: ALTER TABLE ${table} DROP COLUMN c${at};\n`,
    ).join('');
  const step = (table: string, rollback: string) =>
    `- step: last\n  sql: ALTER TABLE ${table} ADD COLUMN z int;\n  rollback: ALTER TABLE ${table} DROP COLUMN z; ${rollback}\n`;

  it('follows rows that come back from a table which had its name meanwhile', async () => {
    const swap = (back: string) => `- step: last
  sql: |
    ALTER TABLE users RENAME TO users_old;
    CREATE TABLE users (LIKE users_old INCLUDING DEFAULTS, PRIMARY KEY (email, id));
  rollback: |
    ${back}
    DROP TABLE users;
    ALTER TABLE users_old RENAME TO users;
`;
    assert.deepEqual(last(await prove(swap('INSERT INTO users_old SELECT * FROM users;'), insertUser)), [
      'restores',
    ]);
    const [verdict, ...words] = last(await prove(swap(''), insertUser));
    assert.equal(verdict, 'drifts');
    assert.match(words.join(), /the application wrote/);
  });

  it('does not let rows without a key go unseen, however often the application wrote', async () => {
    const report = await prove(
      harmless(6, 'notes') +
        step(
          'notes',
          "DELETE FROM notes WHERE ctid IN (SELECT ctid FROM notes WHERE body <> 'x' OR body IS NULL LIMIT 5);",
        ),
      insertNote,
    );
    assert.deepEqual(last(report), ['drifts', 'notes: 5 rows missing']);
    assert.deepEqual(
      report.steps.slice(0, 6).map(({ rollback }) => rollback?.verdict),
      Array(6).fill('restores'),
    );
  });

  it('tells rows without a key that change', async () => {
    const report = await prove(
      step('notes', "UPDATE notes SET stars = 0 WHERE body = 'body 2';"),
      insertNote,
      "UPDATE notes SET body = 'z' WHERE body = 'body 1'",
    );
    assert.deepEqual(last(report), [
      'drifts',
      'notes: 1 row missing',
      'notes: 1 row that was not there before',
    ]);
  });

  it('tells rows of the application that a rollback deletes', async () => {
    const keyed = await prove(
      step('users', "DELETE FROM users WHERE id > 20 AND id < 1000 AND email = 'ada@example.org';"),
      insertUser,
    );
    assert.equal(last(keyed)[0], 'drifts');
    assert.match(last(keyed).join(), /users: 1 row that the application wrote is gone/);
    const loose = await prove(
      step('notes', "DELETE FROM notes WHERE ctid = (SELECT max(ctid) FROM notes WHERE body = 'x');"),
      insertNote,
    );
    assert.deepEqual(last(loose), ['drifts', 'notes: 1 row that the application wrote is gone']);
  });

  it('tells values of the application that a rollback discards', async () => {
    const report = await prove(
      step('users', "UPDATE users SET email = NULL WHERE email = 'ada@example.org';"),
      insertUser,
    );
    assert.equal(last(report)[0], 'drifts');
    assert.ok(last(report).includes('users.email: 1 value that the application wrote is gone'));
    const changed = await prove(
      '- step: last\n  sql: ALTER TABLE users ADD COLUMN mail text; UPDATE users SET mail = email;\n  rollback: UPDATE users SET email = mail; ALTER TABLE users DROP COLUMN mail;\n',
      "UPDATE users SET email = $1 WHERE name = 'name 2'",
    );
    assert.deepEqual(last(changed).slice(0, 1), ['restores'], 'the same value was written');
    const other = await prove(
      '- step: last\n  sql: ALTER TABLE users ADD COLUMN mail text; UPDATE users SET mail = email;\n  rollback: UPDATE users SET email = mail; ALTER TABLE users DROP COLUMN mail;\n',
      "UPDATE users SET email = 'new' WHERE id = 3",
    );
    assert.deepEqual(last(other), ['drifts', 'users.email: 1 value that the application wrote is gone']);
  });

  it('tells rows that went to a table which the rollback drops for the old one', async () => {
    const report = await prove(
      '- step: last\n  sql: ALTER TABLE users RENAME TO users_old; CREATE TABLE users (LIKE users_old INCLUDING ALL);\n  rollback: DROP TABLE users; ALTER TABLE users_old RENAME TO users;\n',
      insertUser,
    );
    assert.deepEqual(last(report), ['drifts', 'users: 1 row that the application wrote is gone']);
  });

  it('finds no fault where a rollback takes away only what its step brought', async () => {
    const both = "INSERT INTO users (name, email, nick) VALUES ('ada', 'ada@example.org', 'ada')";
    const text = planOf(
      `
- step: nick
  sql: ALTER TABLE users ADD COLUMN nick text; CREATE TABLE more (id int PRIMARY KEY);
  rollback: ALTER TABLE users DROP COLUMN nick; DROP TABLE more;
- step: both
  deploy: v2
  rollback: { deploy: v1 }
- step: fill
  sql: UPDATE users SET nick = name WHERE nick IS NULL;
  rollback: { not_needed: the column goes }
- step: rename
  sql: ALTER TABLE notes RENAME COLUMN body TO text; ALTER TABLE notes ALTER COLUMN stars TYPE bigint;
  rollback: ALTER TABLE notes ALTER COLUMN stars TYPE int; ALTER TABLE notes RENAME COLUMN text TO body;
`,
      `app:\n  runs: v1\n  versions:\n    v1:\n      - ${JSON.stringify(insertUser)}\n      - ${JSON.stringify(insertNote)}\n    v2:\n      - ${JSON.stringify(both)}\n      - INSERT INTO more VALUES ($1)\n      - ${JSON.stringify(insertNote)}\n      - UPDATE users SET email = $1 WHERE name = $2\n`,
    );
    const report = await provePlan(reused.engine, text, schema, { rows: 20 });
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.equal(report.unwind.verdict, 'restores', report.unwind.reason);
  });

  it("says which rows of a materialized view are another REFRESH's", async () => {
    const plan = planOf(`
- step: change
  sql: UPDATE t SET n = n + 1 WHERE id < 4;
  rollback: UPDATE t SET n = n - 1 WHERE id < 4;
- step: refresh
  sql: REFRESH MATERIALIZED VIEW m;
  rollback: SELECT 1;
- step: nothing
  sql: REFRESH MATERIALIZED VIEW m;
  rollback: SELECT 1;
- step: empty
  sql: SELECT 1;
  rollback: REFRESH MATERIALIZED VIEW m WITH NO DATA;
`);
    const report = await provePlan(
      reused.engine,
      plan,
      'CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL); CREATE MATERIALIZED VIEW m AS SELECT id, n FROM t;',
      { rows: 20 },
    );
    const rollbacks = report.steps.map(({ rollback }) => rollback);
    assert.deepEqual(
      rollbacks.map((one) => one?.verdict),
      ['restores', 'restores', 'restores', 'drifts'],
      report.error?.message,
    );
    assert.deepEqual(
      rollbacks.map((one) => one?.data.notes),
      [
        [],
        [
          'Materialized view m holds what a later REFRESH found: 3 of its rows differ from before. No rollback brings that back.',
        ],
        [],
        [],
      ],
    );
  });

  it('tells rows that a rollback deletes once later steps are rolled back', async () => {
    const report = await prove(
      `
- step: log
  sql: CREATE TABLE log (n int); INSERT INTO log VALUES (0);
  rollback: DELETE FROM notes WHERE (SELECT max(n) FROM log) > 0 AND body = 'x'; DROP TABLE log;
- step: count
  sql: UPDATE log SET n = 1;
  rollback: { not_needed: the table goes }
`,
      insertNote,
    );
    assert.equal(report.unwind.verdict, 'drifts');
    assert.match(report.unwind.reason, /notes: \d rows missing/);
    assert.equal(report.steps[0]?.status, 'failed');
  });
});
