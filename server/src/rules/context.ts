import { type BackfillBatch, backfillBatchSql, effectsOfBackfill } from '../effects/backfill.ts';
import { effectsOf } from '../effects/effects.ts';
import type { Action, BackfillAction, Plan, Rollback, SqlText, Step } from '../plan/model.ts';
import { applyStatement, beginTransaction, commitTransaction, exposeNewRelations } from '../schema/apply.ts';
import { fillShared, mayExpose } from '../schema/exposure.ts';
import type { Schema } from '../schema/model.ts';
import { asksForTransaction } from '../schema/transactions.ts';
import type { SqlParser, Statement } from '../sql/model.ts';
import { documentRange as rangeIn } from '../text/offset-map.ts';
import type { Range } from '../text/range.ts';
import type { AnalysisMemo } from './analysis-memo.ts';
import { embeddedStatements } from './embedded.ts';
import { liveVersions } from './live-versions.ts';
import type {
  ActionAnalysis,
  RuleContext,
  StatementAnalysis,
  StepAnalysis,
  VersionAnalysis,
} from './model.ts';
import { type PlacedRemoval, placedRemovals } from './removed-names.ts';
import { type PlacedStatement, statementsOf } from './statements.ts';
import { tableSizes } from './table-size.ts';

export interface ContextInput {
  readonly text: string;
  readonly kind: 'plan' | 'sql';
  readonly plan: Plan;
  readonly pgVersion: number;
  readonly baseline: Schema;
  readonly parser: SqlParser;
  /** What earlier analyses found. */
  readonly memo: AnalysisMemo;
}

/** A range of an SQL text in the document that holds it. */
export function documentRange(sql: SqlText, range: Range): Range {
  return rangeIn(sql.map, range);
}

/**
 * Walks the plan from the baseline: each statement is judged by the schema that the ones before it left. A
 * rollback is judged by the schema after its step.
 */
export function buildContext(input: ContextInput): RuleContext {
  const { text, kind, plan, pgVersion, memo } = input;
  const baseline = memo.watched(input.baseline);
  const steps: StepAnalysis[] = [];
  let schema = baseline;
  for (const phase of plan.phases) {
    for (const step of phase.steps) {
      const before = schema;
      const source = text.slice(step.range.start, step.range.end);
      const analysed = memo.step({ step, source, before, pgVersion }, () => analyzeStep(input, step, before));
      steps.push(analysed);
      schema = betweenSteps(memo, analysed);
    }
  }
  const versions = readVersions(input);
  const live = liveVersions(
    plan,
    steps.map(({ step }) => step),
    versions,
    memo.read,
  );
  const statements = steps.flatMap(({ placed }) => placed);
  const { fact } = memo;
  const sizes = tableSizes(plan.tables);
  const context = { text, kind, plan, pgVersion, baseline, versions, live, steps, sizes, statements, fact };
  let removals: readonly PlacedRemoval[] | undefined;
  return {
    ...context,
    removals() {
      removals ??= [...placedRemovals(context)];
      return removals;
    },
  };
}

/** Once a version that may use them is out, or others are led to them, the plan's own tables are empty no longer. */
function betweenSteps(memo: AnalysisMemo, { step, action, after }: StepAnalysis): Schema {
  if (step.action?.kind === 'deploy') return memo.successor(after, exposeNewRelations);
  const leads = action?.statements.some(({ statement }) => mayExpose(statement));
  return leads ? memo.successor(after, fillShared) : after;
}

function readVersions({ plan, parser }: ContextInput): readonly VersionAnalysis[] {
  return (plan.app?.versions ?? []).map((version) => ({
    version,
    statements: version.statements.flatMap((sql) =>
      parser
        .parse(sql.text)
        .statements.map((statement) => ({ statement, sql, range: documentRange(sql, statement.range) })),
    ),
  }));
}

function analyzeStep(input: ContextInput, step: Step, before: Schema): StepAnalysis {
  const action = step.action && analyzeAction(input, step.action, before);
  const after = action?.after ?? before;
  const rollback: ActionAnalysis[] = [];
  let schema = after;
  for (const undo of actionsOf(step.rollback)) {
    const analysed = analyzeAction(input, undo, schema);
    rollback.push(analysed.analysis);
    schema = analysed.after;
  }
  const placed: PlacedStatement[] = [];
  const analysis = { step, action: action?.analysis, rollback, before, after, rolledBack: schema, placed };
  placed.push(...statementsOf(analysis));
  return analysis;
}

function actionsOf(rollback: Rollback | undefined): readonly Action[] {
  return rollback?.kind === 'actions' ? rollback.actions : [];
}

function analyzeAction(
  input: ContextInput,
  action: Action,
  before: Schema,
): { analysis: ActionAnalysis; after: Schema } {
  switch (action.kind) {
    case 'sql':
      return analyzeSql(input, action, action.sql, before, action.transaction && input.kind === 'plan');
    case 'verify':
      return action.sql
        ? analyzeSql(input, action, action.sql, before, true)
        : { analysis: { action, statements: [], problems: [] }, after: before };
    case 'backfill':
      return {
        analysis: analyzeBackfill(input, action, before),
        after: before,
      };
    default:
      return {
        analysis: { action, statements: [], problems: [] },
        after: before,
      };
  }
}

