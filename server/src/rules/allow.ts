import { isReason } from '../plan/allow-reason.ts';
import type { Allow } from '../plan/model.ts';
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
export function byRule<T>(
  things: readonly T[],
  ruleOf: (thing: T) => string,
): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const thing of things) {
    const same = found.get(ruleOf(thing));
    if (same) same.push(thing);
    else found.set(ruleOf(thing), [thing]);
  }
  return found;
}

/** Whether the entry silences the finding. A finding about no step is silenced by the plan's own entries alone. */
export function silences({ allow, steps, comment }: ScopedAllow, finding: Finding): boolean {
  if (allow.rule.value !== finding.rule || !isReason(allow.reason.value)) return false;
  if (comment && !comment.wholeFile) {
    const { start = 0, end = -1 } = comment.statement ?? {};
    return finding.range.start >= start && finding.range.end <= end;
  }
  return steps === undefined || (finding.step !== undefined && steps.has(finding.step));
}
