import type { AlterTableCmd } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar } from '../sql/names.ts';
import { putCheck } from './constraints.ts';
import {
  childKeys,
  chooseConstraintName,
  chooseNumberedConstraintName,
  type Draft,
  find,
  findKey,
  put,
  touchTable,
  updateTable,
} from './draft.ts';
import { isSameForeignKey } from './foreign-keys.ts';
import { cloneIndex } from './indexes.ts';
import { changeColumn, inheritFrom, releaseFrom } from './inheritance.ts';
import { childrenOf, columnOf, indexesOf, referencesTo, tableByKey } from './lookup.ts';
import type { Constraint, Index, Table } from './model.ts';
import { relationKey } from './names.ts';
import { validatedConstraint } from './not-null.ts';
import { removeConstraint } from './removal.ts';
import { boundSource } from './table-source.ts';
import { cloneTriggers, dropClonedTriggers } from './triggers.ts';

export function attachPartition(
  draft: Draft,
  key: string,
  { def }: AlterTableCmd,
  statement: Statement,
): void {
  const { name, bound } = def && 'PartitionCmd' in def ? def.PartitionCmd : {};
  const child = name && touchTable(draft, nameOfRangeVar(name));
  const parent = tableByKey(draft, key);
  if (!child || !parent || child === parent || child.parents.length > 0) {
    draft.refused = true;
    return;
  }
  const childKey = relationKey(child.name);
  inheritFrom(draft, childKey, key, true);
  updateTable(draft, childKey, (table) => ({
    ...table,
    partition: true,
    isDefaultPartition: bound?.is_default === true,
    ...(bound ? { bound: boundSource(statement, bound) } : {}),
  }));
  for (const { name: column, identity } of parent.columns)
    if (identity) changeColumn(draft, childKey, column, (one) => ({ ...one, identity }));
  joinPartition(draft, key, childKey);
}

/** A partition gets its part of the parent's indexes, foreign keys and row triggers. */
export function joinPartition(draft: Draft, parentKey: string, childKey: string): void {
  for (const index of [...indexesOf(draft, parentKey)]) ensurePart(draft, index, childKey);
  for (const constraint of tableByKey(draft, parentKey)?.constraints ?? [])
    if (constraint.kind === 'foreign key') ensureForeignKey(draft, constraint, childKey);
  cloneTriggers(draft, parentKey, childKey);
}

/** An index of the partition that is like the parent's becomes a part of it; where there is none, one is made. */
export function ensurePart(draft: Draft, index: Index, childKey: string): void {
  const child = tableByKey(draft, childKey);
  if (!child || child.foreign) return;
  const own = [...indexesOf(draft, childKey)].find((one) => fits(draft, one, index));
  if (own) {
    adoptPart(draft, own, index);
    return;
  }
  const made = cloneIndex(draft, index, child, relationKey(index.name));
  for (const grandchild of made && child.partitioned ? childKeys(draft, childKey) : [])
    ensurePart(draft, made as Index, grandchild);
}

/** Whether the one can be a part of the other: `CompareIndexInfo` of Postgres' source. */
function fits(draft: Draft, own: Index, index: Index): boolean {
  const same = (one: Index) =>
    JSON.stringify([
      one.unique,
      one.nullsNotDistinct ?? false,
      one.method,
      one.columns,
      one.include,
      one.signature,
      one.predicate,
    ]);
  if (own.parent !== undefined || same(own) !== same(index)) return false;
  const [kind, wanted] = [kindOf(draft, own), kindOf(draft, index)];
  if ((kind === 'exclusion') !== (wanted === 'exclusion')) return false;
  return index.constraint === undefined || kind === wanted;
}

function kindOf(draft: Draft, { table, constraint }: Index): Constraint['kind'] | undefined {
  return tableByKey(draft, table)?.constraints.find(({ name }) => name === constraint)?.kind;
}

function adoptPart(draft: Draft, own: Index, index: Index): void {
  const part = { ...own, parent: relationKey(index.name) };
  put(draft, part);
  if (index.constraint !== undefined) bindConstraint(draft, part, index.constraint);
  settleValidity(draft, relationKey(index.name));
}

function bindConstraint(draft: Draft, { table: key, constraint }: Index, parent: string): void {
  updateTable(draft, key, (table) => ({
    ...table,
    constraints: table.constraints.map((one) =>
      one.name === constraint ? { ...one, parent, local: false } : one,
    ),
  }));
}

