import type { Outcome } from './model.ts';
import {
  lockRows,
  ownLocks,
  type RelationRow,
  relationRows,
  relationsInTransaction,
  rewritten,
  scanned,
  scansInTransaction,
  strongestLocks,
} from './relations.ts';
import type { Row, Session } from './session.ts';

/**
 * Prices that make the planner do to a table of a page what it does to a large one: rows wanted by a key are
 * looked up in the index, all rows are read from the table, and joined by hashing.
 */
export const asOnLargeTables = `
  SET random_page_cost = 0.5; SET cpu_tuple_cost = 0.1; SET enable_indexonlyscan = off;
  SET enable_mergejoin = off; SET enable_nestloop = off; SET statement_timeout = '20s'`;

/** What SQLSTATE says: active_sql_transaction, invalid_transaction_termination. */
const onlyAlone: ReadonlySet<string> = new Set(['25001', '2D000']);

/**
 * Runs one statement in a transaction that is rolled back, and answers with what it did to the relations that were
 * there before; `'alone'` where Postgres refuses it inside a transaction block.
 */
export async function observeInTransaction(
  session: Session,
  before: readonly RelationRow[],
  sql: string,
): Promise<Outcome | 'alone'> {
  try {
    // All in one message: most of the time goes into the round trips.
    const results = await session.run(
      ['BEGIN', scansInTransaction, sql, ownLocks, relationsInTransaction].join(';\n'),
    );
    const counts = new Map(relationRows(results[1]).map(({ oid, scans }) => [oid, scans]));
    const counted = before.map((one) => ({ ...one, scans: counts.get(one.oid) ?? 0 }));
    const after = relationRows(results.at(-1));
    return {
      locks: strongestLocks(before, lockRows(results.at(-2) as readonly Row[])),
      rewrites: [...rewritten(before, after)].sort(),
      scans: [...scanned(counted, after)].sort(),
    };
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    if (code === undefined) throw error;
    return onlyAlone.has(code) ? 'alone' : { refused: message };
  } finally {
    await session.run('ROLLBACK; DEALLOCATE ALL');
  }
}
