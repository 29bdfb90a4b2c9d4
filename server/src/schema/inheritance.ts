import { childKeys, type Draft, heirsOf, updateTable } from './draft.ts';
import { columnOf, tableByKey } from './lookup.ts';
import type { Column, Constraint, Table } from './model.ts';
import { relationKey } from './names.ts';
import { columnToken, deleteConstraint, type Removal, removeColumn } from './removal.ts';

/** How many of the table's parents have the column: Postgres' `attinhcount`. */
export function parentsWithColumn(draft: Draft, table: Table, name: string): number {
  return table.parents.filter((parent) => columnOf(tableByKey(draft, parent), name)).length;
}

/** How many of the table's parents hand the constraint down to it: Postgres' `coninhcount`. */
export function parentsWithConstraint(draft: Draft, table: Table, constraint: Constraint): number {
  if (constraint.parent !== undefined) return 1;
  return table.parents.filter((parent) => counterpart(tableByKey(draft, parent), constraint)?.inherits)
    .length;
}

/** The constraint of a parent or child that is one with this: a check by its name, NOT NULL by its column. */
export function counterpart(table: Table | undefined, constraint: Constraint): Constraint | undefined {
  const { kind, name, columns } = constraint;
  if (kind !== 'check' && kind !== 'not null') return undefined;
  return table?.constraints.find(
    (one) => one.kind === kind && (kind === 'check' ? one.name === name : one.columns[0] === columns[0]),
  );
}

export function changeColumn(draft: Draft, key: string, name: string, to: (column: Column) => Column): void {
  updateTable(draft, key, (table) => ({
    ...table,
    columns: table.columns.map((column) => (column.name === name ? to(column) : column)),
  }));
}

export function changeConstraint(
  draft: Draft,
  key: string,
  name: string,
  to: (constraint: Constraint) => Constraint,
): void {
  updateTable(draft, key, (table) => ({
    ...table,
    constraints: table.constraints.map((one) => (one.name === name ? to(one) : one)),
  }));
}

/** Where a column goes if it is dropped at `key`: there, and where it came from there alone. */
function* columnTree(draft: Draft, key: string, name: string): Generator<string> {
  yield key;
  for (const childKey of childKeys(draft, key)) {
    const child = tableByKey(draft, childKey);
    const column = columnOf(child, name);
    if (child && column?.local === false && parentsWithColumn(draft, child, name) === 1)
      yield* columnTree(draft, childKey, name);
  }
}

/** Drops a column with all that goes with it, as one deletion: what two of the columns share is no hindrance. */
export function dropColumns(draft: Draft, key: string, name: string, options: DropOptions): void {
  const keys = options.recurse ? [...columnTree(draft, key, name)] : [key];
  const named = new Set(keys.map((each) => columnToken(each, name)));
  dropColumnTree({ draft, cascade: options.cascade, named }, key, name, options.recurse);
}

export interface DropOptions {
  readonly cascade: boolean;
  /** False for ALTER TABLE ONLY. */
  readonly recurse: boolean;
}

/** Drops a column here and where it came from here alone; elsewhere it becomes the table's own, or stays another parent's. */
function dropColumnTree(removal: Removal, key: string, name: string, recurse: boolean): void {
  const { draft } = removal;
  const children = childKeys(draft, key).filter((child) => columnOf(tableByKey(draft, child), name));
  removeColumn(removal, key, name);
  for (const childKey of children) {
    const child = tableByKey(draft, childKey);
    const column = columnOf(child, name);
    if (!child || !column) continue;
    const gone = parentsWithColumn(draft, child, name) === 0 && column.local === false;
    if (recurse && gone) dropColumnTree(removal, childKey, name, true);
    else if (!recurse) changeColumn(draft, childKey, name, (one) => ({ ...one, local: true }));
  }
}

/** The same for a check or a NOT NULL; keys and foreign keys take their parts on partitions along by themselves. */
export function dropConstraintTree(
  removal: Removal,
  key: string,
  constraint: Constraint,
  recurse: boolean,
): void {
  const { draft } = removal;
  const children = constraint.inherits ? childKeys(draft, key) : [];
  deleteConstraint(removal, key, constraint);
  for (const childKey of children) {
    const child = tableByKey(draft, childKey);
    const own = counterpart(child, constraint);
    if (!child || !own) continue;
    const gone = parentsWithConstraint(draft, child, own) === 0 && own.local === false;
    if (recurse && gone) dropConstraintTree(removal, childKey, own, true);
    else if (!recurse) changeConstraint(draft, childKey, own.name, (one) => ({ ...one, local: true }));
  }
}

/** NO INHERIT and DETACH: what no other parent has is now the table's own. */
export function releaseFrom(draft: Draft, key: string, parentKey: string): void {
  updateTable(draft, key, ({ bound: _, ...table }) => ({
    ...table,
    partition: false,
    isDefaultPartition: false,
    parents: table.parents.filter((parent) => parent !== parentKey),
  }));
  updateTable(draft, key, (table) => ({
    ...table,
    columns: table.columns.map((column) =>
      column.local === false && parentsWithColumn(draft, table, column.name) === 0
        ? { ...column, local: true }
        : column,
    ),
    constraints: table.constraints.map((one) => {
      const { parent: _, ...own } = one;
      const inherited = parentsWithConstraint(draft, table, own) > 0;
      return one.local === false && !inherited ? { ...own, local: true } : own;
    }),
  }));
}

/** What the parent has too is inherited from now on; a partition has it from the parent alone. */
export function inheritFrom(draft: Draft, key: string, parentKey: string, partition: boolean): void {
  const parent = tableByKey(draft, parentKey);
  if (!parent) return;
  const circular =
    parentKey === key || heirsOf(draft, key).some((heir) => relationKey(heir.name) === parentKey);
  if (circular || tableByKey(draft, key)?.parents.includes(parentKey)) {
    draft.refused = true;
    return;
  }
  if (draft.complete && draft.madeByPlan && !hasAllOf(draft, key, parent)) draft.refused = true;
  updateTable(draft, key, (table) => ({
    ...table,
    parents: [...table.parents, parentKey],
    columns: table.columns.map((column) =>
      partition && columnOf(parent, column.name) ? { ...column, local: false } : column,
    ),
    constraints: table.constraints.map((one) =>
      partition && counterpart(parent, one)?.inherits ? { ...one, local: false } : one,
    ),
  }));
}

/** Postgres refuses a child that lacks a column or a constraint of its parent. */
function hasAllOf(draft: Draft, key: string, parent: Table): boolean {
  const table = tableByKey(draft, key);
  if (!table?.columnsComplete) return true;
  const columns = parent.columns.every(({ name, type }) => {
    const own = columnOf(table, name);
    return own && (own.type === undefined || type === undefined || own.type === type);
  });
  const handed = parent.constraints.filter(
    (one) => (one.kind === 'check' || one.kind === 'not null') && one.inherits,
  );
  return columns && handed.every((one) => counterpart(table, one));
}

export function keysOf(tables: readonly Table[]): readonly string[] {
  return tables.map((table) => relationKey(table.name));
}
