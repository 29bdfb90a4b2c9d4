import assert from 'node:assert/strict';
import type { Engine, Report, RollbackReport, StepReport } from '../../../server/src/rehearsal/model.ts';
import { dataWords } from '../../../server/src/rehearsal/proof-words.ts';
import { embeddedEngine, planOf, provePlan, reusedEngine } from './setup.ts';

const schema = `CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE, nick text NOT NULL);
CREATE TABLE notes (body text NOT NULL, stars int NOT NULL);
`;

/** What no proof looks at, and is there the second time. */
const isThere = (largeObject: number) =>
  `EXISTS (SELECT FROM pg_largeobject_metadata WHERE oid = ${largeObject})`;

describe('the proof of a step', function () {
  this.timeout(60_000);
  let engine: Engine;
  let reused: Awaited<ReturnType<typeof reusedEngine>>;
  before(async () => {
    engine = await embeddedEngine();
    reused = await reusedEngine(engine);
  });
  after(() => reused?.close());

  const prove = (steps: string, more = '', rows = 20) =>
    provePlan(reused.engine, planOf(steps, more), schema, { rows });

  const one = async (step: string, more = ''): Promise<StepReport> => {
    const report = await prove(`- step: one\n${step.replace(/^/gm, '  ')}`, more);
    return report.steps[0] ?? assert.fail(report.error?.message);
  };

  const verdicts = (report: Report) => report.steps.map(({ rollback }) => rollback?.verdict);

  const cases: readonly (readonly [string, string, RollbackReport['verdict'], string[]])[] = [
    [
      'a column',
      'sql: ALTER TABLE users ADD COLUMN a int;\nrollback: ALTER TABLE users DROP COLUMN a;',
      'restores',
      [],
    ],
    [
      'a column rebuilt',
      "sql: ALTER TABLE users DROP COLUMN nick;\nrollback: |\n  ALTER TABLE users ADD COLUMN nick text NOT NULL DEFAULT 'x';\n  ALTER TABLE users ALTER COLUMN nick DROP DEFAULT;",
      'drifts',
      ['users.nick: 20 values lost'],
    ],
    [
      'a table set aside',
      'sql: ALTER TABLE notes RENAME TO notes_old;\nrollback: ALTER TABLE notes_old RENAME TO notes;',
      'restores',
      [],
    ],
    [
      'columns in another order',
      `sql: ALTER TABLE notes ADD COLUMN other text;
rollback: |
  ALTER TABLE notes DROP COLUMN other;
  ALTER TABLE notes RENAME COLUMN body TO gone;
  ALTER TABLE notes ALTER COLUMN gone DROP NOT NULL;
  ALTER TABLE notes ADD COLUMN body text;
  UPDATE notes SET body = gone;
  ALTER TABLE notes ALTER COLUMN body SET NOT NULL;
  ALTER TABLE notes DROP COLUMN gone;`,
      'restores_reordered',
      [],
    ],
    [
      'values that are not put back',
      "sql: UPDATE users SET nick = upper(nick) || '!';\nrollback: SELECT 1;",
      'drifts',
      ['users.nick: 20 values lost'],
    ],
    [
      'rows that are not put back, of a table without a key',
      'sql: DELETE FROM notes;\nrollback: SELECT 1;',
      'drifts',
      ['notes: 20 rows missing'],
    ],
    [
      'rows that stay',
      "sql: INSERT INTO users (name, nick) VALUES ('seed', 'seed');\nrollback: SELECT 1;",
      'drifts',
      ['users: 1 row that was not there before'],
    ],
    [
      'rows that go again',
      "sql: INSERT INTO users (name, nick) VALUES ('seed', 'seed');\nrollback: DELETE FROM users WHERE name = 'seed';",
      'restores',
      [],
    ],
    ['a failing rollback', 'sql: CREATE TABLE t ();\nrollback: DROP TABLE tt;', 'fails', []],
    ['SQL that does not parse', 'sql: CREATE TABLE t ();\nrollback: DROP TABBLE t;', 'fails', []],
    ['a table', 'sql: CREATE TABLE t (id int PRIMARY KEY);\nrollback: DROP TABLE t;', 'restores', []],
    ['nothing to undo', 'sql: SELECT 1;\nrollback: "-- none"', 'restores', []],
    [
      'a way back that is not there',
      'sql: TRUNCATE notes;\nrollback: { impossible: gone }',
      'impossible',
      [],
    ],
    ['one that is left to others', 'sql: SELECT 1;\nrollback: { not_needed: it reads }', 'not_needed', []],
    [
      'a list of actions',
      `sql: ALTER TABLE users ADD COLUMN a int;
rollback:
  - backfill: { table: users, set: "nick = nick", batch: 7 }
  - verify: { sql: SELECT count(*) FROM users, expect: 20 }
  - transaction: false
    sql: ALTER TABLE users DROP COLUMN a;`,
      'restores',
      [],
    ],
  ];
  for (const [name, step, verdict, data] of cases)
    it(`tells ${name}: ${verdict}`, async () => {
      const { rollback, status, error } = await one(step);
      assert.equal(rollback?.verdict, verdict, error?.message ?? JSON.stringify(rollback));
      assert.deepEqual(dataWords(rollback.data), data);
      assert.equal(status, verdict === 'drifts' || verdict === 'fails' ? 'failed' : 'passed');
      const isRun = verdict.startsWith('restores') && name !== 'nothing to undo';
      assert.equal(rollback.reapplied, isRun ? true : undefined);
    });

  for (const [type, lesser] of [
    ['float8', 'real'],
    ['numeric', 'float8'],
    ['timestamp', 'timestamp(0)'],
    ['timestamptz', 'timestamptz(3)'],
    ['text', 'char(60)'],
  ] as const)
    it(`sees what ${type} loses as ${lesser}`, async () => {
      const alter = (to: string) => `ALTER TABLE lossy ALTER COLUMN x TYPE ${to}`;
      const report = await provePlan(
        reused.engine,
        planOf(`- step: one\n  sql: ${alter(lesser)}\n  rollback: ${alter(type)}\n`),
        `CREATE TABLE lossy (id int PRIMARY KEY, x ${type});`,
      );
      const { rollback } = report.steps[0] ?? {};
      assert.equal(rollback?.verdict, 'drifts', report.error?.message);
      assert.equal(rollback.data.lost[0]?.column, 'x');
    });

  it('sees a step that leaves something else the second time', async () => {
    const { rollback, error } = await one(
      `sql: |
  DO $$ BEGIN
    IF ${isThere(4710)} THEN CREATE TABLE second (); ELSE CREATE TABLE first (); PERFORM lo_create(4710); END IF;
  END $$;
rollback: DROP TABLE first;`,
    );
    assert.equal(rollback?.verdict, 'drifts', error?.message);
    assert.match(rollback.reason, /^'one', applied again after its rollback, does not leave/);
  });

  it('tells a step that fails when it is done again', async () => {
    const again = await one(
      `sql: |
  DO $$ BEGIN IF ${isThere(4711)} THEN RAISE EXCEPTION 'only once'; END IF; END $$;
  SELECT lo_create(4711);
rollback: SELECT 1;`,
    );
    assert.equal(again.rollback?.verdict, 'fails');
    assert.equal(again.rollback.reapplied, false);
    assert.match(again.error?.message ?? '', /^After its rollback 'one' cannot be applied again: only once/);
  });

  it('goes on from the right state behind a rollback that failed', async () => {
    const report = await prove(`
- step: a
  sql: ALTER TABLE users ADD COLUMN a int;
  rollback: ALTER TABLE users DROP COLUMN b;
- step: b
  sql: ALTER TABLE users ALTER COLUMN a SET DEFAULT 3;
  rollback: ALTER TABLE users ALTER COLUMN a DROP DEFAULT;
- step: c
  sql: UPDATE users SET nick = 'gone';
  rollback: SELECT 1;
- step: d
  sql: CREATE INDEX users_nick ON users (nick) WHERE nick = 'gone';
  rollback: DROP INDEX users_nick;
`);
    assert.deepEqual(verdicts(report), ['fails', 'restores', 'drifts', 'restores']);
    assert.deepEqual(
      report.steps.map(({ status }) => status),
      ['failed', 'passed', 'failed', 'passed'],
    );
    assert.equal(report.unwind.verdict, 'drifts');
    assert.match(report.unwind.reason, /^It stops at 'c'/);
    assert.match(report.unwind.error?.message ?? '', /users\.nick: 20 values lost/);
    assert.deepEqual(report.unwind.data, report.steps[2]?.rollback?.data);
    assert.deepEqual([report.unwind.from, report.unwind.to], ['d', 'c']);
  });

  it('rolls back to each point of no return, and proves what is said not to be needed', async () => {
    const report = await prove(`
- step: a
  sql: ALTER TABLE users ADD COLUMN a int;
  rollback: ALTER TABLE users DROP COLUMN a;
- step: fill_a
  sql: UPDATE users SET a = 1;
  rollback: { not_needed: the column goes }
- step: gone
  sql: TRUNCATE notes;
  rollback: { impossible: the notes are gone }
- step: b
  sql: ALTER TABLE users ADD COLUMN b int;
  rollback: ALTER TABLE users DROP COLUMN b;
- step: looked
  verify: { sql: SELECT count(*) FROM notes, expect: 0 }
- step: b_default
  sql: ALTER TABLE users ALTER COLUMN b SET DEFAULT 1;
  rollback: { not_needed: the column goes }
`);
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.deepEqual(
      report.unwind.segments.map(({ verdict, from, to }) => [verdict, from, to]),
      [
        ['restores', 'fill_a', 'a'],
        ['restores', 'b_default', 'b'],
      ],
    );
    const wrong = await prove(`
- step: a
  sql: ALTER TABLE users ADD COLUMN a int;
  rollback: ALTER TABLE users DROP COLUMN a;
- step: lower
  sql: UPDATE users SET nick = 'x';
  rollback: { not_needed: nobody minds }
- step: last
  sql: CREATE TABLE t ();
  rollback: { not_needed: it is empty }
`);
    assert.deepEqual(
      wrong.steps.map(({ status, rollback }) => [status, rollback?.verdict]),
      [
        ['passed', 'restores'],
        ['failed', 'drifts'],
        ['failed', 'drifts'],
      ],
    );
    assert.match(
      wrong.steps[1]?.error?.message ?? '',
      /^'lower' says that it needs no rollback, but with all others done there is left: users\.nick: 20 values lost/,
    );
    const last = await prove('- step: gone\n  sql: TRUNCATE notes;\n  rollback: { impossible: gone }');
    assert.deepEqual([last.unwind.verdict, last.verdict], ['not_run', 'passed']);
    assert.match(last.unwind.reason, /point of no return/);
  });

  it('proves what is said not to be needed before and behind a rollback that is broken, or says why not', async () => {
    const report = await prove(`
- step: x
  sql: ALTER TABLE users ADD COLUMN x int;
  rollback: ALTER TABLE users DROP COLUMN x;
- step: x_default
  sql: ALTER TABLE users ALTER COLUMN x SET DEFAULT 1;
  rollback: { not_needed: the column goes }
- step: nick
  sql: UPDATE users SET nick = 'x';
  rollback: { not_needed: nobody reads it }
- step: broken
  sql: ALTER TABLE users ADD COLUMN a int;
  rollback: SELECT 1;
- step: fails
  sql: ALTER TABLE users ADD COLUMN b int;
  rollback: ALTER TABLE users DROP COLUMN c;
- step: idle
  sql: SELECT 1;
  rollback: { not_needed: it reads }
- step: b_default
  sql: ALTER TABLE users ALTER COLUMN b SET DEFAULT 1;
  rollback: { not_needed: the column goes }
- step: last
  sql: CREATE TABLE t ();
  rollback: DROP TABLE t;
`);
    assert.deepEqual(
      report.steps.map(({ rollback }) => [rollback?.verdict, rollback?.proven]),
      [
        ['restores', undefined],
        ['not_needed', true],
        ['drifts', undefined],
        ['drifts', undefined],
        ['fails', undefined],
        ['not_needed', false],
        ['not_needed', false],
        ['restores', undefined],
      ],
    );
    assert.match(report.steps[2]?.error?.message ?? '', /there is left: users\.nick: 20 values lost/);
    assert.equal(
      report.steps[6]?.rollback?.reason,
      "Not proven: the unwinding stopped at 'fails'. The plan says: the column goes",
    );
    assert.deepEqual(
      report.unwind.segments.map(({ verdict, from, to }) => [verdict, from, to]),
      [
        ['fails', 'last', 'fails'],
        ['drifts', 'nick', 'x'],
      ],
    );
    const only = await prove(
      '- step: a\n  sql: CREATE TABLE t ();\n  rollback: { not_needed: why }\n- step: b\n  sql: SELECT nope;\n  rollback: SELECT 1;',
    );
    assert.match(only.steps[0]?.rollback?.reason ?? '', /^Not proven: the run did not get to its end/i);
  });

  it('tells how far a rollback came that failed', async () => {
    const half = await one(
      `transaction: false
sql: CREATE INDEX CONCURRENTLY i1 ON users (nick); CREATE INDEX CONCURRENTLY i2 ON users (name);
rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY i1; DROP INDEX CONCURRENTLY i3; }`,
    );
    assert.deepEqual(
      half.rollback?.drift.map(({ message }) => message),
      ['index i2: new'],
    );
    assert.equal(
      half.rollback?.reason,
      'It fails before its end. Undone: index i1; left of the step: index i2: new.',
    );
    const whole = await one(
      'sql: CREATE TABLE t (); CREATE TABLE u ();\nrollback: DROP TABLE t; DROP TABLE nope;',
    );
    assert.equal(whole.rollback?.reason, 'It fails before its end. Nothing of the step was undone.');
  });

  it('proves one step alone, or none', async () => {
    const steps = `
- step: a
  sql: ALTER TABLE users ADD COLUMN a int;
  rollback: SELECT nope;
- step: b
  sql: ALTER TABLE users ALTER COLUMN a SET DEFAULT 3;
  rollback: ALTER TABLE users ALTER COLUMN a DROP DEFAULT;
- step: c
  sql: SELECT nope;
  rollback: SELECT nope;
`;
    const only = await provePlan(reused.engine, planOf(steps), schema, { only: 'b' });
    assert.deepEqual(
      only.steps.map(({ status }) => status),
      ['passed', 'passed', 'skipped'],
    );
    assert.deepEqual(verdicts(only), [undefined, 'restores', undefined]);
    assert.deepEqual([only.verdict, only.unwind.verdict], ['passed', 'not_run']);
    const unknown = await provePlan(reused.engine, planOf(steps), schema, { only: 'x' });
    assert.equal(unknown.verdict, 'refused');
    const none = await provePlan(reused.engine, planOf(steps.split('- step: c')[0] ?? ''), schema, {
      proofs: false,
    });
    assert.deepEqual(
      [none.verdict, none.unwind.verdict, ...verdicts(none)],
      ['passed', 'not_run', undefined, undefined],
    );
  });

  for (const [name, during, steps] of [
    [
      'a rollback',
      'one: rolling back',
      '- step: one\n  sql: CREATE TABLE t ();\n  rollback: SELECT pg_sleep(3600);',
    ],
    [
      'the second time',
      'one: applying it again',
      `- step: one\n  sql: |\n    DO $$ BEGIN IF ${isThere(4712)} THEN PERFORM pg_sleep(3600); END IF; PERFORM lo_create(4712); END $$;\n  rollback: SELECT 1;`,
    ],
    [
      'the check of the application',
      'one: trying what the application runs',
      '- step: one\n  deploy: v2\n  rollback: { deploy: v1 }',
    ],
  ] as const)
    it(`is cancelled within a second during ${name}`, async () => {
      const app = 'app: { runs: v1, versions: { v1: [SELECT 1], v2: [SELECT pg_sleep(3600)] } }\n';
      const controller = new AbortController();
      let cancelled = 0;
      const report = await provePlan(engine, planOf(`${steps}\n- step: next\n  wait: 1h`, app), schema, {
        signal: controller.signal,
        onProgress: ({ message }) => {
          if (message !== during) return;
          setTimeout(() => {
            cancelled = performance.now();
            controller.abort();
          }, 300);
        },
      });
      assert.ok(cancelled > 0, 'it got that far');
      assert.ok(performance.now() - cancelled < 1000, `${performance.now() - cancelled} ms`);
      assert.equal(report.verdict, 'cancelled');
      assert.deepEqual(
        report.steps.map(({ status }) => status),
        ['cancelled', 'skipped'],
      );
    });

  it('stops a rollback at the time limit, and goes on behind it', async () => {
    const text = planOf(`
- step: slow
  sql: CREATE TABLE t ();
  rollback: SELECT pg_sleep(3600);
- step: quick
  sql: CREATE TABLE u ();
  rollback: DROP TABLE u;
`);
    const report = await provePlan(engine, text, schema, { stepTimeout: 8000 });
    assert.deepEqual(verdicts(report), ['fails', 'restores'], report.error?.message);
    assert.match(
      report.steps[0]?.error?.message ?? '',
      /^The rollback of 'slow' fails: The rollback of "slow" took longer than the dry run's limit of 8 s/,
    );
  });
});