/** A partitioned index is valid once each partition has a valid part of it. */
export function settleValidity(draft: Draft, key: string): void {
  const index = draft.relations.get(key);
  if (index?.kind !== 'index' || index.valid !== false) return;
  const parts = [...draft.relations.linked(key)].filter((one) => one.kind === 'index' && one.parent === key);
  const partitions = [...childrenOf(draft, index.table)];
  if (parts.length < partitions.length || parts.some((one) => one.kind === 'index' && one.valid === false))
    return;
  const { valid: _, ...settled } = index;
  put(draft, settled);
  if (index.parent !== undefined) settleValidity(draft, index.parent);
}

/** ALTER INDEX … ATTACH PARTITION */
export function attachIndex(draft: Draft, key: string, { def }: AlterTableCmd): void {
  const named = def && 'PartitionCmd' in def ? def.PartitionCmd.name : undefined;
  const index = draft.relations.get(key);
  const own = named && find(draft, nameOfRangeVar(named));
  if (index?.kind !== 'index' || own?.kind !== 'index') return;
  if (own.parent === key) return;
  if (!fits(draft, own, index) || !tableByKey(draft, own.table)?.parents.includes(index.table)) {
    draft.refused = true;
    return;
  }
  adoptPart(draft, own, index);
}

/** A foreign key of the partition that says the same becomes a part of the parent's; else one is made. */
export function ensureForeignKey(draft: Draft, constraint: Constraint, childKey: string): void {
  const child = tableByKey(draft, childKey);
  if (!child) return;
  // Postgres goes through them by name.
  const byName = [...child.constraints].sort((a, b) => (a.name < b.name ? -1 : 1));
  const own = byName.find(
    (one) => one.kind === 'foreign key' && one.parent === undefined && isSameForeignKey(one, constraint),
  );
  const taken = child.constraints.some(({ name }) => name === constraint.name);
  const free = () => chooseNumberedConstraintName(draft, child.name.schema, constraint.name);
  const made = {
    ...(own && constraint.validated ? validatedConstraint(own) : (own ?? constraint)),
    name: own?.name ?? (taken ? free() : constraint.name),
    parent: constraint.name,
    local: false,
  };
  updateTable(draft, childKey, (table) => ({
    ...table,
    constraints: [...table.constraints.filter((one) => one !== own), made],
  }));
  // One that was there has its parts already.
  if (own) return;
  for (const grandchild of [...childrenOf(draft, childKey)])
    if (grandchild.partition) ensureForeignKey(draft, made, relationKey(grandchild.name));
}

export function detachPartition(draft: Draft, key: string, { def }: AlterTableCmd): void {
  const { name, concurrent } = def && 'PartitionCmd' in def ? def.PartitionCmd : {};
  const childKey = name && findKey(draft, nameOfRangeVar(name));
  const child: Table | undefined = childKey === undefined ? undefined : tableByKey(draft, childKey);
  if (childKey === undefined || !child?.parents.includes(key)) {
    draft.refused = draft.complete;
    return;
  }
  for (const index of [...indexesOf(draft, childKey)]) {
    const { parent, ...own } = index;
    if (parent !== undefined) put(draft, own);
  }
  dropClonedTriggers(draft, childKey);
  // Postgres drops every part of a foreign key that names the partition itself, those of other wholes included.
  for (const { table, constraint } of [...referencesTo(draft, childKey)])
    if (constraint.parent !== undefined) removeConstraint(draft, relationKey(table.name), constraint);
  releaseFrom(draft, childKey, key);
  const parent = tableByKey(draft, key);
  if (concurrent && parent) keepBound(draft, childKey, parent);
  for (const column of child.columns)
    if (columnOf(parent, column.name)?.identity) dropIdentity(draft, childKey, column.name);
}

/**
 * CONCURRENTLY leaves a check of the bound behind (`DetachAddConstraintIfNeeded`), unless another check says as much:
 * one that reads all columns of the key is taken to.
 */
function keepBound(draft: Draft, childKey: string, { partitionKey }: Table): void {
  const child = tableByKey(draft, childKey);
  const columns = [...new Set(partitionKey?.reads ?? [])];
  if (!child || columns.length === 0 || partitionKey?.strategy === 'hash') return;
  if (
    child.constraints.some(
      (one) => one.kind === 'check' && columns.every((name) => one.columns.includes(name)),
    )
  )
    return;
  const { schema, name } = child.name;
  const only = columns.length === 1 ? columns[0] : undefined;
  putCheck(draft, childKey, {
    name: chooseConstraintName(draft, schema, name, only, 'check'),
    kind: 'check',
    columns,
    validated: true,
    expression: undefined,
    provesNotNull: [],
    references: undefined,
    index: undefined,
    inherits: true,
    definition: '',
  });
}

function dropIdentity(draft: Draft, key: string, column: string): void {
  changeColumn(draft, key, column, (one) => ({ ...one, identity: undefined }));
  for (const child of childKeys(draft, key)) dropIdentity(draft, child, column);
}
