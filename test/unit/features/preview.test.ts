import assert from 'node:assert/strict';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { hints } from '../../../server/src/features/hints.ts';
import { preview, type StepPreview } from '../../../server/src/features/preview.ts';

const baselineSql = `CREATE TABLE users (id bigint PRIMARY KEY, username text NOT NULL, amount int);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);`;

const plan = (steps: string, head = 'traffic: 2000/s\ntables: { users: { rows: 8M, size: 2.4GB } }') =>
  `migration: A plan
database: { type: postgresql, version: 16 }
${head}
session: { lock_timeout: 100ms, retries: 2 }
phases:
  - phase: Only
    steps:
${steps.replace(/^/gm, '      ')}`;

describe('the preview of a plan', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });
  const analysed = (text: string): Analysis =>
    analyze(text, { parsers, kind: 'plan', baselineSql, readFile: () => ({ error: 'none' }) });
  const steps = (text: string, pool?: number): readonly StepPreview[] =>
    preview(analysed(text), pool === undefined ? {} : { pool }).phases.flatMap((phase) => phase.steps);

  it('tells of a rewrite who waits, for how long, and how many at the peak', () => {
    const [step] = steps(plan(`- step: Widen\n  sql: ALTER TABLE users ALTER amount TYPE bigint;`));
    assert.equal(step?.class, 'rewrite');
    const { worst, time } = step ?? {};
    assert.ok(worst && time && worst.held && worst.requests);
    assert.deepEqual(
      [worst.relation, worst.mode, worst.keeps_out],
      ['users', 'AccessExclusiveLock', 'everybody'],
    );
    assert.ok(time.low > 1000 && time.low < time.likely && time.likely < time.high);
    assert.deepEqual(worst.held, time);
    assert.equal(worst.requests.likely, (time.likely / 1000) * 2000);
  });

  it('holds a lock until its transaction ends, also through the work of later statements', () => {
    const sql = (words: string) => `- step: Two\n  ${words}
    ALTER TABLE users ADD COLUMN nick text;
    ALTER TABLE users ALTER amount TYPE bigint;
`;
    const [together] = steps(plan(sql('sql: |')));
    assert.equal(together?.locks.length, 1);
    assert.deepEqual(together?.worst?.held, together?.time);
    const [apart] = steps(plan(sql('transaction: false\n  sql: |')));
    assert.ok((apart?.worst?.held?.high ?? 0) < 1000);
  });

  it('lets nobody wait for a table that the plan made itself, nor for a batch of rows', () => {
    const found = steps(
      plan(`- step: New\n  sql: |\n    CREATE TABLE notes (id bigint);\n    ALTER TABLE notes ADD COLUMN t text;
- step: Fill
  backfill: { table: users, set: amount = 1, where: amount IS NULL, batch: 1000 }`),
    );
    assert.deepEqual(
      found.map(({ worst }) => worst),
      [undefined, undefined],
    );
    assert.equal(found[1]?.class, 'batched');
    assert.ok((found[1]?.time?.low ?? 0) > 1000);
  });

  it('adds up phases, and soak times apart; says which times it does not know', () => {
    const all = preview(
      analysed(
        plan(`- step: Widen\n  sql: ALTER TABLE users ALTER amount TYPE bigint;
- step: Soak\n  wait: 24h
- step: Other\n  sql: CREATE INDEX ON orders (user_id);
- step: Ask\n  verify: { sql: SELECT count(*) FROM users, expect: 1 }`),
      ),
    );
    const [widen, , other, ask] = all.phases[0]?.steps ?? [];
    assert.deepEqual(all.time, widen?.time);
    assert.equal(all.soak, 24 * 3_600_000);
    assert.equal(all.untold, 2);
    assert.match(other?.untold ?? '', /rows of orders/);
    assert.match(ask?.untold ?? '', /query/);
  });

  it('says what piles up behind an older transaction, and when a pool is used up', () => {
    const text = plan(`- step: Widen\n  sql: ALTER TABLE users ALTER amount TYPE bigint;`);
    assert.deepEqual(preview(analysed(text)).queue, { requests: 200, longest: 100, attempts: 3 });
    assert.equal(steps(text, 200)[0]?.worst?.pool_lasts, 100);
    assert.equal(steps(text, 1e6)[0]?.worst?.pool_lasts, undefined);
    const quiet = plan('- step: Widen\n  sql: ALTER TABLE users ALTER amount TYPE bigint;', '');
    assert.equal(preview(analysed(quiet)).queue, undefined);
    assert.equal(steps(quiet)[0]?.worst?.requests, undefined);
  });

  it('is never broken by a half-typed plan', () => {
    for (const text of [
      '',
      'migration: x',
      'phases:\n  - phase:\n    steps:\n      - step:\n        sql: SELEC',
    ])
      assert.equal(preview(analysed(text)).time.high, 0);
  });

  it('stands behind each statement in a few words', () => {
    const text = plan(`- step: Both
  transaction: false
  sql: |
    ALTER TABLE users ADD COLUMN nick text;
    CREATE INDEX CONCURRENTLY users_nick_idx ON users (nick);
    SELECT 1;
  rollback: ALTER TABLE users DROP COLUMN nick;
- step: Other
  sql: CREATE INDEX ON orders (user_id);`);
    const all = hints(analysed(text), { start: 0, end: text.length });
    assert.deepEqual(
      all.map(({ at, label }) => [
        text.slice(0, at).split('\n').at(-1)?.trim(),
        label.replace(/[\d.]+/g, '9'),
      ]),
      [
        ['ALTER TABLE users ADD COLUMN nick text;', 'ACCESS EXCLUSIVE · instant'],
        ['CREATE INDEX CONCURRENTLY users_nick_idx ON users (nick);', 'SHARE UPDATE EXCLUSIVE · 9 s-9 min'],
        ['rollback: ALTER TABLE users DROP COLUMN nick;', 'ACCESS EXCLUSIVE · instant'],
        ['sql: CREATE INDEX ON orders (user_id);', 'SHARE · builds an index'],
      ],
    );
    assert.match(all[1]?.tooltip ?? '', /on users\. It takes about .* figures alone/);
    const second = text.indexOf('CREATE INDEX CONC');
    assert.equal(hints(analysed(text), { start: second, end: second + 3 }).length, 1);
  });
});
