import assert from 'node:assert/strict';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { waitingRequests, withFigures } from '../../../server/src/rules/figures.ts';
import type { StatementAnalysis } from '../../../server/src/rules/model.ts';
import {
  figuresOf,
  predictAction,
  predictBatch,
  predictStatement,
} from '../../../server/src/rules/prediction.ts';
import { examplePlan } from './example-plan.ts';

const schema = `CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE INDEX users_email_idx ON users (email);
CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE TABLE others (id integer);
`;
const tables =
  '{ users: { rows: 8M, size: 2.4GB }, events: { rows: 10M, size: 2GB }, events_2: { rows: 1M } }';

describe('rules: how long it takes', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  const stepsOf = (steps: string, plan: Readonly<Record<string, string>> = {}): Analysis =>
    analyze(examplePlan({ plan: { tables, ...plan }, steps }), {
      parsers,
      kind: 'plan',
      readFile: () => ({ text: schema }),
    });
  const sqlOf = (sql: string, plan?: Readonly<Record<string, string>>) =>
    stepsOf(`- step: One\n  sql: ${sql}\n  rollback: { impossible: for the example }\n`, plan);
  const first = (analysis: Analysis) => analysis.steps[0]?.action?.statements[0] as StatementAnalysis;

  it('takes figures from the plan, and the number of indexes from the schema', () => {
    const analysis = sqlOf('SELECT 1;');
    assert.deepEqual(figuresOf(analysis, analysis.baseline, 'users'), {
      rows: 8e6,
      bytes: Math.round(2.4 * 1024 ** 3),
      indexes: 2,
    });
    assert.equal(figuresOf(analysis, analysis.baseline, 'others'), undefined);
  });

  it('gives a partition its share of its table, but for one with figures of its own', () => {
    const analysis = sqlOf('SELECT 1;');
    assert.equal(figuresOf(analysis, analysis.baseline, 'events_1')?.rows, 5e6);
    assert.equal(figuresOf(analysis, analysis.baseline, 'events_2')?.rows, 1e6);
  });

  it('names the time beside the figures, and none for what is instant or not known', () => {
    const text = (sql: string, relation: string) => {
      const analysis = sqlOf(sql);
      return withFigures(analysis, relation, first(analysis));
    };
    assert.match(
      text('ALTER TABLE users ALTER COLUMN email TYPE varchar(9);', 'users'),
      /^users \(8M rows, 2\.4 GB, about \d+ s-\d+ min\)$/,
    );
    assert.equal(text('ALTER TABLE users ADD COLUMN n integer;', 'users'), 'users (8M rows, 2.4 GB)');
    assert.equal(text('ALTER TABLE others ALTER COLUMN id SET NOT NULL;', 'others'), 'others');
  });

  it('counts the requests that a lock shuts out, where it shuts all out', () => {
    const waiting = (sql: string, traffic: string) => {
      const analysis = sqlOf(sql, { traffic });
      return waitingRequests(analysis, 'everything', first(analysis));
    };
    const rewrite = 'ALTER TABLE users ALTER COLUMN email TYPE varchar(9);';
    assert.match(
      waiting(rewrite, '100/s'),
      /^everything waits \(100 requests\/s at peak: [\d,.k]+-[\d,.k]+ of them\)$/,
    );
    assert.equal(
      waiting('CREATE INDEX i ON users (email);', '100/s'),
      'everything waits (100 requests/s at peak)',
    );
    assert.equal(
      waiting('ALTER TABLE users ADD COLUMN n integer;', '100/s'),
      'everything waits (100 requests/s at peak)',
    );
  });

  it('adds up the statements of a step, and knows nothing where one is not known', () => {
    const time = (sql: string) => {
      const analysis = sqlOf(sql);
      const action = analysis.steps[0]?.action;
      return action && predictAction(analysis, action)?.time.likely;
    };
    const scan = 'ALTER TABLE users ALTER COLUMN email SET NOT NULL;';
    const validate = 'ALTER TABLE users ADD CHECK (id > 0);';
    assert.ok(
      Math.abs(
        (time(`"${scan} ${validate}"`) ?? 0) - (time(`"${scan}"`) ?? 0) - (time(`"${validate}"`) ?? 0),
      ) < 1,
    );
    assert.equal(time(`"${scan} ALTER TABLE others ALTER COLUMN id TYPE bigint;"`), undefined);
  });

  it('tells a backfill from one of its batches', () => {
    const analysis = stepsOf(`- step: Copy
  backfill: { table: users, set: email = lower(email), batch: 10000, pause: 100ms }
  rollback: { not_needed: for the example }
`);
    const action = analysis.steps[0]?.action;
    assert.ok(action);
    const all = predictAction(analysis, action)?.time;
    const batch = predictBatch(analysis, action)?.time;
    assert.ok(all && batch && all.low > 800 * 100 && batch.high < 2000, JSON.stringify({ all, batch }));
  });

  it('supposes the worse of an unknown fact only where asked', () => {
    const analysis = analyze('ALTER TABLE t ALTER COLUMN c TYPE bigint;', {
      parsers,
      kind: 'sql',
      readFile: () => ({ error: 'no file' }),
    });
    const context = { ...analysis, sizes: sqlOf('SELECT 1;').sizes };
    assert.equal(predictStatement(context, first(analysis)), undefined);
    assert.equal(predictStatement(context, first(analysis), 'users')?.class, 'rewrite');
  });
});
