import type { LockMode, RelationLock } from '../../effects/model.ts';
import { findRelation } from '../../schema/lookup.ts';
import { parseName } from '../../sql/names.ts';
import { keptOut } from '../../timing/traffic.ts';
import type { RuleContext, StatementAnalysis } from '../model.ts';
import { type PlacedStatement, sqlStatements } from '../statements.ts';
import { transactionCommand } from './commands.ts';

/** A lock that an earlier statement of the same transaction took and that nothing gives back before its end. */
export interface HeldLock {
  readonly relation: string;
  readonly mode: LockMode;
  readonly by: PlacedStatement;
}

/** Who waits for a lock: 2 all, 1 those who write, 0 no reader or writer. */
export function blocking(mode: LockMode | undefined): 0 | 1 | 2 {
  const out = mode && keptOut(mode);
  return out === 'everybody' ? 2 : out === 'writers' ? 1 : 0;
}

/**
 * The first lock of a statement on a table that others use for which at least so many wait. DETACH … CONCURRENTLY
 * has none: it locks the partition when no query reaches it through its table any more.
 */
export function blockingLock(s: StatementAnalysis, atLeast: 1 | 2): RelationLock | undefined {
  const { statement, effects } = s;
  if ('AlterTableStmt' in statement.node && !effects.transactional) return undefined;
  return effects.locks.find(
    ({ relation, mode, isNew }) =>
      !isNew && blocking(mode) >= atLeast && (blocking(mode) === 2 || hasWriters(s, relation)),
  );
}

/** Nobody writes to a materialized view: a lock that lets readers in holds up only what changes the view itself. */
function hasWriters({ statement, before }: StatementAnalysis, relation: string): boolean {
  if ('RefreshMatViewStmt' in statement.node) return false;
  const name = parseName(relation);
  return !name || findRelation(before, name)?.kind !== 'materialized view';
}

/** What is alone in its transaction finds no lock held, and leaves none behind. */
function isAlone({ action: { statements }, s }: PlacedStatement): boolean {
  return statements.length === 1 && statements[0] === s && !s.embedded;
}

/**
 * Every statement inside a transaction that has several, with the locks on tables that others use which its transaction holds when
 * it begins: the strongest on each, in the order they were first taken.
 */
export function* withHeldLocks(
  context: RuleContext,
): Generator<{ readonly placed: PlacedStatement; readonly held: ReadonlyMap<string, HeldLock> }> {
  let held = new Map<string, HeldLock>();
  let action: PlacedStatement['action'] | undefined;
  for (const placed of sqlStatements(context)) {
    const { s } = placed;
    if (isAlone(placed)) continue;
    if (placed.action !== action || !s.inTransaction) held = new Map();
    action = placed.action;
    if (s.inTransaction) yield { placed, held };
    const command = transactionCommand(s);
    if (command === 'commit' || command === 'rollback') held = new Map();
    for (const { relation, mode, isNew } of s.inTransaction ? s.effects.locks : []) {
      if (isNew || blocking(mode) <= blocking(held.get(relation)?.mode)) continue;
      held.set(relation, { relation, mode, by: placed });
    }
  }
}
