import { setTimeout as delay } from 'node:timers/promises';
import { type BackfillBatch, backfillBatchSql } from '../effects/backfill.ts';
import type { BackfillAction, SqlText } from '../plan/model.ts';
import { documentRange } from '../rules/context.ts';
import type { StatementAnalysis, StepAnalysis } from '../rules/model.ts';
import type { Range } from '../text/range.ts';
import { codePointToUtf16 } from '../text/utf8.ts';
import { asDatabaseError, isDatabaseError } from './errors.ts';
import type {
  BatchReport,
  DatabaseError,
  EngineSession,
  QueryResult,
  StatementError,
  StatementReport,
} from './model.ts';
import { lockKey, observeAfter, observeBefore } from './observe.ts';
import { ownError, withRange } from './place.ts';
import { withRetries } from './retries.ts';
import { quoteIdentifier } from './roles.ts';
import { emptyReport, type StepLog } from './run-sql.ts';
import type { StepOutcome } from './run-step.ts';

/**
 * Walks the table once by its key, as `effects/backfill.ts` lays out, each batch in its own transaction. The pauses
 * between batches are waited for up to `pauses` ms of them in all. One statement report stands for all batches.
 */
export async function runBackfill(
  session: EngineSession,
  action: BackfillAction,
  { action: analysed, before }: StepAnalysis,
  log: StepLog,
  pauses = 0,
): Promise<StepOutcome> {
  const batch = backfillBatchSql(action, before);
  if ('unknown' in batch) {
    const range = action.table?.range ?? action.range;
    return { error: ownError(batch.unknown, range), summary: '' };
  }
  const statement = analysed?.statements[0];
  const total = createTotal(statement, batch, action, log.gauge !== undefined);
  const pause = createPause(action, pauses);
  if (statement) log.running = { analysed: statement, since: performance.now() };
  try {
    const tables = statement ? ((await log.gauge?.before(statement)) ?? []) : [];
    const position = await log.gauge?.position();
    await walk(session, batch, async (sql, parameters, toFindIt) => {
      if (total.runs > 0) await pause.wait();
      await runBatchAgain(session, sql, parameters, statement, total, toFindIt, log);
    });
    const report = total.report('passed');
    log.statements.push({
      ...report,
      // Finding a batch may write, too: rows that nobody has read yet are marked as committed, their pages logged.
      ...(log.gauge && position !== undefined && { wal_bytes: await log.gauge.since(position) }),
      ...(statement && (await log.gauge?.after(statement, tables, report.rewrites))),
    });
    return { error: undefined, summary: summary(total, pause) };
  } catch (cause) {
    if (!isDatabaseError(cause)) throw cause;
    await session.query('ROLLBACK');
    const error = backfillError(cause, batch, action);
    log.statements.push({ ...total.report('failed'), error });
    return { error, summary: total.runs > 0 ? `${summary(total, pause)} before it failed` : '' };
  } finally {
    log.running = undefined;
  }
}

function summary({ rows, runs }: Total, { leftOut }: Pause): string {
  const pauses = leftOut() ? ', pauses left out' : '';
  return `${rows.toLocaleString('en')} ${rows === 1 ? 'row' : 'rows'} in ${runs.toLocaleString('en')} ${runs === 1 ? 'batch' : 'batches'}${pauses}`;
}

interface Pause {
  wait(): Promise<void>;
  /** Whether one was not waited for in full. */
  leftOut(): boolean;
}

/** @param most ms that are waited in all */
function createPause({ pause }: BackfillAction, most: number): Pause {
  let left = most;
  let missed = false;
  return {
    leftOut: () => missed,
    async wait() {
      const ms = Math.min(pause, left);
      missed ||= ms < pause;
      left -= ms;
      if (ms > 0) await delay(ms, undefined, { ref: false });
    },
  };
}

interface Total {
  rows: number;
  runs: number;
  readonly add: (
    result: QueryResult,
    ms: number,
    seen: Pick<StatementReport, 'locks' | 'rewrites' | 'wal_bytes'>,
  ) => void;
  readonly report: (status: StatementReport['status']) => StatementReport;
}

function createTotal(
  statement: StatementAnalysis | undefined,
  { sql }: BackfillBatch,
  action: BackfillAction,
  isMeasured: boolean,
): Total {
  const empty = statement
    ? emptyReport(statement, 'passed')
    : { ...emptyReport({ statement: { text: sql }, range: action.range }, 'passed') };
  let sum = { ...empty, runs: 0, rows: 0 };
  const batches: BatchReport[] = [];
  const total: Total = {
    rows: 0,
    runs: 0,
    add(result, ms, seen) {
      batches.push({ rows: result.affectedRows, ms });
      total.rows += result.affectedRows;
      total.runs += 1;
      const locks = [...sum.locks, ...seen.locks];
      sum = {
        ...sum,
        ms: sum.ms + (result.ms ?? 0),
        wal_bytes: sum.wal_bytes + seen.wal_bytes,
        locks: locks.filter(
          (lock, at) =>
            locks.findIndex(({ relation, mode }) => relation === lock.relation && mode === lock.mode) === at,
        ),
        rewrites: [...new Set([...sum.rewrites, ...seen.rewrites])],
      };
    },
    report: (status) => ({
      ...sum,
      status,
      runs: total.runs,
      rows: total.rows,
      ...(isMeasured && { batches: evenlySpaced(batches, shownBatches) }),
    }),
  };
  return total;
}

