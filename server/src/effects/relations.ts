import type { RangeVar } from '@pgsql/types';
import { emptyTable } from '../schema/draft.ts';
import {
  descendantsOf,
  displayName,
  indexesOf,
  relationKey,
  sequencesOf,
  tableByKey,
} from '../schema/lookup.ts';
import type { Relation, Table } from '../schema/model.ts';
import { qualify } from '../schema/names.ts';
import { nameOfRangeVar } from '../sql/names.ts';
import type { Task } from './builder.ts';
import type { LockMode } from './model.ts';

/** A table of which the statement tells the name and nothing else is known. */
export function unknownTable(task: Task, relation: RangeVar): Table {
  const name = qualify(task.schema, nameOfRangeVar(relation), () => false);
  return { ...emptyTable(name), columnsComplete: false };
}

/** Locks a parse tree's relation. */
export function lockRange(
  task: Task,
  relation: RangeVar | undefined,
  mode: LockMode,
  missingOk?: boolean,
): Relation | undefined {
  return relation && task.lockName(nameOfRangeVar(relation), mode, missingOk);
}

/** A foreign key's test on every row: each is looked up where it points, by the index there or all at once. */
export function lookUpReferenced(task: Task, key: string, reason: string): void {
  const table = tableByKey(task.schema, key);
  if (!table) return;
  for (const one of storedFamily({ ...task, only: false }, table)) task.lookup(one, reason);
}

/** The table and, but for ONLY, all that inherit from it, itself first. */
export function familyOf(task: Task, table: Table): readonly Table[] {
  return task.only ? [table] : [table, ...descendantsOf(task.schema, relationKey(table.name))];
}

/** Tables of the family that hold rows: a partitioned table has none of its own. */
export function storedFamily(task: Task, table: Table): readonly Table[] {
  return familyOf(task, table).filter((one) => !one.partitioned && !one.foreign);
}

/** The whole table is written anew, and with it each of its indexes that is not made by the same statement. */
export function rewriteTable(task: Task, table: Relation, reason: string): void {
  task.rewrite(table, reason);
  for (const index of indexesOf(task.schema, relationKey(table.name))) {
    if (!task.original.relations.has(relationKey(index.name))) continue;
    task.lock(index, 'AccessExclusiveLock');
    task.rewrite(index, `${displayName(task.schema, table.name)} is written anew`);
  }
}

/** Locks the table's indexes and owned sequences, as DROP does. */
export function lockOwned(task: Task, key: string, mode: LockMode): void {
  for (const index of indexesOf(task.schema, key)) task.lock(index, mode);
  for (const sequence of sequencesOf(task.schema, key)) task.lock(sequence, mode);
}

/** A table that a foreign key points at, with its partitions, which have their part of the key. */
export function lockReferencedTable(task: Task, key: string, mode: LockMode): void {
  task.lockKey(key, mode);
  const table = tableByKey(task.schema, key);
  if (table?.partitioned) for (const one of descendantsOf(task.schema, key)) task.lock(one, mode);
}

/** A table that a foreign key points at, whose triggers for it go: of a partitioned table only since 15 its own too. */
export function lockTriggersOfKey(task: Task, key: string): void {
  const table = tableByKey(task.schema, key);
  if (!table?.partitioned || task.context.pgVersion >= 15) {
    lockReferencedTable(task, key, 'AccessExclusiveLock');
    return;
  }
  for (const one of descendantsOf(task.schema, key)) task.lock(one, 'AccessExclusiveLock');
}

export function show(task: Task, relation: Relation): string {
  return displayName(task.schema, relation.name);
}
