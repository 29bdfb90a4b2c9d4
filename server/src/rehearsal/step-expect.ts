import { lockWords } from '../effects/lock-words.ts';
import { type LockMode, lockModes } from '../effects/model.ts';
import type { StepExpectation } from '../plan/model.ts';
import type { StatementReport } from './model.ts';
import { ownError } from './place.ts';

/**
 * Whether what Postgres did keeps to the step's `expect`; else the error. Locks on relations that the plan itself
 * made (`unseen`) are left out: nobody else uses those yet. `duration` is not judged here.
 */
export function brokenExpectation(
  expect: StepExpectation,
  statements: readonly StatementReport[],
  unseen: ReadonlySet<string>,
) {
  const { lock, rewrite } = expect;
  if (lock) {
    const limit = lockModes.findIndex((mode) => sameMode(mode, lock.value.mode));
    const strongest = statements
      .flatMap(({ locks }) => locks)
      .filter(({ relation }) => !unseen.has(relation))
      .sort((a, b) => lockModes.indexOf(b.mode) - lockModes.indexOf(a.mode))[0];
    const strength = strongest ? lockModes.indexOf(strongest.mode) : -1;
    if (!keeps(lock.value.operator, strength, limit)) {
      const took = strongest ? `took ${lockWords(strongest.mode)} on ${strongest.relation}` : 'took no lock';
      return ownError(
        `The step expects a lock ${lock.value.operator} ${lockWords(lock.value.mode)}; Postgres ${took}.`,
        lock.range,
      );
    }
  }
  if (rewrite) {
    const rewritten = [...new Set(statements.flatMap(({ rewrites }) => rewrites))];
    if (!rewrite.value && rewritten.length > 0)
      return ownError(
        `The step expects no rewrite; Postgres rewrote ${rewritten.join(', ')}.`,
        rewrite.range,
      );
    if (rewrite.value && rewritten.length === 0)
      return ownError('The step expects a rewrite; Postgres rewrote nothing.', rewrite.range);
  }
  return undefined;
}

function sameMode(mode: LockMode, written: string): boolean {
  const plain = (text: string) => text.toLowerCase().replace(/lock$/, '').replace(/[\s_]/g, '');
  return plain(mode) === plain(written);
}

function keeps(operator: '<' | '<=' | '=', strength: number, limit: number): boolean {
  if (operator === '<') return strength < limit;
  return operator === '<=' ? strength <= limit : strength === limit;
}
