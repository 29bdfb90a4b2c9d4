import type { StatementAnalysis } from '../rules/model.ts';
import type { Statement } from '../sql/model.ts';
import type { Range } from '../text/range.ts';
import { isDatabaseError } from './errors.ts';
import type { Gauge } from './gauge.ts';
import type { EngineSession, QueryResult, StatementError, StatementReport, TrappedRun } from './model.ts';
import {
  type Before,
  type KnownRelations,
  lockKey,
  type Observation,
  observeAfter,
  observeBefore,
} from './observe.ts';
import { ownError, placedError } from './place.ts';
import { type Retries, withRetries } from './retries.ts';

/** What a step has done so far; readable when the step is stopped half-way too. */
export interface StepLog {
  readonly statements: StatementReport[];
  /** The statement that Postgres is at, and when it was sent (`performance.now()`). */
  running: { readonly analysed: StatementAnalysis; readonly since: number } | undefined;
  /** What the last statement of the transaction that is open left: what the next one starts from. */
  seen: Before | undefined;
  /** What the last statement gave. */
  result: QueryResult | undefined;
  readonly retries: Retries;
  /** Undefined on an engine whose times tell of nothing. */
  readonly gauge: Gauge | undefined;
  readonly known: KnownRelations;
}

/**
 * @param retries how often a transaction that hits lock_timeout is tried again
 * @param known what earlier steps in the same database read
 */
export function createStepLog(retries = 0, gauge?: Gauge, known: KnownRelations = {}): StepLog {
  return {
    statements: [],
    running: undefined,
    seen: undefined,
    result: undefined,
    retries: { most: retries, count: 0 },
    gauge,
    known,
  };
}

/**
 * Runs the statements of an `sql` action: in one transaction where `wrapped`, else one by one. A transaction that
 * fails is rolled back, and tried again where lock_timeout ended it; without one, what was done before the failure
 * stays, as in production.
 */
export async function runSql(
  session: EngineSession,
  statements: readonly StatementAnalysis[],
  wrapped: boolean,
  log: StepLog,
): Promise<StatementError | undefined> {
  for (const part of wrapped ? [statements] : transactionsOf(statements)) {
    const mark = log.statements.length;
    const attempt = () => {
      log.statements.length = mark;
      return runTogether(session, part, wrapped, log);
    };
    const error = isRepeatable(part) ? await withRetries(log.retries, attempt) : await attempt();
    if (error) return error;
  }
  const last = statements.at(-1);
  if (!wrapped && last && leavesOpen(last)) {
    await session.query('ROLLBACK');
    return ownError(
      'The step ends inside the transaction it began: Postgres undoes it. Add a COMMIT.',
      last.range,
    );
  }
  return undefined;
}

/** Statements that stand alone, and those from a BEGIN to its end. */
function transactionsOf(statements: readonly StatementAnalysis[]): StatementAnalysis[][] {
  const parts: StatementAnalysis[][] = [];
  let isOpen = false;
  for (const analysed of statements) {
    if (isOpen) parts.at(-1)?.push(analysed);
    else parts.push([analysed]);
    isOpen = leavesOpen(analysed);
  }
  return parts;
}

/** Nothing of it is left once it failed: CONCURRENTLY leaves an INVALID index, and COMMIT AND CHAIN what was before it. */
function isRepeatable(part: readonly StatementAnalysis[]): boolean {
  return part.every(({ effects, statement }) => {
    const transaction = transactionCommand(statement);
    return transaction ? transaction.chain !== true : effects.transactional;
  });
}

async function runTogether(
  session: EngineSession,
  statements: readonly StatementAnalysis[],
  wrapped: boolean,
  log: StepLog,
): Promise<StatementError | undefined> {
  const last = statements.at(-1);
  if (!last) return undefined;
  if (wrapped) await session.query('BEGIN');
  for (const analysed of statements) {
    const error = await runStatement(session, analysed, log);
    if (error) {
      await session.query('ROLLBACK');
      return error;
    }
  }
  return wrapped ? commit(session, last) : undefined;
}

