import type { DropStmt } from '@pgsql/types';
import { applyStatement } from '../schema/apply.ts';
import {
  childrenOf,
  columnOf,
  constraintOf,
  findIndex,
  findRelation,
  findTable,
  referencesTo,
  relationKey,
  tableByKey,
  viewsOf,
} from '../schema/lookup.ts';
import type { Relation, Table } from '../schema/model.ts';
import { nameOfObject, nameOfStrings, stringsOf, writeName } from '../sql/names.ts';
import type { Describe, Task } from './builder.ts';
import { familyOf, lockOwned, lockReferencedTable, lockTriggersOfKey } from './relations.ts';

export const drop: Describe<DropStmt> = (task, fields) => {
  if (fields.concurrent) task.notTransactional();
  for (const object of fields.objects ?? []) {
    const parts = 'List' in object ? stringsOf(object.List.items) : [];
    const name = nameOfObject(object);
    if (!name) continue;
    switch (fields.removeType) {
      case 'OBJECT_TABLE':
      case 'OBJECT_FOREIGN_TABLE':
      case 'OBJECT_MATVIEW':
      case 'OBJECT_VIEW':
      case 'OBJECT_SEQUENCE': {
        const relation = task.lockName(name, 'AccessExclusiveLock', fields.missing_ok);
        if (relation) dropRelation(task, relation, fields.behavior === 'DROP_CASCADE');
        else if (!task.schema.complete && fields.removeType === 'OBJECT_TABLE') {
          task.unknown(`which foreign keys ${writeName(name)} has: the other tables are locked too`, {
            decides: false,
            locks: true,
          });
        }
        break;
      }
      case 'OBJECT_INDEX':
        dropIndex(task, name, fields);
        break;
      case 'OBJECT_TRIGGER':
        dropTrigger(task, parts, fields.missing_ok === true);
        break;
      case 'OBJECT_RULE':
      case 'OBJECT_POLICY':
        if (!isAbsent(task, fields, parts))
          task.lockName(nameOfStrings(parts.slice(0, -1)), 'AccessExclusiveLock', fields.missing_ok);
        break;
      case 'OBJECT_TYPE':
      case 'OBJECT_DOMAIN':
        if (fields.behavior === 'DROP_CASCADE') dropDependents(task, writeName(name));
        break;
      case 'OBJECT_SCHEMA':
        dropSchema(task, name.name, fields);
        break;
      case 'OBJECT_FUNCTION':
      case 'OBJECT_PROCEDURE':
      case 'OBJECT_AGGREGATE':
      case 'OBJECT_ROUTINE':
      case 'OBJECT_EXTENSION':
        if (fields.behavior === 'DROP_CASCADE') dropDependents(task, writeName(name));
        break;
      case 'OBJECT_STATISTIC_EXT':
        task.unknown(
          `which table the statistics ${writeName(name)} are on: it is locked with SHARE UPDATE EXCLUSIVE`,
          { remedy: 'run the dry run, which sees it', decides: false, locks: true },
        );
        break;
    }
  }
};

/** Where IF EXISTS finds no such policy or rule, nothing stays locked. */
function isAbsent(task: Task, { removeType, missing_ok }: DropStmt, parts: readonly string[]): boolean {
  const table = findTable(task.schema, nameOfStrings(parts.slice(0, -1)));
  if (!missing_ok || !task.schema.complete || !table) return false;
  const there = removeType === 'OBJECT_RULE' ? table.rules : table.policies?.map(({ name }) => name);
  return !there?.includes(parts.at(-1) ?? '');
}

/** What goes with a function or a type, as the schema after it tells. */
function dropDependents(task: Task, name: string): void {
  const after = applyStatement(task.schema, task.statement, { madeByPlan: true });
  for (const [key, old] of task.schema.relations) {
    const now = after.relations.get(key);
    if (now === undefined) {
      if (old.kind === 'index') task.lockKey(old.table, 'AccessExclusiveLock');
      task.lock(old, 'AccessExclusiveLock');
    } else if (now !== old && old.kind === 'table' && now.kind === 'table') {
      if (losesSomething(old, now)) task.lock(old, 'AccessExclusiveLock');
      for (const { name: constraint, references } of old.constraints)
        if (references && !constraintOf(now, constraint))
          lockReferencedTable(task, references.table, 'AccessExclusiveLock');
    }
  }
  if (!task.schema.complete)
    task.unknown(`what depends on ${name} and goes with it`, {
      remedy: 'drop what depends on it by name, then leave CASCADE out',
      decides: false,
      locks: true,
    });
}

