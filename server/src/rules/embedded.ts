import { effectsOf } from '../effects/effects.ts';
import { applyStatement } from '../schema/apply.ts';
import { documentRange } from '../text/offset-map.ts';
import { contains, type Range } from '../text/range.ts';
import type { RuleContext, StatementAnalysis } from './model.ts';

/**
 * The statements inside a DO block, each judged by the schema that those before it leave, as if its condition
 * held; undefined for a statement that runs no code of its own.
 */
export function embeddedStatements(
  outer: Omit<StatementAnalysis, 'embedded'>,
  pgVersion: number,
): readonly StatementAnalysis[] | undefined {
  if (outer.statement.kind !== 'DoStmt') return undefined;
  const body = outer.statement.body();
  const variables = body?.variables ?? [];
  let schema = outer.before;
  return (body?.statements ?? []).map(({ statement, pinned, repeats, guarded }) => {
    const before = schema;
    schema = applyStatement(schema, statement, { madeByPlan: true, perhaps: guarded });
    return {
      statement,
      sql: outer.sql,
      range: pinned ? outer.range : documentRange(outer.sql.map, statement.range),
      before,
      after: schema,
      effects: effectsOf(statement, before, { pgVersion, inTransaction: true }),
      inTransaction: true,
      repeats,
      guarded,
      variables,
    };
  });
}

/** Whether a place is in a statement inside a DO block: no step can be made of it, so no fix is offered there. */
export function isInCode(context: RuleContext, range: Range): boolean {
  for (const { action, rollback } of context.steps) {
    for (const { statements } of action ? [action, ...rollback] : rollback) {
      for (const { embedded } of statements)
        if (embedded?.some((one) => contains(one.range, range))) return true;
    }
  }
  return false;
}
