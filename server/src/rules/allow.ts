import { isReason } from '../plan/allow-reason.ts';
import type { Allow } from '../plan/model.ts';
import type { Range } from '../text/range.ts';
import { type AllowComment, allowComments } from './allow-comments.ts';
import type { Finding, RuleContext } from './model.ts';

/**
 * An `allow` entry with the findings it may silence: those of its step, of its phase's steps, or all; in a plain
 * `.sql` file those of a statement, or all.
 */
export interface ScopedAllow {
  readonly allow: Allow;
  readonly scope: 'step' | 'phase' | 'plan' | 'statement' | 'file';
  /** Ids of the steps in scope; undefined for the whole plan. */
  readonly steps: ReadonlySet<string> | undefined;
  /** The comment that it is, in a plain `.sql` file. */
  readonly comment?: AllowComment;
}

/** Every `allow` of the plan with its scope. */
export function scopedAllows(context: RuleContext): readonly ScopedAllow[] {
  const { plan } = context;
  return [
    ...allowComments(context).map((comment) => ({
      allow: comment,
      scope: comment.wholeFile ? ('file' as const) : ('statement' as const),
      steps: undefined,
      comment,
    })),
    ...plan.allow.map((allow) => ({
      allow,
      scope: 'plan' as const,
      steps: undefined,
    })),
    ...plan.phases.flatMap((phase) => [
      ...phase.allow.map((allow) => ({
        allow,
        scope: 'phase' as const,
        steps: new Set(phase.steps.map((step) => step.id)),
      })),
      ...phase.steps.flatMap((step) =>
        step.allow.map((allow) => ({
          allow,
          scope: 'step' as const,
          steps: new Set([step.id]),
        })),
      ),
    ]),
  ];
}

/** Things by the rule that they are about. */
function byRule<T>(things: readonly T[], ruleOf: (thing: T) => string): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const thing of things) {
    const same = found.get(ruleOf(thing));
    if (same) same.push(thing);
    else found.set(ruleOf(thing), [thing]);
  }
  return found;
}

/** Tells which findings the entries silence. One about no step is silenced by entries for the whole alone. */
export function silencer(entries: readonly ScopedAllow[]): (finding: Finding) => boolean {
  const ofRules = new Map<string, { whole: boolean; steps: Set<string>; comments: AllowComment[] }>();
  for (const { allow, steps, comment } of entries.filter(isReasoned)) {
    const of = ofRules.get(allow.rule.value) ?? { whole: false, steps: new Set(), comments: [] };
    ofRules.set(allow.rule.value, of);
    if (comment && !comment.wholeFile) of.comments.push(comment);
    else if (steps) for (const step of steps) of.steps.add(step);
    else of.whole = true;
  }
  return ({ rule, step, range }) => {
    const of = ofRules.get(rule);
    if (!of) return false;
    if (of.whole || (step !== undefined && of.steps.has(step))) return true;
    // They come in the order of their statements.
    const next = firstAt(of.comments, ({ statement }) => (statement?.start ?? Infinity) > range.start);
    return isWithin(range, of.comments[next - 1]?.statement);
  };
}

/** Tells which entries silence one of the findings. */
export function usedBy(findings: readonly Finding[]): (entry: ScopedAllow) => boolean {
  const byPlace = findings.toSorted((a, b) => a.range.start - b.range.start);
  const ofRules = byRule(byPlace, ({ rule }) => rule);
  const stepsOf = new Map(
    [...ofRules].map(([rule, found]) => [rule, new Set(found.map(({ step }) => step))]),
  );
  return ({ allow, steps, comment }) => {
    const found = ofRules.get(allow.rule.value);
    if (!found || !isReason(allow.reason.value)) return false;
    if (!comment || comment.wholeFile)
      return steps === undefined || [...steps].some((step) => stepsOf.get(allow.rule.value)?.has(step));
    const start = comment.statement?.start ?? Infinity;
    const first = found[firstAt(found, ({ range }) => range.start >= start)];
    return first !== undefined && isWithin(first.range, comment.statement);
  };
}

/** Whether the entry gives a reason: without one it silences nothing. */
export function isReasoned({ allow }: ScopedAllow): boolean {
  return isReason(allow.reason.value);
}

function isWithin(range: Range, statement: Range | undefined): boolean {
  return statement !== undefined && range.start >= statement.start && range.end <= statement.end;
}

/** The index of the first item that has what all after it have too; their number where none has. */
function firstAt<T>(items: readonly T[], has: (item: T) => boolean): number {
  let [low, high] = [0, items.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = items[middle];
    if (item !== undefined && has(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