const shownBatches = 20;

/** At most so many of them, the first and the last among them. */
function evenlySpaced<T>(all: readonly T[], count: number): readonly T[] {
  if (all.length <= count) return all;
  return Array.from(
    { length: count },
    (_, at) => all[Math.round((at * (all.length - 1)) / (count - 1))] as T,
  );
}

async function walk(
  session: EngineSession,
  batch: BackfillBatch,
  run: (sql: string, parameters: readonly unknown[], toFindIt: number) => Promise<void>,
): Promise<void> {
  const end = await keyFrom(session, batch, batch.endSql, []);
  if (!end) return;
  let reached: readonly unknown[] | undefined;
  for (;;) {
    const since = performance.now();
    const bound = reached
      ? await keyFrom(session, batch, batch.nextBoundSql, reached)
      : await keyFrom(session, batch, batch.firstBoundSql, []);
    const isLast = !bound || isSameKey(bound, end) || (await isBehind(session, batch, bound, end));
    const last = isLast ? end : bound;
    const toFindIt = performance.now() - since;
    await run(reached ? batch.sql : batch.firstSql, [...(reached ?? []), ...last], toFindIt);
    if (isLast) return;
    reached = last;
  }
}

async function keyFrom(
  session: EngineSession,
  { key }: BackfillBatch,
  sql: string,
  parameters: readonly unknown[],
): Promise<readonly unknown[] | undefined> {
  const { rows } = await session.query(sql, parameters);
  const row = rows[0];
  return row && key.map((column) => row[column]);
}

/** Whether a key is of rows that came in behind the end while the walk ran: those are the application's to fill. */
async function isBehind(
  session: EngineSession,
  { table, key }: BackfillBatch,
  bound: readonly unknown[],
  end: readonly unknown[],
): Promise<boolean> {
  const row = (values: readonly string[]) => `(${values.join(', ')})`;
  const names = key.map(quoteIdentifier);
  const parameters = (first: number) => row(key.map((_, at) => `$${first + at}`));
  const { rows } = await session.query(
    `SELECT FROM ${table} WHERE ROW${row(names)} = ROW${parameters(1)} AND ROW${row(names)} > ROW${parameters(1 + key.length)} LIMIT 1`,
    [...bound, ...end],
  );
  return rows.length > 0;
}

function isSameKey(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.every((value, at) => value === b[at]);
}

/** A batch that lock_timeout ended is tried again. Rejects with the error of the last try. */
async function runBatchAgain(
  session: EngineSession,
  sql: string,
  parameters: readonly unknown[],
  statement: StatementAnalysis | undefined,
  total: Total,
  toFindIt: number,
  log: StepLog,
): Promise<void> {
  const error = await withRetries(log.retries, async () => {
    try {
      await runBatch(session, sql, parameters, statement, total, toFindIt, log);
      return undefined;
    } catch (cause) {
      if (!isDatabaseError(cause)) throw cause;
      await session.query('ROLLBACK');
      const { message, code, detail, hint, position } = cause;
      return { message, code, detail, hint, position };
    }
  });
  if (error) throw asDatabaseError(error);
}

async function runBatch(
  session: EngineSession,
  sql: string,
  parameters: readonly unknown[],
  statement: StatementAnalysis | undefined,
  total: Total,
  toFindIt: number,
  { known }: StepLog,
): Promise<void> {
  await session.query('BEGIN');
  const before = await observeBefore(session, known);
  const started = performance.now();
  const result = await session.query(sql, parameters);
  const ms = result.ms ?? performance.now() - started;
  const expected = new Set(statement?.effects.locks.map(({ relation, mode }) => lockKey(relation, mode)));
  // Scans are not told: whether a batch is read by its index is the planner's choice, and this table is small.
  const { locks, rewrites, wal } = await observeAfter(session, before, expected, true);
  const written = performance.now();
  await session.query('COMMIT');
  total.add({ ...result, ms }, toFindIt + ms + performance.now() - written, {
    locks: locks.map((lock) => ({ ...lock, source: 'observed' as const })),
    rewrites,
    wal_bytes: wal,
  });
}

/** `set` and `where` stand in the batch's statement as they are written: a position in them leads to the plan. */
function backfillError(
  error: DatabaseError,
  { firstSql, sql }: BackfillBatch,
  action: BackfillAction,
): StatementError {
  for (const composed of [sql, firstSql]) {
    const at = error.position === undefined ? -1 : codePointToUtf16(composed, error.position - 1);
    for (const part of [action.set, action.where]) {
      const range = part && at >= 0 ? placeIn(part, composed, at) : undefined;
      if (range) return withRange(error, range);
    }
  }
  const named = /relation "([^"]+)"/.test(error.message) ? action.table?.range : undefined;
  return withRange(error, named ?? action.set?.range ?? action.range);
}

function placeIn(part: SqlText, composed: string, at: number): Range | undefined {
  const source = part.text.trim();
  const start = source === '' ? -1 : composed.indexOf(source);
  if (start < 0 || at < start || at >= start + source.length) return undefined;
  const offset = at - start + part.text.indexOf(source);
  const word = /^(?:"[^"]*"|[\w$]+|.)/u.exec(part.text.slice(offset))?.[0] ?? '';
  return documentRange(part, { start: offset, end: offset + Math.max(word.length, 1) });
}