/** A deferred constraint is checked at the end: its failure is shown at the last statement. */
async function commit(session: EngineSession, last: StatementAnalysis): Promise<StatementError | undefined> {
  try {
    await session.query('COMMIT');
    return undefined;
  } catch (error) {
    if (!isDatabaseError(error)) throw error;
    await session.query('ROLLBACK');
    return placedError(error, last.statement, last.sql);
  }
}

function leavesOpen({ statement, inTransaction }: StatementAnalysis): boolean {
  const transaction = transactionCommand(statement);
  if (!transaction) return inTransaction;
  switch (transaction.kind) {
    case 'TRANS_STMT_BEGIN':
    case 'TRANS_STMT_START':
      return true;
    case 'TRANS_STMT_COMMIT':
    case 'TRANS_STMT_ROLLBACK':
    case 'TRANS_STMT_PREPARE':
      return transaction.chain === true;
    default:
      return inTransaction;
  }
}

function transactionCommand({ node }: Statement) {
  return 'TransactionStmt' in node ? node.TransactionStmt : undefined;
}

/** Runs one statement and notes in the log what it did; resolves with its error, placed in the plan. */
export async function runStatement(
  session: EngineSession,
  analysed: StatementAnalysis,
  log: StepLog,
): Promise<StatementError | undefined> {
  const { statement, sql, range } = analysed;
  const refusal = session.refusal(statement);
  if (refusal !== undefined) {
    const error = ownError(refusal.message, range, refusal.hint);
    log.statements.push({ ...emptyReport(analysed, 'failed'), error });
    return error;
  }
  const since = performance.now();
  log.running = { analysed, since };
  try {
    const tables = (await log.gauge?.before(analysed)) ?? [];
    const report = await observed(session, analysed, log);
    log.statements.push({ ...report, ...(await log.gauge?.after(analysed, tables, report.rewrites)) });
    return undefined;
  } catch (cause) {
    if (!isDatabaseError(cause)) throw cause;
    const error = placedError(session.explain(cause), statement, sql);
    const ms = performance.now() - (log.running?.since ?? since);
    log.statements.push({ ...emptyReport(analysed, 'failed'), error, ms });
    return error;
  } finally {
    log.running = undefined;
  }
}

/**
 * Locks can be read only inside the transaction that took them. So a statement that stands alone gets one of its
 * own, which changes nothing for it; those that must not have one get their locks and scans from the table of
 * known effects.
 */