function losesSomething(old: Table, now: Table): boolean {
  const fewer = (key: 'columns' | 'constraints' | 'triggers') => now[key].length < old[key].length;
  return (
    fewer('columns') ||
    fewer('constraints') ||
    fewer('triggers') ||
    (now.policies?.length ?? 0) < (old.policies?.length ?? 0) ||
    old.columns.some(({ name, default: value }) => value !== columnOf(now, name)?.default)
  );
}

/** With its part on each partition. Where IF EXISTS finds none, nothing stays locked. */
function dropTrigger(task: Task, parts: readonly string[], missingOk: boolean): void {
  const name = nameOfStrings(parts.slice(0, -1));
  const trigger = parts.at(-1) ?? '';
  const table = findTable(task.schema, name);
  if (missingOk && task.schema.complete && !table?.triggers.includes(trigger)) return;
  task.lockName(name, 'AccessExclusiveLock', missingOk);
  if (table?.partitioned) for (const one of familyOf(task, table)) task.lock(one, 'AccessExclusiveLock');
}

/** With what goes with it, and the other ends of its foreign keys. */
function dropRelation(task: Task, relation: Relation, cascade: boolean): void {
  const key = relationKey(relation.name);
  task.lock(relation, 'AccessExclusiveLock');
  lockOwned(task, key, 'AccessExclusiveLock');
  if (relation.kind === 'table') dropTable(task, relation, cascade);
  if (relation.kind === 'sequence' && cascade && relation.ownedBy)
    task.lockKey(relation.ownedBy.table, 'AccessExclusiveLock');
  if (!cascade) return;
  for (const view of viewsOf(task.schema, key)) dropRelation(task, view, true);
}

function dropTable(task: Task, table: Table, cascade: boolean): void {
  const key = relationKey(table.name);
  const parents = table.partition ? table.parents.map((parent) => tableByKey(task.schema, parent)) : [];
  for (const { references, name } of table.constraints) {
    // A foreign key that comes from the parent has nothing of its own on the other table.
    const inherited = parents.some((parent) => constraintOf(parent, name)?.references);
    if (references && !inherited) lockTriggersOfKey(task, references.table);
  }
  if (cascade)
    for (const { table: other } of referencesTo(task.schema, key)) task.lock(other, 'AccessExclusiveLock');
  if (cascade && table.partition) lockAncestorsReferences(task, table);
  if (table.partition) {
    for (const parent of table.parents) {
      task.lockKey(parent, 'AccessExclusiveLock');
      for (const other of childrenOf(task.schema, parent)) {
        if (other.isDefaultPartition) task.lock(other, 'AccessExclusiveLock');
      }
    }
  }
  for (const child of childrenOf(task.schema, key))
    if (child.partition || cascade) dropRelation(task, child, cascade);
}

/** A foreign key to a partitioned table goes with each of its partitions. */
function lockAncestorsReferences(task: Task, table: Table): void {
  for (const parent of table.parents) {
    for (const { table: other } of referencesTo(task.schema, parent)) {
      task.lock(other, 'AccessExclusiveLock');
      lockReferencedTable(task, parent, 'AccessExclusiveLock');
    }
    const above = tableByKey(task.schema, parent);
    if (above?.partition) lockAncestorsReferences(task, above);
  }
}

function dropIndex(task: Task, name: { schema: string | undefined; name: string }, fields: DropStmt): void {
  const mode = fields.concurrent ? 'ShareUpdateExclusiveLock' : 'AccessExclusiveLock';
  const index = findIndex(task.schema, name);
  task.lockName(name, mode, fields.missing_ok);
  if (!index) {
    if (!task.schema.complete && !findRelation(task.schema, name)) {
      task.unknown(`which table the index ${writeName(name)} is on: it is locked too`, {
        decides: false,
        locks: true,
      });
    }
    return;
  }
  task.lockKey(index.table, mode);
  const table = task.schema.relations.get(index.table);
  if (table?.kind !== 'table' || !table.partitioned) return;
  const partsOf = new Set([relationKey(index.name)]);
  for (const one of familyOf(task, table).slice(1)) {
    task.lock(one, mode);
    for (const own of task.schema.relations.values()) {
      if (own.kind !== 'index' || own.table !== relationKey(one.name)) continue;
      if (own.parent !== undefined && partsOf.has(own.parent)) {
        partsOf.add(relationKey(own.name));
        task.lock(own, mode);
      }
    }
  }
}

function dropSchema(task: Task, name: string, fields: DropStmt): void {
  if (fields.behavior !== 'DROP_CASCADE') return;
  for (const relation of task.schema.relations.values()) {
    if (relation.name.schema === name) dropRelation(task, relation, true);
  }
  if (!task.schema.complete)
    task.unknown(`what else the schema ${name} holds: all of it is locked`, { decides: false, locks: true });
}
