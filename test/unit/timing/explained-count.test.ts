import assert from 'node:assert/strict';
import { readExplainedCount } from '../../../server/src/timing/explained-count.ts';

const plain = `                                                    QUERY PLAN
------------------------------------------------------------------------------------------------------------------
 Aggregate  (cost=20834.00..20834.01 rows=1 width=8) (actual time=131.820..131.821 rows=1 loops=1)
   ->  Seq Scan on users  (cost=0.00..18334.00 rows=1000000 width=0) (actual time=0.012..74.361 rows=1000000 loops=1)
 Planning Time: 0.061 ms
 Execution Time: 131.850 ms
(4 rows)
`;
const parallel = `Finalize Aggregate  (cost=14542.55..14542.56 rows=1 width=8) (actual time=61.100..64.312 rows=1.00 loops=1)
  Buffers: shared hit=2112 read=6222
  ->  Gather  (cost=14542.33..14542.54 rows=2 width=8) (actual time=60.951..64.303 rows=3.00 loops=1)
        Workers Planned: 2
        Workers Launched: 2
        Buffers: shared hit=2112 read=6222
        ->  Partial Aggregate  (cost=13542.33..13542.34 rows=1 width=8) (actual time=58.002..58.003 rows=1.00 loops=3)
              Buffers: shared hit=2112 read=6222
              ->  Parallel Seq Scan on public.users u  (cost=0.00..12500.67 rows=416667 width=0) (actual time=0.030..33.001 rows=333333.33 loops=3)
                    Buffers: shared hit=2112 read=6222
Planning Time: 0.061 ms
Execution Time: 64.400 ms
`;
const json = `[                                              +
   {                                            +
     "Plan": {                                  +
       "Node Type": "Aggregate",                +
       "Actual Rows": 1,                        +
       "Plans": [                               +
         {                                      +
           "Node Type": "Seq Scan",             +
           "Relation Name": "users",            +
           "Actual Total Time": 70.1,           +
           "Actual Rows": 1000000,              +
           "Actual Loops": 1                    +
         }                                      +
       ]                                        +
     },                                         +
     "Execution Time": 131.85                   +
   }                                            +
 ]
(1 row)
`;

describe('a count in production, as EXPLAIN (ANALYZE) tells it', () => {
  const read = (text: string) => {
    const found = readExplainedCount(text);
    assert.ok('count' in found, 'problem' in found ? found.problem : '');
    return found.count;
  };

  it('is read from what psql prints, as text and as JSON', () => {
    const count = { table: 'users', rows: 1_000_000, ms: 131.85, bytes: undefined };
    assert.deepEqual(read(plain), count);
    assert.deepEqual(read(plain.replaceAll('\n', '\r\n')), count);
    assert.deepEqual(read(json), count);
  });

  it('adds up the processes of a parallel one', () => {
    const { table, rows, ms, bytes } = read(parallel);
    assert.deepEqual(
      [table, Math.round(rows), Math.round(ms), bytes],
      ['public.users', 1_000_000, 193, 8334 * 8192],
    );
  });

  it('says what to run instead of one that cannot be compared', () => {
    for (const [text, said] of [
      ['', /no EXPLAIN \(ANALYZE\) of a count.*SELECT count\(\*\) FROM users/],
      ['[{"Node Type"', /no EXPLAIN/],
      [plain.replace(/ \(actual[^)]*\)/g, ''), /no EXPLAIN/],
      [plain.replace('Seq Scan on', 'Index Only Scan using users_pkey on'), /by Index Only Scan.*FROM users/],
      [plain.replaceAll(/actual time=\S+ /g, 'actual '), /TIMING off/],
      [plain.replaceAll('1000000', '100'), /100 rows of users, too few/],
    ] as const) {
      const found = readExplainedCount(text);
      assert.ok('problem' in found && said.test(found.problem), JSON.stringify(found));
    }
  });
});
