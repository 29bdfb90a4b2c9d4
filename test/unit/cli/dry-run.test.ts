import assert from 'node:assert/strict';
import { dryRun } from '../../../server/src/cli/dry-run.ts';
import { run } from '../../../server/src/cli/run.ts';
import type { Engine } from '../../../server/src/rehearsal/model.ts';
import { embeddedEngine } from '../rehearsal/setup.ts';
import { type MemoryOptions, memoryIo } from './memory-io.ts';

const plan = `migration: Test
database: { type: postgresql, version: 16 }
session: { lock_timeout: 2s }
phases:
  - phase: Only
    steps:
      - step: Make a table
        sql: CREATE TABLE t (id int PRIMARY KEY);
        rollback: DROP TABLE t;
`;

/** Never starts, until it is told to stop. */
function stuckEngine(started: () => void): Engine {
  return {
    open: (signal) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        started();
      }),
  };
}

const brokenEngine: Engine = { open: () => Promise.reject(new Error('The engine\u001b is gone.')) };

async function refused(args: string[], files: MemoryOptions['files'] = { 'a.migration.yaml': plan }) {
  const io = memoryIo({ files });
  const exitCode = await dryRun(args, io, brokenEngine);
  return { exitCode, out: io.out(), err: io.err() };
}

describe('switchback dry-run', () => {
  it('exits 1 where a rollback does not restore, and proves one step or none if told to', async function () {
    this.timeout(60_000);
    const engine = await embeddedEngine();
    const text = plan.replace('DROP TABLE t;', 'SELECT 1;');
    const attempt = async (...more: string[]) => {
      const io = memoryIo({ files: { 'a.migration.yaml': text, '.switchback.yaml': more[0] ?? '' } });
      const args = ['a.migration.yaml', '--format', 'json', ...more.slice(1)];
      return { exitCode: await dryRun(args, io, engine), report: JSON.parse(io.out()) };
    };
    const failed = await attempt();
    assert.equal(failed.exitCode, 1);
    const [step] = failed.report.steps;
    assert.deepEqual([step.rollback.verdict, step.rollback.reapplied], ['drifts', null]);
    assert.equal(step.rollback.drift[0].message, 'table t: new');
    assert.deepEqual([failed.report.unwind.verdict, failed.report.start.app], ['drifts', []]);
    const one = await attempt('', '--step', 'make_a_table');
    assert.deepEqual([one.exitCode, one.report.unwind.verdict], [1, 'not_run']);
    for (const none of [await attempt('', '--no-proofs'), await attempt('dry_run: { proofs: false }')])
      assert.deepEqual([none.exitCode, none.report.steps[0].rollback], [0, null]);
  });

  it('writes a page with what production will see where told to', async function () {
    this.timeout(60_000);
    const io = memoryIo({ files: { 'a.migration.yaml': plan } });
    const args = ['a.migration.yaml', '--format', 'html', '--output', 'report.html', '--no-proofs'];
    assert.deepEqual([await dryRun(args, io, await embeddedEngine()), io.out()], [0, '']);
    const page = io.files.read('/project/report.html');
    const text = 'bytes' in page ? new TextDecoder().decode(page.bytes) : page.error;
    assert.match(text, /^<!DOCTYPE html>[\s\S]*Make a table[\s\S]*id="production"[\s\S]*<svg role="img"/);
    assert.doesNotMatch(text, /<script/);
  });

  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)
    it(`stops within a second at ${signal}, exits ${exitCode} and still reports`, async () => {
      const io = memoryIo({ files: { 'a.migration.yaml': plan }, isTty: true, env: { NO_COLOR: '1' } });
      let interrupted = 0;
      const engine = stuckEngine(() =>
        setImmediate(() => {
          interrupted = performance.now();
          io.interrupt(signal);
        }),
      );
      assert.equal(await dryRun(['a.migration.yaml', '--format', 'json'], io, engine), exitCode);
      assert.ok(performance.now() - interrupted < 1000);
      assert.equal(JSON.parse(io.out()).verdict, 'cancelled');
      assert.ok(io.err().endsWith('\r\u001b[K'), 'the progress line is wiped');
    });

  it('exits 2 and says why where the engine does not start, in valid JSON too', async () => {
    const { exitCode, out } = await refused(['a.migration.yaml', '--format', 'json']);
    assert.equal(exitCode, 2);
    const report = JSON.parse(out);
    assert.equal(report.verdict, 'refused');
    assert.match(report.error.message, /The engine/);
    assert.equal(report.error.code, null);
    assert.deepEqual([report.error.range, report.error.line, report.only], [null, null, null]);
    assert.deepEqual([report.unwind.from, report.unwind.to, report.unwind.error], [null, null, null]);
  });

  it('refuses a plan with errors of its own and shows them', async () => {
    const { exitCode, out, err } = await refused(['a.migration.yaml'], {
      'a.migration.yaml': plan.replace('CREATE TABLE', 'CREATE TABEL'),
    });
    assert.deepEqual([exitCode, out], [2, '']);
    assert.match(err, /^a\.migration\.yaml:8:\d+ error \[sql-syntax\]$/m);
    assert.match(err, /The dry run did not start: 1 error in the plan\. It can run once this is mended\.\n$/);
  });

  it('refuses files that cannot be read, .sql files and senseless options', async () => {
    assert.equal((await refused(['b.yaml'])).exitCode, 2);
    const reject = async (...argv: string[]) => {
      const io = memoryIo({ files: { 'a.migration.yaml': plan, 'a.sql': 'SELECT 1;' } });
      assert.equal(await run(['dry-run', ...argv], io), 2);
      return io.err();
    };
    assert.match(await reject('a.sql'), /Only a plan can be dry-run/);
    assert.match(
      await reject('a.migration.yaml', '--step-timeout', '5 parsecs'),
      /give a time such as 500ms/,
    );
    assert.match(await reject('a.migration.yaml', '--rows=-1'), /give a whole number/);
    assert.match(await reject('a.migration.yaml', 'b.migration.yaml'), /takes one plan/);
    assert.match(await reject(), /takes one plan/);
    assert.match(
      await reject('a.migration.yaml', '--step', 'make_a_tabel'),
      /has no such step\. Did you mean make_a_table/,
    );
    assert.match(
      await reject('a.migration.yaml', '--step', 'make_a_table', '--no-proofs'),
      /give one of the two/,
    );
  });

  it('says what is wrong with the options of a load, before anything runs', async () => {
    const io = memoryIo({ files: { 'a.migration.yaml': 'migration: A\n' } });
    const wrong = async (...args: string[]) => {
      const failure = await dryRun(['a.migration.yaml', ...args], io).catch((error: Error) => error);
      return failure instanceof Error ? failure.message : '';
    };
    const database = ['--database', 'host=nowhere.invalid user=me dbname=app'];
    assert.match(await wrong('--load'), /--load needs a server.*--database URL/);
    assert.match(await wrong(...database, '--pool', '3'), /--pool is for a rehearsal under load/);
    assert.match(await wrong(...database, '--max-wait', '1s'), /--max-wait is for a rehearsal under load/);
    assert.match(await wrong(...database, '--load=fast'), /--load=fast: give a rate such as 200\/s/);
    assert.match(await wrong(...database, '--load=0/s'), /give a rate/);
    assert.match(await wrong(...database, '--load', '--step', 'a'), /--step proves one step/);
    assert.match(await wrong(...database, '--load', '--pool', '0'), /--pool 0: give a whole number from 1/);
  });
});
