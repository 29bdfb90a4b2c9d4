import type { RelationLock } from '../../effects/model.ts';
import type { TextEdit } from '../../text/range.ts';
import type { RuleContext, StatementAnalysis } from '../model.ts';
import type { PlacedStatement } from '../statements.ts';
import { limits, type TimeoutName, withTimeouts } from '../timeouts.ts';
import { isOpenAfter, transactionCommand } from './commands.ts';
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

/**
 * Sets a timeout on a line of its own before a statement of a plain file: for its transaction where that is all
 * there still is, so that whatever uses the connection next does not have it.
 */
export function limitBefore(
  { text, steps }: RuleContext,
  s: StatementAnalysis,
  name: TimeoutName,
  value: string,
): readonly TextEdit[] {
  const statements = steps[0]?.action?.statements ?? [];
  const end = statements.findIndex((one, i) => i > statements.indexOf(s) && !isOpenAfter(one));
  const isLast = end >= 0 && statements.slice(end).every((one) => transactionCommand(one) !== undefined);
  const { start } = s.range;
  const indent = /[ \t]*$/.exec(text.slice(text.lastIndexOf('\n', start - 1) + 1, start))?.[0] ?? '';
  const eol = /\r?\n/.exec(text)?.[0] ?? '\n';
  const set = `SET ${s.inTransaction && isLast ? 'LOCAL ' : ''}${name} = '${value}';`;
  return [{ range: { start, end: start }, newText: `${set}${eol}${indent}` }];
}
