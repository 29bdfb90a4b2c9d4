import assert from 'node:assert/strict';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { estimateActions, estimates, writeEstimates } from '../../../server/src/features/estimates.ts';
import { examplePlan, exampleSchema } from '../rules/example-plan.ts';
import { applyEdits } from '../rules/fix-laws.ts';

const steps = `- step: Widen it
  sql: ALTER TABLE users ALTER COLUMN username TYPE text USING username || ''; # rewrites
  rollback: { impossible: it is wide }
- step: Give it a default
  sql: ALTER TABLE users ALTER COLUMN email SET DEFAULT '';
  estimate: 3h-4h # a guess
  rollback: ALTER TABLE users ALTER COLUMN email DROP DEFAULT;
- { step: Keep it, sql: "ALTER TABLE users ALTER COLUMN email SET DEFAULT ''", estimate: 1s, rollback: { not_needed: no } }
- { step: Brace it, sql: "ALTER TABLE users ALTER COLUMN email SET DEFAULT ''", rollback: { not_needed: no } }
- step: Rest
  wait: 1d
`;

describe('estimates', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });
  const check = (text: string): Analysis =>
    analyze(text, { parsers, kind: 'plan', readFile: () => ({ text: exampleSchema }) });
  const plan = examplePlan({ steps, plan: { tables: '{ users: { rows: 8M, size: 2.4GB } }' } });
  const written = (text: string) => applyEdits(text, estimates(check(text)).edits);

  it('are set to what is predicted, in the style of the file, and else nothing changes', () => {
    const lines = (text: string) => text.split(/\r?\n/);
    const changed = lines(written(plan)).filter((line) => !lines(plan).includes(line));
    assert.equal(changed.length, 3, changed.join('\n'));
    assert.match(changed[0] ?? '', /^ {8}estimate: \d+s-\d+(s|min)$/);
    assert.equal(changed[1], '        estimate: 1s # a guess');
    assert.match(changed[2] ?? '', /step: Brace it, .*estimate: 1s/);
    for (const line of lines(plan))
      if (!/estimate: 3h|Brace it/.test(line)) assert.ok(lines(written(plan)).includes(line), line);
    const crlf = plan.replaceAll('\n', '\r\n');
    assert.equal(written(crlf), written(plan).replaceAll('\n', '\r\n'));
  });

  it('are read back as they were meant, bring no finding, and are not written again', () => {
    const again = check(written(plan));
    assert.deepEqual(estimates(again).edits, []);
    assert.equal(writeEstimates(again), undefined);
    const rules = (analysis: Analysis) => analysis.findings.map(({ rule }) => rule);
    assert.deepEqual(
      rules(again).filter((rule) => !rules(check(plan)).includes(rule)),
      [],
    );
    const [first] = again.plan.phases[0]?.steps ?? [];
    assert.ok((first?.estimate?.value.max ?? 0) > (first?.estimate?.value.min ?? 0));
  });

  it('are offered for the step at hand, and say what they come from', () => {
    const at = plan.indexOf('Widen it');
    const [action, ...more] = estimateActions(check(plan), { start: at, end: at });
    assert.deepEqual(more, []);
    assert.match(action?.title ?? '', /^Set the estimate to \S+, from the sizes in the plan alone$/);
    assert.match(writeEstimates(check(plan))?.title ?? '', /^Write the predicted time into 3 steps, from/);
    const rest = plan.indexOf('Rest');
    assert.deepEqual(estimateActions(check(plan), { start: rest, end: rest }), []);
  });

  it('come from what a dry run took where there is one', () => {
    const measured = {
      server: 'PostgreSQL 16.1 at localhost',
      logsLess: false,
      buffers: 128 * 1024 * 1024,
      tables: { users: { rows: 8_000_000, bytes: 2.4 * 1024 ** 3, count: 400 } },
      steps: {
        widen_it: [
          {
            sql: "ALTER TABLE users ALTER COLUMN username TYPE text USING username || ''",
            ms: 60_000,
            wal: 3e9,
            disk: 3e9,
            rows: { users: 8_000_000 },
            rewrites: ['users'],
            scans: [],
            runs: 1,
            written: undefined,
          },
        ],
      },
    };
    const at = plan.indexOf('Widen it');
    const [action] = estimateActions(check(plan), { start: at, end: at }, { measured });
    assert.match(action?.title ?? '', /, from what the dry run took$/);
    const [edit] = action?.edits ?? [];
    const [low = 0, high = 0] = [...(edit?.newText ?? '').matchAll(/\d+/g)].map(Number);
    assert.ok(low <= 60 && (high >= 60 || edit?.newText.includes('min')), edit?.newText);
  });

  it('leave a step alone where something else would change with it', () => {
    const shared = plan.replace('estimate: 3h-4h # a guess', 'estimate: &e 3h-4h');
    const { left, written: done } = estimates(check(shared));
    assert.deepEqual(left, ['give_it_a_default']);
    assert.deepEqual(done, ['widen_it', 'brace_it']);
  });
});
