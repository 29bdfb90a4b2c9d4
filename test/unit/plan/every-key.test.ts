import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createPlanParser } from '../../../server/src/plan/parse.ts';

const text = readFileSync(join(__dirname, '../../fixtures/plans/every-key.migration.yaml'), 'utf8');
const parse = (plan: string) =>
  createPlanParser().parse(plan, { readFile: (path) => ({ error: `no file ${path}` }) });

describe('a plan that uses every part of the format', () => {
  it('has no problem, with either line break', () => {
    assert.deepEqual(parse(text).problems, []);
    assert.deepEqual(parse(text.replace(/\n/g, '\r\n')).problems, []);
  });

  it('is read into the model, values in base units', () => {
    const { plan } = parse(text);
    assert.deepEqual(
      [plan.type?.value, plan.database.version?.value, plan.traffic?.value],
      ['rename_column', 16, 2000],
    );
    assert.deepEqual(
      plan.tables.map(({ name, rows, size }) => [name.value, rows?.value, size?.value]),
      [['users', 8_000_000, Math.round(2.4 * 1024 ** 3)]],
    );
    const { lockTimeout, statementTimeout, retries } = plan.session;
    assert.deepEqual([lockTimeout?.value, statementTimeout?.value, retries?.value], [2000, 900_000, 5]);
    assert.deepEqual(
      plan.checklist.map(({ expect }) => expect?.value),
      [undefined, { kind: 'comparison', operator: '<', value: 16 * 1024 ** 2, text: '< 16MB' }],
    );
    assert.deepEqual(plan.monitoring?.alerts[0]?.warning?.value, '> 200ms');
    assert.equal(plan.cleanup.length, 2);
  });

  it('gives each step its action and its way back', () => {
    const steps = parse(text).plan.phases.flatMap((phase) => phase.steps);
    const back = ({ rollback }: (typeof steps)[number]) =>
      rollback?.kind === 'actions' ? rollback.actions.map(({ kind }) => kind).join() : rollback?.kind;
    assert.deepEqual(
      steps.map((step) => [step.id, step.action?.kind, back(step)]),
      [
        ['add_handle', 'sql', 'sql'],
        ['index_handle', 'sql', 'sql'],
        ['write_both_columns', 'deploy', 'deploy'],
        ['copy_the_old_values', 'backfill', 'not_needed'],
        ['nothing_was_missed', 'verify', undefined],
        ['watch_it_for_a_day', 'wait', undefined],
      ],
    );
    const index = steps[1]?.action;
    assert.ok(index?.kind === 'sql' && !index.transaction);
    const copy = steps[3]?.action;
    assert.ok(copy?.kind === 'backfill');
    assert.deepEqual(
      [copy.table?.value, copy.set?.text, copy.where?.text, copy.batch, copy.pause],
      ['users', 'handle = username', 'handle IS NULL', 10_000, 100],
    );
  });

  it('knows where each SQL text stands', () => {
    const { plan } = parse(text);
    for (const { statements } of plan.app?.versions ?? [])
      for (const { text: sql, map } of statements)
        assert.equal(text.slice(map.toDocument(0), map.toDocument(sql.length)), sql);
  });
});
