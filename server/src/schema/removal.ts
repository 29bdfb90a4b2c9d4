import { removeDependents } from './dependents.ts';
import { childKeys, type Draft, updateTable } from './draft.ts';
import { dependencyOf } from './links.ts';
import { childrenOf, columnOf, indexesOf, referencesTo, sequencesOf, tableByKey, viewsOf } from './lookup.ts';
import type { Constraint, Index, Table, View } from './model.ts';
import { relationKey } from './names.ts';
import { dropFromObjects } from './other-objects.ts';
import { dropPolicy, dropTrigger, triggersOf } from './triggers.ts';

/**
 * One DROP, as Postgres' `performMultipleDeletions`: some things go with what is dropped, others only with
 * CASCADE; without it they make Postgres refuse the statement.
 */
export interface Removal {
  readonly draft: Draft;
  readonly cascade: boolean;
  /** Keys of relations, types and so on that the statement itself names: what of these needs another is no hindrance. */
  readonly named: ReadonlySet<string>;
}

/** True where a dependent may go: it was named too, or CASCADE was said. Else the statement is refused. */
export function mayGo({ draft, cascade, named }: Removal, dependent: string): boolean {
  if (cascade || named.has(dependent)) return true;
  draft.refused = true;
  return false;
}

export function removeRelations(draft: Draft, keys: readonly string[], cascade: boolean): void {
  const removal: Removal = { draft, cascade, named: new Set(keys) };
  for (const key of keys) removeRelation(removal, key);
}

/** A relation with what goes with it: indexes, owned sequences, partitions; with CASCADE all that needs it. */
export function removeRelation(removal: Removal, key: string): void {
  const { draft } = removal;
  const relation = draft.relations.get(key);
  if (!relation || draft.refused) return;
  if (relation.kind === 'index') {
    removeIndex(removal, key, relation);
    return;
  }
  draft.relations.delete(key);
  dropFromObjects(draft, key);
  if (relation.kind === 'table' && relation.partition) removeReferencesToWhole(removal, relation);
  for (const view of [...viewsOf(draft, key)]) removeView(removal, view);
  for (const { table, constraint } of [...referencesTo(draft, key)]) {
    const owner = relationKey(table.name);
    if (owner === key || mayGo(removal, owner)) removeConstraint(draft, owner, constraint);
  }
  for (const child of [...childrenOf(draft, key)]) {
    const childKey = relationKey(child.name);
    if (child.partition || mayGo(removal, childKey)) removeRelation(removal, childKey);
  }
  for (const index of [...indexesOf(draft, key)]) draft.relations.delete(relationKey(index.name));
  for (const sequence of [...sequencesOf(draft, key)]) removeRelation(removal, relationKey(sequence.name));
  removeDependents(removal, dependencyOf('relation', key));
  if (relation.kind !== 'sequence') removeDependents(removal, dependencyOf('type', key));
}

/** A foreign key to a partitioned table needs each of its partitions. */
function removeReferencesToWhole(removal: Removal, partition: Table): void {
  const { draft } = removal;
  for (const parentKey of partition.parents) {
    const parent = tableByKey(draft, parentKey);
    if (!parent) continue;
    for (const { table, constraint } of [...referencesTo(draft, parentKey)]) {
      const owner = relationKey(table.name);
      if (mayGo(removal, owner)) removeConstraint(draft, owner, constraint);
    }
    if (parent.partition) removeReferencesToWhole(removal, parent);
  }
}

export function removeView(removal: Removal, view: View): void {
  const key = relationKey(view.name);
  if (mayGo(removal, key)) removeRelation(removal, key);
}

/** An index that a constraint or a partitioned index needs goes with that alone. */
function removeIndex(removal: Removal, key: string, index: Index): void {
  const { draft, named } = removal;
  const bound = index.constraint !== undefined || index.parent !== undefined;
  if (bound && !(index.parent !== undefined && named.has(index.parent))) {
    draft.refused = true;
    return;
  }
  deleteIndex(removal, key);
}

/** The index, its parts on partitions, and the foreign keys that stand on it. */
export function deleteIndex(removal: Removal, key: string): void {
  const { draft } = removal;
  const index = draft.relations.get(key);
  if (index?.kind !== 'index') return;
  draft.relations.delete(key);
  for (const { table, constraint } of standingOn(draft, index)) removeReference(removal, table, constraint);
  for (const part of [...indexesPartOf(draft, key)]) deletePart(removal, part);
}

function deletePart(removal: Removal, part: Index): void {
  if (part.constraint !== undefined)
    updateTable(removal.draft, part.table, (table) => ({
      ...table,
      constraints: table.constraints.filter(({ name }) => name !== part.constraint),
    }));
  deleteIndex(removal, relationKey(part.name));
}

