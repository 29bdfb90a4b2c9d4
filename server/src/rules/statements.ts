import type { AlterTableCmd, AlterTableStmt } from '@pgsql/types';
import type { Step } from '../plan/model.ts';
import { descendantsOf, displayName, relationKey, tableOf } from '../schema/lookup.ts';
import type { Statement, Token } from '../sql/model.ts';
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
export function sqlStatements(context: Pick<RuleContext, 'statements'>): readonly PlacedStatement[] {
  return context.statements;
}

/** Those of one step. */
export function statementsOf(at: StepAnalysis): readonly PlacedStatement[] {
  const placed: PlacedStatement[] = [];
  const add = (part: PlacedStatement['part'], action: ActionAnalysis | undefined) => {
    if (action?.action.kind !== 'sql') return;
    for (const s of action.statements) {
      placed.push({ at, step: at.step, action, part, s });
      for (const one of s.embedded ?? []) placed.push({ at, step: at.step, action, part, s: one });
    }
  };
  add('step', at.action);
  for (const action of at.rollback) add('rollback', action);
  return placed;
}

/** Whether a BEGIN of the SQL's own holds the statement: what a fix adds beside it would be held too. */
export function isInWrittenTransaction({ s, action: { action } }: PlacedStatement): boolean {
  return s.inTransaction && !(action.kind === 'sql' && action.transaction);
}

/** The parse tree of an ALTER TABLE, or undefined. */
export function alterTable(s: Pick<StatementAnalysis, 'statement'>): AlterTableStmt | undefined {
  return 'AlterTableStmt' in s.statement.node ? s.statement.node.AlterTableStmt : undefined;
}

/** A relation that the statement works on, or the partitioned table that it names, where that is a partition of it. */
export function wholeTable(s: StatementAnalysis, relation: string): string {
  const table = tableOf(s.before, alterTable(s)?.relation);
  if (!table?.partitioned) return relation;
  const parts = descendantsOf(s.before, relationKey(table.name));
  const isPart = parts.some(({ name }) => displayName(s.before, name) === relation);
  return isPart ? displayName(s.before, table.name) : relation;
}

/** The subcommands of an ALTER TABLE in order; none for other statements. */
export function alterCommands({ statement }: Pick<StatementAnalysis, 'statement'>): readonly AlterTableCmd[] {
  return statement.once(commandsOf);
}

/** Whether an ALTER TABLE has a subcommand of this kind: few have, and no other need be looked at. */
export function hasSubcommand(
  { statement }: Pick<StatementAnalysis, 'statement'>,
  kind: NonNullable<AlterTableCmd['subtype']>,
): boolean {
  return statement.once(subcommandKinds).has(kind);
}

function subcommandKinds(statement: Statement): ReadonlySet<AlterTableCmd['subtype']> {
  return new Set(alterCommands({ statement }).map(({ subtype }) => subtype));
}

function commandsOf({ node }: Statement): readonly AlterTableCmd[] {
  const cmds = 'AlterTableStmt' in node ? node.AlterTableStmt.cmds : undefined;
  return (cmds ?? []).flatMap((one) => ('AlterTableCmd' in one ? [one.AlterTableCmd] : []));
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
