import assert from 'node:assert/strict';
import { type Analysis, analyze, loadParsers, type Parsers } from '../../../server/src/analyze.ts';
import { constraintRules } from '../../../server/src/rules/constraints/index.ts';
import { lockRules } from '../../../server/src/rules/locks/index.ts';
import type { Finding } from '../../../server/src/rules/model.ts';
import { examplePlan } from './example-plan.ts';
import { applyEdits, assertFixLaws } from './fix-laws.ts';
import { roundTrips, type Setting } from './round-trip.ts';
import { type RoundTripCase, roundTripCases } from './round-trip-cases.ts';

const own = new Set([...lockRules, ...constraintRules].map(({ id }) => id));

describe('rules: fixed plans there and back on Postgres, step by step', () => {
  let parsers: Parsers;
  before(async () => {
    parsers = await loadParsers();
  });

  const check = (text: string, { schema }: Setting): Analysis =>
    analyze(text, {
      parsers,
      kind: 'plan',
      readFile: (path) => (path === 'schema.sql' ? { text: schema } : { error: `there is no ${path}` }),
    });
  const textOf = ({ steps, version = 16 }: RoundTripCase) =>
    examplePlan({
      steps,
      plan: { database: `{ type: postgresql, version: ${version}, schema: schema.sql }` },
    });

  for (const one of roundTripCases) {
    it(one.name, async () => {
      const text = textOf(one);
      const analysis = check(text, one.setting);
      const mine = analysis.findings.filter(({ rule }) => own.has(rule));
      assert.deepEqual([...new Set(mine.map(({ rule }) => rule))].sort(), [...one.finds].sort());
      const results = new Set<string>();
      for (const finding of mine) {
        for (const fix of finding.fixes) {
          const fixed = assertFixLaws(analysis, finding, fix, (again) => check(again, one.setting));
          assertNothingNew(analysis.findings, check(fixed, one.setting).findings, fixed);
          results.add(fixed);
        }
      }
      results.add(allFixed(text, one));
      results.delete(text);
      assert.equal(results.size > 0, one.fixable !== false);
      for (const fixed of results)
        assert.deepEqual(await roundTrips(check(fixed, one.setting), one.setting), [], fixed);
    });
  }

  /** The text when there is nothing left to fix. */
  function allFixed(text: string, { setting }: RoundTripCase): string {
    let fixed = text;
    for (let round = 0; round < 12; round++) {
      const next = check(fixed, setting).findings.find(
        ({ rule, fixes }) => own.has(rule) && fixes.length > 0,
      );
      if (!next) return fixed;
      fixed = applyEdits(fixed, next.fixes[0]?.edits ?? []);
    }
    return assert.fail(`fixing does not come to an end:\n${fixed}`);
  }

  function assertNothingNew(before: readonly Finding[], after: readonly Finding[], text: string): void {
    const known = before.map(({ rule }) => rule);
    for (const { rule, severity, message } of after) {
      const at = known.indexOf(rule);
      if (at >= 0) known.splice(at, 1);
      else if (severity !== 'info') assert.fail(`the fix brings ${rule}: ${message}\n${text}`);
    }
  }
});
