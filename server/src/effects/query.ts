import type {
  CopyStmt,
  DeleteStmt,
  InsertStmt,
  MergeStmt,
  Node,
  RangeVar,
  SelectStmt,
  UpdateStmt,
} from '@pgsql/types';
import { columnsRead, walk } from '../schema/expressions.ts';
import {
  descendantsOf,
  findRelation,
  indexesOf,
  referencesTo,
  relationKey,
  sequencesOf,
} from '../schema/lookup.ts';
import type { Relation, Table } from '../schema/model.ts';
import { nameOfRangeVar, parseName, stringsOf } from '../sql/names.ts';
import { type Describe, familyOf, show, type Task, unknownTable } from './builder.ts';
import type { LockMode } from './model.ts';

export const select: Describe<SelectStmt> = (task, fields) => {
  readAll(task, { SelectStmt: fields });
  if (fields.intoClause?.rel) readInFull(task, { SelectStmt: fields });
  else judgeReading(task, fields);
};

export const insert: Describe<InsertStmt> = (task, fields) => {
  const table = lockTarget(task, fields.relation, false);
  readAll(task, [fields.withClause, fields.selectStmt]);
  if (fields.selectStmt && 'SelectStmt' in fields.selectStmt && !fields.selectStmt.SelectStmt.valuesLists) {
    judgeReading(task, fields.selectStmt.SelectStmt);
  }
  const columns = (fields.cols ?? []).flatMap((node) =>
    'ResTarget' in node ? [node.ResTarget.name ?? ''] : [],
  );
  if (!table) return;
  lockReferenced(task, table, columns.length > 0 ? columns : undefined);
  lockSequences(task, table, columns);
};

/** The sequences behind columns that are left to their default. */
function lockSequences(task: Task, table: Table, columns: readonly string[]): void {
  for (const sequence of sequencesOf(task.schema, relationKey(table.name)))
    if (!columns.includes(sequence.ownedBy?.column ?? '')) task.lock(sequence, 'RowExclusiveLock');
}

export const update: Describe<UpdateStmt> = (task, fields) => {
  const table = lockTarget(task, fields.relation);
  readAll(task, [fields.withClause, fields.fromClause, fields.whereClause, fields.targetList]);
  const columns = (fields.targetList ?? []).flatMap((node) =>
    'ResTarget' in node ? [node.ResTarget.name ?? ''] : [],
  );
  if (!table) return;
  judgeWhere(task, table, fields, fields.fromClause, 'every row is written again');
  lockReferenced(task, table, columns);
  lockReferencing(
    task,
    table,
    (referenced) => referenced.some((column) => columns.includes(column)),
    'onUpdate',
  );
};

export const remove: Describe<DeleteStmt> = (task, fields) => {
  const table = lockTarget(task, fields.relation);
  readAll(task, [fields.withClause, fields.usingClause, fields.whereClause]);
  if (!table) return;
  judgeWhere(task, table, fields, fields.usingClause, 'every row is deleted');
  lockReferencing(task, table, () => true, 'onDelete');
};

export const merge: Describe<MergeStmt> = (task, fields) => {
  const table = lockTarget(task, fields.relation);
  readAll(task, [fields.withClause, fields.sourceRelation]);
  if (!table) return;
  lockReferenced(task, table, undefined);
  task.unknown(`how many rows of ${show(task, table)} are read and written`, {
    remedy: 'run the dry run on filled tables',
  });
};

export const copy: Describe<CopyStmt> = (task, { relation, query, is_from }) => {
  readAll(task, query);
  if (query && 'SelectStmt' in query) judgeReading(task, query.SelectStmt);
  const target = relation && findRelation(task.schema, nameOfRangeVar(relation));
  if (relation) task.lockName(nameOfRangeVar(relation), is_from ? 'RowExclusiveLock' : 'AccessShareLock');
  if (target && !is_from) task.scan(target, 'every row is copied out');
  if (target?.kind === 'table' && is_from) lockReferenced(task, target, undefined);
};

/** With its heirs, but for an INSERT. Of a view, what it reads is written. */
function lockTarget(task: Task, relation: RangeVar | undefined, heirs = true): Table | undefined {
  const found = relation && task.lockName(nameOfRangeVar(relation), 'RowExclusiveLock');
  if (found?.kind === 'view') {
    for (const key of found.reads) task.lockKey(key, 'RowExclusiveLock');
    if (heirs)
      task.unknown(`how many rows the view ${show(task, found)} reads and writes`, {
        remedy: 'look at EXPLAIN on a database of production size',
      });
  }
  if (relation && !found && heirs && !task.schema.complete) return unknownTable(task, relation);
  if (found?.kind !== 'table') return undefined;
  for (const child of heirs && relation?.inh ? descendantsOf(task.schema, relationKey(found.name)) : [])
    task.lock(child, 'RowExclusiveLock');
  return found;
}

