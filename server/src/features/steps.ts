import type { Analysis } from '../analyze.ts';
import type { Action, Plan, Step } from '../plan/model.ts';
import type { Range } from '../text/range.ts';

/** A step as a dry run goes through it. Plain data; ranges are offsets of the document. */
export interface StepEntry {
  readonly id: string;
  readonly name: string;
  readonly phase: string;
  readonly action: Action['kind'];
  /** Where its name stands. */
  readonly nameRange: Range;
  /** What a dry run of the step can prove, in the order in which it does. */
  readonly proofs: readonly Proof[];
}

/** apply: its own action. rollback: the way back from it. application: what the live versions run after both. */
export type Proof = 'apply' | 'rollback' | 'application';

/** The steps of a plan that have an action, in order; none for a plain .sql file. */
export function stepEntries({ plan, kind }: Pick<Analysis, 'plan' | 'kind'>): StepEntry[] {
  if (kind !== 'plan') return [];
  return plan.phases.flatMap((phase) =>
    phase.steps.flatMap(({ id, name, action }) =>
      action
        ? {
            id,
            name: name.value,
            phase: phase.name.value,
            action: action.kind,
            nameRange: name.range,
            proofs: proofsOf(action.kind, plan),
          }
        : [],
    ),
  );
}

function proofsOf(kind: Action['kind'], { app }: Plan): Proof[] {
  if (kind === 'wait' || kind === 'verify') return ['apply'];
  const hasStatements = app?.versions.some(({ statements }) => statements.length > 0) ?? false;
  return hasStatements ? ['apply', 'rollback', 'application'] : ['apply', 'rollback'];
}

/** The actions of a step and of its rollback, in order. */
export function allActions({ action, rollback }: Pick<Step, 'action' | 'rollback'>): readonly Action[] {
  return [...(action ? [action] : []), ...(rollback?.kind === 'actions' ? rollback.actions : [])];
}
