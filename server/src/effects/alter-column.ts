import type { ColumnDef, Node } from '@pgsql/types';
import { typeOf } from '../schema/draft.ts';
import {
  childrenOf,
  columnOf,
  indexesOf,
  referencesTo,
  relationKey,
  sequencesOf,
  viewsOf,
} from '../schema/lookup.ts';
import type { Column, Constraint, Index, Table, View } from '../schema/model.ts';
import { quoteIdentifier, stringsOf } from '../sql/names.ts';
import type { Subcommand } from './alter-table.ts';
import type { Task } from './builder.ts';
import {
  familyOf,
  lockReferencedTable,
  lockTriggersOfKey,
  lookUpReferenced,
  rewriteTable,
  show,
  storedFamily,
} from './relations.ts';
import { sharesOperators, type TypeChange, typeChange } from './type-change.ts';

export const alterColumnType: Subcommand = (task, table, { name = '', def }) => {
  const definition = def && 'ColumnDef' in def ? def.ColumnDef : undefined;
  const to = typeOf(task.schema, definition?.typeName);
  const column = columnOf(table, name);
  const from = column?.type;
  const shown = quoteIdentifier(name);
  lockForeignKeysOn(task, table, name);
  if (!definition || to === undefined) return;
  if (from === undefined) {
    if (column || !table.columnsComplete)
      task.unknown(`the type that ${show(task, table)}.${shown} has now`, { may: 'rewrite' });
    else missingColumn(task, table, name);
    return;
  }
  lockSequences(task, table, column);
  const plain = typeChange(from, to, task.schema, task.context.timeZone ?? task.schema.timeZone);
  const worked = withUsing(plain, definition, name, to, task);
  // A virtual column has no values to write.
  const change: TypeChange = column?.generated === 'virtual' ? { kind: 'keeps' } : worked;
  const reason = `the type of ${shown} changes from ${from} to ${to}`;
  if (change.kind === 'unknown') {
    task.unknown(change.fact, {
      may: 'rewrite',
      ...(change.remedy === undefined ? {} : { remedy: change.remedy }),
    });
    return;
  }
  const collation = definition.collClause ? stringsOf(definition.collClause.collname).at(-1) : undefined;
  const sameOperators = sharesOperators(from, to, task.schema);
  const sameOrder = sameOperators && collation === column?.collation;
  if (!sameOrder) recheckReferences(task, table, name, reason);
  if (!sameOrder || change.kind === 'rewrites') lookUpAgain(task, table, name, reason);
  for (const one of familyOf(task, table)) {
    const stored = !one.partitioned;
    if (stored && change.kind === 'rewrites') rewriteTable(task, one, reason);
    for (const index of indexesOf(task.schema, relationKey(one.name))) {
      if (!uses(index, name)) continue;
      task.lock(index, 'AccessExclusiveLock');
      if (
        stored &&
        change.kind === 'keeps' &&
        !(
          keepsIndex(index, name, sameOrder || (sameOperators && ownCollation(index, name)), to) &&
          isOwn(task, table, one, index)
        )
      )
        rebuild(task, one, index, reason);
    }
    if (stored && change.kind === 'keeps') recheck(task, one, name, reason, sameOrder);
  }
};

/** The sequence of an identity column changes its type too; one that a default asks is looked at. */
function lockSequences(task: Task, table: Table, column: Column | undefined): void {
  if (!column) return;
  for (const sequence of sequencesOf(task.schema, relationKey(table.name), column.name)) {
    if (column.identity) task.lock(sequence, 'ShareRowExclusiveLock');
    else if (column.default) task.perhaps(() => task.lock(sequence, 'AccessShareLock'));
  }
}

function missingColumn(task: Task, table: Table, name: string): void {
  task.unknown(`${show(task, table)} has no column ${quoteIdentifier(name)} when this statement runs`, {
    remedy: 'correct the name, or add the column to the baseline DDL under database.schema',
    refused: { name, because: 'missing' },
  });
}

