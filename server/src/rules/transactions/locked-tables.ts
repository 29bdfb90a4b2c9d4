import { displayName, findRelation, tableOf } from '../../schema/lookup.ts';
import { parseName } from '../../sql/names.ts';
import type { RuleContext } from '../model.ts';
import type { PlacedStatement } from '../statements.ts';
import { blocking, type HeldLock, withHeldLocks } from './held-locks.ts';

/**
 * The tables that each transaction locks so that at least this many wait, in order; only those of several
 * statements that lock several.
 */
export function* tablesInOrder(context: RuleContext, atLeast: 1 | 2): Generator<readonly HeldLock[]> {
  for (const statements of transactions(context)) {
    const tables = lockedBy(statements, atLeast);
    if (tables.length > 1) yield tables;
  }
}

/** The statements of each transaction that has several: what one statement locks together has no order. */
function* transactions(context: RuleContext): Generator<readonly PlacedStatement[]> {
  let statements: PlacedStatement[] = [];
  let transaction: object | undefined;
  for (const { placed, held } of withHeldLocks(context)) {
    if (held !== transaction) {
      if (statements.length > 1) yield statements;
      statements = [];
      transaction = held;
    }
    statements.push(placed);
  }
  if (statements.length > 1) yield statements;
}

function lockedBy(statements: readonly PlacedStatement[], atLeast: 1 | 2): readonly HeldLock[] {
  const tables: HeldLock[] = [];
  const known = new Set<string>();
  for (const placed of statements) {
    for (const { relation, mode, isNew } of placed.s.effects.locks) {
      if (isNew || blocking(mode) < atLeast || known.has(relation) || !isTable(placed, relation)) continue;
      known.add(relation);
      tables.push({ relation, mode, by: placed });
    }
    const renamed = renamedTo(placed);
    if (renamed && known.has(renamed.from)) known.add(renamed.to);
  }
  return tables;
}

/** A table that a statement gives another name: the lock on it goes on under that. */
function renamedTo({ s }: PlacedStatement): { readonly from: string; readonly to: string } | undefined {
  const { node } = s.statement;
  if (!('RenameStmt' in node) || node.RenameStmt.renameType !== 'OBJECT_TABLE') return undefined;
  const table = tableOf(s.before, node.RenameStmt.relation);
  if (!table) return undefined;
  const name = { schema: table.name.schema, name: node.RenameStmt.newname ?? '' };
  return { from: displayName(s.before, table.name), to: displayName(s.after, name) };
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
