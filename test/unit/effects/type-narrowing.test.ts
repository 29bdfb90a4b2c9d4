import assert from 'node:assert/strict';
import type { PGlite } from '@electric-sql/pglite';
import { narrowing } from '../../../server/src/effects/type-narrowing.ts';
import { embeddedPostgres } from '../support/embedded-postgres.ts';

describe('what a floating-point type does not hold', () => {
  let db: PGlite;
  before(async function () {
    this.timeout(60_000);
    db = await embeddedPostgres();
  });

  for (const [from, to, kept, lost] of [
    ['bigint', 'double precision', '9007199254740991', '9007199254740993'],
    ['bigint', 'real', '16777215', '16777217'],
    ['integer', 'real', '-16777215', '-16777217'],
    ['numeric', 'double precision', '1234567.12345678', '12345678901234567.89'],
    ['numeric(20,4)', 'double precision', '12345.6789', '1234567890123456.7890'],
    ['numeric', 'real', '123.456', '1234567.8'],
  ] as const)
    it(`${from} to ${to}: ${lost} is found, and is not what it was when it comes back`, async () => {
      const found = narrowing(from, to, false);
      assert.equal(found?.does, 'changes');
      const back = from.replace(/\(.*/, '');
      const { rows } = await db.query(
        `SELECT ${found?.condition('c')} AS found, c::${to}::${back} = c AS same FROM (VALUES (1, '${kept}'::${from}), (2, '${lost}')) v(n, c) ORDER BY n`,
      );
      assert.deepEqual(rows, [
        { found: false, same: true },
        { found: true, same: false },
      ]);
    });

  it('is nothing where the old type has fewer digits', () => {
    for (const [from, to] of [
      ['integer', 'double precision'],
      ['smallint', 'real'],
      ['numeric(15,2)', 'double precision'],
      ['numeric(6,3)', 'real'],
      ['real', 'double precision'],
    ] as const)
      assert.equal(narrowing(from, to, false), undefined, `${from} to ${to}`);
  });
});
