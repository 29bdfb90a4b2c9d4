import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Effects } from '../../../server/src/effects/model.ts';
import { factorOf } from '../../../server/src/timing/calibration.ts';
import { predictMeasured, predictMeasuredBackfill } from '../../../server/src/timing/measured.ts';
import type { Measured, MeasuredStatement, TimeRange } from '../../../server/src/timing/model.ts';
import { none, onUsers } from './effects.ts';

const forms: Readonly<Record<string, Effects>> = {
  check: { ...none, class: 'scan', scans: [onUsers] },
  'foreign key': {
    ...none,
    class: 'scan',
    scans: [{ ...onUsers, each: 'lookup' }],
    lookups: [{ ...onUsers, relation: 'teams' }],
  },
  index: { ...none, class: 'build', builds: [onUsers] },
  rewrite: { ...none, class: 'rewrite', rewrites: [onUsers] },
  update: { ...none, class: 'scan', scans: [{ ...onUsers, each: 'update' }] },
};
const as = (rows: number): Measured => ({
  server: 'PostgreSQL 18.1 at localhost',
  logsLess: false,
  buffers: 128 * 1024 * 1024,
  steps: {},
  tables: {
    users: { rows, bytes: rows * 100, count: rows / 5000 },
    teams: { rows: 1000, bytes: 50_000, count: 1 },
  },
});
const took = (rows: number, more: Partial<MeasuredStatement> = {}): MeasuredStatement => ({
  sql: '',
  ms: 100,
  wal: 1e6,
  disk: 2e6,
  rows: { users: rows, teams: 1000 },
  rewrites: [],
  scans: [],
  runs: 1,
  written: undefined,
  ...more,
});
const same: TimeRange = { low: 1, likely: 1, high: 1 };
const sized =
  (rows: number, width = 100) =>
  (relation: string) =>
    relation === 'users'
      ? { rows, bytes: rows * width, indexes: 1 }
      : { rows: 1000, bytes: undefined, indexes: 1 };
const ordered = ({ low, likely, high }: TimeRange) =>
  assert.ok(0 <= low && low <= likely && likely <= high && Number.isFinite(high), `${low} ${likely} ${high}`);
const anyForm = fc.constantFrom(...Object.values(forms));
const anyRows = fc.integer({ min: 10_000, max: 1e9 });

