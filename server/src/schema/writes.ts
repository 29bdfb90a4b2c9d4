import type { CopyStmt, InsertStmt, MergeStmt } from '@pgsql/types';
import { nameOfRangeVar } from '../sql/names.ts';
import { type Apply, findKey } from './draft.ts';
import { indexesOf } from './lookup.ts';
import { relationKey } from './names.ts';

/** INSERT, MERGE and COPY FROM fill a table that the plan made. */
export const applyWrite: Apply<InsertStmt | MergeStmt | CopyStmt> = (draft, fields) => {
  if (!fields.relation || ('is_from' in fields ? !fields.is_from : isCopy(fields))) return;
  const key = findKey(draft, nameOfRangeVar(fields.relation));
  const relation = draft.relations.get(key);
  if (!relation?.empty) return;
  draft.relations.set(key, { ...relation, empty: false });
  for (const index of [...indexesOf(draft, key)])
    draft.relations.set(relationKey(index.name), { ...index, empty: false });
};

/** COPY … TO: false booleans are absent from the tree, so tell it by a field of its own. */
function isCopy(fields: InsertStmt | MergeStmt | CopyStmt): boolean {
  return (
    !('selectStmt' in fields) &&
    !('sourceRelation' in fields) &&
    !('cols' in fields) &&
    !('override' in fields)
  );
}
