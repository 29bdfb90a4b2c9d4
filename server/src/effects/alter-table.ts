import type { AlterTableCmd, AlterTableStmt } from '@pgsql/types';
import { applyAlterCommand } from '../schema/alter-table.ts';
import { columnOf, findRelation, findType, relationKey, sequencesOf } from '../schema/lookup.ts';
import type { Relation, Table } from '../schema/model.ts';
import { inPasses } from '../schema/passes.ts';
import { nameOfRangeVar, type ObjectName, quoteIdentifier } from '../sql/names.ts';
import { addColumn } from './add-column.ts';
import { alterColumnType, dropColumn, setExpression, setNotNull } from './alter-column.ts';
import { addConstraint, alterConstraint, dropConstraint, validateConstraint } from './alter-constraint.ts';
import type { Describe, Task } from './builder.ts';
import type { LockMode } from './model.ts';
import { attachPartition, changeInheritance, detachPartition } from './partition.ts';
import { familyOf, lockRange, rewriteTable, show, unknownTable } from './relations.ts';

/** A subcommand of ALTER TABLE on a table that the schema holds. */
export type Subcommand = (task: Task, table: Table, command: AlterTableCmd) => void;

export const alterTable: Describe<AlterTableStmt> = (task, fields) => {
  const target = fields.relation;
  if (!target) return;
  if (fields.objtype === 'OBJECT_TYPE') {
    lockTyped(task, nameOfRangeVar(target));
    return;
  }
  const commands = inPasses(fields.cmds);
  const mode = strongest(commands.map(({ command }) => lockModeOf(command)));
  const relation = lockRange(task, target, mode, fields.missing_ok);
  if (relation && relation.kind !== 'table') {
    for (const { command, at } of commands) {
      task.beginCommand(at);
      alterOther({ ...task, mode }, relation, command);
    }
    return;
  }
  let schema = task.schema;
  for (const { command, at } of commands) {
    task.beginCommand(at);
    // Each subcommand meets the table that the ones before it left.
    const found = findRelation(schema, nameOfRangeVar(target));
    const table = found ?? (schema.complete ? undefined : unknownTable(task, target));
    if (table?.kind === 'table')
      alterTableBy({ ...task, schema, mode, only: target.inh !== true }, table, command);
    schema = applyAlterCommand(schema, fields, command, task.statement);
  }
};

/** Changing a composite type's attributes, with CASCADE, changes the tables that are made of it; others stay alone. */
export function lockTyped(task: Task, type: ObjectName): void {
  const found = findType(task.schema, type);
  if (!found) return;
  for (const relation of task.schema.relations.values())
    if (relation.kind === 'table' && relation.ofType === relationKey(found.name))
      task.lock(relation, 'AccessExclusiveLock');
}

/** `ALTER TABLE` on an index, a view or a sequence, and ALTER INDEX, ALTER VIEW, ALTER SEQUENCE. */
function alterOther(task: Task, relation: Relation, command: AlterTableCmd): void {
  if (command.subtype === 'AT_AttachPartition') attachIndex(task, relation, command);
  if (command.subtype === 'AT_SetTableSpace') setTablespace(task, relation, command);
  if (command.subtype === 'AT_ClusterOn') clusterOn(task, relation, command);
}

/** Its files are copied, those of its indexes are not; where it lies now no schema tells. */
function setTablespace(task: Task, relation: Relation, { name = '' }: AlterTableCmd): void {
  task.unknown(
    `whether ${show(task, relation)} is in the tablespace ${quoteIdentifier(name)} already; if not, all of it is copied there`,
    { remedy: 'look at pg_tables.tablespace or pg_indexes.tablespace', may: 'rewrite' },
  );
}

function setAccessMethod(task: Task, table: Table): void {
  if (table.partitioned) return;
  task.unknown(`the access method of ${show(task, table)}; another one writes the table anew`, {
    remedy: 'look at pg_class.relam, or run the dry run, which sees it',
    may: 'rewrite',
  });
}

function clusterOn(task: Task, table: Relation, { name = '' }: AlterTableCmd): void {
  task.lockKey(relationKey({ schema: table.name.schema, name }), task.mode);
}

