import type { Constraint as ConstraintNode } from '@pgsql/types';
import {
  childrenOf,
  columnOf,
  constraintOf,
  findIndex,
  referencesTo,
  relationKey,
} from '../schema/lookup.ts';
import type { Constraint, Table } from '../schema/model.ts';
import { quoteIdentifier, stringsOf } from '../sql/names.ts';
import { lockPointedAt } from './add-column.ts';
import { provenNotNull } from './alter-column.ts';
import type { Subcommand } from './alter-table.ts';
import type { Task } from './builder.ts';
import { familyOf, lockReferencedTable, lookUpReferenced, show, storedFamily } from './relations.ts';

export const addConstraint: Subcommand = (task, table, { def }) => {
  const node = def && 'Constraint' in def ? def.Constraint : undefined;
  switch (node?.contype) {
    case 'CONSTR_CHECK':
      return addCheck(task, table, node);
    case 'CONSTR_NOTNULL':
      return addNotNull(task, table, node);
    case 'CONSTR_FOREIGN':
      return addForeignKey(task, table, node);
    case 'CONSTR_PRIMARY':
    case 'CONSTR_UNIQUE':
    case 'CONSTR_EXCLUSION':
      return addIndexed(task, table, node);
  }
};

function describe(node: ConstraintNode, kind: string): string {
  return node.conname ? `${kind} ${quoteIdentifier(node.conname)}` : kind;
}

function addCheck(task: Task, table: Table, node: ConstraintNode): void {
  const family = node.is_no_inherit ? [table] : familyOf(task, table);
  for (const one of family) task.lock(one, 'AccessExclusiveLock');
  if (node.skip_validation || !node.is_enforced) return;
  for (const one of family)
    if (!one.partitioned) task.scan(one, `the ${describe(node, 'CHECK')} is tested on every row`);
}

function addNotNull(task: Task, table: Table, node: ConstraintNode): void {
  const column = stringsOf(node.keys)[0] ?? '';
  for (const one of node.is_no_inherit ? [table] : familyOf(task, table)) {
    task.lock(one, 'AccessExclusiveLock');
    if (node.skip_validation || one.partitioned) continue;
    if (columnOf(one, column)?.notNull || provenNotNull(one.constraints, column)) continue;
    task.scan(one, `every row is looked at for a null in ${quoteIdentifier(column)}`);
  }
}

function addForeignKey(task: Task, table: Table, node: ConstraintNode): void {
  const target = lockPointedAt(task, node.pktable);
  if (table.partitioned) for (const one of familyOf(task, table)) task.lock(one, 'ShareRowExclusiveLock');
  if (node.skip_validation || !node.is_enforced) return;
  for (const one of table.partitioned ? storedFamily(task, table) : [table]) {
    task.scan(one, `the ${describe(node, 'foreign key')} is tested on every row`, 'lookup');
  }
  if (target && !table.empty)
    lookUpReferenced(
      task,
      relationKey(target.name),
      `the ${describe(node, 'foreign key')} looks every row up in it`,
    );
}

function addIndexed(task: Task, table: Table, node: ConstraintNode): void {
  const kind =
    node.contype === 'CONSTR_PRIMARY'
      ? 'primary key'
      : node.contype === 'CONSTR_UNIQUE'
        ? 'unique constraint'
        : 'exclusion constraint';
  if (node.indexname) {
    useIndex(task, table, node, node.indexname);
    return;
  }
  const primary = node.contype === 'CONSTR_PRIMARY';
  const partitionMode = primary || task.context.pgVersion >= 18 ? 'AccessExclusiveLock' : 'ShareLock';
  for (const one of table.partitioned ? familyOf(task, table) : [table]) {
    task.lock(one, one === table ? 'AccessExclusiveLock' : partitionMode);
    if (!one.partitioned)
      task.build(one, `the index of the ${describe(node, kind)} is built`, node.access_method);
  }
  if (!primary) return;
  for (const one of familyOf(task, table)) {
    task.lock(one, 'AccessExclusiveLock');
    if (!one.partitioned) scanForNulls(task, one, stringsOf(node.keys));
  }
}

/** A primary key makes its columns NOT NULL: those that are not proven so are looked at. */
function scanForNulls(task: Task, table: Table, columns: readonly string[]): void {
  for (const name of columns) {
    const column = columnOf(table, name);
    if (column?.notNull || provenNotNull(table.constraints, name)) continue;
    if (column?.notNull === undefined && !table.columnsComplete) {
      task.unknown(`whether ${quoteIdentifier(name)} is NOT NULL already; if not, every row is read`, {
        may: 'scan',
      });
    } else {
      task.scan(table, `every row is looked at for a null in ${quoteIdentifier(name)}`);
    }
  }
}

