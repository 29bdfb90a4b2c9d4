import { insertSteps, replaceAction, replaceStatement, type StepSource, setStepKey } from '../plan/edit.ts';
import type { TextEdit } from '../text/range.ts';
import type { RuleContext } from './model.ts';
import { replaceWithLines } from './set-around.ts';
import { splitRollback } from './split-rollback.ts';
import { isInWrittenTransaction, type PlacedStatement } from './statements.ts';
import { withoutLockLimit } from './without-lock-limit.ts';

/** A step that a fix adds, as it will be written. */
export type NewStep = SqlStep | BackfillStep | VerifyStep;

export interface SqlStep {
  readonly name: string;
  /** Written only where false. */
  readonly transaction?: false;
  readonly sql: string;
  readonly rollback: RollbackSource;
}

export interface BackfillStep {
  readonly name: string;
  readonly backfill: BackfillSource;
  readonly rollback: RollbackSource;
}

/** It changes nothing, so it needs no rollback. */
export interface VerifyStep {
  readonly name: string;
  readonly verify: { readonly sql: string; readonly expect: number };
}

export interface BackfillSource {
  readonly table: string;
  readonly set: string;
  readonly where?: string | undefined;
  /** Columns to walk by, where the table has no primary key. */
  readonly key?: readonly string[];
  /** Rows a batch. */
  readonly batch?: number;
  readonly pause?: string;
}

export type RollbackSource =
  | string
  | { readonly transaction?: false; readonly sql: string }
  | { readonly backfill: BackfillSource }
  | { readonly not_needed: string }
  | { readonly impossible: string }
  | { readonly deploy: string }
  | readonly RollbackSource[];

export interface Around {
  readonly before: readonly NewStep[];
  /** Instead of the statement, without a semicolon; the statement stays as it is where absent. */
  readonly replacement?: string;
  /** Instead of the step's rollback, where the step has no other statement. */
  readonly rollback?: RollbackSource;
  readonly after: readonly NewStep[];
}

/**
 * Puts steps before and after the step that holds a statement, and optionally rewrites that one statement; all
 * else of the step stays as its author wrote it. In a plain `.sql` file the statements go around it. Undefined
 * where that cannot be done without touching something else.
 */
export function aroundStatement(
  context: RuleContext,
  placed: PlacedStatement,
  around: Around,
): readonly TextEdit[] | undefined {
  if (context.kind === 'sql') return aroundInFile(context.text, placed, around);
  if (around.before.length + around.after.length > 0 && hasOwnPath(placed)) return undefined;
  const edits: TextEdit[] = [];
  const add = (more: readonly TextEdit[] | undefined) => edits.push(...(more ?? []));
  const insertions = [
    around.before.length > 0 &&
      insertSteps(context.text, placed.step, 'before', around.before.map(stepSource)),
    around.after.length > 0 && insertSteps(context.text, placed.step, 'after', around.after.map(stepSource)),
  ];
  if (around.replacement !== undefined) {
    const replaced = replaceStatement(
      context.text,
      placed.s.sql,
      placed.s.statement.range,
      around.replacement,
    );
    if (!replaced) return undefined;
    add(replaced);
  }
  if (around.rollback !== undefined && placed.action.statements.length === 1) {
    add(setStepKey(context.text, placed.step, 'rollback', around.rollback));
  }
  // Last: where the step ends the file, a rollback that it gains comes before the steps that follow it.
  for (const insertion of insertions) {
    if (insertion === undefined) return undefined;
    if (insertion) add(insertion);
  }
  return edits;
}

