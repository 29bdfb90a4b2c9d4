import type { TransactionStmt } from '@pgsql/types';
import { replaceStatement } from '../../plan/edit.ts';
import type { TextEdit } from '../../text/range.ts';
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

/** Takes a statement out, with its semicolon and the blanks up to the next one, or from the one before. */
export function removeStatement(
  context: RuleContext,
  { statements }: ActionAnalysis,
  s: StatementAnalysis,
): readonly TextEdit[] | undefined {
  const at = statements.indexOf(s);
  const { text } = s.sql;
  const end = afterSemicolon(text, s.statement.range.end);
  const previous = statements[at - 1];
  if (previous && statements[at + 1] === undefined) {
    const start = afterSemicolon(text, previous.statement.range.end);
    // A comment between the two stays.
    const between = text.slice(start, s.statement.range.start);
    const from = between.trim() === '' ? start : s.statement.range.start;
    return replaceStatement(context.text, s.sql, { start: from, end }, '');
  }
  const blanks = /^\s*/.exec(text.slice(end))?.[0].length ?? 0;
  return replaceStatement(context.text, s.sql, { start: s.statement.range.start, end: end + blanks }, '');
}

/** The end of a statement with its semicolon, where it has one. */
export function afterSemicolon(text: string, end: number): number {
  return end + (/^\s*;/.exec(text.slice(end))?.[0].length ?? 0);
}