/** The partition's index goes under the parent's; their tables are only looked at. */
function attachIndex(task: Task, relation: Relation, command: AlterTableCmd): void {
  const name = command.def && 'PartitionCmd' in command.def ? command.def.PartitionCmd.name : undefined;
  const child = lockRange(task, name, 'AccessExclusiveLock');
  for (const index of [relation, child])
    if (index?.kind === 'index') task.lockKey(index.table, 'AccessShareLock');
}

function alterTableBy(task: Task, table: Table, command: AlterTableCmd): void {
  const type = command.subtype ?? '';
  if (reachesHeirs(task, table, command))
    for (const child of familyOf(task, table).slice(1)) task.lock(child, task.mode);
  subcommands[type]?.(task, table, command);
}

/** Whether the lock is taken on every inheriting table and partition too. */
function reachesHeirs(task: Task, table: Table, command: AlterTableCmd): boolean {
  const { name = '' } = command;
  const subtype: string = command.subtype ?? '';
  const { pgVersion } = task.context;
  if (recursing.has(subtype)) return true;
  // Since 18 a constraint's lock is taken on all heirs at once, whether they get the constraint or not.
  if (subtype === 'AT_AddConstraint') return pgVersion >= 18;
  // A NOT NULL that is there already is not looked for further down.
  if (subtype === 'AT_SetNotNull')
    return pgVersion < 18 ? columnOf(table, name)?.notNull !== true : !hasNotNull(table, name);
  if (/^AT_(?:Add|Set|Drop)Identity$/.test(subtype)) return table.partitioned && pgVersion >= 17;
  return table.partitioned && /^AT_(?:Enable|Disable).*Trig/.test(subtype);
}

function hasNotNull(table: Table, column: string): boolean {
  return table.constraints.some(
    (one) => one.kind === 'not null' && one.columns[0] === column && one.validated,
  );
}

const subcommands: Readonly<Record<string, Subcommand>> = {
  AT_AddColumn: addColumn,
  AT_AddConstraint: addConstraint,
  AT_AddInherit: changeInheritance('ShareUpdateExclusiveLock'),
  AT_AlterColumnType: alterColumnType,
  AT_AlterConstraint: alterConstraint,
  AT_AttachPartition: attachPartition,
  AT_DetachPartition: detachPartition,
  AT_DetachPartitionFinalize: detachPartition,
  AT_ClusterOn: clusterOn,
  AT_DropColumn: dropColumn,
  AT_DropConstraint: dropConstraint,
  AT_DropIdentity: lockSequence('AccessExclusiveLock'),
  AT_DropInherit: changeInheritance('AccessShareLock'),
  AT_DropNotNull: (task, table, { name = '' }) => {
    // Before 18 the heirs were locked even where there was nothing to drop.
    if (task.context.pgVersion >= 18 && columnOf(table, name)?.notNull === false) return;
    for (const one of familyOf(task, table)) task.lock(one, 'AccessExclusiveLock');
  },
  AT_ReplicaIdentity: replicaIdentity,
  AT_SetAccessMethod: setAccessMethod,
  AT_SetExpression: setExpression,
  AT_SetIdentity: lockSequence('ShareRowExclusiveLock'),
  AT_SetLogged: setPersistence('permanent'),
  AT_SetNotNull: setNotNull,
  AT_SetTableSpace: (task, table, command) => {
    if (!table.partitioned) setTablespace(task, table, command);
  },
  AT_SetUnLogged: setPersistence('unlogged'),
  AT_ValidateConstraint: validateConstraint,
};

/** Subcommands that take their lock on every heir in any version. */
const recursing: ReadonlySet<string> = new Set([
  'AT_AlterColumnType',
  'AT_ColumnDefault',
  'AT_DropColumn',
  'AT_DropExpression',
  'AT_SetExpression',
  'AT_SetStatistics',
  'AT_SetStorage',
]);

/** USING INDEX looks at the index while nobody changes it. */
function replicaIdentity(task: Task, table: Table, { def }: AlterTableCmd): void {
  const { identity_type: type, name = '' } =
    (def && 'ReplicaIdentityStmt' in def && def.ReplicaIdentityStmt) || {};
  if (type === 'i') task.lockKey(relationKey({ schema: table.name.schema, name }), 'ShareLock');
}

