import type { Analysis } from '../analyze.ts';
import type { EngineSession, StatementError } from './model.ts';
import { ownError } from './place.ts';

/**
 * On somebody's server: the first statement, of a step or of a rollback, that must not be run there. It is looked
 * for before anything runs. Elsewhere a refused statement is its step's failure.
 */
export function refusedStatement(
  { steps }: Analysis,
  { isShared, refusal }: EngineSession,
): StatementError | undefined {
  if (!isShared) return undefined;
  const statements = steps.flatMap(({ action, rollback }) =>
    [action, ...rollback].flatMap((each) => each?.statements ?? []),
  );
  for (const { statement, range } of statements) {
    const refused = refusal(statement);
    if (refused) return ownError(refused.message, range, refused.hint);
  }
  return undefined;
}