/** A USING that is more than a cast of the column works out every row; a cast to something else too. */
function withUsing(
  change: TypeChange,
  definition: ColumnDef,
  name: string,
  to: string,
  task: Task,
): TypeChange {
  const using = definition.raw_default;
  if (!using) return change;
  let inner: Node = using;
  while ('TypeCast' in inner && inner.TypeCast.arg && typeOf(task.schema, inner.TypeCast.typeName) === to) {
    inner = inner.TypeCast.arg;
  }
  const bare = 'ColumnRef' in inner && stringsOf(inner.ColumnRef.fields).at(-1) === name;
  return bare ? change : { kind: 'rewrites' };
}

function uses(index: Index, column: string): boolean {
  return [...index.columns, ...index.include, ...index.reads].includes(column);
}

/** Postgres takes an index over as it is where neither operators nor expressions are touched. */
function keepsIndex(index: Index, column: string, sameOrder: boolean, to: string): boolean {
  if (index.reads.length > 0 || index.method === 'gist') return false;
  // GIN keeps the elements of an array, of which Postgres cannot say that they are the same.
  if (index.method === 'gin' && to.endsWith('[]')) return false;
  return sameOrder || !index.columns.includes(column);
}

/** Whether the index says itself how it compares the column, wherever it has it. */
function ownCollation({ signature = '[[]]', columns }: Index, column: string): boolean {
  const [elements] = JSON.parse(signature) as [readonly (readonly unknown[])[]];
  return columns.every((one, at) => one !== column || (elements[at]?.[1] ?? null) !== null);
}

/** A partition's part of the parent's index is built anew with that, whatever it could keep by itself. */
function isOwn(task: Task, parent: Table, table: Table, index: Index): boolean {
  if (table === parent || !parent.partitioned) return true;
  const from = [...indexesOf(task.schema, relationKey(parent.name))];
  return !from.some(
    (one) => one.unique === index.unique && String(one.columnNames) === String(index.columnNames),
  );
}

function rebuild(task: Task, table: Table, index: Index, reason: string): void {
  task.rewrite(index, reason);
  task.build(table, `the index ${show(task, index)} is built anew: ${reason}`, index.method);
}

/** Constraints on the column are made again, and checks tested again, though the rows stay. */
function recheck(task: Task, table: Table, column: string, reason: string, sameOrder: boolean): void {
  for (const constraint of table.constraints) {
    if (!constraint.columns.includes(column) || !constraint.validated) continue;
    if (constraint.kind === 'check')
      task.scan(table, `the CHECK ${constraint.name} is tested again: ${reason}`);
    if (constraint.kind === 'foreign key' && !sameOrder) {
      task.scan(table, `the foreign key ${constraint.name} is tested again: ${reason}`, 'lookup');
    }
  }
}

/** Foreign keys on the column are tested again, where they point. */
function lookUpAgain(task: Task, table: Table, column: string, reason: string): void {
  for (const { references, columns, validated } of table.constraints) {
    if (references && validated && columns.includes(column) && !table.empty)
      lookUpReferenced(task, references.table, reason);
  }
}

/** Foreign keys that point at the column are tested again, on the tables they stand on. */
function recheckReferences(task: Task, table: Table, column: string, reason: string): void {
  for (const { table: other, constraint } of referencesTo(task.schema, relationKey(table.name))) {
    if (!constraint.validated || !constraint.references?.columns.includes(column)) continue;
    task.scan(other, `the foreign key ${constraint.name} is tested again: ${reason}`, 'lookup');
  }
}

/** Foreign keys over the column are made again, on both tables. */
function lockForeignKeysOn(task: Task, table: Table, column: string): void {
  const key = relationKey(table.name);
  for (const constraint of table.constraints) {
    if (!constraint.references || !constraint.columns.includes(column)) continue;
    lockTriggersOfKey(task, constraint.references.table);
    lockReferencedTable(task, constraint.references.table, 'ShareRowExclusiveLock');
  }
  for (const { table: other, constraint } of referencesTo(task.schema, key)) {
    if (constraint.references?.columns.includes(column)) task.lock(other, 'AccessExclusiveLock');
  }
}

