import type { Plan, TableSize } from '../plan/model.ts';
import type { Schema } from '../schema/model.ts';
import { noReads, type SchemaReads } from '../schema/reads.ts';
import { contains, type Range } from '../text/range.ts';
import { concernsIn, mayFind } from './concerns.ts';
import type { Rule } from './define-rule.ts';
import { readStatement } from './live-versions.ts';
import type { Finding, RuleContext, StepAnalysis } from './model.ts';
import { isEqual, isSameData } from './moved.ts';

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
  /** The rules that looked out of the step. */
  readonly looks: readonly Look[];
}

/** The parts of a plan's head, but for its tables. */
const headParts = ['database', 'traffic', 'session', 'type', 'app'] as const;

type HeadPart = (typeof headParts)[number];

/** What a rule looked at in the head of the plan, beside all that is compared whole. */
interface Look {
  /** Its place among those that were run. */
  readonly rule: number;
  /** The tables whose figures it asked for, with what the plan gave. */
  readonly sizes: ReadonlyMap<string, TableSize | undefined>;
  readonly parts: ReadonlySet<HeadPart>;
  /** Some of its findings point at the head of the plan. */
  readonly pointsOut: boolean;
}

/** All that such a rule may look at beside the step and the figures of tables. The same objects for the same data. */
interface Conditions {
  readonly baseline: Schema;
  /** What concerns every rule. */
  readonly common: object;
  readonly parts: Pick<Plan, HeadPart>;
  /** The parts again: another object where anything of them has moved. */
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
      const isSameSize = sizeComparison(context);
      for (const step of context.steps) {
        const kept = known.get(step) ?? { reads: noReads() };
        if (kept.found?.conditions !== conditions) {
          const { found } = kept;
          const stale = found ? staleRules(found, conditions, isSameSize) : undefined;
          kept.found =
            found && stale?.size === 0
              ? { ...found, conditions }
              : record(kept.reads, () => findAgain(step, { rules, context, conditions }, found, stale));
        }
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
  const { tables, database, traffic, session, type, app } = plan;
  const common = { ids: rules.map(({ id }) => id), kind, pgVersion, given: tables.length > 0 };
  const parts = { database, traffic, session, type, app };
  if (!last) return { baseline, common, parts, places: parts, tables };
  const now = {
    baseline,
    common: isEqual(last.common, common) ? last.common : common,
    parts: sameParts(last.parts, parts),
    places: isEqual(last.places, parts) ? last.places : parts,
    tables: isSameData(last.tables, tables) ? last.tables : tables,
  };
  const isSame = (['baseline', 'common', 'parts', 'places', 'tables'] as const).every(
    (part) => now[part] === last[part],
  );
  return isSame ? last : now;
}

/** The same object for what is the same data, as a whole and part by part. */
function sameParts(then: Conditions['parts'], now: Conditions['parts']): Conditions['parts'] {
  const kept = { ...now };
  const keep = <P extends HeadPart>(part: P) => {
    if (isSameData(then[part], now[part])) kept[part] = then[part];
  };
  headParts.forEach(keep);
  return headParts.every((part) => kept[part] === then[part]) ? then : kept;
}

/** Whether a relation's figures are the same as they were. */
type IsSameSize = (relation: string, then: TableSize | undefined) => boolean;

function sizeComparison({ sizes }: RuleContext): IsSameSize {
  // Many steps ask for the figures of one table.
  const known = new Map<TableSize, boolean>();
  return (relation, then) => {
    const same = then && known.get(then);
    if (same !== undefined) return same;
    const isSame = isSameData(then, sizes.of(relation));
    if (then) known.set(then, isSame);
    return isSame;
  };
}

/** The rules whose findings in a step may be others now; undefined for all. */
function staleRules(
  { conditions, looks }: Found,
  now: Conditions,
  isSameSize: IsSameSize,
): ReadonlySet<number> | undefined {
  if (conditions.baseline !== now.baseline || conditions.common !== now.common) return undefined;
  const stale = new Set<number>();
  for (const { rule, sizes, parts, pointsOut } of looks) {
    if (pointsOut && conditions.places !== now.places) stale.add(rule);
    for (const part of parts) if (conditions.parts[part] !== now.parts[part]) stale.add(rule);
    if (conditions.tables !== now.tables)
      for (const [relation, size] of sizes) if (!isSameSize(relation, size)) stale.add(rule);
  }
  return stale;
}

/** The document as if it had this step alone, without what only rules for the whole of it may look at. */
function aloneWith(
  step: StepAnalysis,
  context: RuleContext,
  { plan, sizes }: Pick<RuleContext, 'plan' | 'sizes'> = { plan: headOf(context.plan), sizes: context.sizes },
): RuleContext {
  // What is read has to be seen, not remembered.
  const live = { ...context.live, read: readStatement };
  return {
    ...context,
    live,
    sizes,
    plan,
    versions: [],
    steps: [step],
    statements: step.placed,
    removals: () => [],
  };
}

function headOf(plan: Plan): Plan {
  return { ...plan, tables: [], checklist: [], phases: [], monitoring: undefined, cleanup: [], allow: [] };
}

interface Run {
  readonly rules: readonly Rule[];
  readonly context: RuleContext;
  readonly conditions: Conditions;
}

/** What the rules find in a step, from what they found before where only some are `stale`. */
function findAgain(
  step: StepAnalysis,
  run: Run,
  found: Found | undefined,
  stale: ReadonlySet<number> | undefined,
): Found {
  const holds = ({ rule }: { readonly rule: number }) => stale?.has(rule) === false;
  const findings = found?.findings.filter(holds) ?? [];
  const looks = found?.looks.filter(holds) ?? [];
  const { rules, context, conditions } = run;
  const { seen, taken } = recordingHead(context);
  const alone = aloneWith(step, context, seen);
  const present = concernsIn(step.placed);
  for (const at of stale ?? rules.keys()) {
    const rule = rules[at];
    if (!rule || !mayFind(rule, present)) continue;
    const own = rule.run(alone, [], context);
    own.forEach((one, nth) => {
      findings.push({ rule: at, nth, finding: plain(one) });
    });
    const { sizes, parts } = taken();
    const pointsOut = own.some((one) => doesPointOut(one, step));
    if (sizes.size > 0 || parts.size > 0 || pointsOut) looks.push({ rule: at, sizes, parts, pointsOut });
  }
  return { findings, looks, conditions };
}

/** The head and its figures; `taken` gives what was asked of them since the last time. */
function recordingHead({ plan, sizes: { given, of } }: RuleContext) {
  let sizes = new Map<string, TableSize | undefined>();
  let parts = new Set<HeadPart>();
  const seen = headOf(plan);
  for (const part of headParts) {
    const get = () => {
      parts.add(part);
      return plan[part];
    };
    Object.defineProperty(seen, part, { get, enumerable: true });
  }
  const sizeOf = (relation: string) => {
    const size = of(relation);
    sizes.set(relation, size);
    return size;
  };
  const taken = () => {
    const asked = { sizes, parts };
    if (sizes.size > 0) sizes = new Map();
    if (parts.size > 0) parts = new Set();
    return asked;
  };
  return { seen: { plan: seen, sizes: { given, of: sizeOf } }, taken };
}

function doesPointOut({ range, related }: Finding, { step }: StepAnalysis): boolean {
  return !contains(step.range, range) || related.some((one) => !contains(step.range, one.range));
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
