import type { Node, RangeVar, SelectStmt } from '@pgsql/types';
import { columnsRead, walk } from '../schema/expressions.ts';
import { descendantsOf, findRelation, relationKey } from '../schema/lookup.ts';
import type { Relation, Table } from '../schema/model.ts';
import { nameOfRangeVar, parseName, stringsOf } from '../sql/names.ts';
import type { Task } from './builder.ts';
import { callFunction } from './code.ts';
import type { LockMode } from './model.ts';

/**
 * Every relation that a part of a query names is locked, a view with what it reads, a partitioned table with the
 * partitions that its conditions leave. Functions that it calls do what their bodies say.
 */
export function readAll(task: Task, part: unknown): void {
  const parts = nodesOf(part);
  lockNamed(task, parts, true);
  for (const [kind, fields] of parts) {
    if (kind !== 'FuncCall') continue;
    sequenceCall(task, stringsOf(fields.funcname as Node[]), fields.args as Node[]);
    callFunction(
      task,
      fields,
      parts.some(([one]) => one === 'RangeVar'),
    );
  }
}

/** Like `readAll` for a query that is only stored: views are not looked into, nothing is called, no heirs are read. */
export function readNamed(task: Task, part: unknown): void {
  lockNamed(task, nodesOf(part), false);
}

type NodeFields = readonly [string, Record<string, unknown>];

function nodesOf(part: unknown): readonly NodeFields[] {
  return [...walk(Array.isArray(part) ? { List: { items: part } } : part)];
}

function lockNamed(task: Task, parts: readonly NodeFields[], runs: boolean): void {
  const named = new Set<string>();
  for (const [kind, fields] of parts) if (kind === 'CommonTableExpr') named.add(String(fields.ctename));
  const kept = rowsKept(parts);
  // FOR UPDATE OF says names of the FROM list again.
  const repeated = new Set(
    parts.flatMap(([kind, fields]) =>
      kind === 'LockingClause'
        ? ((fields.lockedRels as Node[] | undefined) ?? []).flatMap((node) =>
            'RangeVar' in node ? [node.RangeVar] : [],
          )
        : [],
    ),
  );
  const conditions = new Set(runs ? conditionColumns(parts) : []);
  for (const [kind, fields] of parts) {
    if (kind === 'RangeVar') {
      const range = fields as RangeVar;
      if (repeated.has(range)) continue;
      readOne(task, range, {
        named,
        runs,
        conditions,
        mode: kept.has(range) ? 'RowShareLock' : 'AccessShareLock',
      });
    }
    if (kind === 'InsertStmt' || kind === 'UpdateStmt' || kind === 'DeleteStmt' || kind === 'MergeStmt')
      lockTarget(task, fields.relation as RangeVar, { heirs: runs && kind !== 'InsertStmt', conditions });
  }
}

interface Reading {
  /** Names of WITH queries, which stand before tables. */
  readonly named: ReadonlySet<string>;
  readonly runs: boolean;
  /** Columns that conditions name: partitions that a condition on the key rules out are left alone. */
  readonly conditions: ReadonlySet<string>;
  readonly mode: LockMode;
}

function readOne(task: Task, range: RangeVar, { named, runs, conditions, mode }: Reading): void {
  const name = nameOfRangeVar(range);
  if (name.name === '' || isCatalog(name) || (name.schema === undefined && named.has(name.name))) return;
  const relation = task.lockName(name, mode);
  if (!relation || !runs) return;
  if (relation.kind === 'view') for (const key of relation.reads) readKey(task, key, mode);
  if (relation.kind === 'table' && range.inh) lockHeirs(task, relation, mode, conditions);
}

/** Of a partitioned table those that conditions on its key leave, which the planner works out. */
export function lockHeirs(task: Task, table: Table, mode: LockMode, conditions: ReadonlySet<string>): void {
  const heirs = descendantsOf(task.schema, relationKey(table.name));
  const lock = () => {
    for (const one of heirs) task.lock(one, mode);
  };
  if (heirs.some((one) => one.partition) && mayPrune(table, heirs, conditions)) task.perhaps(lock);
  else lock();
}

function mayPrune(table: Table, heirs: readonly Table[], conditions: ReadonlySet<string>): boolean {
  return [table, ...heirs].some(
    ({ partitioned, partitionKey }) =>
      partitioned &&
      (partitionKey?.reads ?? partitionKey?.columns ?? [null]).some(
        (column) => conditions.size > 0 && (column === null || conditions.has(column)),
      ),
  );
}

function conditionColumns(parts: readonly NodeFields[]): readonly string[] {
  return parts.flatMap(([, fields]) =>
    [fields.whereClause, fields.quals, fields.usingClause].flatMap((condition) =>
      Array.isArray(condition) && condition.every((one) => 'String' in (one as Node))
        ? stringsOf(condition as Node[])
        : columnsRead(condition as Node | undefined),
    ),
  );
}