/** The statement in `sql`'s form, in a step with `transaction: false`: its own step where it shares one. */
export function untransactedStep(
  context: RuleContext,
  placed: PlacedStatement,
  sql: string,
  rollback: RollbackSource | undefined,
): { readonly edits: readonly TextEdit[]; readonly safe: boolean } | undefined {
  const { statements } = placed.action;
  if (context.kind === 'sql' || statements.length === 1) {
    const edits = aroundStatement(context, placed, {
      before: [],
      after: [],
      ...(rollback === undefined ? {} : { rollback }),
    });
    const own = withoutLimitToBuild(context, sql);
    const rewritten = own === placed.s.statement.text ? [] : replaceWithLines(context, placed.s, own);
    if (!edits || !rewritten) return undefined;
    // Whether a tool runs the file in a transaction only its author knows, unless that would fail already.
    const runsApart = statements.some((one) => one !== placed.s && !one.effects.transactional);
    if (context.kind === 'sql') return { edits: [...rewritten, ...edits], safe: runsApart };
    const flag = setStepKey(context.text, placed.step, 'transaction', false);
    return flag && { edits: [...rewritten, ...edits, ...flag], safe: true };
  }
  return movedOut(context, placed, sql);
}

/** What builds an index or detaches a partition concurrently must not be cancelled midway; what drops an index can be tried again. */
function withoutLimitToBuild(context: RuleContext, sql: string): string {
  return /(?:^|;\s*)(?:CREATE|REINDEX)\b|\bDETACH\s+PARTITION\b/i.test(sql)
    ? withoutLockLimit(context, sql)
    : sql;
}

/**
 * A rollback that is one statement, written in `sql`'s form and outside a transaction, with another statement after it
 * where one is given. Undefined where the rollback holds more, or its SQL stands in a file of its own.
 */
export function untransactedRollback(
  context: RuleContext,
  placed: PlacedStatement,
  sql: string,
  next?: string,
): readonly TextEdit[] | undefined {
  const { action, statements } = placed.action;
  const { rollback } = placed.step;
  const alone = rollback?.kind === 'actions' && rollback.actions.length === 1 && statements.length === 1;
  if (!alone || action.kind !== 'sql' || action.sql.file !== undefined) return undefined;
  if (!action.transaction && next === undefined)
    return replaceStatement(context.text, placed.s.sql, placed.s.statement.range, sql);
  const first = { transaction: false, sql: `${sql};` };
  const whole = next === undefined ? first : [first, { sql: `${next};` }];
  return setStepKey(context.text, placed.step, 'rollback', whole);
}

/**
 * Ends the transaction before a statement: it and what follows it become a step of their own, right after. In a
 * plain file COMMIT and BEGIN come between. Undefined where the statement is the first, or that cannot be done
 * without touching something else.
 */
export function splitBefore(
  context: RuleContext,
  placed: PlacedStatement,
  name: string,
): readonly TextEdit[] | undefined {
  const { s, action } = placed;
  const { start } = s.range;
  if (context.kind === 'sql')
    return s.inTransaction ? [{ range: { start, end: start }, newText: 'COMMIT;\nBEGIN;\n' }] : undefined;
  const index = action.statements.indexOf(s);
  const previous = action.statements[index - 1];
  if (!previous || placed.part === 'rollback' || isInWrittenTransaction(placed) || hasOwnPath(placed))
    return undefined;
  const { text } = s.sql;
  const semicolon = afterSemicolon(text, previous.statement.range.end);
  // A comment on the line of the statement before belongs to that.
  const from =
    semicolon + (/^[^\n]*\S/.exec(text.slice(semicolon, s.statement.range.start))?.[0].length ?? 0);
  const moved = text.slice(from).trim();
  const range = { start: from, end: text.trimEnd().length };
  const removed = replaceStatement(context.text, s.sql, range, '');
  const rollback = splitRollback(context, placed, action.statements.slice(index), 'after');
  if (!removed || !rollback) return undefined;
  const step = stepSource({ name, sql: moved, rollback: rollback.moved });
  const inserted = insertSteps(context.text, placed.step, 'after', [step]);
  return inserted && [...removed, ...rollback.edits, ...inserted];
}

/**
 * A backfill in the place of a statement: of the step's action, or in a step of its own where the statement is
 * the first or last of several. Undefined where neither can be done.
 */
