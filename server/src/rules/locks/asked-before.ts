import type { RuleContext } from '../model.ts';
import type { PlacedStatement } from '../statements.ts';

/** Whether a `verify` step before the statement, or a check of the checklist, asks production what `asks` looks for. */
export function isVerifiedBefore(
  context: RuleContext,
  placed: PlacedStatement,
  asks: (sql: string) => boolean,
): boolean {
  if (context.plan.checklist.some(({ sql }) => sql && asks(sql.text))) return true;
  for (const { step } of context.steps) {
    if (step === placed.step) return false;
    if (step.action?.kind === 'verify' && step.action.sql && asks(step.action.sql.text)) return true;
  }
  return false;
}

/** Finds a name as a word of its own, whatever the case. */
export function nameIn(name: string): RegExp {
  return new RegExp(`(?<![\\w$])${name.replace(/\W/g, '\\$&')}(?![\\w$])`, 'i');
}