async function observed(
  session: EngineSession,
  analysed: StatementAnalysis,
  log: StepLog,
): Promise<StatementReport> {
  const { statement, inTransaction } = analysed;
  const send = async () => {
    const since = performance.now();
    log.running = { analysed, since };
    const result = await session.query(statement.text);
    log.result = result;
    return { result, ms: result.ms ?? performance.now() - since };
  };
  const earlier = inTransaction ? log.seen : undefined;
  log.seen = undefined;
  if (transactionCommand(statement)) {
    const { ms } = await send();
    return { ...emptyReport(analysed, 'passed'), ms };
  }
  const alone = !inTransaction && mayBeWrapped(analysed);
  if (alone) await session.query('BEGIN');
  try {
    const repeats = inTransaction || alone ? await repeated(session, analysed, log) : [];
    const before = (repeats.length > 0 ? undefined : earlier) ?? (await observeBefore(session, log.known));
    const trapped =
      !log.gauge?.timesAlone && isTrappable(session, analysed)
        ? await throughTraps(session, analysed, log)
        : undefined;
    const { result, ms } = trapped ? { result: trapped.result, ms: trapped.result.ms } : await send();
    const seen = await observeAfter(session, before, expectedLocks(analysed), inTransaction || alone);
    if (inTransaction) log.seen = seen.next;
    if (alone) await session.query('COMMIT');
    const report = {
      ...emptyReport(analysed, 'passed'),
      ms,
      wal_bytes: seen.wal,
      rows: rowsOf(statement, result),
      ...(repeats.length > 0 && { repeats: [...repeats, ms] }),
    };
    return {
      ...report,
      ...(inTransaction || alone ? seenEffects(analysed, seen) : staticEffects(analysed, seen, trapped)),
    };
  } catch (error) {
    if (alone && isDatabaseError(error)) await session.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** To be measured better than by one run: ms of each. */
async function repeated(session: EngineSession, analysed: StatementAnalysis, { gauge }: StepLog) {
  const { text } = analysed.statement;
  const timed = async () => {
    const since = performance.now();
    await session.query(text);
    return performance.now() - since;
  };
  return (await gauge?.repeat(analysed, timed)) ?? [];
}

/** CALL and DO may COMMIT inside, which Postgres allows only outside of a transaction block. */
const neverWrapped = new Set<string>([
  'CallStmt',
  'DoStmt',
  'VariableSetStmt',
  'DiscardStmt',
  'CheckPointStmt',
]);

function mayBeWrapped({ statement, effects }: StatementAnalysis): boolean {
  return effects.transactional && !neverWrapped.has(statement.kind);
}

function expectedLocks({ effects }: StatementAnalysis): ReadonlySet<string> {
  return new Set(effects.locks.map(({ relation, mode }) => lockKey(relation, mode)));
}

function seenEffects({ statement, effects }: StatementAnalysis, seen: Observation) {
  const locks = seen.locks.map((lock) => ({ ...lock, source: 'observed' as const }));
  // TRUNCATE starts new, empty files: nothing is written anew, nor read to build their indexes.
  if (statement.kind === 'TruncateStmt') return { locks, rewrites: [], scans: [] };
  // The planner reads all of a small table even where an index leads to its rows, as it will in production.
  const byIndex = planned.has(statement.kind) && effects.unknown.length === 0;
  const certain = new Set(effects.scans.map(({ relation }) => relation));
  const scans = byIndex ? seen.scans.filter((relation) => certain.has(relation)) : seen.scans;
  return { locks, rewrites: seen.rewrites, scans };
}

/** What Postgres refuses inside a transaction block, and is known to lock something. */
function isTrappable(session: EngineSession, { inTransaction, effects }: StatementAnalysis): boolean {
  return (
    session.runTrapped !== undefined &&
    !inTransaction &&
    !effects.transactional &&
    effects.locks.some(({ isNew }) => !isNew)
  );
}

async function throughTraps(
  session: EngineSession,
  analysed: StatementAnalysis,
  log: StepLog,
): Promise<TrappedRun | undefined> {
  const { statement, effects } = analysed;
  log.running = { analysed, since: performance.now() };
  const run = await session.runTrapped?.(
    statement.text,
    effects.locks.map(({ relation }) => relation),
  );
  log.result = run?.result;
  return run;
}

function staticEffects(
  { statement, effects }: StatementAnalysis,
  seen: Observation,
  trapped: TrappedRun | undefined,
) {
  const known = effects.locks.filter(({ relation }) => !trapped?.watched.includes(relation));
  return {
    locks: [
      ...(trapped?.locks ?? []).map((lock) => ({ ...lock, source: 'observed' as const })),
      ...known.map(({ relation, mode }) => ({ relation, mode, source: 'static' as const })),
    ],
    rewrites: statement.kind === 'TruncateStmt' ? [] : seen.rewrites,
    scans: [...new Set([...effects.scans, ...effects.builds].map(({ relation }) => relation))],
  };
}

const writing = new Set<string>(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);
const planned = new Set<string>([...writing, 'SelectStmt']);

function rowsOf(statement: Statement, result: QueryResult): number | undefined {
  return writing.has(statement.kind) ? result.affectedRows : undefined;
}

/** A report of a statement of which nothing is known but that it stands in the plan. */
export function emptyReport(
  { statement, range }: { readonly statement: { readonly text: string }; readonly range: Range },
  status: StatementReport['status'],
): StatementReport {
  return {
    sql: statement.text,
    status,
    error: undefined,
    ms: 0,
    locks: [],
    rewrites: [],
    scans: [],
    wal_bytes: 0,
    runs: 1,
    rows: undefined,
    range,
  };
}