function analyzeSql(
  input: ContextInput,
  action: Action,
  sql: SqlText,
  before: Schema,
  wrapped: boolean,
): { analysis: ActionAnalysis; after: Schema } {
  // A plain file is often for psql, with its commands and data.
  const parse = input.kind === 'sql' ? input.parser.parseScript : input.parser.parse;
  const { statements, problems } = parse(sql.text);
  const analysed: StatementAnalysis[] = [];
  const held = wrapped && statements.some(asksForTransaction);
  let schema = held ? beginTransaction(before) : before;
  let inTransaction = wrapped;
  for (const statement of statements) {
    const before = schema;
    const at = { pgVersion: input.pgVersion, inTransaction };
    const { after, effects } = input.memo.outcome(statement, before, inTransaction, () => ({
      after: applyStatement(before, statement, { madeByPlan: true }),
      effects: effectsOf(statement, before, at),
    }));
    const place = () => documentRange(sql, statement.range);
    const analysis = statementAnalysis({ statement, sql, before, after, effects, inTransaction }, place);
    const embedded = embeddedStatements(analysis, input.pgVersion);
    analysed.push(embedded ? { ...analysis, embedded } : analysis);
    inTransaction = transactionAfter(statement, inTransaction);
    schema = after;
  }
  return {
    analysis: {
      action,
      statements: analysed,
      problems: [...problems, ...codeProblems(statements)].map((problem) => ({ sql, problem })),
    },
    after: commitTransaction(schema),
  };
}

/** What does not parse inside the bodies of DO blocks, functions and procedures. */
function codeProblems(statements: readonly Statement[]) {
  return statements.flatMap((statement) => statement.body()?.problems ?? []);
}

/** Where a statement stands is worked out when first asked for: most are found without fault. */
function statementAnalysis(
  analysis: Omit<StatementAnalysis, 'range'>,
  place: () => Range,
): StatementAnalysis {
  const { statement, sql, before, after, effects, inTransaction } = analysis;
  let range: Range | undefined;
  return {
    statement,
    sql,
    before,
    after,
    effects,
    inTransaction,
    get range() {
      range ??= place();
      return range;
    },
  };
}

/** BEGIN and COMMIT written out change what the statements after them run in. */
function transactionAfter(statement: Statement, inTransaction: boolean): boolean {
  if (!('TransactionStmt' in statement.node)) return inTransaction;
  switch (statement.node.TransactionStmt.kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START':
      return true;
    case 'TRANS_STMT_COMMIT':
    case 'TRANS_STMT_ROLLBACK':
    case 'TRANS_STMT_PREPARE':
      return statement.node.TransactionStmt.chain === true;
    default:
      return inTransaction;
  }
}

function analyzeBackfill(input: ContextInput, action: BackfillAction, before: Schema): ActionAnalysis {
  const problems = backfillProblems(input.parser, action);
  const batch = problems.length === 0 ? backfillBatchSql(action, before) : undefined;
  const statements = batch && 'sql' in batch ? batchStatements(input, action, batch, before) : [];
  return { action, statements, problems };
}

function batchStatements(
  input: ContextInput,
  action: BackfillAction,
  batch: BackfillBatch,
  before: Schema,
): StatementAnalysis[] {
  const statement = input.parser.parse(batch.sql).statements[0];
  if (!statement || !action.set) return [];
  const { effects } = input.memo.outcome(wholeBackfill(action), before, true, () => ({
    after: before,
    effects: effectsOfBackfill(action, before, { pgVersion: input.pgVersion }),
  }));
  return [
    {
      statement,
      sql: action.set,
      range: action.range,
      before,
      after: before,
      effects,
      inTransaction: true,
    },
  ];
}

/** All of a backfill that its effects depend on. */
function wholeBackfill({ table, set, where, batch, pause, key }: BackfillAction): string {
  const values = [table?.value, set?.text, where?.text, batch, pause, ...key.map(({ value }) => value)];
  return JSON.stringify(values);
}

/** `set` and `where` are fragments: each is read inside the statement it will be part of. */
function backfillProblems(parser: SqlParser, action: BackfillAction): ActionAnalysis['problems'] {
  const fragments: readonly (readonly [string, SqlText | undefined])[] = [
    ['UPDATE t SET ', action.set],
    ['SELECT 1 WHERE ', action.where],
  ];
  return fragments.flatMap(([prefix, sql]) => {
    if (!sql || sql.text.trim() === '') return [];
    const { statements, problems } = parser.parse(prefix + sql.text);
    const second = statements[1];
    const extra = second
      ? [
          {
            message: 'A backfill is one UPDATE: give one expression here, no second statement.',
            range: second.range,
          },
        ]
      : [];
    return [...problems, ...extra].map(({ message, range }) => ({
      sql,
      problem: {
        message,
        range: within(range, prefix.length, sql.text.length),
      },
    }));
  });
}

function within(range: Range, offset: number, length: number): Range {
  const clamp = (at: number) => Math.min(Math.max(at - offset, 0), length);
  return { start: clamp(range.start), end: clamp(range.end) };
}
