import type { AlterTableCmd, PartitionCmd } from '@pgsql/types';
import { childrenOf, indexesOf, referencesTo, relationKey } from '../schema/lookup.ts';
import type { Constraint, Table } from '../schema/model.ts';
import type { Subcommand } from './alter-table.ts';
import type { Task } from './builder.ts';
import type { LockMode } from './model.ts';
import {
  familyOf,
  lockRange,
  lockReferencedTable,
  lookUpReferenced,
  show,
  storedFamily,
} from './relations.ts';

/** INHERIT and NO INHERIT: the parent is locked too. */
export function changeInheritance(mode: LockMode): Subcommand {
  return (task, table, { def, subtype }) => {
    if (def && 'RangeVar' in def) lockRange(task, def.RangeVar, mode);
    // Whether the parent is among its own heirs is looked up.
    if (subtype === 'AT_AddInherit')
      for (const heir of familyOf(task, table).slice(1)) task.lock(heir, 'AccessShareLock');
  };
}

function partitionCommand({ def }: AlterTableCmd): PartitionCmd | undefined {
  return def && 'PartitionCmd' in def ? def.PartitionCmd : undefined;
}

export const attachPartition: Subcommand = (task, parent, command) => {
  const child = lockRange(task, partitionCommand(command)?.name, 'AccessExclusiveLock');
  const isDefault = partitionCommand(command)?.bound?.is_default === true;
  lockDefault(task, parent, isDefault);
  for (const index of indexesOf(task.schema, relationKey(parent.name)))
    task.lock(index, 'ShareUpdateExclusiveLock');
  for (const { references } of parent.constraints)
    if (references) lockReferencedTable(task, references.table, 'ShareRowExclusiveLock');
  if (child?.kind === 'table') lockMergedKeys(task, parent, child);
  if (child?.kind === 'table') for (const one of familyOf(task, child)) task.lock(one, 'AccessExclusiveLock');
  if (child?.kind !== 'table') {
    if (!task.schema.complete)
      task.unknown(
        'whether a valid CHECK of the new partition proves its bounds, and which indexes it lacks',
        { may: 'scan' },
      );
    return;
  }
  checkRows(task, parent, child);
  buildMissingIndexes(task, parent, child);
};

/** A foreign key that the new partition has already becomes a part of the parent's: its own triggers are dropped. */
function lockMergedKeys(task: Task, parent: Table, child: Table): void {
  for (const { references, columns } of parent.constraints) {
    if (!references) continue;
    const same = child.constraints.some(
      (own) => own.references?.table === references.table && String(own.columns) === String(columns),
    );
    if (same) lockReferencedTable(task, references.table, 'AccessExclusiveLock');
    else if (!child.empty)
      lookUpReferenced(task, references.table, `the parent's foreign key looks every row up in it`);
  }
}

/** The rows are read to see that they are within the bounds, unless a valid CHECK says so. */
function checkRows(task: Task, parent: Table, child: Table): void {
  const checks = keyChecks(parent, child);
  if (checks.length > 0 && !child.empty) {
    task.unknown(
      `whether the CHECK ${checks.map(({ name }) => name).join(', ')} proves the bounds of the partition ${show(task, child)}; if not, every row is read`,
      {
        remedy: 'run the dry run, which sees it',
      },
    );
    return;
  }
  for (const one of storedFamily(task, child))
    task.scan(one, 'every row is looked at for the bounds of the partition');
}

/** Valid checks that may prove something of the parent's partition key. */
function keyChecks(parent: Table | undefined, table: Table): readonly Constraint[] {
  const key = parent?.partitionKey?.columns ?? [null];
  return table.constraints.filter(
    ({ kind, validated, columns }) =>
      kind === 'check' && validated && key.some((column) => column === null || columns.includes(column)),
  );
}

function buildMissingIndexes(task: Task, parent: Table, child: Table): void {
  const own = [...indexesOf(task.schema, relationKey(child.name))];
  for (const index of indexesOf(task.schema, relationKey(parent.name))) {
    const match = own.some(
      (one) => one.unique === index.unique && one.columns.join('\0') === index.columns.join('\0'),
    );
    if (match) continue;
    for (const one of storedFamily(task, child))
      task.build(one, `the index ${show(task, index)} is built for it`, index.method);
  }
}

/** A default partition has to be looked through for rows that belong into the new one. */
function lockDefault(task: Task, parent: Table, addingDefault: boolean): void {
  if (addingDefault) return;
  const fallback = [...childrenOf(task.schema, relationKey(parent.name))].find(
    (one) => one.isDefaultPartition,
  );
  if (!fallback) return;
  task.lock(fallback, 'AccessExclusiveLock');
  scanDefault(task, parent, fallback);
}

/** Its rows are looked at for some that belong into the new partition, unless a valid CHECK rules those out. */
export function scanDefault(task: Task, parent: Table | undefined, fallback: Table): void {
  const checks = keyChecks(parent, fallback);
  if (checks.length === 0 || fallback.empty) {
    task.scan(fallback, 'every row of the default partition is looked at for the new bounds');
    return;
  }
  const names = checks.map(({ name }) => name).join(', ');
  task.unknown(
    `whether the CHECK ${names} rules out that the default partition ${show(task, fallback)} holds rows of the new one; if not, every row is read`,
    { remedy: 'run the dry run, which sees it' },
  );
}

export const detachPartition: Subcommand = (task, parent, command) => {
  const details = partitionCommand(command);
  const child = lockRange(task, details?.name, 'AccessExclusiveLock');
  if (details?.concurrent) task.notTransactional();
  if (child?.kind !== 'table') return;
  for (const index of indexesOf(task.schema, relationKey(child.name))) {
    const adopted = [...indexesOf(task.schema, relationKey(parent.name))].some(
      (one) => one.unique === index.unique && one.columns.join('\0') === index.columns.join('\0'),
    );
    if (adopted) task.lock(index, 'AccessExclusiveLock');
  }
  lockDefaultOf(task, parent, child, details?.concurrent === true);
  const keys = parent.constraints.flatMap(({ references }) => references?.table ?? []);
  for (const one of familyOf(task, child)) task.lock(one, 'AccessExclusiveLock');
  for (const key of keys) lockReferencedTable(task, key, 'ShareRowExclusiveLock');
  for (const { table } of referencesTo(task.schema, relationKey(parent.name)))
    task.lock(table, 'ShareRowExclusiveLock');
};

function lockDefaultOf(task: Task, parent: Table, child: Table, concurrent: boolean): void {
  if (concurrent) return;
  for (const other of childrenOf(task.schema, relationKey(parent.name))) {
    if (other.isDefaultPartition && other !== child) task.lock(other, 'AccessExclusiveLock');
  }
}
