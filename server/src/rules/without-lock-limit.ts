import type { RuleContext } from './model.ts';

/**
 * SQL of a step that builds or drops an index concurrently. It waits for every old transaction of the database and
 * stops nobody meanwhile: the plan's lock_timeout would only cancel it and leave an INVALID index.
 */
export function withoutLockLimit({ plan }: RuleContext, sql: string): string {
  return (plan.session.lockTimeout?.value ?? 0) > 0 ? `SET lock_timeout = 0;\n${sql}` : sql;
}
