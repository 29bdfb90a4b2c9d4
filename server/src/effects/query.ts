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
import { descendantsOf, findRelation, indexesOf, referencesTo, relationKey } from '../schema/lookup.ts';
import type { Relation, Table } from '../schema/model.ts';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import { type Describe, show, type Task } from './builder.ts';
import type { LockMode } from './model.ts';

export const select: Describe<SelectStmt> = (task, fields) => {
  readAll(task, { SelectStmt: fields });
  if (fields.intoClause?.rel) readInFull(task, { SelectStmt: fields });
  else judgeReading(task, fields);
};

export const insert: Describe<InsertStmt> = (task, fields) => {
  const table = lockTarget(task, fields.relation);
  readAll(task, fields.selectStmt);
  if (fields.selectStmt && 'SelectStmt' in fields.selectStmt && !fields.selectStmt.SelectStmt.valuesLists) {
    judgeReading(task, fields.selectStmt.SelectStmt);
  }
  const columns = (fields.cols ?? []).flatMap((node) =>
    'ResTarget' in node ? [node.ResTarget.name ?? ''] : [],
  );
  if (table) lockReferenced(task, table, columns.length > 0 ? columns : undefined);
};

export const update: Describe<UpdateStmt> = (task, fields) => {
  const table = lockTarget(task, fields.relation);
  for (const part of [fields.fromClause, fields.whereClause, fields.targetList]) readAll(task, part);
  const columns = (fields.targetList ?? []).flatMap((node) =>
    'ResTarget' in node ? [node.ResTarget.name ?? ''] : [],
  );
  if (!table) return;
  judgeWhere(task, table, fields.whereClause, fields.fromClause, 'every row is written again');
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
  for (const part of [fields.usingClause, fields.whereClause]) readAll(task, part);
  if (!table) return;
  judgeWhere(task, table, fields.whereClause, fields.usingClause, 'every row is deleted');
  lockReferencing(task, table, () => true, 'onDelete');
};

export const merge: Describe<MergeStmt> = (task, fields) => {
  const table = lockTarget(task, fields.relation);
  readAll(task, fields.sourceRelation);
  if (table)
    task.unknown(`how many rows of ${show(task, table)} are read and written`, {
      remedy: 'run the dry run on filled tables',
    });
};

export const copy: Describe<CopyStmt> = (task, { relation, query, is_from }) => {
  readAll(task, query);
  const target = relation && findRelation(task.schema, nameOfRangeVar(relation));
  if (relation) task.lockName(nameOfRangeVar(relation), is_from ? 'RowExclusiveLock' : 'AccessShareLock');
  if (target && !is_from) task.scan(target, 'every row is copied out');
  if (target?.kind === 'table' && is_from) lockReferenced(task, target, undefined);
};

function lockTarget(task: Task, relation: RangeVar | undefined): Table | undefined {
  const found = relation && task.lockName(nameOfRangeVar(relation), 'RowExclusiveLock');
  if (found?.kind === 'table') {
    for (const child of relation?.inh ? descendantsOf(task.schema, relationKey(found.name)) : []) {
      if (!found.partitioned) task.lock(child, 'RowExclusiveLock');
    }
    return found;
  }
  return undefined;
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
  if (relation.kind === 'table')
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
  if (!['nextval', 'setval'].includes(name.at(-1) ?? '') || !first || !('A_Const' in first)) return;
  const sequence = first.A_Const.sval?.sval;
  const relation = sequence && findRelation(task.schema, { schema: undefined, name: sequence });
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
): void {
  const words = on === 'onDelete' ? /ON DELETE (?:CASCADE|SET)/ : /ON UPDATE (?:CASCADE|SET)/;
  for (const { table: other, constraint } of referencesTo(task.schema, relationKey(table.name))) {
    if (!touched(constraint.references?.columns ?? [])) continue;
    task.lock(other, words.test(constraint.definition) ? 'RowExclusiveLock' : 'RowShareLock');
    if (!hasIndexOn(task, other, constraint.columns)) {
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
  where: Node | undefined,
  others: readonly Node[] | undefined,
  reason: string,
): void {
  if (!where && !others) {
    for (const one of [table, ...descendantsOf(task.schema, relationKey(table.name))]) {
      if (!one.partitioned) {
        task.lock(one, 'RowExclusiveLock');
        task.scan(one, reason);
      }
    }
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

function judgeReading(task: Task, fields: SelectStmt): void {
  const [only, ...rest] = fields.fromClause ?? [];
  if (!only) return;
  const range = 'RangeVar' in only ? only.RangeVar : undefined;
  const relation = range && findRelation(task.schema, nameOfRangeVar(range));
  if (!range || rest.length > 0 || !relation || relation.kind !== 'table') {
    if (relation?.empty) return;
    task.unknown('how many rows are read: the planner decides by the indexes and its statistics', {
      remedy: 'look at EXPLAIN on a database of production size',
    });
  } else if (!fields.whereClause && !fields.limitCount) {
    readInFull(task, { SelectStmt: fields });
  } else if (!findsOneRow(task, relation, fields.whereClause) && !relation.empty)
    plannerDecides(task, relation);
}

function readInFull(task: Task, part: Node | undefined): void {
  for (const [kind, fields] of walk(part)) {
    const relation =
      kind === 'RangeVar' ? findRelation(task.schema, nameOfRangeVar(fields as RangeVar)) : undefined;
    if (relation?.kind !== 'table') continue;
    for (const one of [relation, ...descendantsOf(task.schema, relationKey(relation.name))]) {
      if (!one.partitioned) task.scan(one, 'every row is read');
    }
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
