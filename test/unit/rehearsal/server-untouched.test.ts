import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { build } from 'esbuild';
import { preview } from '../../../server/src/features/preview.ts';
import {
  compareFingerprints,
  type Fingerprint,
  takeFingerprint,
} from '../../../server/src/rehearsal/fingerprint.ts';
import { rehearse } from '../../../server/src/rehearsal/rehearse.ts';
import { connectServer } from '../../../server/src/rehearsal/server-connection.ts';
import { createServerEngine } from '../../../server/src/rehearsal/server-engine.ts';
import { major, type RealServer, startServer } from './real-server.ts';
import { analysisOf, example, planOf, rehearsePlan, root } from './setup.ts';

const plan = example('rename-username/rename-username.migration.yaml').replaceAll(
  /version: \d+/g,
  `version: ${major}`,
);
const schema = example('rename-username/schema.sql');

/** `SWITCHBACK_SERVER_ALL=1` breaks the run off in each step in each way, which takes minutes; else in a few. */
const everywhere = process.env.SWITCHBACK_SERVER_ALL === '1';

/** The steps to break off in, of those that there are; 0 is before the first. */
function someOf(steps: number, few: readonly number[]): readonly number[] {
  return everywhere ? Array.from({ length: steps + 1 }, (_, step) => step) : few;
}

/** Runs until it is stopped, in the middle of a transaction and outside of one. */
const endless = planOf(`
- step: change
  sql: ALTER TABLE users ADD COLUMN more int;
  rollback: ALTER TABLE users DROP COLUMN more;
- step: endless
  sql: UPDATE users SET more = 1 WHERE pg_sleep(3600) IS NOT NULL;
  rollback: { not_needed: never done }
`);

