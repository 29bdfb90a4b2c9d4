import type { AlterTableCmd } from '@pgsql/types';
import type { Target } from './alter-table.ts';
import { readColumn, withoutNullDefault } from './column-definition.ts';
import { addConstraints } from './constraints.ts';
import { maxColumns } from './create-table.ts';
import { childKeys, type Draft, updateTable } from './draft.ts';
import { lacks } from './index-constraints.ts';
import { dropColumns, parentsWithColumn } from './inheritance.ts';
import { columnOf, tableByKey } from './lookup.ts';
import type { Column } from './model.ts';

export function addColumn(
  { draft, key, statement, recurse }: Target,
  { def, missing_ok }: AlterTableCmd,
): void {
  const table = tableByKey(draft, key);
  if (!def || !('ColumnDef' in def) || !table) return;
  const exists = columnOf(table, def.ColumnDef.colname ?? '') !== undefined;
  const children = childKeys(draft, key);
  if (exists && missing_ok) return;
  if (exists || table.columns.length >= maxColumns || table.partition || (!recurse && children.length > 0)) {
    draft.refused = true;
    return;
  }
  const { column, pending } = readColumn(draft, key, def.ColumnDef, statement, false);
  if (lacks(table, column.reads ?? [])) draft.refused = true;
  putColumn(draft, key, withoutNullDefault(draft, column));
  addConstraints(draft, key, pending, statement);
}

/** In the table and in those that inherit from it; one that has a column of that name keeps it as its own as well. */
export function putColumn(draft: Draft, key: string, column: Column): void {
  const existing = columnOf(tableByKey(draft, key), column.name);
  if (existing) {
    const differs = existing.type !== undefined && column.type !== undefined && existing.type !== column.type;
    if (differs || column.identity) draft.refused = true;
    return;
  }
  updateTable(draft, key, (table) => ({ ...table, columns: [...table.columns, column] }));
  for (const child of childKeys(draft, key)) {
    const identity = tableByKey(draft, child)?.partition ? column.identity : undefined;
    if (column.identity && !identity) draft.refused = true;
    putColumn(draft, child, { ...column, local: false });
  }
}

export function dropColumn(
  { draft, key, recurse }: Target,
  { name = '', behavior, missing_ok }: AlterTableCmd,
): void {
  const table = tableByKey(draft, key);
  if (!table) return;
  if (!columnOf(table, name)) {
    if (table.columnsComplete && !missing_ok) draft.refused = true;
    return;
  }
  const inherited = parentsWithColumn(draft, table, name) > 0;
  const divides = table.partitionKey?.reads?.includes(name);
  if (inherited || divides || (!recurse && table.partitioned && childKeys(draft, key).length > 0)) {
    draft.refused = true;
    return;
  }
  dropColumns(draft, key, name, { cascade: behavior === 'DROP_CASCADE', recurse });
}
