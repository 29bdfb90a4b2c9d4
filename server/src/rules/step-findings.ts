import type { SchemaReads } from '../schema/reads.ts';
import type { Range } from '../text/range.ts';
import type { Rule } from './define-rule.ts';
import { readStatement } from './live-versions.ts';
import type { Finding, RuleContext, StepAnalysis } from './model.ts';
import { isEqual } from './moved.ts';

/** A finding of a rule that judges each step by itself, but for its fixes: those are of the whole document. */
interface StepFinding {
  /** The rule's place among those that were run. */
  readonly rule: number;
  /** The finding's place among those of its rule in this step. */
  readonly nth: number;
  readonly finding: Finding;
}

/** What such rules found in each step, kept with the step's analysis. */
export interface StepFindings {
  /** A new analysis, of which nothing is found yet. What its rules read is added to `reads`. */
  start(analysis: StepAnalysis, reads: SchemaReads): void;
  /** The analysis of the same step where it stands now, which the rules cannot tell from the earlier one. */
  carryOver(earlier: StepAnalysis, analysis: StepAnalysis, reads: SchemaReads): void;
  /** What the rules find in the document's steps, for each rule in the order of the document. */
  of(rules: readonly Rule[], context: RuleContext): readonly (readonly Finding[])[];
}

interface Kept {
  readonly reads: SchemaReads;
  found?: { readonly conditions: object; readonly findings: readonly StepFinding[] } | undefined;
}

type Record = <T>(reads: SchemaReads, work: () => T) => T;

export function createStepFindings(record: Record): StepFindings {
  const known = new WeakMap<StepAnalysis, Kept>();
  let last: ReturnType<typeof conditionsOf> | undefined;
  /** The same object for the same conditions. */
  const conditionsNow = (rules: readonly Rule[], context: RuleContext) => {
    const now = conditionsOf(rules, context);
    if (!last || last.baseline !== now.baseline || !isEqual(last.rest, now.rest)) last = now;
    return last;
  };
  return {
    start: (analysis, reads) => void known.set(analysis, { reads }),
    carryOver(earlier, analysis, reads) {
      const found = known.get(earlier)?.found;
      known.set(analysis, { reads, found: found && moved(found, earlier, analysis) });
    },
    of(rules, context) {
      const conditions = conditionsNow(rules, context);
      const ofRules: Finding[][] = rules.map(() => []);
      for (const step of context.steps) {
        const kept = known.get(step);
        const found =
          kept?.found?.conditions === conditions
            ? kept.found.findings
            : kept
              ? record(kept.reads, () => findIn(step, rules, context))
              : findIn(step, rules, context);
        if (kept) kept.found = { conditions, findings: found };
        for (const one of found) {
          const rule = rules[one.rule];
          if (rule) ofRules[one.rule]?.push(withFixes(one, rule, step, context));
        }
      }
      return ofRules;
    },
  };
}

/** All that such a rule may look at beside the step. */
function conditionsOf(rules: readonly Rule[], { plan, kind, pgVersion, baseline }: RuleContext) {
  const { database, tables, traffic, session, type, app } = plan;
  const ids = rules.map(({ id }) => id);
  return { baseline, rest: { ids, kind, pgVersion, database, tables, traffic, session, type, app } };
}

/** The document as if it had this step alone, without what only rules for the whole of it may look at. */
function aloneWith(step: StepAnalysis, context: RuleContext): RuleContext {
  const { plan } = context;
  // What is read has to be seen, not remembered.
  const live = { ...context.live, read: readStatement };
  const rest = { checklist: [], phases: [], monitoring: undefined, cleanup: [], allow: [] };
  return {
    ...context,
    live,
    plan: { ...plan, ...rest },
    versions: [],
    steps: [step],
    statements: step.placed,
    removals: () => [],
  };
}

function findIn(step: StepAnalysis, rules: readonly Rule[], context: RuleContext): readonly StepFinding[] {
  const alone = aloneWith(step, context);
  return rules.flatMap((rule, at) =>
    rule.run(alone, [], context).map((finding, nth) => ({ rule: at, nth, finding: plain(finding) })),
  );
}

/** Without the way to its fixes, which holds the whole document. */
function plain({ rule, severity, message, range, step, related, tags }: Finding): Finding {
  return { rule, severity, message, range, step, related, fixes: [], tags };
}

/** The finding with its fixes in the document as it is now, worked out when first asked for. */
function withFixes(
  { nth, finding }: StepFinding,
  rule: Rule,
  step: StepAnalysis,
  context: RuleContext,
): Finding {
  if (!rule.fixable) return finding;
  let fixes: Finding['fixes'] | undefined;
  return {
    ...finding,
    get fixes() {
      fixes ??= rule.run(aloneWith(step, context), [], context)[nth]?.fixes ?? [];
      return fixes;
    },
  };
}

function moved(
  found: NonNullable<Kept['found']>,
  { step: then }: StepAnalysis,
  { step: now }: StepAnalysis,
): Kept['found'] {
  const by = now.range.start - then.range.start;
  if (by === 0 || found.findings.length === 0) return found;
  const place = (range: Range): Range =>
    range.start >= then.range.start && range.end <= then.range.end
      ? { start: range.start + by, end: range.end + by }
      : range;
  const findings = found.findings.map((one) => {
    const { finding } = one;
    const related = finding.related.map(({ message, range }) => ({ message, range: place(range) }));
    return { ...one, finding: { ...finding, range: place(finding.range), related } };
  });
  return { ...found, findings };
}
