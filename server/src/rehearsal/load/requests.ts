import type { VersionAnalysis } from '../../rules/model.ts';
import { isDatabaseError } from '../errors.ts';
import type { DatabaseError } from '../model.ts';
import type { LoadErrorKind } from './model.ts';
import type { PooledConnection } from './pool.ts';
import type { Lane } from './stream.ts';
import type { Varied, VariedRequest } from './varied.ts';

/** A statement of a version that is live, each as often as the others. */
export interface LiveStatement {
  readonly version: string;
  readonly analysed: VersionAnalysis['statements'][number];
  readonly varied: Varied;
  /** How many requests of it came back. */
  answered: number;
}

/** `of` is undefined where no version that is live says what it runs: nothing is sent then. */
export interface LoadRequest {
  readonly of: LiveStatement | undefined;
  readonly filled: VariedRequest | undefined;
}

export type Explain = (
  of: LiveStatement,
  error: DatabaseError,
  sql: string,
) => Awaited<ReturnType<Lane<LoadRequest>['send']>>;

/**
 * What empties a table is undone: its rows would run out, which in production others bring. All other writes are
 * committed, each by itself, as the application's are: they hold the locks that it would hold for as long as it would,
 * a backfill meets the rows that they change, and a verification sees what they left.
 */
const undone = new Set<string>(['DeleteStmt', 'TruncateStmt', 'MergeStmt']);

/** A connection that takes one request after the other. */
export function requestLane(pooled: PooledConnection, explain: Explain): Lane<LoadRequest> {
  return {
    async send({ of, filled }) {
      if (!of || !filled) return undefined;
      if (pooled.current().isGone()) await pooled.renew();
      const session = pooled.current();
      const isUndone = undone.has(of.analysed.statement.kind);
      try {
        if (isUndone) await session.exec('BEGIN');
        await session.query(filled.sql, filled.parameters);
        filled.done();
        return undefined;
      } catch (error) {
        if (!isDatabaseError(error)) throw error;
        return explain(of, error, filled.sql);
      } finally {
        of.answered++;
        if (isUndone) await session.exec('ROLLBACK').catch(() => undefined);
      }
    },
  };
}

/** What a version's statement was refused with. */
export function kindOf(code: string | undefined, mayCollide: boolean): LoadErrorKind {
  switch (code) {
    case undefined:
      return 'disconnected';
    case '55P03':
      return 'lock_timeout';
    case '57014':
      return 'statement_timeout';
    // An exclusion is by values that were made up, or stand in the plan for all requests.
    case '23P01':
      return 'collision';
    case '23505':
      return mayCollide ? 'collision' : 'failed';
    default:
      return 'failed';
  }
}
