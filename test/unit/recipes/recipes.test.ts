import assert from 'node:assert/strict';
import { analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { pgVersions } from '../../../server/src/effects/model.ts';
import { recipes } from '../../../server/src/recipes/registry.ts';
import type { Engine } from '../../../server/src/rehearsal/model.ts';
import { reportText } from '../../../server/src/rehearsal/report-text.ts';
import { defaultSettings } from '../../../server/src/rules/settings.ts';
import { recipeCases } from '../../prove/recipes/cases/index.ts';
import { faultsOf, isFor, planFor, unsaid } from '../../prove/recipes/plan.ts';
import { embeddedEngine, provePlan } from '../rehearsal/setup.ts';

describe('the plans of recipes', function () {
  this.timeout(60_000);
  let parsers: Parsers;
  let engine: Engine;
  before(async () => {
    parsers = await loadParsers();
    engine = await embeddedEngine();
  });

  for (const { type } of recipes) {
    const cases = recipeCases.filter((one) => one.type === type);
    it(`${type}: check clean on the oldest and the newest Postgres, or say what to do`, () => {
      assert.ok(cases.length > 0, 'a recipe without a case');
      const faults = [pgVersions.oldest, pgVersions.newest].flatMap((version) =>
        cases
          .filter((one) => isFor(one, version))
          .flatMap((one) =>
            faultsOf(planFor(one, version, parsers), one).map(
              (fault) => `${one.name}, on ${version}: ${fault}`,
            ),
          ),
      );
      assert.deepEqual(faults, []);
    });
  }

  it('say where statements that were prepared before fail', () => {
    const retyping = recipeCases.filter(({ type, refused }) => type === 'change_column_type' && !refused);
    let told = 0;
    for (const one of retyping) {
      const plan = planFor(one, pgVersions.newest, parsers);
      if ('problem' in plan) continue;
      const { findings } = analyze(plan.text, {
        parsers,
        kind: 'plan',
        settings: { ...defaultSettings, rules: { 'live-result-retyped': 'info' } },
        readFile: () => ({ text: one.baseline }),
      });
      const failing = findings.flatMap(({ rule, step }) =>
        rule === 'live-result-retyped' ? (step ?? '') : [],
      );
      told += failing.length;
      assert.deepEqual(unsaid(plan.text, failing), [], one.name);
    }
    assert.ok(told > retyping.length);
    // The enum that takes the name is another type of the same name: only a dry run shows it.
    for (const one of recipeCases.filter(({ type }) => type === 'replace_enum')) {
      const plan = planFor(one, pgVersions.newest, parsers);
      if ('text' in plan) assert.deepEqual(unsaid(plan.text, ['column_swap']), [], one.name);
    }
  });

  for (const one of recipeCases.filter(({ quick }) => quick)) {
    it(`${one.type}: ${one.name}: every rollback and every version is proven`, async () => {
      const plan = planFor(one, pgVersions.newest, parsers);
      assert.ok('text' in plan, 'problem' in plan ? plan.problem : '');
      const report = await provePlan(engine, plan.text, one.baseline, { rows: 20 });
      assert.equal(report.verdict, 'passed', reportText(report));
    });
  }
});
