import assert from 'node:assert/strict';
import type { Engine } from '../../../server/src/rehearsal/model.ts';
import { embeddedEngine, provePlan } from './setup.ts';

const baseline = `
CREATE TABLE customers (id bigint PRIMARY KEY, email text);
CREATE TABLE orders (id bigint PRIMARY KEY, customer bigint, total integer, note text);`;

const plan = (steps: string) => `migration: Test
database: { type: postgresql, version: 18, schema: schema.sql }
phases:
  - phase: Only
    steps:
${steps}`;

const step = (sql: string, back: string) => `      - step: ${JSON.stringify(sql)}
        sql: ${JSON.stringify(sql)}
        rollback: ${JSON.stringify(back)}
`;

describe('Rows for a plan that adds constraints', function () {
  this.timeout(60_000);
  let engine: Engine;
  before(async () => {
    engine = await embeddedEngine();
  });
  const run = (steps: string) => provePlan(engine, plan(steps), baseline, { rows: 40, proofs: false });

  it('meet its foreign keys, checks and unique indexes, and are left without them', async () => {
    const report = await run(
      step(
        'ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (customer) REFERENCES customers (id) NOT VALID',
        'ALTER TABLE orders DROP CONSTRAINT f',
      ) +
        step('ALTER TABLE orders VALIDATE CONSTRAINT f', 'SELECT 1') +
        step(
          'ALTER TABLE orders ADD CONSTRAINT c CHECK (total > 0)',
          'ALTER TABLE orders DROP CONSTRAINT c',
        ) +
        step('CREATE UNIQUE INDEX u ON customers (email)', 'DROP INDEX u') +
        step('ALTER TABLE orders ADD CONSTRAINT n CHECK (note IS NULL OR total > 0)', 'SELECT 1'),
    );
    assert.equal(report.verdict, 'passed', JSON.stringify(report.error));
    assert.deepEqual(report.rows, { customers: 40, orders: 40 });
    assert.ok(
      report.notes.some((note) => note.includes('(f, c, u)')),
      report.notes.join('\n'),
    );
  });

  it('do not spare a step the NULLs that it has to cope with', async () => {
    const report = await run(step('ALTER TABLE orders ALTER COLUMN total SET NOT NULL', 'SELECT 1'));
    assert.equal(report.error?.code, '23502');
  });

  it('do not spare a step what one before it was to put right', async () => {
    const update = step('UPDATE orders SET total = 1 WHERE total IS NULL', 'SELECT 1');
    const check = step('ALTER TABLE orders ADD CONSTRAINT c CHECK (total = 1)', 'SELECT 1');
    assert.equal((await run(update + check)).error?.code, '23514');
  });

  it('are there all the same where none meets the constraint', async () => {
    const report = await run(
      step('ALTER TABLE orders ADD CONSTRAINT c CHECK (false AND total > 0)', 'SELECT 1'),
    );
    assert.deepEqual(report.rows, { customers: 40, orders: 40 });
    assert.equal(report.error?.code, '23514');
  });
});
