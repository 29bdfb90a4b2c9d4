import type { AlterTableCmd, AlterTableStmt } from '@pgsql/types';
import type { Step } from '../plan/model.ts';
import type { Range } from '../text/range.ts';
import { documentRange } from './context.ts';
import type { ActionAnalysis, RuleContext, StatementAnalysis, StepAnalysis } from './model.ts';

/** A statement where it stands: in a step's own action, or in one of its rollback's. */
export interface PlacedStatement {
  readonly at: StepAnalysis;
  readonly step: Step;
  readonly action: ActionAnalysis;
  readonly part: 'step' | 'rollback';
  readonly s: StatementAnalysis;
}

/** Every statement of the plan's `sql` actions in the order of the file, those of rollbacks included. */
export function* sqlStatements(context: RuleContext): Generator<PlacedStatement> {
  for (const at of context.steps) {
    const actions = [
      ...(at.action ? [{ part: 'step' as const, action: at.action }] : []),
      ...at.rollback.map((action) => ({ part: 'rollback' as const, action })),
    ];
    for (const { part, action } of actions) {
      if (action.action.kind !== 'sql') continue;
      for (const s of action.statements) yield { at, step: at.step, action, part, s };
    }
  }
}

/** The parse tree of an ALTER TABLE, or undefined. */
export function alterTable(s: StatementAnalysis): AlterTableStmt | undefined {
  return 'AlterTableStmt' in s.statement.node ? s.statement.node.AlterTableStmt : undefined;
}

/** The subcommands of an ALTER TABLE in order; none for other statements. */
export function alterCommands(s: StatementAnalysis): readonly AlterTableCmd[] {
  return (alterTable(s)?.cmds ?? []).flatMap((node) => ('AlterTableCmd' in node ? [node.AlterTableCmd] : []));
}

/** Where the words of `pattern` first stand in a statement, in the document; the statement where they do not. */
export function wordsRange(s: StatementAnalysis, pattern: RegExp): Range {
  const match = pattern.exec(s.statement.text);
  if (!match) return s.range;
  const start = s.statement.range.start + match.index;
  return documentRange(s.sql, { start, end: start + match[0].length });
}

/** The token at a parse-tree location, in the document; the statement where the tree gives none. */
export function tokenRange(s: StatementAnalysis, location: number | undefined): Range {
  return location === undefined ? s.range : documentRange(s.sql, s.statement.tokenAt(location));
}