export function backfillInstead(
  context: RuleContext,
  placed: PlacedStatement,
  backfill: BackfillSource,
): readonly TextEdit[] | undefined {
  const { action, statements } = placed.action;
  if (context.kind === 'sql' || placed.part === 'rollback' || action.kind !== 'sql') return undefined;
  if (statements.length > 1) {
    const name = `${placed.step.name.value}: in batches`;
    return movedInto(context, placed, (rollback) => ({ name, backfill, rollback }));
  }
  // The key that says it would be left without what it is about.
  if (action.transactionRange || action.sql.file !== undefined) return undefined;
  return replaceAction(context.text, placed.step, 'backfill', backfill);
}

/** Moves the first or last statement of a step into a step of its own. */
function movedOut(context: RuleContext, placed: PlacedStatement, sql: string) {
  const edits = movedInto(context, placed, (rollback) => ({
    name: `${placed.step.name.value}: outside the transaction`,
    transaction: false,
    sql: withoutLimitToBuild(context, `${sql};`),
    rollback,
  }));
  return edits && { edits, safe: false };
}

/** Puts a step before or after the one whose first or last statement it takes the place of. */
function movedInto(
  context: RuleContext,
  placed: PlacedStatement,
  stepWith: (rollback: RollbackSource) => NewStep,
): readonly TextEdit[] | undefined {
  const { statements } = placed.action;
  const index = statements.indexOf(placed.s);
  if ((index !== 0 && index !== statements.length - 1) || hasOwnPath(placed)) return undefined;
  const side = index === 0 ? 'before' : 'after';
  const removed = replaceStatement(context.text, placed.s.sql, cutRange(placed), '');
  const rollback = splitRollback(context, placed, [placed.s], side);
  if (!removed || !rollback) return undefined;
  const inserted = insertSteps(context.text, placed.step, side, [stepSource(stepWith(rollback.moved))]);
  return inserted && [...removed, ...rollback.edits, ...inserted];
}

/** Its step has set a search_path before it, in which names of a step beside it would not be looked up. */
function hasOwnPath({ at, s }: PlacedStatement): boolean {
  return String(s.before.searchPath) !== String(at.before.searchPath);
}

/** The statement with the semicolon and blanks between it and its neighbour. */
function cutRange(placed: PlacedStatement) {
  const { statements } = placed.action;
  const index = statements.indexOf(placed.s);
  const next = statements[index + 1];
  if (next)
    return {
      start: placed.s.statement.range.start,
      end: next.statement.range.start,
    };
  const previous = statements[index - 1];
  const start = previous ? afterSemicolon(placed.s.sql.text, previous.statement.range.end) : 0;
  return {
    start,
    end: afterSemicolon(placed.s.sql.text, placed.s.statement.range.end),
  };
}

function afterSemicolon(text: string, end: number): number {
  const rest = /^\s*;/.exec(text.slice(end));
  return end + (rest?.[0].length ?? 0);
}

function stepSource({ name, ...step }: NewStep): StepSource {
  return { step: name, ...step };
}

/** Undefined where a step is no SQL: a file has no batches, and nothing to check a result with. */
function aroundInFile(
  text: string,
  placed: PlacedStatement,
  around: Around,
): readonly TextEdit[] | undefined {
  const { range } = placed.s;
  const edits: TextEdit[] = [];
  if ([...around.before, ...around.after].some((step) => !('sql' in step))) return undefined;
  const lines = (steps: readonly NewStep[]) =>
    steps.flatMap((step) => ('sql' in step ? [step.sql.trimEnd()] : []));
  if (around.before.length > 0) {
    edits.push({
      range: { start: range.start, end: range.start },
      newText: `${lines(around.before).join('\n')}\n`,
    });
  }
  if (around.replacement !== undefined) edits.push({ range, newText: around.replacement });
  if (around.after.length > 0) {
    const end = afterSemicolon(text, range.end);
    const closing = end === range.end ? ';' : '';
    edits.push({
      range: { start: end, end },
      newText: `${closing}\n${lines(around.after).join('\n')}`,
    });
  }
  return edits;
}
