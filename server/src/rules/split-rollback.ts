import { alreadyThere } from '../effects/already-there.ts';
import { effectsOf } from '../effects/effects.ts';
import { missingParts } from '../effects/missing-names.ts';
import { type Inverse, inverseOf } from '../inverse/inverse.ts';
import { replaceStatement, setStepKey } from '../plan/edit.ts';
import { applyStatement } from '../schema/apply.ts';
import { indexesOf, keyOf, relationKey, tableOf } from '../schema/lookup.ts';
import type { Schema } from '../schema/model.ts';
import type { Statement } from '../sql/model.ts';
import { nameOfObject } from '../sql/names.ts';
import type { TextEdit } from '../text/range.ts';
import type { ActionAnalysis, RuleContext, StatementAnalysis } from './model.ts';
import type { RollbackSource } from './new-steps.ts';
import { rollbackSource, script } from './rollback-source.ts';
import { alterCommands, type PlacedStatement } from './statements.ts';
import { withoutLockLimit } from './without-lock-limit.ts';

/** The ways back of two steps that one becomes. */
export interface SplitRollback {
  /** For the step that the statements move to. */
  readonly moved: RollbackSource;
  /** What becomes of the rollback of the step that they leave; none where it stays as it is written. */
  readonly edits: readonly TextEdit[];
}

/** What a move leaves behind, and what it takes along. */
interface Move {
  readonly context: RuleContext;
  readonly placed: PlacedStatement;
  readonly moved: readonly StatementAnalysis[];
  readonly kept: readonly StatementAnalysis[];
  /** Where the moved statements go. */
  readonly side: 'before' | 'after';
}

/**
 * Shares out a step's rollback when some of its statements move to a step beside it: each part is to be undone by
 * itself, since the plan may stop between the two. Undefined where that cannot be worked out: the rollback as it
 * stands would fail before the moved statements have run.
 */
export function splitRollback(
  context: RuleContext,
  placed: PlacedStatement,
  moved: readonly StatementAnalysis[],
  side: 'before' | 'after',
): SplitRollback | undefined {
  const { step, action } = placed;
  const { rollback } = step;
  const covered = { not_needed: `the rollback of "${step.name.value}" undoes it` };
  if (rollback?.kind === 'not_needed') return { moved: { not_needed: rollback.reason.value }, edits: [] };
  const own = undoing(context, moved);
  if (own?.length === 0) return { moved: covered, edits: [] };
  if (rollback?.kind !== 'actions') {
    const word = rollback ? { impossible: rollback.reason.value } : covered;
    return { moved: own ? rollbackOf(context, moved, own) : word, edits: [] };
  }
  const kept = action.statements.filter((s) => !moved.includes(s));
  const move = { context, placed, moved, kept, side };
  const shared = cutOut(move) ?? rewritten(move, own);
  if (shared || !runsAlone(move)) return shared;
  // Going back, the rollback that stays comes first, and has taken along what the moved statement made.
  return { moved: (side === 'before' ? droppedAgain(move) : undefined) ?? covered, edits: [] };
}

/** A setting ends with its step, and that a constraint is known to hold needs no way back. */
function leavesNothing({ statement }: StatementAnalysis): boolean {
  if (['VariableSetStmt', 'TransactionStmt'].includes(statement.kind)) return true;
  const commands = alterCommands({ statement });
  return commands.length > 0 && commands.every(({ subtype }) => subtype === 'AT_ValidateConstraint');
}

/** SQL that undoes the statements, the last one first. Undefined where it is not known or would lose data. */
function undoing(
  { pgVersion }: RuleContext,
  statements: readonly StatementAnalysis[],
): readonly string[] | undefined {
  const inverses = statements
    .filter((s) => !leavesNothing(s))
    .map((s): Inverse => inverseOf(s.statement, s.before, pgVersion))
    .reverse();
  if (inverses.some(({ verdict }) => verdict !== 'restores')) return undefined;
  return inverses.flatMap(({ sql }) => sql);
}

/** What moves out of a transaction by itself is undone outside of one too, where that is an index. */
function rollbackOf(
  context: RuleContext,
  moved: readonly StatementAnalysis[],
  sql: readonly string[],
): RollbackSource {
  if (!moved.every(({ statement }) => isIndexStatement(statement))) return rollbackSource(context, sql);
  const lines = sql.map(concurrentForm);
  const builds = lines.some((line) => /^\s*create\b/i.test(line));
  return { transaction: false, sql: builds ? withoutLockLimit(context, script(lines)) : script(lines) };
}

function isIndexStatement({ node }: Statement): boolean {
  return 'IndexStmt' in node || ('DropStmt' in node && node.DropStmt.removeType === 'OBJECT_INDEX');
}

/** `DROP INDEX i` and `CREATE INDEX i …` with CONCURRENTLY. */
function concurrentForm(sql: string): string {
  return sql.replace(
    /^(\s*(?:drop|create(?:\s+unique)?)\s+index)\b(?!\s+concurrently\b)/i,
    '$1 CONCURRENTLY',
  );
}

/** Takes those statements out of the rollback that undo the moved ones, where each of these has one of its own. */
function cutOut(move: Move): SplitRollback | undefined {
  const undo = writtenRollback(move.placed);
  if (!undo) return undefined;
  const left = [...undo.statements];
  const taken: StatementAnalysis[] = [];
  for (const wanted of move.moved.flatMap(indexChanges)) {
    const at = left.findIndex((one) => undoes(one.statement, wanted));
    const [found] = at < 0 ? [] : left.splice(at, 1);
    if (!found) return undefined;
    taken.unshift(found);
  }
  if (move.moved.some((s) => indexChanges(s).length === 0)) return undefined;
  if (!runsOn(move.context, left, startOf(move))) return undefined;
  const { context, placed, moved } = move;
  const something = !left.every(leavesNothing);
  const edits = something
    ? withoutStatements(context, undo, taken)
    : setStepKey(context.text, placed.step, 'rollback', { not_needed: 'nothing of it needs undoing' });
  const sql = taken.map(({ statement }) => statement.text);
  return edits && { moved: rollbackOf(context, moved, sql), edits };
}