/** USING INDEX: the index changes its owner and maybe its name. */
function useIndex(task: Task, table: Table, node: ConstraintNode, indexName: string): void {
  const index = findIndex(task.schema, { schema: table.name.schema || undefined, name: indexName });
  // Without a new name the index is only looked at.
  if (index && node.conname && node.conname !== indexName) task.lock(index, 'ShareUpdateExclusiveLock');
  if (node.contype !== 'CONSTR_PRIMARY') return;
  if (!index) {
    if (!task.schema.complete)
      task.unknown(
        `whether the columns of ${quoteIdentifier(indexName)} are NOT NULL already; if not, every row is read`,
        { may: 'scan' },
      );
    return;
  }
  scanForNulls(
    task,
    table,
    index.columns.flatMap((column) => column ?? []),
  );
}

export const validateConstraint: Subcommand = (task, table, { name = '' }) => {
  const constraint = constraintOf(table, name);
  const shown = quoteIdentifier(name);
  if (!constraint) {
    task.unknown(`what the constraint ${shown} is and whether it is valid already`, { may: 'scan' });
    return;
  }
  const family = constraint.kind === 'foreign key' && !table.partitioned ? [table] : familyOf(task, table);
  for (const one of family) {
    const own = constraintOf(one, name);
    if (!own || own.validated) continue;
    task.lock(one, 'ShareUpdateExclusiveLock');
    if (own.references) task.lockKey(own.references.table, 'RowShareLock');
    if (one.partitioned) continue;
    task.scan(one, `the constraint ${shown} is tested on every row`, own.references ? 'lookup' : undefined);
    if (own.references && !one.empty)
      lookUpReferenced(task, own.references.table, `the foreign key ${shown} looks every row up in it`);
  }
};

export const dropConstraint: Subcommand = (task, table, { name = '', behavior, missing_ok }) => {
  const constraint = constraintOf(table, name);
  if (!constraint) {
    if (missing_ok && table.columnsComplete) return;
    task.unknown(
      `what the constraint ${quoteIdentifier(name)} is: with a foreign key the table it references is locked too`,
      {
        decides: false,
        locks: true,
      },
    );
    return;
  }
  const own = constraint.kind === 'check' || constraint.kind === 'not null';
  const inherited = (own && constraint.inherits) || table.partitioned;
  for (const one of inherited ? familyOf(task, table) : [table])
    dropFrom(task, one, counterpart(one, constraint), behavior === 'DROP_CASCADE');
  // The children keep it as their own, which is written down.
  if (task.only && inherited)
    for (const child of childrenOf(task.schema, relationKey(table.name))) task.lock(child, task.mode);
};

/** What the constraint is on a partition, where an index has a name of its own. */
function counterpart(table: Table, constraint: Constraint): Constraint {
  const same = table.constraints.find(
    (one) => one.kind === constraint.kind && String(one.columns) === String(constraint.columns),
  );
  return constraintOf(table, constraint.name) ?? same ?? constraint;
}

function dropFrom(task: Task, table: Table, constraint: Constraint, cascade: boolean): void {
  task.lock(table, 'AccessExclusiveLock');
  if (constraint.references) lockReferencedTable(task, constraint.references.table, 'AccessExclusiveLock');
  if (constraint.index === undefined) return;
  task.lockKey(relationKey({ schema: table.name.schema, name: constraint.index }), 'AccessExclusiveLock');
  if (!cascade) return;
  for (const { table: other, constraint: reference } of referencesTo(task.schema, relationKey(table.name))) {
    const columns = [...(reference.references?.columns ?? [])].sort();
    if (String(columns) === String([...constraint.columns].sort())) task.lock(other, 'AccessExclusiveLock');
  }
}

export const alterConstraint: Subcommand = (task, table, { def }) => {
  const fields = (
    def as
      | { ATAlterConstraint?: { conname?: string; alterEnforceability?: boolean; is_enforced?: boolean } }
      | undefined
  )?.ATAlterConstraint;
  const constraint = constraintOf(table, fields?.conname ?? '');
  // INHERIT and NO INHERIT, of a NOT NULL.
  if (constraint?.kind === 'not null') for (const one of familyOf(task, table)) task.lock(one, task.mode);
  if (!constraint?.references) return;
  if (table.partitioned) for (const one of familyOf(task, table)) task.lock(one, task.mode);
  const enforced = !constraint.definition.endsWith('NOT ENFORCED');
  if (!fields?.alterEnforceability || enforced === (fields.is_enforced === true)) return;
  lockReferencedTable(
    task,
    constraint.references.table,
    fields.is_enforced ? 'ShareRowExclusiveLock' : 'AccessExclusiveLock',
  );
  if (fields.is_enforced && !constraint.validated) {
    task.scan(
      table,
      `the foreign key ${quoteIdentifier(constraint.name)} of ${show(task, table)} is tested on every row`,
      'lookup',
    );
    lookUpReferenced(
      task,
      constraint.references.table,
      `the foreign key ${quoteIdentifier(constraint.name)} looks every row up in it`,
    );
  }
};
