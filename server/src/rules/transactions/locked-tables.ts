import { findRelation } from '../../schema/lookup.ts';
import { parseName } from '../../sql/names.ts';
import type { RuleContext } from '../model.ts';
import type { PlacedStatement } from '../statements.ts';
import { blocking, type HeldLock, withHeldLocks } from './held-locks.ts';

/** A statement that locks a table while its transaction holds another one. */
export interface LockedAfter {
  readonly placed: PlacedStatement;
  readonly first: HeldLock;
  /** The table that the statement locks. */
  readonly second: string;
}

/** Pairs of tables locked one after the other in one transaction, both so that at least this many wait. */
export function* lockedAfter(context: RuleContext, atLeast: 1 | 2): Generator<LockedAfter> {
  for (const { placed, held } of withHeldLocks(context)) {
    if (held.size === 0) continue;
    for (const { relation: second, mode, isNew } of placed.s.effects.locks) {
      if (isNew || blocking(mode) < atLeast || held.has(second) || !isTable(placed, second)) continue;
      for (const first of held.values())
        if (blocking(first.mode) >= atLeast && isTable(first.by, first.relation))
          yield { placed, first, second };
    }
  }
}

/** What the schema does not hold is one, but for what is named as an index. */
export function isTable({ s }: PlacedStatement, relation: string): boolean {
  const name = parseName(relation);
  const found = name && (findRelation(s.before, name) ?? findRelation(s.after, name));
  if (found) return found.kind === 'table';
  const { node } = s.statement;
  if ('ReindexStmt' in node) return node.ReindexStmt.kind === 'REINDEX_OBJECT_TABLE';
  return !('DropStmt' in node) || node.DropStmt.removeType === 'OBJECT_TABLE';
}
