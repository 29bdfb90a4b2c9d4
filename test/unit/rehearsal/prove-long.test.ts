import assert from 'node:assert/strict';
import { embeddedEngine, planOf, provePlan } from './setup.ts';

/** A plan of 20 steps on three tables, with an application that writes to them. */
function longPlan(): { text: string; schema: string } {
  const tables = ['accounts', 'orders', 'items'];
  const schema = tables
    .map(
      (table) =>
        `CREATE TABLE ${table} (id bigserial PRIMARY KEY, name text NOT NULL, amount int NOT NULL, email text UNIQUE);`,
    )
    .join('\n');
  const step = (id: string, sql: string, rollback: string) =>
    `- step: ${id}\n  transaction: ${!sql.includes('CONCURRENTLY')}\n  sql: ${sql}\n  rollback: { transaction: ${!rollback.includes('CONCURRENTLY')}, sql: "${rollback}" }\n`;
  const steps = tables.flatMap((table) => [
    step(
      `${table}_code`,
      `ALTER TABLE ${table} ADD COLUMN code text;`,
      `ALTER TABLE ${table} DROP COLUMN code`,
    ),
    `- step: ${table}_fill\n  backfill: { table: ${table}, set: "code = 'c' || id", where: code IS NULL, batch: 400 }\n  rollback: { not_needed: the column goes }\n`,
    step(
      `${table}_index`,
      `CREATE INDEX CONCURRENTLY ${table}_code_idx ON ${table} (code);`,
      `DROP INDEX CONCURRENTLY ${table}_code_idx`,
    ),
    step(
      `${table}_check`,
      `ALTER TABLE ${table} ADD CONSTRAINT ${table}_positive CHECK (amount > -1) NOT VALID;`,
      `ALTER TABLE ${table} DROP CONSTRAINT ${table}_positive`,
    ),
    `- step: ${table}_valid\n  sql: ALTER TABLE ${table} VALIDATE CONSTRAINT ${table}_positive;\n  rollback: { not_needed: the constraint goes }\n`,
    step(
      `${table}_default`,
      `ALTER TABLE ${table} ALTER COLUMN amount SET DEFAULT 0;`,
      `ALTER TABLE ${table} ALTER COLUMN amount DROP DEFAULT`,
    ),
  ]);
  const deploys = ['v2', 'v3'].map(
    (version, at) => `- step: deploy_${version}\n  deploy: ${version}\n  rollback: { deploy: v${at + 1} }\n`,
  );
  steps.splice(6, 0, deploys[0] ?? '');
  steps.push(deploys[1] ?? '');
  const statements = tables.flatMap((table) => [
    `SELECT name FROM ${table} WHERE id = $1`,
    `INSERT INTO ${table} (name, amount, email) VALUES ($1, $2, $3)`,
    `UPDATE ${table} SET amount = $1 WHERE id = $2`,
  ]);
  const versions = ['v1', 'v2', 'v3'].map(
    (version) => `    ${version}:\n${statements.map((sql) => `      - ${sql}\n`).join('')}`,
  );
  return { text: planOf(steps.join(''), `app:\n  runs: v1\n  versions:\n${versions.join('')}`), schema };
}

describe('the proof of a long plan', function () {
  this.timeout(120_000);

  it('takes less than ten seconds for 20 steps on tables of 1,000 rows, where nothing else runs', async () => {
    const { text, schema } = longPlan();
    const engine = await embeddedEngine();
    const before = process.cpuUsage();
    const report = await provePlan(engine, text, schema, { rows: 1000, stepTimeout: 60_000 });
    const { user, system } = process.cpuUsage(before);
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.equal(report.steps.length, 20);
    const busy = (user + system) / 1e6;
    console.log(`      ${(report.ms / 1000).toFixed(1)} s, ${busy.toFixed(1)} s of processor time`);
    // Of the processor's time: a machine that is busy with something else takes longer.
    assert.ok(busy < 40, `${busy} s`);
  });
});
