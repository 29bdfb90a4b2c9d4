import type { TableSize } from '../plan/model.ts';
import type { Schema } from '../schema/model.ts';
import { noReads, type SchemaReads } from '../schema/reads.ts';
import { contains, type Range } from '../text/range.ts';
import type { Rule } from './define-rule.ts';
import { readStatement } from './live-versions.ts';
import type { Finding, RuleContext, StepAnalysis } from './model.ts';
import { isEqual, isSameData } from './moved.ts';
import type { TableSizes } from './table-size.ts';

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
  found?: Found | undefined;
}

interface Found {
  readonly findings: readonly StepFinding[];
  readonly conditions: Conditions;
  /** The tables whose figures were asked for, with what the plan gave. */
  readonly sizes: ReadonlyMap<string, TableSize | undefined>;
  /** Some findings point out of the step, at the head of the plan. */
  readonly pointsOut: boolean;
}

/** All that such a rule may look at beside the step and the figures of tables. The same objects for the same data. */
interface Conditions {
  readonly baseline: Schema;
  readonly head: object;
  /** The head again: another object where anything of it has moved. */
  readonly places: object;
  /** Another object where the figures of any table have changed. */
  readonly tables: object;
}

type Recorder = <T>(reads: SchemaReads, work: () => T) => T;

export function createStepFindings(record: Recorder): StepFindings {
  const known = new WeakMap<StepAnalysis, Kept>();
  let last: Conditions | undefined;
  return {
    start: (analysis, reads) => void known.set(analysis, { reads }),
    carryOver(earlier, analysis, reads) {
      const found = known.get(earlier)?.found;
      known.set(analysis, { reads, found: found && moved(found, earlier, analysis) });
    },
    of(rules, context) {
      const conditions = conditionsOf(rules, context, last);
      last = conditions;
      const ofRules: Finding[][] = rules.map(() => []);
      for (const step of context.steps) {
        const kept = known.get(step) ?? { reads: noReads() };
        if (!kept.found || !holds(kept.found, conditions, context))
          kept.found = record(kept.reads, () => findIn(step, rules, context, conditions));
        else if (kept.found.conditions !== conditions) kept.found = { ...kept.found, conditions };
        for (const one of kept.found.findings) {
          const rule = rules[one.rule];
          if (rule) ofRules[one.rule]?.push(withFixes(one, rule, step, context));
        }
      }
      return ofRules;
    },
  };
}

function conditionsOf(
  rules: readonly Rule[],
  { plan, kind, pgVersion, baseline }: RuleContext,
  last: Conditions | undefined,
): Conditions {
  const { database, traffic, session, type, app } = plan;
  const ids = rules.map(({ id }) => id);
  const { tables } = plan;
  const given = tables.length > 0;
  const head = { ids, kind, pgVersion, given, database, traffic, session, type, app };
  if (!last) return { baseline, head, places: head, tables };
  const now = {
    baseline,
    head: isSameData(last.head, head) ? last.head : head,
    places: isEqual(last.places, head) ? last.places : head,
    tables: isSameData(last.tables, tables) ? last.tables : tables,
  };
  const isSame = (['baseline', 'head', 'places', 'tables'] as const).every(
    (part) => now[part] === last[part],
  );
  return isSame ? last : now;
}

/** Whether the findings of a step are those that its rules would find now. */
function holds({ conditions, sizes, pointsOut }: Found, now: Conditions, context: RuleContext): boolean {
  if (conditions === now) return true;
  if (conditions.baseline !== now.baseline || conditions.head !== now.head) return false;
  if (pointsOut && conditions.places !== now.places) return false;
  if (conditions.tables === now.tables) return true;
  for (const [relation, size] of sizes) if (!isSameData(size, context.sizes.of(relation))) return false;
  return true;
}

/** The document as if it had this step alone, without what only rules for the whole of it may look at. */
function aloneWith(step: StepAnalysis, context: RuleContext, sizes = context.sizes): RuleContext {
  const { plan } = context;
  // What is read has to be seen, not remembered.
  const live = { ...context.live, read: readStatement };
  const rest = { tables: [], checklist: [], phases: [], monitoring: undefined, cleanup: [], allow: [] };
  return {
    ...context,
    live,
    sizes,
    plan: { ...plan, ...rest },
    versions: [],
    steps: [step],
    statements: step.placed,
    removals: () => [],
  };
}

function findIn(
  step: StepAnalysis,
  rules: readonly Rule[],
  context: RuleContext,
  conditions: Conditions,
): Found {
  const sizes = new Map<string, TableSize | undefined>();
  const seen: TableSizes = {
    given: context.sizes.given,
    of(relation) {
      const size = context.sizes.of(relation);
      sizes.set(relation, size);
      return size;
    },
  };
  const alone = aloneWith(step, context, seen);
  const findings = rules.flatMap((rule, at) =>
    rule.run(alone, [], context).map((finding, nth) => ({ rule: at, nth, finding: plain(finding) })),
  );
  const pointsOut = findings.some(({ finding: { range, related } }) =>
    [range, ...related.map((one) => one.range)].some((place) => !contains(step.step.range, place)),
  );
  return { findings, conditions, sizes, pointsOut };
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

function moved(found: Found, { step: then }: StepAnalysis, { step: now }: StepAnalysis): Found {
  const by = now.range.start - then.range.start;
  if (by === 0 || found.findings.length === 0) return found;
  const place = (range: Range): Range =>
    contains(then.range, range) ? { start: range.start + by, end: range.end + by } : range;
  const findings = found.findings.map((one) => {
    const { finding } = one;
    const related = finding.related.map(({ message, range }) => ({ message, range: place(range) }));
    return { ...one, finding: { ...finding, range: place(finding.range), related } };
  });
  return { ...found, findings };
}