/** The sequence behind an identity column. */
function lockSequence(mode: LockMode): Subcommand {
  return (task, table, { name }) => {
    for (const sequence of sequencesOf(task.schema, relationKey(table.name), name)) task.lock(sequence, mode);
  };
}

function setPersistence(wanted: 'permanent' | 'unlogged'): Subcommand {
  return (task, table) => {
    // Of a table known by name alone no one told whether it is logged.
    if (table.persistence === wanted && !table.columnsComplete && !task.schema.complete)
      task.unknown(
        `whether ${show(task, table)} is ${wanted === 'permanent' ? 'logged' : 'unlogged'} already`,
        {
          may: 'rewrite',
        },
      );
    // A partitioned table has no rows of its own: before 18 the change was noted, and did nothing.
    if (table.persistence !== wanted && !table.partitioned)
      rewriteTable(task, table, `it becomes ${wanted === 'permanent' ? 'logged' : 'unlogged'}`);
  };
}

const order: readonly LockMode[] = [
  'AccessShareLock',
  'ShareUpdateExclusiveLock',
  'ShareRowExclusiveLock',
  'AccessExclusiveLock',
];

function strongest(modes: readonly LockMode[]): LockMode {
  return modes.reduce(
    (held, mode) => (order.indexOf(mode) > order.indexOf(held) ? mode : held),
    order[0] as LockMode,
  );
}

const weakModes: Readonly<Record<string, LockMode>> = {
  AT_AttachPartition: 'ShareUpdateExclusiveLock',
  AT_ClusterOn: 'ShareUpdateExclusiveLock',
  AT_DetachPartitionFinalize: 'ShareUpdateExclusiveLock',
  AT_DisableTrig: 'ShareRowExclusiveLock',
  AT_DisableTrigAll: 'ShareRowExclusiveLock',
  AT_DisableTrigUser: 'ShareRowExclusiveLock',
  AT_DropCluster: 'ShareUpdateExclusiveLock',
  AT_EnableAlwaysTrig: 'ShareRowExclusiveLock',
  AT_EnableReplicaTrig: 'ShareRowExclusiveLock',
  AT_EnableTrig: 'ShareRowExclusiveLock',
  AT_EnableTrigAll: 'ShareRowExclusiveLock',
  AT_EnableTrigUser: 'ShareRowExclusiveLock',
  AT_ResetOptions: 'ShareUpdateExclusiveLock',
  AT_SetOptions: 'ShareUpdateExclusiveLock',
  AT_SetStatistics: 'ShareUpdateExclusiveLock',
  AT_ValidateConstraint: 'ShareUpdateExclusiveLock',
};

/** Storage parameters that stop everybody; the rest need SHARE UPDATE EXCLUSIVE. */
const exclusiveOptions: ReadonlySet<string> = new Set([
  'autosummarize',
  'buffering',
  'check_option',
  'fastupdate',
  'gin_pending_list_limit',
  'pages_per_range',
  'security_barrier',
  'security_invoker',
  'user_catalog_table',
]);

/** What a subcommand takes on its table (`AlterTableGetLockLevel`). */
function lockModeOf({ subtype = 'AT_AddColumn', def }: AlterTableCmd): LockMode {
  if (
    subtype === 'AT_AddConstraint' &&
    def &&
    'Constraint' in def &&
    def.Constraint.contype === 'CONSTR_FOREIGN'
  ) {
    return 'ShareRowExclusiveLock';
  }
  if (subtype === 'AT_DetachPartition' && def && 'PartitionCmd' in def && def.PartitionCmd.concurrent) {
    return 'ShareUpdateExclusiveLock';
  }
  if (subtype === 'AT_SetRelOptions' || subtype === 'AT_ResetRelOptions') {
    const items = def && 'List' in def ? (def.List.items ?? []) : [];
    const names = items.map((item) => ('DefElem' in item ? (item.DefElem.defname ?? '') : ''));
    return names.some((name) => exclusiveOptions.has(name))
      ? 'AccessExclusiveLock'
      : 'ShareUpdateExclusiveLock';
  }
  return weakModes[subtype] ?? 'AccessExclusiveLock';
}
