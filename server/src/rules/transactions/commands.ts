import type { TransactionStmt } from '@pgsql/types';
import { replaceStatement } from '../../plan/edit.ts';
import type { Range, TextEdit } from '../../text/range.ts';
import type { ActionAnalysis, RuleContext, StatementAnalysis, StepAnalysis } from '../model.ts';

/** What a command does with a transaction; undefined for SAVEPOINT and all that is none. */
export function transactionCommand({
  statement: { node },
}: StatementAnalysis): 'begin' | 'commit' | 'rollback' | undefined {
  return 'TransactionStmt' in node ? commandOf(node.TransactionStmt) : undefined;
}

function commandOf({ kind }: TransactionStmt) {
  switch (kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START':
      return 'begin';
    case 'TRANS_STMT_COMMIT':
    case 'TRANS_STMT_PREPARE':
      return 'commit';
    case 'TRANS_STMT_ROLLBACK':
      return 'rollback';
    default:
      return undefined;
  }
}

/** Whether the next statement is in a transaction still: COMMIT AND CHAIN begins another. */
export function isOpenAfter(s: StatementAnalysis): boolean {
  const command = transactionCommand(s);
  if (command === undefined) return s.inTransaction;
  const { node } = s.statement;
  return command === 'begin' || ('TransactionStmt' in node && node.TransactionStmt.chain === true);
}

/** Each SQL that runs by itself, with the step it is of: actions, and those of rollbacks. */
export function* sqlActions(context: RuleContext): Generator<{
  readonly at: StepAnalysis;
  readonly part: 'step' | 'rollback';
  readonly action: ActionAnalysis;
}> {
  for (const at of context.steps) {
    if (at.action?.action.kind === 'sql') yield { at, part: 'step', action: at.action };
    for (const action of at.rollback)
      if (action.action.kind === 'sql') yield { at, part: 'rollback', action };
  }
}

/** Whether a transaction is put around all of an action. */
export function isWrapped(context: RuleContext, { action }: ActionAnalysis): boolean {
  return context.kind === 'plan' && action.kind === 'sql' && action.transaction;
}

/** Takes statements out of an action's SQL, with their semicolons and the blanks around; comments stay. */
export function removeStatements(
  context: RuleContext,
  { statements }: ActionAnalysis,
  removed: readonly StatementAnalysis[],
): readonly TextEdit[] | undefined {
  const [first] = removed;
  if (!first) return [];
  const { text } = first.sql;
  const cuts = removed.map((s) => cutOf(text, s, s === statements.at(-1)));
  const [start, end] = [cuts[0]?.start ?? 0, cuts.at(-1)?.end ?? 0];
  let left = '';
  let at = start;
  for (const cut of cuts) {
    left += text.slice(at, cut.start);
    at = Math.max(at, cut.end);
  }
  return replaceStatement(context.text, first.sql, { start, end }, left);
}

function cutOf(text: string, { statement: { range } }: StatementAnalysis, isLast: boolean): Range {
  const end = afterSemicolon(text, range.end);
  if (isLast) return { start: text.slice(0, range.start).trimEnd().length, end };
  return { start: range.start, end: end + (/^\s*/.exec(text.slice(end))?.[0].length ?? 0) };
}

/** The end of a statement with its semicolon, where it has one. */
export function afterSemicolon(text: string, end: number): number {
  return end + (/^\s*;/.exec(text.slice(end))?.[0].length ?? 0);
}
