import assert from 'node:assert/strict';
import { createHeld } from '../../../server/src/rehearsal/app/held.ts';
import { heldHint } from '../../../server/src/rehearsal/held-words.ts';
import type { AppCheck, Engine, EngineSession, Report } from '../../../server/src/rehearsal/model.ts';
import { reportText } from '../../../server/src/rehearsal/report-text.ts';
import { createServerEngine } from '../../../server/src/rehearsal/server-engine.ts';
import { resultForms, resultSchema } from '../support/result-forms.ts';
import { major, type RealServer, startServer } from './real-server.ts';
import { analysisOf, embeddedEngine, planOf, provePlan, reusedEngine } from './setup.ts';

const schema = `CREATE TABLE people (id int PRIMARY KEY, name varchar(20) NOT NULL, age int);
`;

const steps = `
- step: Add a note
  sql: ALTER TABLE people ADD COLUMN note text;
  rollback: ALTER TABLE people DROP COLUMN note;
- step: An index
  sql: CREATE INDEX people_note ON people (note);
  rollback: DROP INDEX people_note;
- step: Ages are large
  sql: ALTER TABLE people ALTER COLUMN age TYPE bigint;
  rollback: ALTER TABLE people ALTER COLUMN age TYPE int;
- step: Read less
  deploy: v2
  rollback: { deploy: v1 }
- step: Add another
  sql: ALTER TABLE people ADD COLUMN other text;
  rollback: ALTER TABLE people DROP COLUMN other;
`;

const app = `app:
  runs: v1
  versions:
    v1:
      - SELECT * FROM people WHERE id = $1
      - SELECT age FROM people WHERE name = $1
      - UPDATE people SET name = $1 WHERE id = $2
    v2:
      - SELECT id FROM people WHERE id = $1
`;

function told({ steps: reports }: Report) {
  return reports.map(({ app: checks }) =>
    checks.flatMap(({ version, statement, at, prepared }) =>
      prepared ? [`${version} ${at} ${prepared.code}: ${statement}`] : [],
    ),
  );
}

const expected = [
  ['v1 applied 0A000: SELECT * FROM people WHERE id = $1'],
  [],
  [
    'v1 applied 0A000: SELECT * FROM people WHERE id = $1',
    'v1 applied 0A000: SELECT age FROM people WHERE name = $1',
  ],
  [],
  [],
];

/** What EXECUTE and EXPLAIN EXECUTE say of a statement that was prepared before the DDL. */
async function execute(session: EngineSession, ddl: string, statement: string) {
  const codes: (string | undefined)[] = [];
  await session.query('BEGIN');
  await session.query(`PREPARE held AS ${statement}`);
  await session.query('SAVEPOINT prepared');
  await session.query('EXECUTE held');
  await session.query('ROLLBACK TO SAVEPOINT prepared');
  await session.exec(ddl);
  for (const sql of ['EXECUTE held', 'EXPLAIN EXECUTE held', statement]) {
    await session.query('SAVEPOINT executed');
    codes.push(
      await session.query(sql).then(
        () => undefined,
        (error) => error.code,
      ),
    );
    await session.query('ROLLBACK TO SAVEPOINT executed');
  }
  await session.query('ROLLBACK');
  await session.query('DEALLOCATE held');
  return codes;
}

