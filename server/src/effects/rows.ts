import type { Node } from '@pgsql/types';
import { dependencyOf } from '../schema/links.ts';
import {
  columnOf,
  descendantsOf,
  indexesOf,
  referencesTo,
  relationKey,
  sequencesOf,
  tableByKey,
} from '../schema/lookup.ts';
import type { Constraint, Table } from '../schema/model.ts';
import type { Task } from './builder.ts';
import { rewrittenByRules, triggered } from './code.ts';
import type { LockMode } from './model.ts';
import { lastSequence } from './reading.ts';

/** What a statement gives to a column of each row. */
export type Given = 'value' | 'null' | 'default' | 'unsure';

/** What a new row's column gets from the expression that stands for it. */
export function givenBy(node: Node | undefined): Given {
  if (!node) return 'default';
  if ('SetToDefault' in node) return 'default';
  if ('TypeCast' in node) return givenBy(node.TypeCast.arg);
  if ('A_Const' in node) return node.A_Const.isnull ? 'null' : 'value';
  return 'unsure';
}

/** What of a table's foreign keys, sequences and triggers rows bring with them that are inserted or changed. */
export interface RowChange {
  /** For each column; one that it leaves alone gives undefined. */
  given(column: string): Given | undefined;
  /** Whether there surely is such a row. */
  readonly certain: boolean;
}

export function lockWithRows(task: Task, table: Table, { given, certain }: RowChange): void {
  const surely = (sure: boolean, add: () => void) => (sure && certain ? add() : task.perhaps(add));
  for (const constraint of table.constraints) {
    if (!constraint.references || constraint.enforced === false) continue;
    const values = constraint.columns.map((column) => resolved(table, column, given(column)));
    if (values.every((value) => value === undefined) || values.includes('null')) continue;
    const { references } = constraint;
    surely(
      values.every((value) => value === 'value'),
      () => keepReferenced(task, references.table),
    );
  }
  for (const column of table.columns) {
    if (given(column.name) === 'default')
      surely(true, () => lockSequence(task, table, column.name, column.dependsOn ?? []));
  }
  triggered(task, table);
  rewrittenByRules(task, table);
}

/** A column that is left to its default has what that says. */
function resolved(table: Table, column: string, value: Given | undefined): Given | undefined {
  if (value !== 'default') return value;
  const own = columnOf(table, column);
  if (own?.identity) return 'value';
  return own?.default === null ? 'null' : 'unsure';
}

/** The referenced row is looked up and kept; in a partitioned table in one of its partitions. */
function keepReferenced(task: Task, key: string): void {
  task.lockKey(key, 'RowShareLock');
  const table = tableByKey(task.schema, key);
  if (table?.partitioned)
    task.perhaps(() => {
      for (const one of descendantsOf(task.schema, key)) task.lock(one, 'RowShareLock');
    });
}

/** The sequences behind a column's default. */
function lockSequence(task: Task, table: Table, column: string, dependsOn: readonly string[]): void {
  if (/\blastval\s*\(/i.test(columnOf(table, column)?.default ?? '')) lastSequence(task);
  for (const sequence of sequencesOf(task.schema, relationKey(table.name), column))
    task.lock(sequence, 'RowExclusiveLock');
  const prefix = dependencyOf('relation', '');
  for (const dependency of dependsOn) {
    const relation = dependency.startsWith(prefix)
      ? task.schema.relations.get(dependency.slice(prefix.length))
      : undefined;
    if (relation?.kind === 'sequence') task.lock(relation, 'RowExclusiveLock');
  }
}

/** Rows of a partitioned table go into the partitions that their values say, which check their bounds with the parents. */
export function lockPartitions(task: Task, table: Table): void {
  task.perhaps(() => {
    if (table.partitioned)
      for (const one of descendantsOf(task.schema, relationKey(table.name)))
        task.lock(one, 'RowExclusiveLock');
    for (let child: Table | undefined = table; child?.partition; ) {
      const [above]: readonly string[] = child.parents;
      if (above === undefined) break;
      task.lockKey(above, 'AccessShareLock');
      child = tableByKey(task.schema, above);
    }
  });
}

export interface Referenced {
  readonly on: 'delete' | 'update';
  /** Whether keys of these columns go or change. */
  touches(columns: readonly string[]): boolean;
}

/** Deleting a referenced row, or changing its key, looks for rows that point at it, or changes them. */
export function lockReferencing(
  task: Task,
  table: Table,
  change: Referenced,
  seen: Set<Table> = new Set([table]),
): void {
  const action = change.on === 'delete' ? 'ON DELETE' : 'ON UPDATE';
  for (const { table: other, constraint } of referencesTo(task.schema, relationKey(table.name))) {
    if (!change.touches(constraint.references?.columns ?? []) || constraint.enforced === false) continue;
    const follows = (what: string) => constraint.definition.includes(`${action} ${what}`);
    lockOne(
      task,
      other,
      follows('CASCADE') || follows('SET') ? 'RowExclusiveLock' : 'RowShareLock',
      constraint,
    );
    if (change.on === 'delete' && follows('CASCADE') && !seen.has(other))
      lockReferencing(task, other, change, seen.add(other));
  }
}

function lockOne(task: Task, table: Table, mode: LockMode, { columns }: Constraint): void {
  task.lock(table, mode);
  if (table.partitioned)
    task.perhaps(() => {
      for (const one of descendantsOf(task.schema, relationKey(table.name))) task.lock(one, mode);
    });
  else if (!hasIndexOn(task, table, columns))
    task.scan(table, `${columns.join(', ')} has no index: it is read in full for each row that goes`);
}

/** An index that starts with the columns, in any order of them. */
function hasIndexOn(task: Task, table: Table, columns: readonly string[]): boolean {
  for (const index of indexesOf(task.schema, relationKey(table.name))) {
    const leading = index.columns.slice(0, columns.length);
    if (index.predicate === undefined && columns.every((column) => leading.includes(column))) return true;
  }
  return false;
}