describe('timing: predictions from what was measured', () => {
  it('take what was measured for tables of the same size, and grow with them', () => {
    for (const effects of Object.values(forms)) {
      const same_ = predictMeasured(effects, took(100_000), as(100_000), sized(100_000), same);
      assert.ok(same_ && Math.abs(same_.time.likely - 100) < 1);
      const more = predictMeasured(effects, took(100_000), as(100_000), sized(4_000_000), same);
      assert.ok(more && more.time.likely > 2000 && more.time.likely < 8000, `${more?.time.likely}`);
      assert.equal(more.basis, 'measured');
    }
  });

  it('are ranges in order, and never less for more rows', () => {
    fc.assert(
      fc.property(
        anyForm,
        anyRows,
        anyRows,
        fc.integer({ min: 0, max: 1e9 }),
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        (effects, rows, there, more, ms) => {
          const at = (count: number) =>
            predictMeasured(effects, took(rows, { ms }), as(rows), sized(count), same)?.time;
          const [few, many] = [at(there), at(there + more)];
          assert.ok(few && many);
          ordered(few);
          ordered(many);
          for (const place of ['low', 'likely', 'high'] as const)
            assert.ok(few[place] <= many[place] * (1 + 1e-9), `${place}: ${few[place]} ${many[place]}`);
        },
      ),
    );
  });

  it('keep what does not grow: an instant statement is as quick on any table', () => {
    const at = (rows: number) =>
      predictMeasured(none, took(100_000, { ms: 2 }), as(100_000), sized(rows), same);
    assert.deepEqual(at(100_000), at(1e9));
    assert.equal(at(1e9)?.class, 'instant');
  });

  it('follow wider rows, and a larger referenced table', () => {
    const { rewrite = none, 'foreign key': key = none } = forms;
    const width = (bytes: number) =>
      predictMeasured(rewrite, took(100_000), as(100_000), sized(1_000_000, bytes), same)?.time.likely ?? 0;
    assert.ok(width(400) > width(100) * 1.5);
    const parent = (rows: number) =>
      predictMeasured(
        key,
        took(100_000),
        as(100_000),
        (relation) => (relation === 'users' ? { rows: 1e6, bytes: 1e8 } : { rows, bytes: rows * 50 }),
        same,
      )?.time.likely ?? 0;
    assert.ok(parent(1_000_000) > parent(1000) * 1.2);
  });

  it('take the log from the sizes where the server leaves out what others write', () => {
    const { rewrite = none } = forms;
    const of = (logsLess: boolean) =>
      predictMeasured(
        rewrite,
        took(100_000, { wal: 1000 }),
        { ...as(100_000), logsLess },
        sized(1_000_000),
        same,
      )?.wal ?? 0;
    assert.ok(of(true) > 1e8 && of(false) < 1e5);
  });

  it('let the log of what writes some of the rows grow with them, and that of what reads them stay', () => {
    const unknown: Effects = { ...none, class: 'unknown' };
    const seen = { scans: ['users'], disk: 3e6 };
    const of = (written: number | undefined) =>
      predictMeasured(unknown, took(100_000, { ...seen, written }), as(100_000), sized(1_000_000), same);
    const changed = of(50_000);
    assert.ok(changed && Math.abs(changed.wal / 1e7 - 1) < 0.01 && Math.abs(changed.disk / 3e7 - 1) < 0.01);
    assert.equal(of(undefined)?.wal, 1e6);
    assert.equal(of(0)?.wal, 1e6);
  });

  it('say nothing from tables too small to measure, or of unknown sizes', () => {
    const { index = none } = forms;
    assert.equal(predictMeasured(index, took(9000), as(9000), sized(1e6), same), undefined);
    assert.equal(
      predictMeasured(index, took(100_000), as(100_000), () => undefined, same),
      undefined,
    );
    assert.equal(
      predictMeasured(index, took(100_000, { rows: {} }), as(100_000), sized(1e6), same),
      undefined,
    );
  });

  it('go by what was seen where the effects are not known', () => {
    const unknown: Effects = { ...none, class: 'unknown' };
    const of = (seen: Partial<MeasuredStatement>) =>
      predictMeasured(unknown, took(100_000, seen), as(100_000), sized(4_000_000), same);
    assert.equal(of({ rewrites: ['users'] })?.class, 'rewrite');
    assert.ok((of({ scans: ['users'] })?.time.likely ?? 0) > 2000);
    assert.equal(of({ scans: ['elsewhere'] }), undefined);
  });

  it('are wider for what took next to no time, for foreign keys, and for another server', () => {
    const wide = ({ low, high }: TimeRange = same) => high / Math.max(low, 1e-9);
    const of = (form: string, ms: number, factor: TimeRange) =>
      wide(
        predictMeasured(forms[form] ?? none, took(100_000, { ms }), as(100_000), sized(4_000_000), factor)
          ?.time,
      );
    assert.ok(of('check', 2, same) > of('check', 100, same));
    assert.ok(of('foreign key', 100, same) > of('check', 100, same));
    const factors = (['same', undefined] as const).map((kind) => {
      const found = factorOf(kind && { kind }, as(100_000), () => undefined);
      assert.ok('factor' in found);
      return found.factor;
    });
    const [own = same, other = same] = factors;
    assert.ok(of('check', 100, other) > 2 * of('check', 100, own));
  });

  describe('of backfills', () => {
    const shape = { batch: 10_000, pause: 100, conditional: true };
    const batches = Array.from({ length: 10 }, (_, at) => ({ rows: 10_000, ms: 50 + at }));
    const seen = took(100_000, { runs: 10, batches, written: 100_000, ms: 545 });
    const at = (rows: number, statement = seen) =>
      predictMeasuredBackfill(shape, 'users', statement, as(100_000), sized(rows), same);

    it('take the batches times their number, and the pauses between them', () => {
      const { time } = at(4_000_000) ?? {};
      assert.ok(time);
      ordered(time);
      assert.ok(time.low > 399 * 100);
      const working = time.likely - 399 * 100;
      assert.ok(working > 0.7 * 400 * 54.5 && working < 1.5 * 400 * 54.5, `${working}`);
    });

    it('are not told from a dry run in which next to nothing was written', () => {
      assert.equal(at(4_000_000, { ...seen, written: 100 }), undefined);
      assert.equal(at(4_000_000, { ...seen, batches: [] }), undefined);
    });
  });

  describe('calibrated', () => {
    it('by a count in production, by the row and by width', () => {
      const of = (ms: number, bytes?: number) =>
        factorOf(
          { kind: 'count', count: { table: 'users', rows: 1_000_000, ms, bytes } },
          as(100_000),
          () => undefined,
        );
      const twice = of(400);
      assert.ok('factor' in twice && Math.abs(twice.factor.likely - 2) < 0.01);
      const wider = of(400, 400_000_000);
      assert.ok('factor' in wider && wider.factor.likely < 1.5);
    });

    it('by a step that was done there; one that was not measured says nothing', () => {
      const of = (time: number | undefined) =>
        factorOf({ kind: 'step', step: 'a', ms: 9000 }, as(100_000), () => time);
      const found = of(3000);
      assert.ok('factor' in found && found.factor.likely === 3);
      assert.ok('problem' in of(undefined));
    });
  });
});