/** Like `readAll` for a query that is only stored: views are not looked into, and no heirs are read. */
export function readNamed(task: Task, part: unknown): void {
  const lockName: Task['lockName'] = (name, mode) => {
    task.lockName(name, mode);
    return undefined;
  };
  readAll({ ...task, lockName }, part);
}

/** Every relation that a query names is locked, a view with what it reads. */
export function readAll(task: Task, part: unknown): void {
  const named = new Set<string>();
  const parts = [...walk(Array.isArray(part) ? { List: { items: part } } : part)];
  for (const [kind, fields] of parts) if (kind === 'CommonTableExpr') named.add(String(fields.ctename));
  const strength = parts.some(([kind]) => kind === 'LockingClause') ? 'RowShareLock' : 'AccessShareLock';
  for (const [kind, fields] of parts) {
    if (kind === 'RangeVar') readOne(task, fields as RangeVar, named, strength);
    for (const word of ['InsertStmt', 'UpdateStmt', 'DeleteStmt']) {
      if (kind === word) lockTarget(task, (fields as InsertStmt).relation);
    }
  }
  for (const [kind, fields] of parts)
    if (kind === 'FuncCall') sequenceCall(task, stringsOf(fields.funcname as Node[]), fields.args as Node[]);
}

function readOne(task: Task, range: RangeVar, named: ReadonlySet<string>, mode: LockMode): void {
  const name = nameOfRangeVar(range);
  if (name.name === '' || isCatalog(name) || (name.schema === undefined && named.has(name.name))) return;
  const relation = task.lockName(name, mode);
  if (!relation) return;
  if (relation.kind === 'view') for (const key of relation.reads) readKey(task, key, mode);
  if (relation.kind === 'table' && range.inh)
    for (const child of descendantsOf(task.schema, relationKey(relation.name))) task.lock(child, mode);
}

/** The server's own views, which no baseline holds. */
function isCatalog({ schema, name }: { schema: string | undefined; name: string }): boolean {
  return (
    schema === 'pg_catalog' ||
    schema === 'information_schema' ||
    (schema === undefined && name.startsWith('pg_'))
  );
}

function readKey(task: Task, key: string, mode: LockMode): void {
  const relation = task.schema.relations.get(key);
  if (!relation) return;
  task.lock(relation, mode);
  if (relation.kind === 'view') for (const one of relation.reads) readKey(task, one, mode);
}

function sequenceCall(task: Task, name: readonly string[], args: readonly Node[] = []): void {
  const [first] = args;
  if (!['nextval', 'setval', 'currval'].includes(name.at(-1) ?? '') || !first) return;
  const constant = 'TypeCast' in first ? first.TypeCast.arg : first;
  const text = constant && 'A_Const' in constant ? constant.A_Const.sval?.sval : undefined;
  const sequence = text === undefined ? undefined : parseName(text);
  const relation = sequence && findRelation(task.schema, sequence);
  if (relation) task.lock(relation, 'RowExclusiveLock');
}

/** Inserting or changing a foreign key's columns looks the other row up and keeps it. */
function lockReferenced(task: Task, table: Table, columns: readonly string[] | undefined): void {
  for (const { references, columns: own } of table.constraints) {
    if (references && (!columns || own.some((column) => columns.includes(column))))
      task.lockKey(references.table, 'RowShareLock');
  }
}

/** Deleting a referenced row, or changing its key, looks for rows that point at it, or changes them. */
function lockReferencing(
  task: Task,
  table: Table,
  touched: (columns: readonly string[]) => boolean,
  on: 'onDelete' | 'onUpdate',
  seen: Set<Table> = new Set([table]),
): void {
  const words = on === 'onDelete' ? /ON DELETE (?:CASCADE|SET)/ : /ON UPDATE (?:CASCADE|SET)/;
  for (const { table: other, constraint } of referencesTo(task.schema, relationKey(table.name))) {
    if (!touched(constraint.references?.columns ?? [])) continue;
    task.lock(other, words.test(constraint.definition) ? 'RowExclusiveLock' : 'RowShareLock');
    if (on === 'onDelete' && /ON DELETE CASCADE/.test(constraint.definition) && !seen.has(other))
      lockReferencing(task, other, () => true, on, seen.add(other));
    if (!other.partitioned && !hasIndexOn(task, other, constraint.columns)) {
      task.scan(
        other,
        `${constraint.columns.join(', ')} has no index: it is read in full for each row that goes`,
      );
    }
  }
}

