import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Effects, RelationWork } from '../../../server/src/effects/model.ts';
import { predictBackfill } from '../../../server/src/timing/backfill.ts';
import type { Figures, TimeRange } from '../../../server/src/timing/model.ts';
import { atWorst, predict } from '../../../server/src/timing/predict.ts';
import { none, onUsers } from './effects.ts';
import { measured, shapes } from './measured.ts';

const index: RelationWork = { relation: 'users_pkey', reason: 'it is built anew', indexOf: 'users' };

const forms: Readonly<Record<(typeof measured)[number]['what'], Effects>> = {
  check: { ...none, class: 'scan', scans: [onUsers] },
  'foreign key': { ...none, class: 'scan', scans: [{ ...onUsers, each: 'lookup' }] },
  'index on an integer': { ...none, class: 'build', builds: [onUsers] },
  'index on a text': { ...none, class: 'build', builds: [onUsers] },
  'concurrent index': {
    ...none,
    class: 'build',
    builds: [onUsers],
    transactional: false,
    locks: [{ relation: 'users', mode: 'ShareUpdateExclusiveLock', isNew: false }],
  },
  rewrite: { ...none, class: 'rewrite', rewrites: [onUsers] },
  'rewrite with two indexes': { ...none, class: 'rewrite', rewrites: [onUsers, index, index] },
  update: { ...none, class: 'scan', scans: [{ ...onUsers, each: 'update' }] },
};

const figures = fc.record({
  rows: fc.option(fc.integer({ min: 0, max: 1e10 }), { nil: undefined }),
  bytes: fc.option(fc.integer({ min: 0, max: 1e13 }), { nil: undefined }),
  indexes: fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined }),
});

const ordered = ({ low, likely, high }: TimeRange) => {
  assert.ok(0 <= low && low <= likely && likely <= high, `${low} <= ${likely} <= ${high}`);
  assert.ok(Number.isFinite(high));
};

describe('timing: predict', () => {
  for (const { what, rows, bytes, ms, wal } of measured) {
    it(`holds what ${what} took on ${rows} rows of ${Math.round(bytes / rows)} bytes`, () => {
      const prediction = predict(forms[what], () => ({ rows, bytes, indexes: what === 'update' ? 1 : 0 }));
      assert.ok(prediction);
      const { low, high } = prediction.time;
      assert.ok(low <= ms && ms <= high, `${low} <= ${ms} <= ${high}`);
      if (wal > 1e6) {
        const ratio = prediction.wal / wal;
        assert.ok(0.6 < ratio && ratio < 2.1, `log predicted over measured: ${ratio}`);
      }
    });
  }

  for (const shape of shapes) {
    const { what, rows, bytes, ms } = shape;
    const other = 'other' in shape ? shape.other : undefined;
    it(`holds ${ms} ms that ${what} took on ${rows} rows of ${Math.round(bytes / rows)} bytes${other ? `, ${other.rows} referenced` : ''}`, () => {
      const effects: Effects =
        what in forms
          ? forms[what as keyof typeof forms]
          : { ...none, class: 'build', builds: [{ ...onUsers, method: what }] };
      const lookups = what === 'foreign key' ? [{ ...onUsers, relation: 'other' }] : [];
      const indexes = 'indexes' in shape ? shape.indexes : 0;
      const prediction = predict({ ...effects, lookups }, (relation) =>
        relation === 'other' ? other : { rows, bytes, indexes },
      );
      assert.ok(prediction);
      const { low, high } = prediction.time;
      assert.ok(low <= ms && ms <= high, `${low} <= ${ms} <= ${high}`);
    });
  }

  it('gives a range in order for whatever figures there are', () => {
    fc.assert(
      fc.property(figures, fc.constantFrom(...Object.values(forms)), (size, effects) => {
        const prediction = predict(effects, () => size);
        const known = size.rows !== undefined || size.bytes !== undefined;
        assert.equal(prediction !== undefined, known);
        if (prediction) ordered(prediction.time);
      }),
    );
  });

  it('never says less for more rows', () => {
    const more = fc.integer({ min: 0, max: 1e9 });
    fc.assert(
      fc.property(figures, more, fc.constantFrom(...Object.values(forms)), (size, added, effects) => {
        if (size.rows === undefined) return;
        const few = predict(effects, () => size)?.time;
        const many = predict(effects, () => ({ ...size, rows: (size.rows ?? 0) + added }))?.time;
        for (const place of ['low', 'likely', 'high'] as const)
          assert.ok((few?.[place] ?? 0) <= (many?.[place] ?? 0));
      }),
    );
  });

  it('says nothing of a table without figures, nor where the class is not known', () => {
    assert.equal(
      predict(forms.check, () => undefined),
      undefined,
    );
    const unknown: Effects = { ...none, class: 'unknown' };
    assert.equal(
      predict(unknown, () => ({ rows: 1, bytes: 1 })),
      undefined,
    );
  });

  it('takes milliseconds for a change of the catalog, whatever the table', () => {
    assert.ok((predict(none, () => undefined)?.time.high ?? 1e9) <= 100);
  });

  it('takes one pass for several checks, and one for each foreign key', () => {
    const size: Figures = { rows: 1e6, bytes: 1e8 };
    const time = (scans: readonly RelationWork[]) =>
      predict({ ...forms.check, scans }, () => size)?.time.likely;
    assert.equal(time([onUsers, onUsers]), time([onUsers]));
    const key = { ...onUsers, each: 'lookup' as const };
    assert.ok((time([key, key]) ?? 0) > (time([key]) ?? 0));
  });

  it('supposes the worse of a fact that is not known, where asked to', () => {
    const effects: Effects = {
      ...none,
      class: 'unknown',
      unknown: [{ fact: 'the type', remedy: 'tell it', may: 'rewrite' }],
    };
    const size: Figures = { rows: 1e6, bytes: 1e8, indexes: 0 };
    assert.equal(
      predict(effects, () => size),
      undefined,
    );
    const feared = predict(atWorst(effects, 'users'), () => size);
    assert.deepEqual(
      feared,
      predict(forms.rewrite, () => size),
    );
    assert.equal(atWorst(forms.check, 'users'), forms.check);
  });
});

describe('timing: backfill', () => {
  const users: Figures = { rows: 8e6, bytes: 2.4 * 1024 ** 3, indexes: 2 };

  it('is no shorter than its pauses', () => {
    const shape = { batch: 10_000, pause: 100, conditional: true };
    const time = predictBackfill(shape, users)?.time;
    assert.ok(time && time.low >= 800 * 100 && time.high < 3_600_000, JSON.stringify(time));
  });

  it('holds a measured one: 100 batches of 10,000 rows at 58 to 135 ms each', () => {
    const time = predictBackfill(
      { batch: 10_000, pause: 0, conditional: false },
      { rows: 1e6, bytes: 356_311_040, indexes: 1 },
    )?.time;
    assert.ok(time && time.low <= 5800 && time.high >= 13_500, JSON.stringify(time));
  });

  it('gives a range in order, longer for smaller batches', () => {
    const shape = fc.record({
      batch: fc.integer({ min: 1, max: 1e6 }),
      pause: fc.integer({ min: 0, max: 60_000 }),
      conditional: fc.boolean(),
    });
    fc.assert(
      fc.property(shape, figures, (one, size) => {
        const prediction = predictBackfill(one, size);
        if (!prediction) return;
        ordered(prediction.time);
        const smaller = predictBackfill({ ...one, batch: Math.ceil(one.batch / 2) }, size);
        assert.ok((smaller?.time.likely ?? 0) >= prediction.time.likely);
      }),
    );
  });
});
