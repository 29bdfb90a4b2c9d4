import type { RelationLock } from '../../effects/model.ts';
import type { TextEdit } from '../../text/range.ts';
import type { RuleContext } from '../model.ts';
import type { PlacedStatement } from '../statements.ts';
import { limits, type TimeoutName, withTimeouts } from '../timeouts.ts';
import { blockingLock } from './held-locks.ts';

interface Locking {
  readonly placed: PlacedStatement;
  /** The first lock that others wait for. */
  readonly lock: RelationLock;
}

/** Statements that keep others out of a table while a timeout is not in force. */
export function lockingWithout(context: RuleContext, name: TimeoutName): readonly Locking[] {
  return [...withTimeouts(context)].flatMap(({ placed, timeouts }) => {
    const lock = blockingLock(placed.s, 1);
    return lock && !limits(timeouts[name]) ? [{ placed, lock }] : [];
  });
}

export function moreOf(others: readonly unknown[]): string {
  if (others.length === 0) return '';
  return others.length === 1
    ? ' (one more such statement follows)'
    : ` (${others.length} more such statements follow)`;
}

/** Sets a timeout on a line of its own, in a plain file. */
export function limitBefore(start: number, name: TimeoutName, value: string): readonly TextEdit[] {
  return [{ range: { start, end: start }, newText: `SET ${name} = '${value}';\n` }];
}
