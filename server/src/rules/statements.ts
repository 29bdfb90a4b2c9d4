import type { AlterTableCmd, AlterTableStmt } from '@pgsql/types';
import type { Step } from '../plan/model.ts';
import type { Token } from '../sql/model.ts';
import { documentRange } from '../text/offset-map.ts';
import type { Range } from '../text/range.ts';
import type { ActionAnalysis, RuleContext, StatementAnalysis, StepAnalysis } from './model.ts';

/** A statement where it stands: in a step's own action, or in one of its rollback's. */
export interface PlacedStatement {
  readonly at: StepAnalysis;
  readonly step: Step;
  readonly action: ActionAnalysis;
  readonly part: 'step' | 'rollback';
  readonly s: StatementAnalysis;
}

/**
 * Every statement of the plan's `sql` actions in the order of the file, those of rollbacks included; after a DO
 * block the statements inside it, which are not among the action's own.
 */
export function* sqlStatements(context: Pick<RuleContext, 'steps'>): Generator<PlacedStatement> {
  for (const at of context.steps) {
    const actions = [
      ...(at.action ? [{ part: 'step' as const, action: at.action }] : []),
      ...at.rollback.map((action) => ({ part: 'rollback' as const, action })),
    ];
    for (const { part, action } of actions) {
      if (action.action.kind !== 'sql') continue;
      for (const s of action.statements) {
        yield { at, step: at.step, action, part, s };
        for (const one of s.embedded ?? []) yield { at, step: at.step, action, part, s: one };
      }
    }
  }
}

/** Whether a BEGIN of the SQL's own holds the statement: what a fix adds beside it would be held too. */
export function isInWrittenTransaction({ s, action: { action } }: PlacedStatement): boolean {
  return s.inTransaction && !(action.kind === 'sql' && action.transaction);
}

/** The parse tree of an ALTER TABLE, or undefined. */
export function alterTable(s: StatementAnalysis): AlterTableStmt | undefined {
  return 'AlterTableStmt' in s.statement.node ? s.statement.node.AlterTableStmt : undefined;
}

/** The subcommands of an ALTER TABLE in order; none for other statements. */
export function alterCommands(s: StatementAnalysis): readonly AlterTableCmd[] {
  return (alterTable(s)?.cmds ?? []).flatMap((node) => ('AlterTableCmd' in node ? [node.AlterTableCmd] : []));
}

/** Where these words stand one after the other, comments aside: offsets in the SQL text. */
export function* wordPlaces({ statement }: StatementAnalysis, words: readonly string[]): Generator<Range> {
  const tokens = statement.tokens();
  const isWord = (token: Token | undefined, word: string) =>
    token?.kind === 'word' && statement.slice(token).toUpperCase() === word;
  for (const [i, first] of tokens.entries()) {
    if (!words.every((word, n) => isWord(tokens[i + n], word))) continue;
    yield { start: first.start, end: tokens[i + words.length - 1]?.end ?? first.end };
  }
}

/** Where these words first stand, in the document; the statement where they do not. */
export function wordsRange(s: StatementAnalysis, ...words: readonly string[]): Range {
  const [place] = wordPlaces(s, words);
  return place ? documentRange(s.sql.map, place) : s.range;
}

/** The token at a parse-tree location, in the document; the statement where the tree gives none. */
export function tokenRange(s: StatementAnalysis, location: number | undefined): Range {
  return location === undefined ? s.range : documentRange(s.sql.map, s.statement.tokenAt(location));
}
