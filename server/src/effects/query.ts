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
import { findRelation, indexesOf, relationKey } from '../schema/lookup.ts';
import type { Relation, Table } from '../schema/model.ts';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import type { Describe, Task } from './builder.ts';
import { rewrittenByRules, triggered } from './code.ts';
import { conditionsOf, lockTarget, readAll } from './reading.ts';
import { familyOf, show, unknownTable } from './relations.ts';
import { givenBy, lockPartitions, lockReferencing, lockWithRows } from './rows.ts';

export const select: Describe<SelectStmt> = (task, fields) => {
  readAll(task, { SelectStmt: fields });
  judgeReading(task, fields);
};

export const insert: Describe<InsertStmt> = (task, fields) => {
  const { relation, selectStmt, withClause, onConflictClause } = fields;
  const target = lockTarget(task, relation, { heirs: false, conditions: new Set() });
  readAll(task, [withClause, selectStmt, onConflictClause]);
  const query = selectStmt && 'SelectStmt' in selectStmt ? selectStmt.SelectStmt : undefined;
  if (query && (!query.valuesLists || readsTables(query.valuesLists))) judgeReading(task, query);
  const table = tableWritten(task, target);
  if (!table) return;
  const columns = targetNames(fields.cols);
  const rows = query?.valuesLists?.map((row) => ('List' in row ? (row.List.items ?? []) : []));
  lockPartitions(task, table);
  lockWithRows(task, table, {
    certain:
      onConflictClause === undefined && (rows !== undefined || query === undefined) && target === table,
    given: (column) => {
      const place = columns.length > 0 ? columns.indexOf(column) : placeOf(table, column);
      if (!query || place < 0) return 'default';
      if (!rows) return place < (query.targetList?.length ?? 0) || columns.length > 0 ? 'unsure' : 'default';
      const given = new Set(rows.map((row) => givenBy(row[place])));
      return given.size === 1 ? [...given][0] : given.has('value') ? 'value' : 'unsure';
    },
  });
  if (onConflictClause?.action === 'ONCONFLICT_UPDATE')
    task.perhaps(() => changeRows(task, table, onConflictClause.targetList, false));
};

function placeOf(table: Table, column: string): number {
  return table.columns.findIndex(({ name }) => name === column);
}

function targetNames(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).flatMap((node) => ('ResTarget' in node ? [node.ResTarget.name ?? ''] : []));
}

/** A view's rows are those of the table that it reads, as far as it can be written to. */
function tableWritten(task: Task, target: Relation | undefined): Table | undefined {
  if (target?.kind === 'table') return target;
  if (target?.kind !== 'view') return undefined;
  const [key, ...others] = target.reads;
  const read = key === undefined || others.length > 0 ? undefined : task.schema.relations.get(key);
  return tableWritten(task, read);
}

export const update: Describe<UpdateStmt> = (task, fields) => {
  const { relation, withClause, fromClause, whereClause, targetList } = fields;
  const target = lockTarget(task, relation, { heirs: true, conditions: conditionsOf(whereClause) });
  readAll(task, [withClause, fromClause, whereClause, targetList]);
  const table = tableToJudge(task, relation, target);
  if (!table) return;
  if (target?.kind !== 'view') judgeWhere(task, table, fields, fromClause, 'every row is written again');
  changeRows(task, table, targetList, !whereClause && !fromClause && !table.empty && target === table);
};

/** What an UPDATE of these columns brings with it. */
function changeRows(task: Task, table: Table, targets: readonly Node[] | undefined, certain: boolean): void {
  const columns = new Map(
    (targets ?? []).flatMap((node) =>
      'ResTarget' in node ? [[node.ResTarget.name ?? '', node.ResTarget.val] as const] : [],
    ),
  );
  lockWithRows(task, table, {
    certain,
    given: (column) => (columns.has(column) ? givenBy(columns.get(column)) : undefined),
  });
  task.perhaps(() =>
    lockReferencing(task, table, {
      on: 'update',
      touches: (referenced) => referenced.some((column) => columns.has(column)),
    }),
  );
}

export const remove: Describe<DeleteStmt> = (task, fields) => {
  const { relation, withClause, usingClause, whereClause } = fields;
  const target = lockTarget(task, relation, { heirs: true, conditions: conditionsOf(whereClause) });
  readAll(task, [withClause, usingClause, whereClause]);
  const table = tableToJudge(task, relation, target);
  if (!table) return;
  if (target?.kind !== 'view') judgeWhere(task, table, fields, usingClause, 'every row is deleted');
  removeRows(task, table, !whereClause && !usingClause && !table.empty && target === table);
};

function removeRows(task: Task, table: Table, certain: boolean): void {
  const lock = () => lockReferencing(task, table, { on: 'delete', touches: () => true });
  if (certain) lock();
  else task.perhaps(lock);
  triggered(task, table);
  rewrittenByRules(task, table);
}

/** The table whose rows change; without a baseline one of which the name alone is known. */
function tableToJudge(
  task: Task,
  relation: RangeVar | undefined,
  target: Relation | undefined,
): Table | undefined {
  if (relation && !target && !task.schema.complete) return unknownTable(task, relation);
  if (target?.kind === 'view')
    task.unknown(`how many rows the view ${show(task, target)} reads and writes`, {
      remedy: 'look at EXPLAIN on a database of production size',
    });
  return tableWritten(task, target);
}

export const merge: Describe<MergeStmt> = (task, fields) => {
  const { relation, withClause, sourceRelation, mergeWhenClauses = [], joinCondition } = fields;
  const target = lockTarget(task, relation, { heirs: true, conditions: conditionsOf(joinCondition) });
  readAll(task, [withClause, sourceRelation, joinCondition, mergeWhenClauses]);
  const table = tableWritten(task, target);
  task.unknown(`how many rows of ${table ? show(task, table) : 'the table'} are read and written`, {
    remedy: 'run the dry run on filled tables',
  });
  if (table) for (const node of mergeWhenClauses) mergeRows(task, table, node);
};

function mergeRows(task: Task, table: Table, node: Node): void {
  if (!('MergeWhenClause' in node)) return;
  const { commandType, targetList, values = [] } = node.MergeWhenClause;
  if (commandType === 'CMD_UPDATE') changeRows(task, table, targetList, false);
  if (commandType === 'CMD_DELETE') removeRows(task, table, false);
  if (commandType !== 'CMD_INSERT') return;
  const columns = targetNames(targetList);
  lockPartitions(task, table);
  lockWithRows(task, table, {
    certain: false,
    given: (column) => givenBy(values[columns.length > 0 ? columns.indexOf(column) : placeOf(table, column)]),
  });
}

export const copy: Describe<CopyStmt> = (task, { relation, query, is_from }) => {
  if (query && 'SelectStmt' in query) select(task, query.SelectStmt);
  else if (query && 'InsertStmt' in query) insert(task, query.InsertStmt);
  else if (query && 'UpdateStmt' in query) update(task, query.UpdateStmt);
  else if (query && 'DeleteStmt' in query) remove(task, query.DeleteStmt);
  const target = relation && findRelation(task.schema, nameOfRangeVar(relation));
  if (relation) task.lockName(nameOfRangeVar(relation), is_from ? 'RowExclusiveLock' : 'AccessShareLock');
  if (target && !is_from) task.scan(target, 'every row is copied out');
  if (target?.kind !== 'table' || !is_from) return;
  lockPartitions(task, target);
  lockWithRows(task, target, { certain: false, given: () => 'unsure' });
};

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
export function judgeReading(task: Task, fields: SelectStmt): void {
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
