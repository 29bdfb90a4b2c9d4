import assert from 'node:assert/strict';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import type { Example, Rule } from '../../../server/src/rules/define-rule.ts';
import { rules } from '../../../server/src/rules/registry.ts';
import { defaultSettings } from '../../../server/src/rules/settings.ts';
import { examplePlan, exampleSchema } from './example-plan.ts';
import { assertFixLaws } from './fix-laws.ts';

describe('rules: the examples on their pages', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  const check = (text: string, example: Example, rule: Rule): Analysis =>
    analyze(text, {
      parsers,
      kind: 'plan',
      settings: { ...defaultSettings, rules: rule.off ? { [rule.id]: rule.severity } : {} },
      readFile: (path) =>
        path === 'schema.sql' ? { text: example.schema ?? exampleSchema } : { error: `there is no ${path}` },
    });

  for (const rule of rules) {
    describe(rule.id, () => {
      for (const [index, example] of rule.examples.bad.entries()) {
        it(`finds the fault of bad example ${index + 1} at its place, and fixes it lawfully`, () => {
          const text = examplePlan(example);
          const analysis = check(text, example, rule);
          const own = analysis.findings.filter((finding) => finding.rule === rule.id);
          assert.equal(own.length, 1, JSON.stringify(analysis.findings, null, 1));
          const [finding] = own;
          assert.ok(finding);
          assert.equal(text.slice(finding.range.start, finding.range.end), example.finds);
          assert.ok(finding.message.length > 40, 'a message says what happens and what to do');
          const again = (fixed: string) => check(fixed, example, rule);
          const results = finding.fixes.map((fix) => assertFixLaws(analysis, finding, fix, again));
          if (example.fixed !== undefined) assert.equal(results[0], examplePlan(example, example.fixed));
        });
      }
      for (const [index, example] of rule.examples.good.entries()) {
        it(`says nothing about good example ${index + 1}`, () => {
          const { findings } = check(examplePlan(example), example, rule);
          assert.deepEqual(findings, []);
        });
      }
      it('has a page worth reading', () => {
        assert.match(rule.id, /^[a-z]+(-[a-z]+)*$/);
        assert.ok(rule.docs.problem.length > 80 && rule.docs.solution.length > 40);
        assert.ok(rule.examples.bad.length > 0 && rule.examples.good.length > 0);
      });
    });
  }
});