describe('the database that a dry run is beside', function () {
  this.timeout(everywhere ? 900_000 : 120_000);
  let server: RealServer;
  let initial: { readonly fingerprint: Fingerprint; readonly rows: unknown; readonly catalog: unknown };
  beforeEach(async () => {
    server = await startServer();
    await server.run('CREATE DATABASE app');
    await server.run(`${schema}`, 'app');
    await server.run(
      `INSERT INTO users (username, email) SELECT 'u' || g, 'u' || g || '@example.org' FROM generate_series(1, 5000) g`,
      'app',
    );
    initial = await state();
  });
  afterEach(() => server?.stop());

  const engine = () =>
    createServerEngine({ target: server.target('app'), confirm: async () => true, sources: ['copy'] });

  /** All that the run might have changed: the database, and what of the server lies around it. */
  async function state() {
    const session = await connectServer(server.target('app'));
    const fingerprint = await takeFingerprint(session);
    const { rows } = await session.query(
      `SELECT count(*) AS n, sum(hashtext(u::text)::bigint) AS content FROM users u`,
    );
    const { rows: catalog } = await session.query(
      `SELECT (SELECT array_agg(datname::text ORDER BY 1) FROM pg_database WHERE datname NOT LIKE 'switchback%') AS databases,
         (SELECT array_agg(rolname::text ORDER BY 1) FROM pg_roles) AS roles,
         (SELECT array_agg(spcname::text ORDER BY 1) FROM pg_tablespace) AS tablespaces,
         (SELECT count(*) FROM pg_prepared_xacts) AS prepared,
         (SELECT array_agg(s::text ORDER BY 1) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
           WHERE datname NOT LIKE 'switchback%') AS settings`,
    );
    await session.end();
    return { fingerprint, rows, catalog };
  }

  async function assertUntouched(): Promise<void> {
    const after = await state();
    assert.deepEqual(compareFingerprints(initial.fingerprint, after.fingerprint), []);
    assert.deepEqual([after.rows, after.catalog], [initial.rows, initial.catalog]);
  }

  it('is the same after a run, and after a cancel in each step', async () => {
    const analysis = await analysisOf(plan, schema);
    const report = await rehearse(analysis, engine(), { rows: 0, stepTimeout: 30_000 });
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.equal(preview(analysis).phases.flatMap(({ steps }) => steps).length, report.steps.length);
    assert.deepEqual(await server.scratch(), []);
    await assertUntouched();
    for (const step of someOf(report.steps.length, [0, 2, report.steps.length])) {
      const controller = new AbortController();
      const cancelled = await rehearse(analysis, engine(), {
        rows: 0,
        stepTimeout: 30_000,
        signal: controller.signal,
        onProgress: (progress) => {
          if (progress.step === step) setTimeout(() => controller.abort(), step === 0 ? 40 : 0);
        },
      });
      assert.equal(cancelled.verdict, 'cancelled', `step ${step}`);
      assert.deepEqual(await server.scratch(), [], `step ${step}`);
      if (everywhere) await assertUntouched();
    }
    await assertUntouched();
  });

  it('is the same after a cancel and a time limit in the middle of a statement', async () => {
    const controller = new AbortController();
    const cancelled = await rehearsePlan(engine(), endless, schema, {
      signal: controller.signal,
      onProgress: ({ step }) => step === 2 && setTimeout(() => controller.abort(), 300),
    });
    assert.equal(cancelled.verdict, 'cancelled');
    const limited = await rehearsePlan(engine(), endless, schema, { stepTimeout: 1500 });
    assert.match(limited.error?.message ?? '', /took longer than the dry run's limit/);
    assert.deepEqual(await server.scratch(), []);
    await assertUntouched();
  });

  let program: string;
  before(async () => {
    program = mkdtempSync(join(tmpdir(), 'switchback-killed-'));
    // A bundle starts in a fraction of the time.
    await build({
      stdin: {
        contents: `import { nodeIo } from './server/src/cli/node-io.ts';
          import { dryRun } from './server/src/cli/dry-run.ts';
          const [folder, database] = process.argv.slice(2);
          const stderr = { isTty: true, columns: 100, write: (text) => process.stdout.write(text) };
          void dryRun(['plan.migration.yaml', '--database', database, '--from', 'copy', '--confirm', 'local/app'],
            { ...nodeIo(folder), stderr, cwd: folder });`,
        resolveDir: root,
      },
      outfile: join(program, 'program.js'),
      bundle: true,
      platform: 'node',
      mainFields: ['module', 'main'],
      logLevel: 'error',
    });
    copyFileSync(
      join(root, 'node_modules/libpg-query/wasm/libpg-query.wasm'),
      join(program, 'libpg-query.wasm'),
    );
  });
  after(() => rmSync(program, { recursive: true, force: true }));

  /** A run in a process of its own; resolves once its output tells of a step. */
  async function runElsewhere(text: string, until: string): Promise<ChildProcess> {
    writeFileSync(join(program, 'schema.sql'), schema);
    writeFileSync(join(program, 'plan.migration.yaml'), text);
    const database = `host=${server.target().host} dbname=app user=postgres`;
    const child = spawn(process.execPath, [join(program, 'program.js'), program, database], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    await new Promise<void>((resolve, reject) => {
      child.stdout?.on('data', (data) => {
        output += data;
        if (output.includes(until)) resolve();
      });
      child.once('exit', () => reject(new Error(`it ended: ${output}`)));
    });
    return child;
  }

  it('is the same after the server went down in the middle of a statement, and came back', async () => {
    const left: string[] = [];
    const crashing = createServerEngine({
      target: server.target('app'),
      confirm: async () => true,
      sources: ['copy'],
      onLeftBehind: (message) => left.push(message),
    });
    const report = await rehearsePlan(crashing, endless, schema, {
      onProgress: ({ step }) => step === 2 && setTimeout(() => void crash(), 300),
    });
    assert.equal(report.verdict, 'failed');
    assert.match(report.error?.message ?? '', /connection to the server was lost|server was stopped/);
    await untilUp();
    await (await engine().open()).close();
    assert.deepEqual(await server.scratch(), []);
    await assertUntouched();
  });

  /** The server has seen that nobody is there any more: by then the next run may begin. */
  async function untilNoticed(): Promise<void> {
    for (;;) {
      const [row] = await server.run(
        `SELECT count(*) = 0 AS done FROM pg_stat_activity WHERE application_name = 'switchback'`,
      );
      if (row?.done) return;
      await delay(50);
    }
  }

  async function untilUp(): Promise<void> {
    for (;;) {
      const up = await server.run('SELECT').then(
        () => true,
        () => false,
      );
      if (up) return;
      await delay(100);
    }
  }

  /** One process of the server is killed, and the server takes all others down and starts again. */
  async function crash(): Promise<void> {
    const [row] = await server.run(
      `SELECT pid FROM pg_stat_activity WHERE query LIKE '%pg_sleep(3600)%' AND state = 'active' AND pid <> pg_backend_pid()`,
    );
    process.kill(Number(row?.pid), 'SIGKILL');
  }

  it('is the same after the server was stopped in each step, and the next run drops what was left', async () => {
    const analysis = await analysisOf(plan, schema);
    const { length } = analysis.steps;
    for (const mode of ['fast', 'immediate'] as const)
      for (const step of someOf(length, mode === 'fast' ? [5] : [0, 1])) {
        const told: string[] = [];
        let down: Promise<void> | undefined;
        const stopping = createServerEngine({
          target: server.target('app'),
          confirm: async () => true,
          sources: ['copy'],
          onLeftBehind: (message) => told.push(message),
        });
        const since = performance.now();
        const report = await rehearse(analysis, stopping, {
          rows: 0,
          stepTimeout: 30_000,
          onProgress: (progress) => {
            if (progress.step === step && !down)
              down = new Promise((resolve) =>
                setTimeout(() => resolve(server.goDown(mode)), step === 0 ? 40 : 5),
              );
          },
        });
        const at = `${mode} in step ${step}: ${report.error?.message} ${told}`;
        assert.match(report.verdict, step === 0 ? /^(failed|refused)$/ : /^failed$/, at);
        assert.match(
          report.error?.message ?? '',
          /connection to the server was lost|server was stopped|No Postgres answers|starting or stopping|hung up/,
          at,
        );
        assert.ok(performance.now() - since < 45_000, at);
        for (const message of told)
          assert.match(message, /could not be dropped: .*The next dry run on this server drops it\.$/, at);
        await down;
        await server.comeUp();
        await (await engine().open()).close();
        assert.deepEqual(await server.scratch(), [], at);
        await assertUntouched();
      }
  });

  it('is the same after kill -9 in each step, and the next run drops what was left', async () => {
    const steps = (await analysisOf(plan, schema)).steps.length;
    for (const step of someOf(steps, [0, 5, steps])) {
      const child = await runElsewhere(plan, `\u001b[K${step}/${steps} `);
      child.kill('SIGKILL');
      await delay(step === 0 ? 500 : 100);
      await untilNoticed();
      await (await engine().open()).close();
      assert.deepEqual(await server.scratch(), [], `step ${step}`);
      await assertUntouched();
    }
    const child = await runElsewhere(endless, '2/2 endless');
    await delay(300);
    child.kill('SIGKILL');
    await delay(100);
    assert.equal((await server.scratch()).length, 1);
    await (await engine().open()).close();
    assert.deepEqual(await server.scratch(), []);
    await assertUntouched();
  });
});
