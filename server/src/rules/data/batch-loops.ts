import { nameOfRangeVar, writeName } from '../../sql/names.ts';
import type { StatementAnalysis } from '../model.ts';

/** The table that an UPDATE or DELETE changes, as it names it; undefined for every other statement. */
export function changedTable({ statement: { node } }: StatementAnalysis): string | undefined {
  const relation =
    'UpdateStmt' in node
      ? node.UpdateStmt.relation
      : 'DeleteStmt' in node
        ? node.DeleteStmt.relation
        : undefined;
  return relation && writeName(nameOfRangeVar(relation));
}
