import { applyStatement } from '../../schema/apply.ts';
import { changedKeys, type SchemaDifference, schemaDifferences } from '../../schema/difference.ts';
import type { Schema } from '../../schema/model.ts';
import type { RuleContext, StatementAnalysis, StepAnalysis } from '../model.ts';
import { mayDoMore } from './left-changes.ts';

/**
 * What a step leaves behind once all steps before it are rolled back, down to the first or to a point of no return: where
 * the schemas differ that the plan comes to with the step and without it. Undefined where that cannot be followed.
 */
export function leftAfterUnwinding(
  context: RuleContext,
  at: StepAnalysis,
  leaves: readonly SchemaDifference[],
): readonly SchemaDifference[] | undefined {
  const keys = concernedBy(at.after, leaves);
  let [without, withIt] = [at.before, at.after];
  for (let number = context.steps.indexOf(at) - 1; number >= 0; number--) {
    const earlier = context.steps[number];
    const rollback = earlier?.step.rollback;
    if (!earlier || rollback?.kind === 'impossible') break;
    if (rollback?.kind === 'actions' && rollback.unreadable) return undefined;
    for (const { s, part } of earlier.placed) {
      if (part === 'step') continue;
      const touched = context.fact(s, touchedBy);
      if (touched === 'unknown') return undefined;
      if (touched !== 'any' && !touched.some((key) => keys.has(key))) continue;
      without = applyStatement(without, s.statement, { madeByPlan: true });
      withIt = applyStatement(withIt, s.statement, { madeByPlan: true });
    }
  }
  return schemaDifferences(without, withIt).filter(({ kind }) => kind === 'schema');
}

/** Keys of what is different, and of what that stands on: with it, it goes. */
export function concernedBy({ relations }: Schema, leaves: readonly SchemaDifference[]): ReadonlySet<string> {
  const keys = new Set<string>();
  for (const { key } of leaves) {
    keys.add(key);
    const relation = relations.get(key);
    if (relation?.kind === 'index') keys.add(relation.table);
    if (relation?.kind === 'sequence' && relation.ownedBy) keys.add(relation.ownedBy.table);
    if (relation?.kind === 'view' || relation?.kind === 'materialized view')
      for (const read of relation.reads) keys.add(read);
    if (relation?.kind === 'table') {
      for (const parent of relation.parents) keys.add(parent);
      for (const { references } of relation.constraints) if (references) keys.add(references.table);
    }
  }
  return keys;
}

/** Keys at which a statement of a rollback changes the schema; `any` for what may take more once more is there. */
export function touchedBy(s: StatementAnalysis): readonly string[] | 'any' | 'unknown' {
  const { node } = s.statement;
  if (mayDoMore(s)) return 'unknown';
  if ('DropStmt' in node && (node.DropStmt.missing_ok || node.DropStmt.behavior === 'DROP_CASCADE'))
    return 'any';
  return keysChanged(s.before, s.after);
}

function keysChanged(before: Schema, after: Schema): readonly string[] {
  if (before === after) return [];
  return [
    ...changedKeys(before.relations, after.relations),
    ...changedKeys(before.types, after.types),
    ...changedKeys(before.functions, after.functions),
    ...changedKeys(before.objects, after.objects),
    ...[...before.schemas].filter((name) => !after.schemas.has(name)),
  ];
}
