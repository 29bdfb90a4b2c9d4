import type {
  AlterDomainStmt,
  AlterPublicationStmt,
  AlterSeqStmt,
  CommentStmt,
  CreateForeignTableStmt,
  CreatePolicyStmt,
  CreatePublicationStmt,
  CreateSeqStmt,
  CreateStatsStmt,
  CreateStmt,
  CreateTableAsStmt,
  CreateTrigStmt,
  GrantStmt,
  Node,
  RuleStmt,
  ViewStmt,
} from '@pgsql/types';
import { constraintNodes } from '../schema/create-table.ts';
import { childrenOf, findRelation, findType, indexesOf, relationKey } from '../schema/lookup.ts';
import { nameOfObject, nameOfRangeVar, nameOfStrings, stringsOf } from '../sql/names.ts';
import { type Describe, familyOf, lockRange, type Task } from './builder.ts';
import type { LockMode } from './model.ts';
import { scanDefault } from './partition.ts';
import { readAll, readNamed, select } from './query.ts';

/** A new table locks what it points at: referenced tables, parents, the table it is made like. */
export const createTable: Describe<CreateStmt> = (task, fields) => {
  const own = fields.relation && nameOfRangeVar(fields.relation);
  if (own && fields.if_not_exists && findRelation(task.schema, own)) return;
  for (const node of fields.inhRelations ?? []) {
    const parent =
      'RangeVar' in node
        ? lockRange(
            task,
            node.RangeVar,
            fields.partbound ? 'AccessExclusiveLock' : 'ShareUpdateExclusiveLock',
          )
        : undefined;
    if (parent?.kind === 'table' && fields.partbound)
      lockForPartition(task, relationKey(parent.name), fields.partbound.is_default === true);
  }
  for (const element of [...(fields.tableElts ?? []), ...(fields.constraints ?? [])]) {
    if ('TableLikeClause' in element) lockRange(task, element.TableLikeClause.relation, 'AccessShareLock');
    const nodes =
      'ColumnDef' in element
        ? constraintNodes(element.ColumnDef)
        : 'Constraint' in element
          ? [element.Constraint]
          : [];
    for (const node of nodes) {
      const target = node.pktable && nameOfRangeVar(node.pktable);
      if (!target || (own && target.name === own.name && (target.schema ?? own.schema) === own.schema))
        continue;
      const referenced = task.lockName(target, 'ShareRowExclusiveLock');
      if (referenced?.kind === 'table' && referenced.partitioned)
        for (const one of familyOf(task, referenced)) task.lock(one, 'ShareRowExclusiveLock');
    }
  }
};

function lockForPartition(task: Task, parentKey: string, addingDefault: boolean): void {
  for (const index of indexesOf(task.schema, parentKey)) task.lock(index, 'ShareUpdateExclusiveLock');
  const parent = task.schema.relations.get(parentKey);
  if (parent?.kind === 'table') {
    for (const constraint of parent.constraints)
      if (constraint.references) task.lockKey(constraint.references.table, 'ShareRowExclusiveLock');
  }
  if (addingDefault) return;
  for (const child of childrenOf(task.schema, parentKey)) {
    if (!child.isDefaultPartition) continue;
    task.lock(child, 'AccessExclusiveLock');
    scanDefault(task, parent?.kind === 'table' ? parent : undefined, child);
  }
}

export const createForeignTable: Describe<CreateForeignTableStmt> = (task, { base }) => {
  if (base) createTable(task, base);
};

export const createTableAs: Describe<CreateTableAsStmt> = (task, { query, into }) => {
  if (!query) return;
  if ('SelectStmt' in query && !into?.skipData) select(task, query.SelectStmt);
  else readAll(task, query);
};

export const createView: Describe<ViewStmt> = (task, { view, query, replace }) => {
  const existing = view && findRelation(task.schema, nameOfRangeVar(view));
  if (existing && replace) task.lock(existing, 'AccessExclusiveLock');
  readNamed(task, query);
};

export const createTrigger: Describe<CreateTrigStmt> = (task, { relation, row, constrrel }) => {
  const table = lockRange(task, relation, 'ShareRowExclusiveLock');
  lockRange(task, constrrel, 'AccessShareLock');
  if (table?.kind === 'table' && table.partitioned && row) {
    for (const one of familyOf(task, table)) task.lock(one, 'ShareRowExclusiveLock');
  }
};

/** CREATE RULE, CREATE POLICY and ALTER POLICY stop everybody for a moment. */
export const exclusiveOn: Describe<RuleStmt | CreatePolicyStmt> = (task, fields) => {
  lockRange(
    task,
    'relation' in fields ? fields.relation : (fields as CreatePolicyStmt).table,
    'AccessExclusiveLock',
  );
};

export const alterPolicy: Describe<CreatePolicyStmt> = (task, { table, qual, with_check }) => {
  lockRange(task, table, 'AccessExclusiveLock');
  readNamed(task, [qual, with_check]);
};

