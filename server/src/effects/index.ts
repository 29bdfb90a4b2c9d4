import type { IndexStmt, ReindexStmt } from '@pgsql/types';
import { findRelation, indexesOf, relationKey } from '../schema/lookup.ts';
import type { Relation } from '../schema/model.ts';
import { nameOfRangeVar, quoteIdentifier } from '../sql/names.ts';
import type { Describe, Task } from './builder.ts';
import type { LockMode } from './model.ts';
import { familyOf, lockRange, show } from './relations.ts';

export const createIndex: Describe<IndexStmt> = (task, fields) => {
  const mode: LockMode = fields.concurrent ? 'ShareUpdateExclusiveLock' : 'ShareLock';
  if (fields.concurrent) task.notTransactional();
  const relation = lockRange(task, fields.relation, mode);
  const named = fields.idxname ? `the index ${quoteIdentifier(fields.idxname)}` : 'the index';
  if (fields.if_not_exists && fields.idxname && relation) {
    const existing = findRelation(task.schema, { schema: relation.name.schema, name: fields.idxname });
    if (existing) {
      if (relation.kind === 'table' && relation.partitioned && fields.relation?.inh)
        for (const one of familyOf(task, relation)) task.lock(one, mode);
      return;
    }
  }
  if (!relation) {
    if (!task.schema.complete && fields.relation) buildOnUnknown(task, fields, named);
    return;
  }
  const family =
    relation.kind === 'table'
      ? fields.relation?.inh && relation.partitioned
        ? familyOf(task, relation)
        : [relation]
      : [relation];
  for (const one of family) {
    task.lock(one, mode);
    if (one.kind === 'table' && one.partitioned) continue;
    const own = one === relation ? named : `the partition's part of ${named}`;
    task.build(one, `${own} is built${fields.concurrent ? ' while writes go on' : ''}`, fields.accessMethod);
  }
};

function buildOnUnknown(task: Task, fields: IndexStmt, named: string): void {
  const name = nameOfRangeVar(fields.relation ?? {});
  const relation: Relation = {
    kind: 'view',
    name: { schema: name.schema ?? task.schema.searchPath[0] ?? 'public', name: name.name },
    madeByPlan: false,
    empty: false,
    definition: '',
    reads: [],
  };
  task.build(
    relation,
    `${named} is built${fields.concurrent ? ' while writes go on' : ''}`,
    fields.accessMethod,
  );
}

export const reindex: Describe<ReindexStmt> = (task, { kind, relation, params = [], name }) => {
  const concurrently = params.some(
    (node) => 'DefElem' in node && node.DefElem.defname === 'concurrently' && !isFalse(node.DefElem.arg),
  );
  if (concurrently) task.notTransactional();
  const tableMode: LockMode = concurrently ? 'ShareUpdateExclusiveLock' : 'ShareLock';
  const indexMode: LockMode = concurrently ? 'ShareUpdateExclusiveLock' : 'AccessExclusiveLock';
  if (kind === 'REINDEX_OBJECT_INDEX') {
    const index = lockRange(task, relation, indexMode);
    if (index?.kind !== 'index') {
      if (!task.schema.complete)
        task.unknown('which table the index is on: it is locked too', { locks: true });
      return;
    }
    const table = task.schema.relations.get(index.table);
    if (table) rebuildIndex(task, table, index, tableMode, indexMode);
    if (table?.kind !== 'table' || !table.partitioned) return;
    task.notTransactional();
    for (const one of familyOf(task, table).slice(1)) {
      for (const part of indexesOf(task.schema, relationKey(one.name))) {
        const same = part.unique === index.unique && `${part.columnNames}` === `${index.columnNames}`;
        if (same) rebuildIndex(task, one, part, tableMode, concurrently ? 'ShareLock' : indexMode);
      }
    }
    return;
  }
  if (kind !== 'REINDEX_OBJECT_TABLE') {
    task.notTransactional();
    task.unknown(
      `every index of ${name ? quoteIdentifier(name) : 'the database'} is built anew, one table after another`,
      {
        remedy: 'reindex the tables one by one, which can be judged',
        locks: true,
      },
    );
    return;
  }
  const table = lockRange(task, relation, tableMode);
  if (!table) return;
  const partitioned = table.kind === 'table' && table.partitioned;
  if (partitioned) task.notTransactional();
  for (const one of partitioned ? familyOf(task, table) : [table]) {
    // All partitions are listed under a SHARE lock first, CONCURRENTLY or not.
    if (one !== table) task.lock(one, 'ShareLock');
    // A partitioned index has nothing to build, and is left alone.
    if (one.kind === 'table' && one.partitioned) continue;
    for (const index of indexesOf(task.schema, relationKey(one.name)))
      rebuildIndex(task, one, index, tableMode, indexMode);
  }
};

function rebuildIndex(
  task: Task,
  table: Relation,
  index: Relation,
  tableMode: LockMode,
  indexMode: LockMode,
): void {
  task.lock(table, tableMode);
  task.lock(index, indexMode);
  if (table.kind === 'table' && table.partitioned) return;
  task.rewrite(index, 'it is built anew');
  const method = index.kind === 'index' ? index.method : undefined;
  task.build(table, `the index ${show(task, index)} is built anew`, method);
}

export function isFalse(node: unknown): boolean {
  const text = JSON.stringify(node ?? null);
  return /"(?:sval|ival)":(?:"(?:false|off|no|0)"|0)/i.test(text) || text === '{"Integer":{}}';
}
