import { childKeys, type Draft, updateTable } from './draft.ts';
import { nextOrder } from './indexes.ts';
import { parentsWithConstraint } from './inheritance.ts';
import { indexesOf, referencesTo, tableByKey } from './lookup.ts';
import type { Constraint, Index } from './model.ts';
import { relationKey } from './names.ts';
import { indexColumnNames } from './object-names.ts';
import { ensureForeignKey, ensurePart } from './partitions.ts';
import { removeConstraint } from './removal.ts';

/**
 * ALTER COLUMN TYPE makes the indexes and foreign keys of the column anew: an index's own columns take the
 * names that the table's have now, and its parts on partitions are named as if they were new.
 */
export function rebuildColumn(draft: Draft, key: string, column: string): void {
  for (const index of [...indexesOf(draft, key)]) {
    if (![...index.columns, ...index.include, ...index.reads].includes(column)) continue;
    if (index.parent === undefined) rebuildIndex(draft, index);
  }
  for (const constraint of tableByKey(draft, key)?.constraints ?? []) {
    const own = constraint.kind === 'foreign key' && constraint.parent === undefined;
    if (own && constraint.columns.includes(column)) rebuildForeignKey(draft, key, constraint);
  }
  rebuildReferences(draft, key, column);
  forgetOrphans(draft, key, column);
}

/**
 * A check or NOT NULL that is inherited from nobody any more (its parent's went with a column of the parent's)
 * is not made anew: Postgres leaves that to the parent.
 */
function forgetOrphans(draft: Draft, key: string, column: string): void {
  const table = tableByKey(draft, key);
  for (const constraint of table?.constraints ?? []) {
    const handedDown = constraint.kind === 'check' || constraint.kind === 'not null';
    if (!table || !handedDown || constraint.local !== false || !constraint.columns.includes(column)) continue;
    if (parentsWithConstraint(draft, table, constraint) === 0) removeConstraint(draft, key, constraint);
  }
}

/** The foreign keys of other tables that name the column. */
function rebuildReferences(draft: Draft, key: string, column: string): void {
  for (const { table, constraint } of [...referencesTo(draft, key)]) {
    if (constraint.parent === undefined && constraint.references?.columns.includes(column))
      rebuildForeignKey(draft, relationKey(table.name), constraint);
  }
}

function rebuildIndex(draft: Draft, index: Index): void {
  const key = relationKey(index.name);
  dropParts(draft, index);
  const names = [
    ...index.columns.map((name, at) => name ?? index.columnNames[at] ?? 'expr'),
    ...index.include,
  ];
  // It is made on the partitions as well, whatever ON ONLY left out.
  // Statistics targets of its columns are not carried over.
  const { valid: _, statistics: __, ...whole } = index;
  const rebuilt: Index = {
    ...whole,
    columnNames: indexColumnNames(names),
    order: nextOrder(draft, index.table),
  };
  draft.relations.set(key, rebuilt);
  if (!tableByKey(draft, index.table)?.partitioned) return;
  for (const child of childKeys(draft, index.table)) ensurePart(draft, rebuilt, child);
}

function dropParts(draft: Draft, index: Index): void {
  const key = relationKey(index.name);
  for (const part of [...draft.relations.linked(key)]) {
    if (part.kind !== 'index' || part.parent !== key) continue;
    dropParts(draft, part);
    draft.relations.delete(relationKey(part.name));
    updateTable(draft, part.table, (table) => ({
      ...table,
      constraints: table.constraints.filter(({ name }) => name !== part.constraint),
    }));
  }
}

function rebuildForeignKey(draft: Draft, key: string, constraint: Constraint): void {
  const partitions = tableByKey(draft, key)?.partitioned ? childKeys(draft, key) : [];
  for (const child of partitions) dropForeignKeyParts(draft, child, constraint.name);
  for (const child of partitions) ensureForeignKey(draft, constraint, child);
}

function dropForeignKeyParts(draft: Draft, key: string, parent: string): void {
  const isPart = (one: Constraint) => one.kind === 'foreign key' && one.parent === parent;
  const part = tableByKey(draft, key)?.constraints.find(isPart);
  if (!part) return;
  for (const child of childKeys(draft, key)) dropForeignKeyParts(draft, child, part.name);
  updateTable(draft, key, (table) => ({
    ...table,
    constraints: table.constraints.filter((one) => !isPart(one)),
  }));
}
