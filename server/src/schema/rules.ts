import type { RuleStmt } from '@pgsql/types';
import { type Apply, type Draft, touchRangeVar, updateTable } from './draft.ts';
import { relationKey } from './names.ts';

/** A rule on a table, by its name alone. A view's own rule is its query. */
export const applyCreateRule: Apply<RuleStmt> = (draft, { relation, rulename = '', replace }) => {
  const table = touchRangeVar(draft, relation);
  if (!table) return;
  if (table.rules?.includes(rulename) && !replace) {
    draft.refused = true;
    return;
  }
  updateTable(draft, relationKey(table.name), (one) => ({
    ...one,
    rules: [...(one.rules ?? []).filter((name) => name !== rulename), rulename],
  }));
};

export function dropRule(draft: Draft, key: string, name: string): void {
  updateTable(draft, key, (table) => ({ ...table, rules: table.rules?.filter((one) => one !== name) }));
}
