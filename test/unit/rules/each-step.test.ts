import assert from 'node:assert/strict';
import fc from 'fast-check';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { createAnalysisMemo } from '../../../server/src/rules/analysis-memo.ts';
import { rules } from '../../../server/src/rules/registry.ts';
import { defaultSettings } from '../../../server/src/rules/settings.ts';
import { examplePlan, exampleSchema } from './example-plan.ts';

const eachStep = rules.filter((rule) => rule.eachStep);

/** The steps of examples of all rules, but for those with a schema of their own. */
const steps = rules.flatMap(({ examples: { bad, good } }) =>
  [...bad, ...good].flatMap((example) =>
    example.schema === undefined && example.plan === undefined ? [example.steps] : [],
  ),
);

describe('rules that judge each step by itself', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  const analysed = (text: string): Analysis =>
    analyze(text, {
      parsers,
      kind: 'plan',
      settings: defaultSettings,
      readFile: () => ({ text: exampleSchema }),
    });

  it('find in a plan what they find in each of its steps', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...steps), { minLength: 2, maxLength: 8 }), (several) => {
        const context = analysed(examplePlan({ steps: several.join('\n') }));
        const found = createAnalysisMemo().findings.of(eachStep, context);
        eachStep.forEach((rule, at) => {
          const whole = inOrder(rule.run(context, []));
          assert.deepEqual(
            inOrder(found[at] ?? []),
            whole,
            `${rule.id} looks at other steps: it may not say eachStep`,
          );
        });
      }),
      { numRuns: 60 },
    );
  });
});

type Finding = Analysis['findings'][number];

function inOrder(findings: readonly Finding[]) {
  const keyed = findings.map((finding) => JSON.stringify(told(finding)));
  return keyed.sort();
}

function told({ rule, severity, message, range, step, related }: Finding) {
  return { rule, severity, message, range, step, related };
}
