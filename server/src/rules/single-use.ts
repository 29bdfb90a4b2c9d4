import type { Effects } from '../effects/model.ts';
import type { AnalysisMemo } from './analysis-memo.ts';
import { concernsIn, mayFind } from './concerns.ts';
import { createReader } from './live-versions.ts';
import type { StatementAnalysis } from './model.ts';

/**
 * A memory for documents that are analysed once each, as a terminal does: it keeps nothing for a next analysis, and so
 * need not note what each result was read from, which costs as much as finding it.
 */
export function createSingleUse(): AnalysisMemo {
  const facts = new WeakMap<Effects, Map<unknown, unknown>>();
  return {
    watched: (schema) => schema,
    step: (_, make) => make(),
    outcome: (_what, _before, _inTransaction, make) => make(),
    fact<T>(s: StatementAnalysis, find: (s: StatementAnalysis) => T): T {
      let found = facts.get(s.effects);
      if (!found) {
        found = new Map();
        facts.set(s.effects, found);
      }
      if (!found.has(find)) found.set(find, find(s));
      return found.get(find) as T;
    },
    successor: (schema, make) => make(schema),
    read: createReader(),
    findings: {
      start() {},
      carryOver() {},
      of(rules, context) {
        const present = concernsIn(context.statements);
        return rules.map((rule) => (mayFind(rule, present) ? rule.run(context, []) : []));
      },
    },
  };
}
