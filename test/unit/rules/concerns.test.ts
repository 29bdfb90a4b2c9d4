import assert from 'node:assert/strict';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { concernsIn, mayFind } from '../../../server/src/rules/concerns.ts';
import { rules } from '../../../server/src/rules/registry.ts';
import { defaultSettings } from '../../../server/src/rules/settings.ts';
import { formsOf } from '../../prove/forms/model.ts';
import { scenes } from '../../prove/forms/scenes.ts';
import { examplePlan, exampleSchema } from './example-plan.ts';

const choosy = rules.filter(({ concerns }) => concerns !== undefined);

describe('rules that say which statements they are about', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers({ singleUse: true });
  });

  /** Each is run, whether it is about the statements or not. */
  function assertHeld(context: Analysis): number {
    const present = concernsIn(context.statements);
    let found = 0;
    for (const rule of choosy) {
      const { length } = rule.run(context, context.findings);
      found += length;
      const others = `${rule.id} also finds faults where there are only ${[...present].join(', ')}`;
      assert.ok(length === 0 || mayFind(rule, present), `${others}:\n${context.text}`);
    }
    return found;
  }

  it('find nothing where there are none: in the examples of all rules', () => {
    for (const { examples } of rules) {
      for (const example of [...examples.bad, ...examples.good]) {
        const readFile = () => ({ text: example.schema ?? exampleSchema });
        const settings = defaultSettings;
        assertHeld(analyze(examplePlan(example), { parsers, kind: 'plan', settings, readFile }));
      }
    }
  });

  it('find nothing where there are none: among the statements that are proven on Postgres', () => {
    const readFile = () => ({ error: 'there is none' });
    let found = 0;
    for (const scene of scenes) {
      for (const { sql } of formsOf(scene)) {
        const options = { parsers, kind: 'sql', readFile, baselineSql: scene.setup } as const;
        found += assertHeld(analyze(`${sql};`, options));
      }
    }
    assert.ok(found > 500, `${found} faults are enough to tell`);
  });
});
