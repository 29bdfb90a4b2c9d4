import assert from 'node:assert/strict';
import type { Engine, Report, StepReport } from '../../../../server/src/rehearsal/model.ts';
import { createServerEngine } from '../../../../server/src/rehearsal/server-engine.ts';
import { major, type RealServer, startServer } from '../real-server.ts';
import { embeddedEngine, example, planOf, rehearsePlan } from '../setup.ts';

const schema = `
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL UNIQUE, city text);
-- As slow as on a big table: 3 ms a row.
CREATE FUNCTION slow(t text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.003); RETURN t; END $$;`;
const app = `app:
  framework: other
  orm: none
  runs: v1
  versions:
    v1:
      - SELECT id, city FROM users WHERE name = 'ada'
      - INSERT INTO users (name, city) VALUES ('ada', 'London')
      - UPDATE users SET name = 'lovelace' WHERE name = 'ada'
`;

function planWith(steps: string, more = ''): string {
  return planOf(steps, `${more}${app}`);
}

function step(sql: string, more = ''): string {
  return `
- step: The one
  id: one
  sql: ${sql}
  rollback: { not_needed: a test }${more}`;
}

/** All of them take most of a minute. */
const thorough = process.env.SWITCHBACK_LOAD_ALL === '1' ? it : it.skip;