/** Publishing a table, or no longer. */
export const publish: Describe<CreatePublicationStmt | AlterPublicationStmt> = (
  task,
  { pubobjects = [] },
) => {
  for (const node of pubobjects) {
    const table = 'PublicationObjSpec' in node ? node.PublicationObjSpec.pubtable : undefined;
    lockRange(task, table?.relation, 'ShareUpdateExclusiveLock');
  }
};

export const createStatistics: Describe<CreateStatsStmt> = (task, { relations = [] }) => {
  for (const node of relations)
    if ('RangeVar' in node) lockRange(task, node.RangeVar, 'ShareUpdateExclusiveLock');
};

const commentParts: Readonly<Record<string, { readonly drop: number; readonly mode: LockMode }>> = {
  OBJECT_COLUMN: { drop: 1, mode: 'ShareUpdateExclusiveLock' },
  OBJECT_FOREIGN_TABLE: { drop: 0, mode: 'ShareUpdateExclusiveLock' },
  OBJECT_INDEX: { drop: 0, mode: 'ShareUpdateExclusiveLock' },
  OBJECT_MATVIEW: { drop: 0, mode: 'ShareUpdateExclusiveLock' },
  OBJECT_POLICY: { drop: 1, mode: 'AccessShareLock' },
  OBJECT_RULE: { drop: 1, mode: 'AccessShareLock' },
  OBJECT_SEQUENCE: { drop: 0, mode: 'ShareUpdateExclusiveLock' },
  OBJECT_TABCONSTRAINT: { drop: 1, mode: 'AccessShareLock' },
  OBJECT_TABLE: { drop: 0, mode: 'ShareUpdateExclusiveLock' },
  OBJECT_TRIGGER: { drop: 1, mode: 'AccessShareLock' },
  OBJECT_VIEW: { drop: 0, mode: 'ShareUpdateExclusiveLock' },
};

export const comment: Describe<CommentStmt> = (task, { objtype = 'OBJECT_TABLE', object }) => {
  const part = commentParts[objtype];
  const strings = object && 'List' in object ? stringsOf(object.List.items) : [];
  const name = part?.drop ? nameOfStrings(strings.slice(0, -1)) : nameOfObject(object);
  // A column of a composite type is no table's.
  if (part && name && !findType(task.schema, name)) task.lockName(name, part.mode);
};

export const grant: Describe<GrantStmt> = (task, { objtype, objects = [], targtype }) => {
  if (objtype !== 'OBJECT_TABLE' && objtype !== 'OBJECT_SEQUENCE') return;
  if (targtype !== 'ACL_TARGET_OBJECT') {
    task.unknown('which relations the schema holds', { decides: false });
    return;
  }
  // Before 18 a GRANT takes no lock on the relation.
  if (task.context.pgVersion < 18) return;
  for (const node of objects) if ('RangeVar' in node) lockRange(task, node.RangeVar, 'AccessShareLock');
};

export const createSequence: Describe<CreateSeqStmt> = (task, { options }) => lockOwner(task, options);

export const alterSequence: Describe<AlterSeqStmt> = (task, { sequence, options, missing_ok }) => {
  lockRange(task, sequence, 'ShareRowExclusiveLock', missing_ok);
  lockOwner(task, options);
};

function lockOwner(task: Task, options: readonly Node[] = []): void {
  for (const option of options) {
    if (!('DefElem' in option) || option.DefElem.defname !== 'owned_by') continue;
    const parts =
      option.DefElem.arg && 'List' in option.DefElem.arg ? stringsOf(option.DefElem.arg.List.items) : [];
    if (parts.length > 1) task.lockName(nameOfStrings(parts.slice(0, -1)), 'AccessShareLock');
  }
}

/** A domain's new constraint is tested on every column of that domain. */
export const alterDomain: Describe<AlterDomainStmt> = (task, { subtype, typeName, def }) => {
  const name = nameOfStrings(stringsOf(typeName));
  const type = findType(task.schema, name);
  const unchecked = def && 'Constraint' in def && def.Constraint.skip_validation === true;
  if (!['C', 'O', 'V'].includes(subtype ?? '') || unchecked) return;
  if (!type && !task.schema.complete)
    task.unknown(
      `which tables have a column of the domain ${name.name}: each is locked with SHARE and read in full`,
    );
  if (!type) return;
  for (const relation of task.schema.relations.values()) {
    if (relation.kind !== 'table') continue;
    const column = relation.columns.find(
      (one) => one.type?.replace(/\[\]$/, '').split('.').at(-1)?.replaceAll('"', '') === type.name.name,
    );
    if (!column) continue;
    task.lock(relation, 'ShareLock');
    task.scan(relation, `the domain's constraint is tested on every row of ${column.name}`);
  }
};