/** The tables whose rows FOR UPDATE, FOR SHARE and their like keep: all of a FROM list, or those that OF names. */
function rowsKept(parts: readonly NodeFields[]): ReadonlySet<RangeVar> {
  const kept = new Set<RangeVar>();
  for (const [, fields] of parts) {
    for (const clause of (fields.lockingClause as Node[] | undefined) ?? []) {
      if (!('LockingClause' in clause)) continue;
      const only = clause.LockingClause.lockedRels?.flatMap((node) =>
        'RangeVar' in node ? [node.RangeVar.relname ?? ''] : [],
      );
      keepFrom(fields as SelectStmt, only, kept);
    }
  }
  return kept;
}

function keepFrom(query: SelectStmt, only: readonly string[] | undefined, kept: Set<RangeVar>): void {
  for (const side of [query.larg, query.rarg]) if (side) keepFrom(side, undefined, kept);
  const queue = [...(query.fromClause ?? [])];
  for (let item = queue.shift(); item; item = queue.shift()) {
    if ('JoinExpr' in item) {
      const { larg, rarg } = item.JoinExpr;
      queue.push(...(larg ? [larg] : []), ...(rarg ? [rarg] : []));
    } else if ('RangeVar' in item) {
      const { alias, relname = '' } = item.RangeVar;
      if (!only || only.includes(alias?.aliasname ?? relname)) kept.add(item.RangeVar);
    } else if ('RangeSubselect' in item) {
      const { alias, subquery } = item.RangeSubselect;
      if (subquery && 'SelectStmt' in subquery && (!only || only.includes(alias?.aliasname ?? '')))
        keepFrom(subquery.SelectStmt, undefined, kept);
    }
  }
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
  if (relation.kind === 'table') lockHeirs(task, relation, mode, new Set());
}

export interface Target {
  /** With what inherits from it. */
  readonly heirs: boolean;
  readonly conditions: ReadonlySet<string>;
}

/** The table that is written, a view with what it reads: it is written instead. */
export function lockTarget(
  task: Task,
  relation: RangeVar | undefined,
  { heirs, conditions }: Target,
): Relation | undefined {
  const found = relation && task.lockName(nameOfRangeVar(relation), 'RowExclusiveLock');
  if (found?.kind === 'view') for (const key of found.reads) task.lockKey(key, 'RowExclusiveLock');
  if (found?.kind === 'table' && heirs && relation?.inh)
    lockHeirs(task, found, 'RowExclusiveLock', conditions);
  return found;
}

/** Columns that the conditions of an UPDATE or DELETE name. */
export function conditionsOf(part: unknown): ReadonlySet<string> {
  return new Set(conditionColumns([['', { whereClause: part }]]));
}

function sequenceCall(task: Task, name: readonly string[], args: readonly Node[] = []): void {
  if (name.at(-1) === 'lastval') lastSequence(task);
  const [first] = args;
  if (!['nextval', 'setval', 'currval'].includes(name.at(-1) ?? '') || !first) return;
  const key = serialSequence(task, first);
  if (key !== undefined) {
    task.lockKey(key, 'RowExclusiveLock');
    return;
  }
  const constant = 'TypeCast' in first ? first.TypeCast.arg : first;
  const text = constantText(constant);
  const sequence = text === undefined ? undefined : parseName(text);
  const relation = sequence && findRelation(task.schema, sequence);
  if (relation) task.lock(relation, 'RowExclusiveLock');
}

/** It is the session's last that `nextval` was called for. */
export function lastSequence(task: Task): void {
  task.unknown('which sequence lastval() reads', {
    remedy: 'call currval() with its name',
    decides: false,
    locks: true,
  });
}

/** The key of `pg_get_serial_sequence('table', 'column')`. */
function serialSequence(task: Task, call: Node): string | undefined {
  const inner = 'TypeCast' in call ? call.TypeCast.arg : call;
  if (!inner || !('FuncCall' in inner)) return undefined;
  if (stringsOf(inner.FuncCall.funcname).at(-1) !== 'pg_get_serial_sequence') return undefined;
  const [table, column] = (inner.FuncCall.args ?? []).map(constantText);
  const name = table === undefined ? undefined : parseName(table);
  const owner = name && findRelation(task.schema, name);
  if (!owner) return undefined;
  for (const [key, relation] of task.schema.relations) {
    const owned = relation.kind === 'sequence' ? relation.ownedBy : undefined;
    if (owned?.table === relationKey(owner.name) && owned.column === column) return key;
  }
  return undefined;
}

function constantText(node: Node | undefined): string | undefined {
  return node && 'A_Const' in node ? node.A_Const.sval?.sval : undefined;
}
