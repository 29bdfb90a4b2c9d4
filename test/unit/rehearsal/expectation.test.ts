import assert from 'node:assert/strict';
import type { Expectation } from '../../../server/src/plan/model.ts';
import { judge } from '../../../server/src/rehearsal/expectation.ts';

const rowsOf = (...rows: Record<string, unknown>[]) => ({ rows, affectedRows: 0 });
const scalar = (value: string | number | boolean | null): Expectation => ({ kind: 'scalar', value });
const comparison = (
  operator: '<' | '<=' | '>' | '>=' | '=' | '!=',
  value: number,
  text: string,
): Expectation => ({
  kind: 'comparison',
  operator,
  value,
  text,
});

describe('judge', () => {
  const met: readonly (readonly [string, Expectation, ...Record<string, unknown>[]])[] = [
    ['a number', scalar(0), { count: 0 }],
    ['a number that Postgres prints with places', scalar(1.5), { sum: '1.50' }],
    ['a number beyond the exact ones', comparison('>', 5, '> 5'), { sum: '9007199254740993' }],
    ['a text', scalar('done'), { state: 'done' }],
    ['a boolean', scalar(true), { ok: true }],
    ['a boolean as psql shows it', scalar('t'), { ok: true }],
    ['NULL', scalar(null), { max: null }],
    ['a size in bytes', comparison('<', 16 * 1024 ** 2, '< 16MB'), { lag: '16777215' }],
    ['a pretty size', comparison('<', 16 * 1024 ** 2, '< 16MB'), { size: '15 MB' }],
    ['an interval', comparison('<=', 5000, '<= 5s'), { lag: '00:00:04.5' }],
    ['an interval of days', comparison('>', 86_400_000, '> 1d'), { age: '1 day 00:00:01' }],
    ['another value', comparison('!=', 3, '!= 3'), { n: 4 }],
    [
      'rows as lists',
      {
        kind: 'rows',
        rows: [
          [1, 'a'],
          [2, null],
        ],
      },
      { id: 1, name: 'a' },
      { id: 2, name: null },
    ],
    ['rows by column, others left aside', { kind: 'rows', rows: [{ id: 1 }] }, { id: 1, name: 'a' }],
    ['no rows', { kind: 'rows', rows: [] }],
  ];
  for (const [name, expectation, ...rows] of met)
    it(`is met by ${name}`, () => assert.equal(judge(expectation, rowsOf(...rows)).met, true));

  const unmet: readonly (readonly [string, Expectation, string, ...Record<string, unknown>[]])[] = [
    ['another number', scalar(0), 'Expected 0, got 37.', { count: 37 }],
    [
      'a number out of bounds',
      comparison('<', 16 * 1024 ** 2, '< 16MB'),
      'Expected < 16MB, got 16777216.',
      { lag: '16777216' },
    ],
    ['NULL for a number', comparison('!=', 3, '!= 3'), 'Expected != 3, got NULL.', { n: null }],
    ['no row', scalar(0), 'Expected 0, one value; the query gave 0 rows.'],
    ['many rows', scalar(0), 'Expected 0, one value; the query gave 2 rows.', { n: 0 }, { n: 0 }],
    ['many columns', scalar(0), 'Expected 0, one value; the query gave 2 columns.', { n: 0, m: 0 }],
    ['a missing row', { kind: 'rows', rows: [[1], [2]] }, 'Expected 2 rows, got 1.', { id: 1 }],
    ['another row', { kind: 'rows', rows: [[1], [2]] }, 'Row 2: expected 2; got 3.', { id: 1 }, { id: 3 }],
    [
      'a row without the column',
      { kind: 'rows', rows: [{ id: 1 }] },
      'Row 1: the query gives no column id; it gives key.',
      { key: 1 },
    ],
    [
      'another value by column',
      { kind: 'rows', rows: [{ id: 1 }] },
      'Row 1: expected id 1, got 2.',
      { id: 2 },
    ],
    ['a text for NULL', scalar(null), 'Expected NULL, got .', { text: '' }],
  ];
  for (const [name, expectation, message, ...rows] of unmet)
    it(`is not met by ${name}`, () =>
      assert.deepEqual(judge(expectation, rowsOf(...rows)), { met: false, message }));
});
