import type { Inverse } from '../../../server/src/inverse/model.ts';
import type { Trial, Tried } from './model.ts';
import { lostValues, readRows, sequencesIn, sequencesSql } from './rows.ts';
import type { ProofSession } from './session.ts';
import { compareStates, type Difference, readState, type Start, type State } from './state.ts';

/** What SQLSTATE says: active_sql_transaction, invalid_transaction_termination. */
const onlyAlone: ReadonlySet<string> = new Set(['25001', '2D000']);

/** How often a session has written to a catalog since it last told the server's counters. */
const catalogWrites = `
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::int AS writes FROM pg_catalog.pg_stat_xact_sys_tables
WHERE schemaname = 'pg_catalog'`;

/**
 * Runs a statement and what undoes it in one transaction, which is rolled back: the database is as it was for the
 * next. `'alone'` where that does not show what would happen, because one of the two refuses a transaction block, or
 * what was seen may be due to it.
 */
export async function tryInTransaction(
  session: ProofSession,
  start: Start,
  sql: string,
  undo: Inverse,
): Promise<Trial | 'alone'> {
  if (!undo.transactional) return 'alone';
  try {
    const results = await session.run(['BEGIN', sequencesSql, catalogWrites, sql, catalogWrites].join(';\n'));
    const writes = Number(results.at(-1)?.[0]?.writes) - Number(results[2]?.[0]?.writes);
    const before = { ...start, sequences: sequencesIn(results[1] ?? []) };
    const tried = await undoAndCompare(session, before, undo, writes > 0);
    return isDoubtful(tried) ? 'alone' : tried;
  } catch (error) {
    const { code, message } = asDatabaseError(error);
    return onlyAlone.has(code) ? 'alone' : { refused: message };
  } finally {
    await session.run('ROLLBACK; DEALLOCATE ALL');
  }
}

/** What was seen may be the transaction's doing: pending events, a temporary table that would end with it. */
function isDoubtful({ undo, changed, seen }: Tried): boolean {
  if (!seen) return false;
  const unseen = undo.length > 0 && !changed.schema && !changed.rows;
  return unseen || seen.error !== undefined || (seen.schema === 'drifts' && undo.length > 0);
}

/** Runs a statement and what undoes it for good, as a step and its rollback run. */
export async function tryAlone(
  session: ProofSession,
  start: Start,
  sql: string,
  undo: Inverse,
): Promise<Trial> {
  const sequences = sequencesIn((await session.query(sequencesSql)).rows);
  try {
    await session.run(sql);
  } catch (error) {
    return { refused: asDatabaseError(error).message };
  }
  return undoAndCompare(session, { ...start, sequences }, undo, true);
}

async function undoAndCompare(
  session: ProofSession,
  start: Start,
  undo: Inverse,
  catalogsMayDiffer: boolean,
): Promise<Tried> {
  const changed = await difference(session, start, catalogsMayDiffer);
  const lost = changed.schema === 'restored' ? [] : await lostValues(session, start.values);
  const tried = {
    claim: undo.verdict,
    undo: undo.sql,
    ...(undo.transactional ? {} : { alone: true as const }),
    changed: { schema: changed.schema !== 'restored', rows: changed.rows.length > 0 },
    lost,
  };
  if (undo.verdict === 'unknown' || undo.verdict === 'impossible') return tried;
  if (undo.sql.length === 0) return { ...tried, seen: changed };
  const error = await runEach(session, undo.sql);
  if (error !== undefined) return { ...tried, seen: { schema: 'drifts', drift: [], rows: [], error } };
  return { ...tried, seen: await difference(session, start, true) };
}

async function runEach(session: ProofSession, statements: readonly string[]): Promise<string | undefined> {
  for (const sql of statements) {
    try {
      await session.run(sql);
    } catch (error) {
      return `${sql}: ${asDatabaseError(error).message}`;
    }
  }
  return undefined;
}

async function difference(
  session: ProofSession,
  start: State,
  catalogsMayDiffer: boolean,
): Promise<Difference> {
  if (catalogsMayDiffer) return compareStates(start, await readState(session));
  return compareStates(start, { ...start, rows: await readRows(session) });
}

function asDatabaseError(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = error as { code?: string; message: string };
  if (code === undefined) throw error;
  return { code, message };
}