/** A rollback that is one piece of SQL in the plan itself. */
function writtenRollback({ at, step }: PlacedStatement): ActionAnalysis | undefined {
  const [undo, ...more] = at.rollback;
  if (step.rollback?.kind !== 'actions' || !undo || more.length > 0 || undo.problems.length > 0)
    return undefined;
  return undo.action.kind === 'sql' && undo.action.sql.file === undefined ? undo : undefined;
}

/** An index that a statement makes or drops. */
interface IndexChange {
  readonly key: string;
  readonly made: boolean;
  /** With the index, for one that is made. */
  readonly schema: Schema;
}

function indexChanges({ statement: { node }, before, after }: StatementAnalysis): readonly IndexChange[] {
  if ('IndexStmt' in node) {
    const table = tableOf(after, node.IndexStmt.relation);
    const own = table ? [...indexesOf(after, relationKey(table.name))] : [];
    const made = own.find(({ name }) => !before.relations.has(relationKey(name)));
    return made ? [{ key: relationKey(made.name), made: true, schema: after }] : [];
  }
  if (!('DropStmt' in node) || node.DropStmt.removeType !== 'OBJECT_INDEX') return [];
  return (node.DropStmt.objects ?? [])
    .flatMap((object) => nameOfObject(object) ?? [])
    .map((name) => ({ key: keyOf(before, name), made: false, schema: before }));
}

/** Whether a statement does just the opposite: drops the index that was made, makes the one that was dropped. */
function undoes({ node }: Statement, { key, made, schema }: IndexChange): boolean {
  if (!made) {
    const { idxname, relation } = 'IndexStmt' in node ? node.IndexStmt : {};
    const place = tableOf(schema, relation)?.name.schema;
    return (
      idxname !== undefined && place !== undefined && relationKey({ schema: place, name: idxname }) === key
    );
  }
  const drop = 'DropStmt' in node && node.DropStmt.removeType === 'OBJECT_INDEX' ? node.DropStmt : undefined;
  const [name, ...more] = (drop?.objects ?? []).flatMap((object) => nameOfObject(object) ?? []);
  return name !== undefined && more.length === 0 && keyOf(schema, name) === key;
}

function withoutStatements(
  { text }: RuleContext,
  { statements }: ActionAnalysis,
  taken: readonly StatementAnalysis[],
): readonly TextEdit[] | undefined {
  const sql = statements[0]?.sql;
  if (!sql) return undefined;
  let left = sql.text;
  for (const s of [...taken].sort((a, b) => b.statement.range.start - a.statement.range.start)) {
    const next = statements[statements.indexOf(s) + 1];
    const { start, end } = s.statement.range;
    const rest = next ? left.slice(next.statement.range.start) : left.slice(end).replace(/^\s*;/, '');
    left = left.slice(0, start) + rest;
  }
  return replaceStatement(text, sql, { start: 0, end: sql.text.length }, left.trimEnd() + trailing(sql.text));
}

function trailing(text: string): string {
  return /\s*$/.exec(text)?.[0] ?? '';
}

/** Both parts undone by SQL that is worked out, in the place of a rollback that mixes them. */
function rewritten(
  { context, placed, moved, kept }: Move,
  own: readonly string[] | undefined,
): SplitRollback | undefined {
  const rest = undoing(context, kept);
  if (!own || !rest || !writtenRollback(placed)) return undefined;
  const value =
    rest.length > 0 ? rollbackOf(context, kept, rest) : { not_needed: 'it leaves nothing behind' };
  const edits = setStepKey(context.text, placed.step, 'rollback', value);
  return edits && { moved: rollbackOf(context, moved, own), edits };
}

function droppedAgain({ context, moved }: Move): RollbackSource | undefined {
  const made = moved.every(({ statement }) => 'IndexStmt' in statement.node);
  const sql = made ? undoing(context, moved) : undefined;
  if (!sql) return undefined;
  const guarded = sql.map((line) => concurrentForm(line).replace(/\bCONCURRENTLY\b/, '$& IF EXISTS'));
  return { transaction: false, sql: `${guarded.join(';\n')};` };
}

/** Whether the rollback as it stands runs where the moved statements have not run, or undoes nothing of theirs then. */
function runsAlone(move: Move): boolean {
  const { context, placed } = move;
  const undo = placed.at.rollback.flatMap(({ statements }) => statements);
  return runsOn(context, undo, startOf(move));
}

/** The schema at which the step that the statements leave may be undone without them. */
function startOf({ side, moved, placed }: Move): Schema {
  return (side === 'after' ? moved[0]?.before : undefined) ?? placed.at.after;
}

function runsOn(
  { pgVersion }: RuleContext,
  statements: readonly StatementAnalysis[],
  start: Schema,
): boolean {
  let schema = start;
  for (const { statement, inTransaction } of statements) {
    const { unknown } = effectsOf(statement, schema, { pgVersion, inTransaction });
    if (unknown.some(({ refused }) => refused !== undefined)) return false;
    if (missingParts(statement.node, schema).length > 0 || alreadyThere(statement.node, schema)) return false;
    schema = applyStatement(schema, statement, { madeByPlan: true });
  }
  return true;
}
