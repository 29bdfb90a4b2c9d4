import type {
  AlterDomainStmt,
  AlterObjectDependsStmt,
  AlterPublicationStmt,
  AlterSeqStmt,
  CommentStmt,
  CreateForeignTableStmt,
  CreateFunctionStmt,
  CreatePolicyStmt,
  CreatePublicationStmt,
  CreateSchemaStmt,
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
import type { StatementKind } from '../sql/model.ts';
import { nameOfObject, nameOfRangeVar, nameOfStrings, quoteIdentifier, stringsOf } from '../sql/names.ts';
import type { Describe, Task } from './builder.ts';
import type { LockMode } from './model.ts';
import { scanDefault } from './partition.ts';
import { select } from './query.ts';
import { readAll, readNamed } from './reading.ts';
import { familyOf, lockRange } from './relations.ts';

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

export const createTableAs: Describe<CreateTableAsStmt> = (task, { query, into, if_not_exists }) => {
  if (!query) return;
  const made = into?.rel && nameOfRangeVar(into.rel);
  if (made && if_not_exists && findRelation(task.schema, made)) {
    readNamed(task, query);
    return;
  }
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

/** It stops everybody for a moment, and looks at what its queries name. */
export const createRule: Describe<RuleStmt> = (task, { relation, whereClause, actions }) => {
  lockRange(task, relation, 'AccessExclusiveLock');
  readNamed(task, [whereClause, actions]);
};

export const alterPolicy: Describe<CreatePolicyStmt> = (task, { table, qual, with_check }) => {
  lockRange(task, table, 'AccessExclusiveLock');
  readNamed(task, [qual, with_check]);
};

/** Publishing a table, or no longer: with its heirs, not with its partitions. */
export const publish: Describe<CreatePublicationStmt | AlterPublicationStmt> = (task, fields) => {
  for (const node of fields.pubobjects ?? []) {
    const range = 'PublicationObjSpec' in node ? node.PublicationObjSpec.pubtable?.relation : undefined;
    const table = lockRange(task, range, 'ShareUpdateExclusiveLock');
    if (table?.kind === 'table' && range?.inh && !table.partitioned)
      for (const one of familyOf(task, table)) task.lock(one, 'ShareUpdateExclusiveLock');
  }
  if ('action' in fields && fields.action === 'AP_SetObjects')
    task.unknown(
      `which tables ${quoteIdentifier(fields.pubname ?? '')} publishes so far: those that it no longer does are locked too`,
      { remedy: 'run the dry run, which sees it', decides: false, locks: true },
    );
};

/** The body of a function in SQL is looked at when it is made, one in another language when it first runs. */
export const createFunction: Describe<CreateFunctionStmt> = (task) => {
  const body = task.statement.body();
  if (body?.language !== 'sql') return;
  for (const { statement } of body.statements)
    if (queries.has(statement.kind)) readNamed(task, statement.node);
};

const queries: ReadonlySet<StatementKind> = new Set<StatementKind>([
  'DeleteStmt',
  'InsertStmt',
  'MergeStmt',
  'SelectStmt',
  'UpdateStmt',
]);

/** The views and tables in it look at what is there already. */
export const createSchema: Describe<CreateSchemaStmt> = (task, { schemaElts = [] }) => {
  const there: Task = {
    ...task,
    lockName: (name, mode) => (findRelation(task.schema, name) ? task.lockName(name, mode) : undefined),
  };
  for (const element of schemaElts) {
    if ('ViewStmt' in element) readNamed(there, element.ViewStmt.query);
    if ('CreateStmt' in element) createTable(there, element.CreateStmt);
  }
};

/** ALTER … DEPENDS ON EXTENSION. */
export const dependOnExtension: Describe<AlterObjectDependsStmt> = (task, { relation, objectType }) => {
  lockRange(task, relation, objectType === 'OBJECT_TRIGGER' ? 'AccessShareLock' : 'AccessExclusiveLock');
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
    task.unknown('which relations the schema holds', { decides: false, locks: true });
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
