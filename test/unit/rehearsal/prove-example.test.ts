import assert from 'node:assert/strict';
import { reportProblems } from '../../../client/src/report-problems.ts';
import { outcomeOf } from '../../../client/src/test-explorer/outcomes.ts';
import type { Analysis } from '../../../server/src/analyze.ts';
import type { Engine, Report } from '../../../server/src/rehearsal/model.ts';
import { reportText } from '../../../server/src/rehearsal/report-text.ts';
import { analysisOf, embeddedEngine, example, provePlan, reusedEngine } from './setup.ts';

const text = example('rename-username/rename-username.migration.yaml');
const schema = example('rename-username/schema.sql');

/** Each rollback broken in each way, and each statement: minutes. Else one way for each of them. */
const isThorough = process.env.SWITCHBACK_PROVE_ALL === '1';

describe('the proof of the example', function () {
  this.timeout(60_000);
  let engine: Engine;
  let reused: Awaited<ReturnType<typeof reusedEngine>>;
  let analysis: Analysis;
  before(async () => {
    engine = await embeddedEngine();
    reused = await reusedEngine(engine);
    analysis = await analysisOf(text, schema);
  });
  after(() => reused?.close());

  const redOf = (report: Report) =>
    report.steps.filter(({ status }) => status === 'failed').map(({ id }) => id);

  /** The plan with the rollback of a step replaced. */
  const withRollback = (id: string, rollback: string) => {
    const { keyRange, range } =
      analysis.steps.find(({ step }) => step.id === id)?.step.rollback ?? assert.fail(`no rollback of ${id}`);
    return `${text.slice(0, keyRange.start)}${rollback}${text.slice(range.end)}`;
  };

  const assertRed = async (plan: string, id: string): Promise<Report> => {
    const report = await provePlan(reused.engine, plan, schema);
    assert.deepEqual(redOf(report), [id], report.error?.message);
    assert.equal(report.verdict, 'failed');
    assert.ok(
      report.steps.every(({ status }) => status !== 'skipped'),
      'the run goes on',
    );
    assertShown(report, id);
    return report;
  };

  /** Red in the terminal, in the Problems panel and in the Test Explorer too, and nothing else is. */
  const assertShown = (report: Report, id: string) => {
    const red = report.steps.find((step) => step.id === id) ?? assert.fail();
    const crosses = reportText(report).match(/✗ +\d+ (.*?) {2}/g) ?? [];
    assert.equal(crosses.length, 1, crosses.join());
    assert.ok(crosses[0]?.includes(red.step.slice(0, 20)));
    const outcomes = report.steps.map((step) => ({
      step: step.id,
      outcome: outcomeOf(report, { kind: 'step', step: step.id }),
    }));
    const failed = outcomes.filter(({ outcome }) => outcome.state === 'failed');
    assert.deepEqual(
      failed.map(({ step }) => step),
      [id],
    );
    assert.ok(failed[0]?.outcome.messages.every((message) => message.text !== '' && message.place));
    const problems = reportProblems(report);
    assert.ok(problems.length > 0);
    const within = ({ start, end }: { start: number; end: number }) =>
      red.range.start <= start && end <= red.range.end;
    for (const { span, message, related } of problems)
      assert.ok(within(span) || related.some((place) => within(place.span)), message);
  };

  it('restores from every step back to the start, contract included, and every version survives', async () => {
    const seen: string[] = [];
    const report = await provePlan(engine, text, schema, {
      rows: 100,
      onProgress: ({ message }) => seen.push(message),
    });
    assert.equal(report.verdict, 'passed', report.error?.message);
    assert.deepEqual(
      report.steps.map(({ rollback }) => rollback?.verdict),
      [
        'restores',
        'restores',
        'not_needed',
        undefined,
        ...Array(3).fill('restores'),
        'not_needed',
        'restores',
        undefined,
        'restores',
        undefined,
        'restores',
        'restores',
        undefined,
        'restores_reordered',
      ],
    );
    assert.ok(
      report.steps.every(
        ({ rollback }) => rollback?.verdict === 'not_needed' || rollback?.reapplied !== false,
      ),
    );
    assert.deepEqual(
      report.unwind.segments.map(({ from, to, verdict }) => [from, to, verdict]),
      [
        ['deploy_v2', 'add_handle', 'restores'],
        ['deploy_v3', 'add_handle', 'restores'],
        ['deploy_v4', 'add_handle', 'restores'],
        ['drop_username', 'add_handle', 'restores_reordered'],
      ],
    );
    assert.deepEqual(report.unwind.data.compared, ['users']);
    const versions = (id: string) => [
      ...new Set(
        report.steps.find((step) => step.id === id)?.app.map(({ at, version }) => `${at} ${version}`),
      ),
    ];
    assert.deepEqual(versions('add_handle'), ['applied v1', 'rolled_back v1', 'reapplied v1']);
    assert.deepEqual(versions('deploy_v4'), [
      'applied v3',
      'applied v4',
      'rolled_back v4',
      'rolled_back v3',
      'reapplied v3',
      'reapplied v4',
    ]);
    assert.deepEqual(
      report.start.app.map(({ at, ok }) => `${at} ${ok}`),
      Array(3).fill('start true'),
    );
    assert.ok(seen.includes('Add the new column: rolling back'));
    assert.ok(seen.includes('Add the new column: applying it again'));
    assert.ok(seen.includes('Rolling everything back: Add the new column'));
  });

  const ways: readonly (readonly [string, string])[] = [
    ['a failing statement', 'rollback: SELECT nope;'],
    ['a comment', 'rollback: "-- nothing"'],
    ['another change', 'rollback: ALTER TABLE users ADD COLUMN wrong int;'],
  ];
  const steps = [
    'add_handle',
    'deploy_v2',
    'copy_usernames',
    'index_handle',
    'unique_handle',
    'check_handle',
    'validate_handle',
    'require_handle',
    'deploy_v3',
    'free_username',
    'deploy_v4',
    'drop_username',
  ];
  for (const [at, id] of steps.entries())
    for (const [name, rollback] of ways.filter((_, way) => isThorough || way === at % ways.length))
      it(`turns ${id} red, and no other, with ${name} as its rollback`, async () => {
        const plan = withRollback(id, rollback);
        const report = await assertRed(plan, id);
        const told = report.steps.find((step) => step.id === id)?.rollback;
        assert.equal(told?.verdict, name === ways[0]?.[0] ? 'fails' : 'drifts');
        assert.equal(report.unwind.verdict, told?.verdict);
        assert.equal(report.unwind.to, id, 'it says where it stops');
        const { start, end } = report.error?.range ?? { start: 0, end: 0 };
        assert.ok(
          plan.slice(start, end).includes(told?.verdict === 'fails' ? 'nope' : rollback.slice(11, -1)),
        );
      });

  const wrong: readonly (readonly [string, string, RegExp])[] = [
    ['deploy_v2', 'rollback: { deploy: v3 }', /application: v3 is live instead of v1/],
    ['deploy_v3', 'rollback: { deploy: v1 }', /application: v1 is live instead of v2/],
    ['deploy_v4', 'rollback: { deploy: v2 }', /application: v2 is live instead of v3/],
    [
      'drop_username',
      'rollback: ALTER TABLE users ADD COLUMN username varchar(255);',
      /users\.username: \d+ values lost/,
    ],
    [
      'index_handle',
      'rollback: ALTER INDEX users_handle_key RENAME TO users_handle_old;',
      /index users_handle_(key|old)/,
    ],
  ];
  for (const [id, rollback, message] of wrong)
    it(`turns ${id} red with ${rollback}`, async () => {
      const report = await assertRed(withRollback(id, rollback), id);
      assert.match(report.error?.message ?? '', message);
    });

  it('turns a step red whose rollback needs what a later version leaves out', async () => {
    const from = text.indexOf('          - backfill:', text.indexOf('id: free_username'));
    const to = text.indexOf('          - transaction: false', from);
    const report = await assertRed(`${text.slice(0, from)}${text.slice(to)}`, 'free_username');
    const told = report.steps.find(({ id }) => id === 'free_username')?.rollback;
    assert.equal(told?.verdict, 'fails');
    assert.match(
      told?.reason ?? '',
      /^Right after the step it restores; once the later steps are rolled back, it fails/,
    );
  });

  it('turns a step red that needs a rollback and says that it needs none', async () => {
    const report = await assertRed(
      withRollback('free_username', 'rollback: { not_needed: trust me }'),
      'free_username',
    );
    assert.match(report.error?.message ?? '', /'Free the old column' says that it needs no rollback/);
  });

  for (const [version, first] of [
    ['v1', undefined],
    ['v2', 'deploy_v2'],
    ['v3', 'deploy_v3'],
    ['v4', 'deploy_v4'],
  ] as const)
    for (const place of isThorough ? [0, 1, 2] : [Number(version.slice(1)) % 3])
      it(`tells a broken statement of ${version} where it goes live, and there alone`, async () => {
        const statement =
          analysis.versions.find((one) => one.version.name.value === version)?.statements[place] ??
          assert.fail();
        const { range } = statement;
        const plan = `${text.slice(0, range.start)}${statement.statement.text.replace('users', 'gone')}${text.slice(range.end)}`;
        const report = await provePlan(reused.engine, plan, schema);
        assert.deepEqual(redOf(report), first === undefined ? [] : [first]);
        if (first !== undefined) assertShown(report, first);
        else assert.equal(reportProblems(report).length, 1);
        assert.equal(report.verdict, 'failed');
        const failures = [...report.start.app, ...report.steps.flatMap(({ app }) => app)].filter(
          ({ ok }) => !ok,
        );
        assert.equal(failures.length, 1);
        const at = report.error?.range ?? { start: 0, end: 0 };
        assert.equal(plan.slice(at.start, at.end), 'gone');
        assert.match(
          report.error?.message ?? '',
          new RegExp(
            `^${version} cannot (select|insert|update) (before step one|after '.*'): relation "gone" does not exist`,
          ),
        );
      });

  it('tells what a live version can no longer do on the step that is to blame', async () => {
    const plan = text
      .replace(
        'ALTER TABLE users ALTER COLUMN handle SET NOT NULL;\n',
        "ALTER TABLE users ALTER COLUMN handle SET NOT NULL, ADD CONSTRAINT not_ada CHECK (handle <> 'ada');\n",
      )
      .replace(
        'ALTER TABLE users ALTER COLUMN handle DROP NOT NULL;\n',
        'ALTER TABLE users ALTER COLUMN handle DROP NOT NULL, DROP CONSTRAINT not_ada;\n',
      );
    const report = await provePlan(reused.engine, plan, schema);
    assert.deepEqual(redOf(report), ['require_handle', 'deploy_v3', 'deploy_v4']);
    assert.match(
      report.error?.message ?? '',
      /^v2 cannot insert after 'The handle is required': new row .* violates check constraint "not_ada"/,
    );
  });
});