export const setNotNull: Subcommand = (task, table, { name = '' }) => {
  const shown = quoteIdentifier(name);
  for (const one of storedFamily(task, table)) {
    const column = columnOf(one, name);
    if (!column && one.columnsComplete) {
      missingColumn(task, one, name);
      continue;
    }
    const known = one.constraints.find(
      (constraint) => constraint.kind === 'not null' && constraint.columns[0] === name,
    );
    if (column?.notNull && known?.validated !== false) continue;
    if (provenNotNull(one.constraints, name)) continue;
    if (column?.notNull === undefined && !one.columnsComplete) {
      task.unknown(
        `whether a valid CHECK already proves that ${shown} has no nulls; without one every row is read`,
        { may: 'scan' },
      );
      continue;
    }
    task.scan(one, `every row is looked at for a null in ${shown}`);
  }
};

export function provenNotNull(constraints: readonly Constraint[], column: string): boolean {
  return constraints.some(
    (constraint) =>
      constraint.kind === 'check' && constraint.validated && constraint.provesNotNull.includes(column),
  );
}

export const setExpression: Subcommand = (task, table, { name = '' }) => {
  const shown = quoteIdentifier(name);
  for (const one of storedFamily(task, table)) {
    const column = columnOf(one, name);
    if (column?.generated === 'stored') rewriteTable(task, one, `${shown} is worked out anew for each row`);
    else if (!column) task.unknown(`whether ${shown} is stored or virtual`);
  }
};

export const dropColumn: Subcommand = (task, table, { name = '', behavior, missing_ok }) => {
  const key = relationKey(table.name);
  const column = columnOf(table, name);
  if (!column && table.columnsComplete) {
    if (!missing_ok) missingColumn(task, table, name);
    return;
  }
  if (!table.columnsComplete) {
    task.unknown(
      `which indexes and foreign keys go with ${quoteIdentifier(name)}: the other table of a foreign key is locked too`,
      {
        decides: false,
      },
    );
  }
  for (const one of familyOf(task, table)) dropOwned(task, one, name);
  // The children keep the column as their own, which is written down.
  if (task.only) for (const child of childrenOf(task.schema, key)) task.lock(child, task.mode);
  const cascade = behavior === 'DROP_CASCADE';
  // Before 15 a column worked out from it went with it unasked.
  if (!cascade && task.context.pgVersion >= 15) return;
  for (const one of familyOf(task, table))
    for (const generated of one.columns)
      if (generated.generated && names((generated.default ?? '').replaceAll('*', ' '), name))
        dropOwned(task, one, generated.name);
  if (!cascade) return;
  for (const view of viewsOf(task.schema, key)) if (names(view.definition, name)) lockView(task, view);
};

function dropOwned(task: Task, table: Table, column: string): void {
  const key = relationKey(table.name);
  for (const index of indexesOf(task.schema, key))
    if (uses(index, column)) task.lock(index, 'AccessExclusiveLock');
  for (const sequence of sequencesOf(task.schema, key, column)) task.lock(sequence, 'AccessExclusiveLock');
  lockForeignKeysOn(task, table, column);
}

/** Whether a source says the column, or takes all columns. */
function names(source: string, column: string): boolean {
  return new RegExp(`\\b${column.replace(/\W/g, '\\$&')}\\b|\\*`).test(source);
}

/** A view that goes, with its indexes and with the views that read it. */
function lockView(task: Task, view: View): void {
  const key = relationKey(view.name);
  task.lock(view, 'AccessExclusiveLock');
  for (const index of indexesOf(task.schema, key)) task.lock(index, 'AccessExclusiveLock');
  for (const other of viewsOf(task.schema, key)) lockView(task, other);
}