describe(`a rehearsal under load on a real PostgreSQL ${major}`, function () {
  this.timeout(60_000);
  // Times on a machine that does something else meanwhile are what they are.
  this.retries(1);
  let server: RealServer;
  let engine: Engine;
  before(async () => {
    server = await startServer();
    engine = createServerEngine({ target: server.target(), confirm: async () => true });
  });
  after(() => server?.stop());
  afterEach(async () => {
    assert.deepEqual(await server.scratch(), []);
    const others = `SELECT count(*)::int AS n FROM pg_stat_activity WHERE application_name = 'switchback'`;
    assert.equal((await server.run(others))[0]?.n, 0);
  });

  const rehearse = (plan: string, options: Parameters<typeof rehearsePlan>[3] = {}, ddl = schema) =>
    rehearsePlan(engine, plan, ddl, { load: { rate: 100, settle: 100 }, ...options });

  function only({ steps }: Report): StepReport & { readonly load: NonNullable<StepReport['load']> } {
    const [first] = steps;
    assert.ok(first?.load, 'no load was reported');
    return { ...first, load: first.load };
  }

  it('shows who waits behind which step, and whose statements fail after one', async () => {
    const report = await rehearse(
      planWith(`
- step: Block writes
  sql: CREATE INDEX users_slow ON users (slow(name));
  rollback: { not_needed: a test }
- step: Block nobody
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_slow_2 ON users (slow(name));
  rollback: { not_needed: a test }
- step: Break the application
  sql: ALTER TABLE users RENAME COLUMN name TO handle;
  rollback: { not_needed: a test }
- step: Break nothing more
  sql: ALTER TABLE users ADD COLUMN x int;
  rollback: { not_needed: a test }`),
      { load: { rate: 100, settle: 100, pool: 80 } },
    );
    const [blocking, concurrent, breaking, last] = report.steps;
    const ms = blocking?.statements[0]?.ms ?? 0;
    assert.ok(ms > 200, `${ms}`);
    const {
      worst = 0,
      late = 0,
      longest_stall: stall = 0,
      requests = 0,
      queued,
      errors,
    } = blocking?.load ?? {};
    assert.ok(worst > ms * 0.7 && worst < ms * 1.3 + 150, `${worst} of ${ms}`);
    // Reads go on, so that nothing stalls.
    assert.ok(late > 0 && late < requests * 0.7, `${late} of ${requests}`);
    assert.ok(stall < worst * 0.6, `${stall} of ${worst}`);
    assert.deepEqual([queued, errors, blocking?.status], [0, [], 'passed']);

    assert.ok((concurrent?.statements[0]?.ms ?? 0) > 200);
    assert.ok((concurrent?.load?.worst ?? 0) < 250, `${concurrent?.load?.worst}`);

    assert.deepEqual([breaking?.status, last?.status, report.verdict], ['failed', 'passed', 'failed']);
    assert.match(
      breaking?.error?.message ?? '',
      /^v1 cannot \w+ while 'Break the application' is done: column "name".* does not exist( \(\d+ requests\))?$/,
    );
    assert.equal(breaking?.error?.code, '42703');
    const verbs = breaking?.app.map(({ statement }) => statement.split(' ')[0]);
    assert.deepEqual(verbs?.sort(), ['INSERT', 'SELECT', 'UPDATE']);
    assert.ok((last?.load?.failed ?? 0) > 0);
    assert.deepEqual(last?.app, []);
  });

  thorough('runs both versions while one is deployed, and the new one alone behind it', async () => {
    const plan = `${planWith(`
- step: Go
  deploy: v2
  rollback: { deploy: v1 }
- step: Forget
  sql: ALTER TABLE users DROP COLUMN city;
  rollback: { impossible: a test }`)}`.replace(
      '    v1:\n',
      `    v2:\n      - SELECT id FROM users WHERE nickname = 'ada'\n    v1:\n`,
    );
    const report = await rehearse(plan);
    const [deploy, forget] = report.steps;
    assert.deepEqual(
      deploy?.load?.errors.map(({ version, error }) => [version, error.code]),
      [['v2', '42703']],
    );
    // v1, which reads city, is gone by then.
    assert.deepEqual(
      forget?.load?.errors.map(({ version }) => version),
      ['v2'],
    );
  });

  it('lets as many requests wait as come while a lock is held', async function () {
    const held = 1;
    const steps = step(`LOCK TABLE users IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(${held});`);
    const report = await rehearse(planWith(steps), {
      load: { rate: 200, settle: 100, maxWait: 100, pool: 20 },
    });
    const { load, error, statements, ms } = only(report);
    // On a machine that does much else, requests wait for that too.
    if (load.held_up > 100 || (report.load?.before.worst ?? 0) > 100) this.skip();
    // Between what the statements took and what the step did, with all that was asked around them.
    const least = statements.reduce((sum, statement) => sum + statement.ms, 0) / 1000;
    const expected = [least, ms / 1000].map((hold) => load.rate * (hold - 0.1));
    const [low = 0, high = 0] = expected;
    assert.ok(load.late > low * 0.85 - 2 && load.late < high * 1.15 + 2, `${load.late} for ${expected}`);
    // Twenty of them in the server, all others for a free connection.
    assert.ok(load.queued > low * 0.8 - 20, `${load.queued}`);
    assert.ok(load.longest_stall > least * 900 && (load.worst ?? 0) >= load.longest_stall);
    assert.match(
      error?.message ?? '',
      /^While 'The one' was done a request took [\d,]+ ms, more than the 100 ms/,
    );
    assert.equal(report.load?.kept, false);
    assert.equal(report.verdict, 'failed');
  });

  thorough('keeps the wait at lock_timeout behind a long transaction, with retries', async () => {
    const session = 'session: { lock_timeout: 150ms, retries: 9 }\n';
    let holding: Promise<unknown> = Promise.resolve();
    const behind: Engine = {
      async open(signal, options) {
        const opened = await engine.open(signal, options);
        const query: typeof opened.query = async (sql, parameters) => {
          if (/^ALTER/.test(sql) && (holding as { started?: true }).started === undefined) {
            const [database = ''] = await server.scratch();
            const client = await server.connect({ database });
            await client.query('BEGIN; SELECT FROM users LIMIT 1');
            holding = Object.assign(
              new Promise((resolve) => setTimeout(resolve, 1200)).then(() => client.end()),
              { started: true as const },
            );
          }
          return opened.query(sql, parameters);
        };
        return { ...opened, query };
      },
    };
    const report = await rehearsePlan(
      behind,
      planWith(step('ALTER TABLE users ADD COLUMN x int;'), session),
      schema,
      {
        load: { rate: 100, settle: 100 },
      },
    );
    await holding;
    const { load, retries = 0, status } = only(report);
    assert.equal(status, 'passed', report.error?.message);
    assert.ok(retries >= 2 && retries <= 5, `${retries}`);
    assert.ok((load.worst ?? 0) > 100 && (load.worst ?? 0) < 400, `${load.worst}`);
  });

  thorough('tells timeouts of the application’s own sessions apart', async () => {
    await server.run('CREATE DATABASE limited');
    await server.run(`ALTER DATABASE limited SET lock_timeout = '50ms'`);
    const limited = createServerEngine({ target: server.target('limited'), confirm: async () => true });
    const steps = step('LOCK TABLE users IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(0.3);');
    const report = await rehearsePlan(limited, planWith(steps), schema, { load: { rate: 100, settle: 100 } });
    const { load, error } = only(report);
    assert.deepEqual([...new Set(load.errors.map(({ kind }) => kind))], ['lock_timeout']);
    assert.match(error?.message ?? '', /by the lock_timeout of its own session/);
  });

  thorough('lets a backfill meet the application’s writes, and a verification what they left', async () => {
    const steps = `
- step: A column
  sql: ALTER TABLE users ADD COLUMN shown text;
  rollback: ALTER TABLE users DROP COLUMN shown;
- step: Fill it
  backfill: { table: users, set: shown = name, batch: 20, pause: 20ms }
  rollback: { not_needed: a test }
- step: Nothing was missed
  verify: { sql: SELECT count(*) FROM users WHERE shown IS NULL, expect: 0 }`;
    const report = await rehearse(planWith(steps));
    // v1 goes on writing rows without it: what a dry run without load cannot see.
    assert.equal(report.steps[2]?.status, 'failed');
    const fill = report.steps[1];
    assert.match(fill?.summary ?? '', /rows in \d+ batches$/);
    assert.ok((fill?.ms ?? 0) > 80);
  });

  thorough('gives foreign keys, unique keys and parameters values that do not meet one another', async () => {
    const ddl = `
CREATE TYPE state AS ENUM ('new', 'paid');
CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email varchar(120) NOT NULL UNIQUE);
CREATE TABLE products (id serial PRIMARY KEY, sku text UNIQUE NOT NULL);
CREATE TABLE orders (id uuid PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, state state NOT NULL, total numeric(8,2) CHECK (total > 0));
CREATE TABLE lines (order_id uuid REFERENCES orders, product_id int REFERENCES products, n int NOT NULL, PRIMARY KEY (order_id, product_id));
CREATE TABLE profiles (user_id bigint PRIMARY KEY REFERENCES users, bio text);`;
    const statements = [
      'SELECT * FROM orders o JOIN users u ON u.id = o.user_id WHERE u.email = $1',
      `SELECT * FROM orders WHERE state = 'paid' AND user_id = 1 LIMIT 10`,
      'INSERT INTO users (email) VALUES ($1) RETURNING id',
      `INSERT INTO orders VALUES ('11111111-1111-1111-1111-111111111111', 1, 'new', 10)`,
      'INSERT INTO lines (order_id, product_id, n) VALUES ($1, $2, $3)',
      `INSERT INTO profiles VALUES (1, 'x')`,
      'UPDATE orders SET state = $1, total = $2 WHERE id = $3',
      `UPDATE products SET sku = 'other' WHERE id IN (1, 2)`,
      'DELETE FROM lines WHERE order_id = $1 AND product_id = $2',
      `UPDATE users SET email = 'b@example.org' WHERE email = 'a@example.org'`,
    ];
    const versions = statements.map((sql) => `      - ${JSON.stringify(sql)}\n`).join('');
    const plan = planWith(step('ALTER TABLE users ADD COLUMN x int;')).replace(
      / {4}v1:\n(?: {6}.*\n)+/,
      `    v1:\n${versions}`,
    );
    const report = await rehearse(plan, { load: { rate: 300, settle: 1000 } }, ddl);
    const { load } = only(report);
    const told = load.errors.map(({ kind, statement, error }) => `${kind} ${statement}: ${error.message}`);
    assert.deepEqual(
      told.filter((one) => !one.startsWith('collision')),
      [],
    );
    assert.ok(
      load.errors.every(({ requests }) => requests < load.requests / 50),
      told.join('\n'),
    );
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.deepEqual(report.start.app, []);
  });

  thorough('finds a partition for each row, and writes no NULL where its row has one', async () => {
    const ddl = `
CREATE TABLE readings (device bigint, taken_at timestamptz, value int NOT NULL, unit text, PRIMARY KEY (device, taken_at))
  PARTITION BY RANGE (taken_at);
CREATE TABLE readings_2024 PARTITION OF readings FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');`;
    const versions = [
      'INSERT INTO readings (device, taken_at, value, unit) VALUES ($1, $2, $3, $4)',
      'UPDATE readings SET unit = $1 WHERE device = $2 AND taken_at = $3',
    ];
    const filled = `
- step: Fill
  sql: "UPDATE readings SET unit = 'm' WHERE unit IS NULL"
  rollback: { not_needed: a test }
- step: None is empty
  verify: { sql: SELECT count(*) FROM readings WHERE unit IS NULL, expect: 0 }`;
    const plan = planWith(filled).replace(
      / {4}v1:\n(?: {6}.*\n)+/,
      `    v1:\n${versions.map((sql) => `      - ${JSON.stringify(sql)}\n`).join('')}`,
    );
    const report = await rehearse(plan, { load: { rate: 200, settle: 500 } }, ddl);
    assert.equal(report.verdict, 'passed', report.error?.message);
  });

  thorough('tells what fails before step one as such, and not with a step', async () => {
    const plan = planWith(step('ALTER TABLE users ADD COLUMN x int;')).replace(
      'SELECT id, city',
      'SELECT id, town',
    );
    const report = await rehearse(plan);
    assert.equal(report.verdict, 'failed');
    assert.match(report.start.app[0]?.error?.message ?? '', /^v1 cannot select before step one: .*town/);
    assert.equal(report.steps[0]?.status, 'passed');
  });

  thorough('scales down to what the server holds, and says so', async () => {
    const slow = planWith(step('ALTER TABLE users ADD COLUMN x int;')).replace(
      'SELECT id, city',
      'SELECT pg_sleep(0.02), city',
    );
    const report = await rehearse(slow, { load: { rate: 1000, pool: 2, settle: 100 } });
    const { asked = 0, rate = 0, before } = report.load ?? {};
    assert.equal(asked, 1000);
    // A third of the requests takes 20 ms of one of two connections: 300 a second at the most.
    assert.ok(rate < 300, `${rate}`);
    assert.ok((before?.p99 ?? 0) < 100, `${before?.p99}`);
    assert.ok(report.notes.some((note) => /^The load is .* a second, not the 1,000 a second/.test(note)));
  });

  it('stops at once when it is cancelled, while requests wait', async () => {
    const controller = new AbortController();
    let cancelled = 0;
    const report = await rehearse(
      planWith(step('LOCK TABLE users IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60);')),
      {
        signal: controller.signal,
        onProgress: ({ step: at }) => {
          if (at === 1)
            setTimeout(() => {
              cancelled = performance.now();
              controller.abort();
            }, 400).unref();
        },
      },
    );
    assert.equal(report.verdict, 'cancelled');
    assert.equal(report.steps[0]?.status, 'cancelled');
    assert.ok(performance.now() - cancelled < 2500);
  });

  thorough(
    'stops at a step’s time limit, and takes the sessions that are cut for nobody’s failure',
    async () => {
      const plan = planWith(step('LOCK TABLE users IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(60);'));
      const report = await rehearse(plan, { stepTimeout: 6000, load: { rate: 50, settle: 100, pool: 5 } });
      const { error, load } = only(report);
      assert.match(error?.message ?? '', /took longer than the dry run's limit/);
      assert.deepEqual(load.errors, []);
    },
  );

  thorough('says what it needs where there is no server, no rate, or nothing to run', async () => {
    const steps = step('ALTER TABLE users ADD COLUMN x int;');
    const refusal = async (plan: string, load = {}, on = engine) => {
      const report = await rehearsePlan(on, plan, schema, { load });
      assert.equal(report.verdict, 'refused');
      return report.error?.message ?? '';
    };
    assert.match(await refusal(planWith(steps)), /give the plan a rate/);
    assert.match(await refusal(planOf(steps, 'traffic: 10/s\n')), /list the statements of the version/);
    assert.match(
      await refusal(planWith(steps), { rate: 10 }, await embeddedEngine()),
      /name one with --database/,
    );
  });

  thorough('renames a column as the example does with no request over half a second', async () => {
    const text = example('rename-username/rename-username.migration.yaml');
    const report = await rehearse(
      text,
      { rows: 1000, load: { rate: 200, maxWait: 500, settle: 50 } },
      example('rename-username/schema.sql'),
    );
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.equal(report.load?.kept, true);
    assert.equal(report.load?.total.failed, 0);
    assert.ok(report.steps.every(({ load }) => (load?.requests ?? 0) > 0));
  });
});
