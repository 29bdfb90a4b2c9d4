import assert from 'node:assert/strict';
import { preview, type StepPreview } from '../../../server/src/features/preview.ts';
import { measuredBy } from '../../../server/src/rehearsal/measured-by.ts';
import type { Engine, Report } from '../../../server/src/rehearsal/model.ts';
import { rehearse } from '../../../server/src/rehearsal/rehearse.ts';
import { createServerEngine } from '../../../server/src/rehearsal/server-engine.ts';
import type { Calibration } from '../../../server/src/timing/model.ts';
import { major, type RealServer, startServer } from './real-server.ts';
import { analysisOf, embeddedEngine, planOf } from './setup.ts';

const schema = `CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, amount int, note text);`;
const steps = `
- step: Note
  sql: COMMENT ON TABLE users IS 'people';
  rollback: COMMENT ON TABLE users IS NULL;
- step: Index it
  id: index_it
  sql: CREATE INDEX users_name ON users (name);
  estimate: 1min-2min
  rollback: DROP INDEX users_name;
- step: Widen it
  sql: ALTER TABLE users ALTER amount TYPE bigint;
  rollback: ALTER TABLE users ALTER amount TYPE int;
- step: Fill it
  backfill: { table: users, set: note = name, batch: 1000, pause: 100ms }
  rollback: { not_needed: nothing reads it }
`;
const head = 'tables: { users: { rows: 800k } }\ntraffic: 100/s\n';

describe('measuredBy', function () {
  this.timeout(60_000);
  let server: RealServer;
  /** Of 20,000 rows. */
  let report: Report;
  before(async () => {
    server = await startServer(major, { wal_level: 'replica' });
    report = await run(onServer(), 20_000);
  });
  after(() => server?.stop());

  const run = async (engine: Engine, rows: number): Promise<Report> =>
    rehearse(await analysisOf(planOf(steps, head), schema), engine, {
      rows,
      stepTimeout: 30_000,
      proofs: false,
    });
  const onServer = () => createServerEngine({ target: server.target(), confirm: async () => true });
  const previewed = async (report: Report, calibration?: Calibration) =>
    preview(await analysisOf(planOf(steps, head), schema), {
      measured: measuredBy(report),
      ...(calibration && { calibration }),
    });
  const stepsOf = async (report: Report): Promise<readonly StepPreview[]> =>
    (await previewed(report, { kind: 'same' })).phases.flatMap((phase) => phase.steps);

  it('makes predictions of a plan’s steps from its dry run on a server', async () => {
    assert.equal(report.verdict, 'passed');
    const [note, index, widen, fill] = await stepsOf(report);
    assert.deepEqual(
      [note, index, widen, fill].map((one) => one?.basis),
      ['measured', 'measured', 'measured', 'measured'],
    );
    const took = (at: number) => report.steps[at]?.statements[0];
    for (const [at, step] of [
      [1, index],
      [2, widen],
    ] as const) {
      const ms = took(at)?.ms ?? 0;
      assert.ok(step?.time && step.time.likely > 15 * ms && step.time.likely < 120 * ms, `${ms}`);
      assert.ok(Math.abs((step.wal ?? 0) / (took(at)?.wal_bytes ?? 1) / 40 - 1) < 0.1);
      assert.ok((step.disk ?? 0) > 20 * (took(at)?.disk_bytes ?? 0) && (took(at)?.disk_bytes ?? 0) > 1e5);
    }
    // The lock is held as long as the statement is measured to take, and requests wait accordingly.
    assert.deepEqual(widen?.worst?.held, widen?.time);
    assert.ok(Math.abs((widen?.worst?.requests?.likely ?? 0) / (widen?.time?.likely ?? 1) - 0.1) < 1e-9);
    // 800 batches, and the pauses between them, which the dry run did not wait for.
    assert.ok((fill?.time?.low ?? 0) > 799 * 100);
    assert.ok(took(3)?.batches?.length === 20 && took(3)?.runs === 20);
    assert.equal(index?.estimate?.contradicted, 'too long');
  });

  it('widens them where nobody says how production compares, and where it does says so', async () => {
    const wide = async (calibration?: Calibration) => {
      const found = await previewed(report, calibration);
      const time = found.phases[0]?.steps[2]?.time;
      return { found, width: (time?.high ?? 0) / (time?.low ?? 1) };
    };
    const [bare, same] = [await wide(), await wide({ kind: 'same' })];
    assert.ok(bare.width > 1.8 * same.width);
    assert.deepEqual([bare.found.calibrated_by, same.found.calibrated_by], [undefined, 'same']);
    const there = (report.steps[1]?.statements[0]?.ms ?? 0) * 400;
    const step = await wide({ kind: 'step', step: 'index_it', ms: there });
    const index = step.found.phases[0]?.steps[1]?.time?.likely ?? 0;
    assert.ok(Math.abs(index / there - 1) < 0.1, `${index} ${there}`);
    const took = `estimate: 1min-2min\n  took: ${Math.round(there)}ms`;
    const told = await analysisOf(planOf(steps.replace('estimate: 1min-2min', took), head), schema);
    const byPlan = preview(told, { measured: measuredBy(report) });
    assert.equal(byPlan.calibrated_by, 'step');
    assert.ok(Math.abs((byPlan.phases[0]?.steps[1]?.time?.likely ?? 0) / there - 1) < 0.1);
    const none = await wide({ kind: 'step', step: 'nothing', ms: 1 });
    assert.match(none.found.calibration_problem ?? '', /did not measure nothing/);
    assert.deepEqual([none.found.calibrated_by, none.width], [undefined, bare.width]);
  });

  it('says nothing from too few rows: sizes remain', async () => {
    const [note, index, , fill] = await stepsOf(await run(onServer(), 1000));
    assert.deepEqual([note?.basis, index?.basis, fill?.basis], ['measured', 'sizes', 'sizes']);
  });

  it('says nothing of another plan’s statements', async () => {
    const other = await analysisOf(planOf(steps.replace('(name)', '(note)'), head), schema);
    const found = preview(other, { measured: measuredBy(report) }).phases[0]?.steps;
    assert.deepEqual([found?.[1]?.basis, found?.[2]?.basis], ['sizes', 'measured']);
  });

  it('has nothing from the embedded Postgres, which is no witness of time', async () => {
    const embedded = await run(await embeddedEngine(), 1000);
    assert.equal(embedded.verdict, 'passed');
    assert.equal(measuredBy(embedded), undefined);
    const found = await stepsOf(embedded);
    assert.ok(found.every(({ basis }) => basis === 'sizes'));
  });
});