describe('statements that the application has prepared', function () {
  this.timeout(120_000);
  let engine: Engine;
  let reused: Awaited<ReturnType<typeof reusedEngine>>;
  before(async () => {
    engine = await embeddedEngine();
    reused = await reusedEngine(engine);
  });
  after(() => reused?.close());

  const prove = (plan: string, more = app) =>
    provePlan(reused.engine, planOf(plan, more), schema, { rows: 5 });

  async function holds(session: EngineSession): Promise<void> {
    await session.exec(resultSchema);
    for (const [ddl, statement, refused] of resultForms) {
      const code = refused ? '0A000' : undefined;
      assert.deepEqual(
        await execute(session, ddl, statement),
        [code, code, undefined],
        `${ddl}: ${statement}`,
      );
    }
  }

  it('is refused by EXPLAIN EXECUTE where EXECUTE is, and works anew', async () =>
    holds(await reused.engine.open()));

  it('are told at the step whose result is another, once, with what to do', async () => {
    const report = await prove(steps);
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.deepEqual(told(report), expected);
    const check = report.steps[0]?.app.find(({ prepared }) => prepared) as AppCheck;
    assert.equal(check.ok, true);
    assert.equal(
      check.prepared?.message,
      "Where a connection of v1 has this prepared, it fails after 'Add a note' until it is prepared anew: cached plan must not change result type",
    );
    assert.match(check.prepared?.hint ?? '', /^Have the application's pool reconnect right after this step/);
    assert.equal(check.prepared?.line, check.line);
    const text = reportText(report);
    assert.match(text, /Note: Where a connection of v1 has this prepared, it fails after 'Add a note'/);
    assert.match(text, /line 8: SELECT \* FROM people WHERE id = \$1/);
    assert.equal(text.match(/Have the application's pool reconnect/g)?.length, 2, 'once a step');
  });

  it('are told also behind a step whose proof made the database anew', async () => {
    const broken = steps.replace('rollback: DROP INDEX people_note;', 'rollback: SELECT 1;');
    assert.deepEqual(told(await prove(broken)), expected);
  });

  it('are told where the types of parameters do not fit any more', async () => {
    const report = await prove(
      `- step: Words
  sql: ALTER TABLE people ALTER COLUMN age TYPE text;
  rollback: ALTER TABLE people ALTER COLUMN age TYPE int USING age::int;
`,
      app.replace('SELECT age FROM people WHERE name = $1', 'SELECT id FROM people WHERE age = $1'),
    );
    assert.deepEqual(told(report)[0], [
      'v1 applied 0A000: SELECT * FROM people WHERE id = $1',
      'v1 applied 42883: SELECT id FROM people WHERE age = $1',
    ]);
  });

  it('are not told where a value is refused, and another one works', async () => {
    const domain = `CREATE DOMAIN edition AS int CHECK (VALUE BETWEEN 1 AND 9);
CREATE TABLE works (id int PRIMARY KEY, edition edition);
`;
    const insert = 'INSERT INTO works (id, edition) VALUES ($1, $2)';
    const one = app.replace('SELECT id FROM people WHERE id = $1', insert);
    const { versions } = await analysisOf(planOf(steps, one), schema + domain);
    const version = versions.find(({ version: { name } }) => name.value === 'v2');
    const [statement] = version?.statements ?? [];
    assert.ok(version && statement);
    const session = await reused.engine.open();
    await session.exec(domain);
    const held = createHeld(session);
    await held.hold(version);
    const failing = async () => [...(await held.failing(new Map([[statement, ['1', '500']]]))).values()];
    assert.deepEqual(await failing(), []);
  });

  it('are kept by a plan that resets or empties its session, or fails to', async () => {
    const report = await prove(`- step: Prepare
  sql: PREPARE mine AS SELECT 1;
  rollback: { not_needed: nothing stays }
- step: Add a note
  sql: |
    COMMENT ON TABLE people IS 'to deallocate or to discard';
    ALTER TABLE people ADD COLUMN note text;
  rollback: |
    COMMENT ON TABLE people IS NULL;
    ALTER TABLE people DROP COLUMN note;
- step: Discard
  transaction: false
  sql: DISCARD ALL;
  rollback: { not_needed: nothing stays }
- step: Add another
  sql: ALTER TABLE people ADD COLUMN other text;
  rollback: ALTER TABLE people DROP COLUMN other;
`);
    assert.deepEqual(
      told(report).map(({ length }) => length),
      [0, 1, 0, 1],
      report.error?.message,
    );
  });

  it('are not told where the statement fails anyway, nor without proofs', async () => {
    const plan =
      '- step: Away\n  sql: ALTER TABLE people DROP COLUMN age;\n  rollback: { impossible: gone }\n';
    const report = await prove(plan);
    assert.deepEqual(told(report)[0], ['v1 applied 0A000: SELECT * FROM people WHERE id = $1']);
    assert.match(report.error?.message ?? '', /^v1 cannot select after 'Away': column "age" does not exist/);
    const unproven = await provePlan(reused.engine, planOf(steps, app), schema, { proofs: false });
    assert.deepEqual(told(unproven).flat(), []);
  });

  it('say what the driver of the application does, as far as it is known', () => {
    for (const [orm, words] of [
      ['prisma', /statementNameGenerator\.$/],
      ['typeorm', /node-postgres, on which TypeORM runs, keeps only queries prepared/],
      ['none', /Outside a transaction pgJDBC/],
      [undefined, /Outside a transaction pgJDBC/],
    ] as const)
      assert.match(heldHint(orm, '0A000'), words);
    assert.match(heldHint('none', '42883'), /do not after this error\.$/);
  });

  describe(`on a real PostgreSQL ${major}`, () => {
    let server: RealServer;
    before(async () => {
      server = await startServer();
    });
    after(() => server?.stop());
    const real = () => createServerEngine({ target: server.target(), confirm: async () => true });

    it('is refused by EXPLAIN EXECUTE where EXECUTE is', async () => {
      const session = await real().open();
      try {
        await holds(session);
      } finally {
        await session.close();
      }
    });

    it('are told at the step whose result is another', async () => {
      const report = await provePlan(real(), planOf(steps, app), schema, { rows: 5 });
      assert.equal(report.verdict, 'passed', report.error?.message);
      assert.deepEqual(told(report), expected);
    });

    it('stay when the session is reset, and others go', async () => {
      const session = await real().open();
      try {
        const names = async () =>
          (
            await session.query('SELECT name FROM pg_prepared_statements WHERE from_sql ORDER BY name')
          ).rows.map(({ name }) => name);
        await session.query('PREPARE switchback_held_1 AS SELECT 1');
        await session.query('PREPARE "of the Plan" AS SELECT 1');
        await session.query('SELECT 1', [], { often: true });
        await session.reset?.();
        assert.deepEqual(await names(), ['switchback_held_1']);
        await session.query('SELECT 1', [], { often: true });
        await session.query('DISCARD ALL');
        assert.deepEqual(await names(), []);
        await session.reset?.();
        await session.query('SELECT 1', [], { often: true });
      } finally {
        await session.close();
      }
    });
  });
});