/** An index that starts with the columns, in any order of them. */
function hasIndexOn(task: Task, table: Table, columns: readonly string[]): boolean {
  for (const index of indexesOf(task.schema, relationKey(table.name))) {
    const leading = index.columns.slice(0, columns.length);
    if (index.predicate === undefined && columns.every((column) => leading.includes(column))) return true;
  }
  return false;
}

/** Which rows a WHERE finds is the planner's business, but for none at all and for the whole of a unique key. */
function judgeWhere(
  task: Task,
  table: Table,
  fields: UpdateStmt | DeleteStmt,
  others: readonly Node[] | undefined,
  reason: string,
): void {
  const where = fields.whereClause;
  const { withClause, relation } = fields;
  const values = 'targetList' in fields ? fields.targetList : undefined;
  if (!where && !others && !readsTables(values) && !withClause) {
    for (const one of relation?.inh ? familyOf(task, table) : [table])
      if (!one.partitioned) task.scan(one, reason, values ? 'update' : 'delete');
  } else if (!findsOneRow(task, table, where) && !table.empty) plannerDecides(task, table);
}

function plannerDecides(task: Task, relation: Relation): void {
  task.unknown(
    `how many rows of ${show(task, relation)} are read: the planner decides by the indexes and its statistics`,
    {
      remedy: 'look at EXPLAIN on a database of production size',
    },
  );
}

function readsTables(part: unknown): boolean {
  return [...walk(part)].some(([kind]) => kind === 'RangeVar' || kind === 'SubLink');
}

/** What a query reads is certain for the whole of one table, and for one row of it; the rest the planner decides. */
function judgeReading(task: Task, fields: SelectStmt): void {
  const { fromClause = [], whereClause, limitCount, ...rest } = fields;
  const [only] = fromClause;
  const range = only && 'RangeVar' in only ? only.RangeVar : undefined;
  const relation = range && findRelation(task.schema, nameOfRangeVar(range));
  const simple = fromClause.length === 1 && !readsTables([rest, whereClause]);
  if (simple && relation?.kind === 'table') {
    if (!whereClause && !limitCount) readInFull(task, { SelectStmt: fields });
    else if (!findsOneRow(task, relation, whereClause) && !relation.empty) plannerDecides(task, relation);
    return;
  }
  if (!readsTables([fields]) || (simple && relation?.empty)) return;
  task.unknown('how many rows are read: the planner decides by the indexes and its statistics', {
    remedy: 'look at EXPLAIN on a database of production size',
  });
}

function readInFull(task: Task, part: Node | undefined): void {
  for (const [kind, fields] of walk(part)) {
    const relation =
      kind === 'RangeVar' ? findRelation(task.schema, nameOfRangeVar(fields as RangeVar)) : undefined;
    if (relation?.kind !== 'table') continue;
    const family = (fields as RangeVar).inh ? familyOf(task, relation) : [relation];
    for (const one of family) if (!one.partitioned) task.scan(one, 'every row is read');
  }
}

/** `WHERE` gives each column of a unique index a constant. */
function findsOneRow(task: Task, table: Table, where: Node | undefined): boolean {
  const fixed = equalColumns(where);
  for (const index of indexesOf(task.schema, relationKey(table.name))) {
    const complete =
      index.unique &&
      index.predicate === undefined &&
      index.columns.every((column) => column !== null && fixed.includes(column));
    if (complete) return true;
  }
  return false;
}

function equalColumns(where: Node | undefined): readonly string[] {
  if (!where) return [];
  if ('BoolExpr' in where && where.BoolExpr.boolop === 'AND_EXPR')
    return (where.BoolExpr.args ?? []).flatMap(equalColumns);
  if (!('A_Expr' in where) || where.A_Expr.kind !== 'AEXPR_OP' || stringsOf(where.A_Expr.name).at(-1) !== '=')
    return [];
  const { lexpr, rexpr } = where.A_Expr;
  const [column, value] = lexpr && 'ColumnRef' in lexpr ? [lexpr, rexpr] : [rexpr, lexpr];
  return columnsRead(value).length === 0 ? columnsRead(column) : [];
}