function* indexesPartOf(draft: Draft, key: string): Generator<Index> {
  for (const one of draft.relations.linked(key)) if (one.kind === 'index' && one.parent === key) yield one;
}

/** Foreign keys that need this very index. */
function standingOn(draft: Draft, { table: key, name }: Index) {
  return [...referencesTo(draft, key)].filter(({ constraint }) => constraint.references?.index === name.name);
}

/** A column with its constraints, indexes and sequences; with CASCADE also what reads it. */
export function removeColumn(removal: Removal, key: string, name: string): void {
  const { draft } = removal;
  const table = tableByKey(draft, key);
  const column = table && columnOf(table, name);
  if (!table || !column || draft.refused) return;
  updateTable(draft, key, (one) => ({ ...one, columns: one.columns.filter((each) => each !== column) }));
  for (const constraint of table.constraints) {
    if (constraint.columns.includes(name)) deleteConstraint(removal, key, constraint);
  }
  for (const index of [...indexesOf(draft, key)]) {
    if (![...index.columns, ...index.include, ...index.reads].includes(name)) continue;
    const backed = table.constraints.find((one) => one.name === index.constraint);
    // Of a column that only its predicate or an expression reads, the index would go, but not the constraint.
    const onlyRead = ![...index.columns, ...index.include].includes(name);
    if (backed && onlyRead && !mayGo(removal, key)) return;
    if (backed) deleteConstraint(removal, key, backed);
    else deleteIndex(removal, relationKey(index.name));
  }
  for (const { table: other, constraint } of [...referencesTo(draft, key)]) {
    if (constraint.references?.columns.includes(name)) removeReference(removal, other, constraint);
  }
  for (const each of table.columns) {
    if (each.reads?.includes(name) && mayGo(removal, columnToken(key, each.name)))
      removeColumn(removal, key, each.name);
  }
  dropFromObjects(draft, key, name);
  removeReaders(removal, key, table, name);
  for (const sequence of [...sequencesOf(draft, key, name)])
    removeRelation(removal, relationKey(sequence.name));
}

/** A foreign key of another's, which goes by itself where a column of its own goes. */
function removeReference(removal: Removal, table: Table, constraint: Constraint): void {
  const key = relationKey(table.name);
  const leaves = constraint.columns.some((column) => removal.named.has(columnToken(key, column)));
  if (leaves || mayGo(removal, key)) removeConstraint(removal.draft, key, constraint);
}

/** A column among the names of what a statement drops. */
export function columnToken(key: string, column: string): string {
  return `${key}\0${column}`;
}

function removeReaders(removal: Removal, key: string, table: Table, column: string): void {
  const { draft } = removal;
  for (const view of [...viewsOf(draft, key)]) {
    if (view.readsColumns?.[key]?.includes(column)) removeView(removal, view);
  }
  for (const trigger of triggersOf(table)) {
    if (trigger.reads.includes(column) && mayGo(removal, key)) dropTrigger(draft, key, trigger.name);
  }
  for (const { name, using, check } of table.policies ?? []) {
    const reads = using?.reads.includes(column) || check?.reads.includes(column);
    if (reads && mayGo(removal, key)) dropPolicy(draft, key, name);
  }
}

/** A constraint with its index; with CASCADE also the foreign keys that need that. */
export function deleteConstraint(removal: Removal, key: string, constraint: Constraint): void {
  const { draft } = removal;
  const table = tableByKey(draft, key);
  if (!table) return;
  removeConstraint(draft, key, constraint);
  if (constraint.index !== undefined)
    deleteIndex(removal, relationKey({ schema: table.name.schema, name: constraint.index }));
  if (constraint.kind === 'foreign key') {
    for (const child of childKeys(draft, key)) {
      const part = tableByKey(draft, child)?.constraints.find(
        (one) => one.kind === 'foreign key' && one.parent === constraint.name,
      );
      if (part) deleteConstraint(removal, child, part);
    }
  }
  if (constraint.kind === 'not null') setNullable(draft, key, constraint.columns);
}

function setNullable(draft: Draft, key: string, columns: readonly string[]): void {
  updateTable(draft, key, (table) => ({
    ...table,
    columns: table.columns.map((one) => (columns.includes(one.name) ? { ...one, notNull: false } : one)),
  }));
}

export function removeConstraint(draft: Draft, key: string, { name }: Constraint): void {
  updateTable(draft, key, (table) => ({
    ...table,
    constraints: table.constraints.filter((one) => one.name !== name),
  }));
}
