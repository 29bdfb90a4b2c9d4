import assert from 'node:assert/strict';
import type { Engine, Report, StepReport } from '../../../server/src/rehearsal/model.ts';
import { embeddedEngine, example, planOf, rehearsePlan, reusedEngine } from './setup.ts';

const schema = `CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE, nick text);
CREATE TABLE orders (id bigserial PRIMARY KEY, user_id bigint NOT NULL, amount int NOT NULL CHECK (amount > 0));
CREATE INDEX orders_amount ON orders (amount);
`;

describe('rehearse', function () {
  this.timeout(60_000);
  let engine: Engine;
  let reused: Awaited<ReturnType<typeof reusedEngine>>;
  before(async () => {
    engine = await embeddedEngine();
    reused = await reusedEngine(engine);
  });
  after(() => reused?.close());

  const stepOf = (report: Report, id: string): StepReport => {
    const step = report.steps.find((candidate) => candidate.id === id);
    return (
      step ??
      assert.fail(`no step ${id}: ${report.steps.map((each) => each.id).join(' ')} ${report.error?.message}`)
    );
  };

  it('passes the example, each kind of step told as what it is', async () => {
    const text = example('rename-username/rename-username.migration.yaml');
    const seen: string[] = [];
    const report = await rehearsePlan(engine, text, example('rename-username/schema.sql'), {
      onProgress: ({ step, steps, message }) => seen.push(`${step}/${steps} ${message}`),
    });
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.deepEqual(report.rows, { users: 100 });
    assert.equal(stepOf(report, 'copy_usernames').summary, '100 rows in 1 batch');
    assert.equal(stepOf(report, 'verify_copy').summary, '0');
    assert.equal(stepOf(report, 'deploy_v3').summary, 'v2 → v3');
    assert.equal(stepOf(report, 'watch_v2_for_a_day').summary, '24 h, not waited for');
    assert.deepEqual(
      stepOf(report, 'index_handle').statements.map(({ locks }) => locks),
      [[], [{ relation: 'users', mode: 'ShareUpdateExclusiveLock', source: 'static' }]],
    );
    assert.deepEqual(stepOf(report, 'require_handle').statements[0]?.scans, []);
    assert.deepEqual(stepOf(report, 'validate_handle').statements[0]?.scans, ['users']);
    assert.equal(seen[0], `0/${report.steps.length} Starting Postgres`);
    assert.equal(seen.at(-1), `${report.steps.length}/${report.steps.length} Drop the old column`);
  });

  it('sees what each statement did, and stops at the one that fails on the rows', async () => {
    const text = planOf(
      `
- step: add
  sql: |
    ALTER TABLE users ADD COLUMN a int;
    ALTER TABLE users ALTER COLUMN a SET DEFAULT 3;
  rollback: ALTER TABLE users DROP COLUMN a;
- step: rewrite
  sql: ALTER TABLE orders ALTER COLUMN amount TYPE numeric(20,4);
  expect: { rewrite: true, lock: "<= ACCESS EXCLUSIVE", duration: "<= 1s" }
  rollback: { impossible: it was an integer }
- step: foreign_key
  sql: ALTER TABLE orders ADD CONSTRAINT known FOREIGN KEY (user_id) REFERENCES users NOT VALID;
  rollback: ALTER TABLE orders DROP CONSTRAINT known;
- step: alone
  transaction: false
  sql: |
    CREATE INDEX orders_user ON orders (user_id);
    BEGIN; DROP INDEX orders_user; COMMIT;
    DO $$ BEGIN COMMIT; END $$;
    VACUUM FULL orders;
    TRUNCATE orders;
  rollback: { not_needed: they are copies }
- step: new_table
  sql: |
    CREATE TABLE fresh (id int PRIMARY KEY);
    GRANT SELECT ON users TO reporting;
    ALTER TABLE fresh ADD COLUMN b int;
  expect: { lock: "<= SHARE" }
  rollback: DROP TABLE fresh;
- step: batches
  backfill: { table: users, set: "a = 1", where: a IS NULL, batch: 30, pause: 1h }
  rollback: { not_needed: a is new }
- step: not_null
  sql: |
    ALTER TABLE users ADD COLUMN lost int;
    ALTER TABLE users
      ALTER COLUMN nick SET NOT NULL;
    SELECT 1;
  rollback: ALTER TABLE users ALTER COLUMN nick DROP NOT NULL;
- step: unreached
  sql: SELECT 1;
  rollback: { not_needed: it reads }
`,
      'session: { lock_timeout: 2s }\nchecklist:\n  - { check: Fails, sql: SELECT nope FROM users, expect: 0 }\n',
    );
    const report = await rehearsePlan(engine, text, schema);
    assert.equal(report.verdict, 'failed', report.error?.message);
    const told = (id: string) =>
      stepOf(report, id).statements.map(({ locks, rewrites, scans }) => ({
        locks: locks.map(({ relation, mode }) => `${relation} ${mode}`),
        rewrites,
        scans,
      }));
    const nothing = { locks: [], rewrites: [], scans: [] };
    assert.deepEqual(told('add'), Array(2).fill({ ...nothing, locks: ['users AccessExclusiveLock'] }));
    assert.deepEqual(told('rewrite'), [
      {
        locks: ['orders', 'orders_amount', 'orders_pkey'].map((name) => `${name} AccessExclusiveLock`),
        rewrites: ['orders', 'orders_amount', 'orders_pkey'],
        scans: ['orders'],
      },
    ]);
    assert.ok((stepOf(report, 'rewrite').statements[0]?.wal_bytes ?? 0) > 4096);
    assert.deepEqual(told('foreign_key'), [
      { ...nothing, locks: ['orders ShareRowExclusiveLock', 'users ShareRowExclusiveLock'] },
    ]);
    const [index, , drop, , , full, truncate] = told('alone');
    assert.deepEqual(index, { ...nothing, locks: ['orders ShareLock'], scans: ['orders'] });
    assert.deepEqual(drop?.locks, ['orders AccessExclusiveLock', 'orders_user AccessExclusiveLock']);
    assert.deepEqual(full?.rewrites, ['orders', 'orders_amount', 'orders_pkey']);
    assert.deepEqual([truncate?.rewrites, truncate?.scans], [[], []]);
    assert.equal(stepOf(report, 'new_table').status, 'passed');
    const batches = stepOf(report, 'batches');
    assert.equal(batches.summary, '100 rows in 4 batches, pauses left out');
    assert.deepEqual([batches.statements[0]?.runs, batches.statements[0]?.rows], [4, 100]);
    assert.ok(batches.ms < 30_000);

    const failed = stepOf(report, 'not_null');
    assert.deepEqual(
      failed.statements.map(({ status }) => status),
      ['passed', 'failed', 'skipped'],
    );
    assert.equal(failed.error?.message, 'column "nick" of relation "users" contains null values');
    assert.equal(failed.error?.code, '23502');
    assert.equal(failed.summary, 'Rolled back: nothing of this step remains.');
    const { start, end } = failed.error?.range ?? { start: 0, end: 0 };
    assert.equal(text.slice(start, end), 'nick');
    assert.equal(text.split('\n')[failed.line]?.trim(), '- step: not_null');
    assert.deepEqual(report.error, failed.error);
    assert.equal(stepOf(report, 'unreached').status, 'skipped');
    assert.equal(stepOf(report, 'unreached').statements[0]?.status, 'skipped');
    const notes = report.notes.join('\n');
    assert.match(notes, /roles: reporting/);
    assert.match(notes, /Checklist, "Fails": .*column "nope" does not exist/);
    assert.match(notes, /lock_timeout and statement_timeout have no effect/);
    assert.match(notes, /Durations are not judged/);
  });

  /** The text that a failing step's error points at, with its message. */
  async function failure(step: string): Promise<{ place: string; message: string; report: Report }> {
    const text = planOf(`- step: one\n${step.replace(/^/gm, '  ')}\n  rollback: { not_needed: a test }`);
    const report = await rehearsePlan(reused.engine, text, schema, { rows: 20 });
    const { range, message } = report.error ?? assert.fail(`${report.verdict}: it should have failed`);
    return { place: text.slice(range?.start, range?.end), message, report };
  }

  const faults: readonly (readonly [string, string, string, RegExp])[] = [
    [
      'a wrong column, behind wide characters',
      "sql: |\n  SELECT '€𐐷', nick, nope\n    FROM users;",
      'nope',
      /column "nope" does not exist/,
    ],
    [
      'a backfill',
      'backfill: { table: users, set: "nick = lower(nope)", where: nick IS NULL }',
      'nope',
      /column "nope" does not exist/,
    ],
    [
      'a COMMIT inside DO',
      'sql: DO $$ BEGIN COMMIT; END $$;',
      'DO $$ BEGIN COMMIT; END $$',
      /invalid transaction termination/,
    ],
    [
      'CONCURRENTLY in a transaction',
      'sql: CREATE INDEX CONCURRENTLY i ON users (nick);',
      'CREATE INDEX CONCURRENTLY i ON users (nick)',
      /cannot run inside a transaction block/,
    ],
    [
      'what a sandbox cannot do',
      "sql: COPY users FROM PROGRAM 'ls';",
      "COPY users FROM PROGRAM 'ls'",
      /cannot run programs for COPY: that is no fault of the plan/,
    ],
    [
      'an open transaction',
      'transaction: false\nsql: |\n  BEGIN;\n  SELECT 1;',
      'SELECT 1',
      /ends inside the transaction it began/,
    ],
    [
      'an expectation of no rewrite',
      'sql: ALTER TABLE orders ALTER COLUMN amount TYPE bigint;\nexpect: { rewrite: false }',
      'false',
      /expects no rewrite; Postgres rewrote orders, orders_amount, orders_pkey/,
    ],
    [
      'an expectation of a weak lock',
      'sql: ALTER TABLE users ADD COLUMN a int;\nexpect: { lock: "<= SHARE" }',
      '"<= SHARE"',
      /Postgres took ACCESS EXCLUSIVE on users/,
    ],
    [
      'a deferred constraint',
      'sql: |\n  ALTER TABLE orders ADD CONSTRAINT known FOREIGN KEY (user_id) REFERENCES users DEFERRABLE INITIALLY DEFERRED NOT VALID;\n  UPDATE orders SET user_id = -1 WHERE id = 1;',
      'orders',
      /violates foreign key/,
    ],
  ];
  for (const [name, step, place, message] of faults)
    it(`shows ${name} at its place`, async () => {
      const told = await failure(step);
      assert.match(told.message, message);
      assert.equal(told.place, place);
      assert.equal(told.report.verdict, 'failed');
    });

  it('shows a verification that is not met', async () => {
    const text = planOf('- step: one\n  verify:\n    sql: SELECT count(*) FROM users\n    expect: 0');
    const report = await rehearsePlan(reused.engine, text, schema, { rows: 37 });
    assert.equal(report.error?.message, 'Expected 0, got 37.');
    assert.equal(text.slice(report.error?.range?.start, report.error?.range?.end), '0');
    assert.equal(report.steps[0]?.statements[0]?.status, 'failed');
  });

  it('tells an index that keeps its file from one that is built anew, and leaves plans to the planner', async () => {
    const report = await rehearsePlan(
      reused.engine,
      planOf(`
- step: wider
  sql: ALTER TABLE t ALTER COLUMN c TYPE varchar(100);
  rollback: { not_needed: a test }
- step: other
  sql: ALTER TABLE t ALTER COLUMN c TYPE char(120);
  rollback: { not_needed: a test }
- step: one_row
  sql: |
    DELETE FROM t WHERE id = 1;
    DELETE FROM t WHERE id > 1;
  rollback: { not_needed: a test }
`),
      'CREATE TABLE t (id bigserial PRIMARY KEY, c varchar(50)); CREATE INDEX t_c ON t (c);',
      { rows: 20 },
    );
    assert.equal(report.verdict, 'passed', report.error?.message);
    const rewrites = (id: string) => stepOf(report, id).statements[0]?.rewrites;
    assert.deepEqual(rewrites('wider'), []);
    assert.deepEqual(rewrites('other'), ['t', 't_c', 't_pkey']);
    const [one] = stepOf(report, 'one_row').statements;
    assert.deepEqual(one?.scans, []);
    assert.deepEqual(
      one?.locks.map(({ relation }) => relation),
      ['t'],
    );
  });

  it('knows relations by the names that they have by then', async () => {
    const steps = `
- step: Add
  sql: ALTER TABLE users ADD COLUMN a int;
  rollback: { not_needed: a test }
- step: Another schema
  sql: |
    CREATE SCHEMA app;
    ALTER TABLE users SET SCHEMA app;
    CREATE TABLE users (id int);
  rollback: { not_needed: a test }
- step: Widen
  sql: ALTER TABLE app.users ALTER COLUMN a TYPE bigint;
  rollback: { not_needed: a test }
- step: Another name
  sql: ALTER SCHEMA app RENAME TO old;
  rollback: { not_needed: a test }
- step: Narrow
  transaction: false
  sql: |
    SET search_path = old;
    ALTER TABLE users ALTER COLUMN a TYPE int;
    SET search_path = public, old;
    ALTER TABLE old.users ALTER COLUMN a TYPE bigint;
  rollback: { not_needed: a test }`;
    const report = await rehearsePlan(engine, planOf(steps), 'CREATE TABLE users (id int);');
    assert.equal(report.verdict, 'passed', report.error?.message);
    const rewrites = report.steps.flatMap(({ statements }) => statements.flatMap((one) => one.rewrites));
    assert.deepEqual(rewrites, ['app.users', 'users', 'old.users']);
  });

  it('says what of a failed step remains', async () => {
    const summaryOf = async (step: string) =>
      (await rehearsePlan(reused.engine, planOf(step), 'CREATE TABLE t (id int);')).steps[0]?.summary;
    const failing = 'ALTER TABLE t ADD COLUMN a int; SELECT 1/0';
    assert.match(
      (await summaryOf(`- { step: a, sql: "${failing}", rollback: { not_needed: a test } }`)) ?? '',
      /^Rolled back/,
    );
    assert.match(
      (await summaryOf(`- { step: a, sql: "COMMIT; ${failing}", rollback: { not_needed: a test } }`)) ?? '',
      /^What the step committed/,
    );
    assert.match(
      (await summaryOf(
        `- { step: a, transaction: false, sql: "${failing}", rollback: { not_needed: a test } }`,
      )) ?? '',
      /^No transaction: what ran/,
    );
  });

  it('keeps a verification from changing anything', async () => {
    const text = planOf('- step: one\n  verify:\n    sql: DELETE FROM users RETURNING 0\n    expect: 0');
    const report = await rehearsePlan(reused.engine, text, schema, { rows: 1 });
    assert.match(report.error?.message ?? '', /cannot execute DELETE in a read-only transaction/);
  });

  it('stops a step at the time limit, and says which and how to raise it', async () => {
    const text = planOf('- step: Sleep\n  sql: SELECT pg_sleep(3600);\n  rollback: { not_needed: x }');
    const report = await rehearsePlan(engine, text, schema, { rows: 0, stepTimeout: 2500 });
    assert.equal(report.verdict, 'failed', report.error?.message);
    assert.match(
      report.error?.message ?? '',
      /^The step "Sleep" took longer than the dry run's limit of 2\.5 s/,
    );
    assert.match(report.error?.hint ?? '', /--step-timeout/);
    assert.equal(text.slice(report.error?.range?.start, report.error?.range?.end), 'SELECT pg_sleep(3600)');
    assert.ok(report.ms < 10_000);
  });

  for (const sql of ['SELECT pg_sleep(3600)', 'SELECT count(*) FROM generate_series(1, 1000000000000)'])
    it(`is cancelled within a second during ${sql}`, async () => {
      const text = planOf(
        `- step: long\n  sql: ${sql}\n  rollback: { not_needed: x }\n- step: next\n  wait: 1h`,
      );
      const controller = new AbortController();
      let cancelled = 0;
      const report = await rehearsePlan(engine, text, schema, {
        signal: controller.signal,
        onProgress: ({ step }) => {
          if (step !== 1) return;
          setTimeout(() => {
            cancelled = performance.now();
            controller.abort();
          }, 100);
        },
      });
      assert.ok(performance.now() - cancelled < 1000, `${performance.now() - cancelled} ms`);
      assert.equal(report.verdict, 'cancelled');
      assert.deepEqual(
        report.steps.map(({ status }) => status),
        ['cancelled', 'skipped'],
      );
      assert.equal(report.steps[0]?.statements[0]?.status, 'cancelled');
    });

  it('is cancelled while it starts', async () => {
    const report = await rehearsePlan(engine, planOf('- step: a\n  wait: 1h'), schema, {
      signal: AbortSignal.abort(),
    });
    assert.equal(report.verdict, 'cancelled');
  });

  it('refuses a plan that has errors itself, and one without steps', async () => {
    const broken = await rehearsePlan(engine, planOf('- step: a\n  sleep: 1h'), schema);
    assert.equal(broken.verdict, 'refused');
    assert.match(broken.error?.message ?? '', /^The plan itself has errors; mend them first\./);
    const empty = await rehearsePlan(
      engine,
      'migration: x\ndatabase: { type: postgresql, version: 18 }\nphases: []\n',
      schema,
    );
    assert.equal(empty.verdict, 'refused');
  });
});
