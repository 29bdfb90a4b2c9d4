import type { RenameStmt } from '@pgsql/types';
import { nameOfObject, nameOfRangeVar } from '../sql/names.ts';
import { addressOf } from './addresses.ts';
import { renameAttribute } from './attributes.ts';
import { overloadDependency } from './dependencies.ts';
import {
  type Apply,
  childKeys,
  type Draft,
  find,
  findKey,
  heirsOf,
  touchTable,
  updateTable,
} from './draft.ts';
import { findOverload, moveOverload } from './functions.ts';
import { changeConstraint, keysOf, parentsWithColumn, parentsWithConstraint } from './inheritance.ts';
import { constraintOf, tableByKey } from './lookup.ts';
import type { Constraint, Index, Table } from './model.ts';
import { moveRelation, moveType, replaceDependency } from './move.ts';
import { qualify, relationKey } from './names.ts';
import { moveObject, moveSchemaOfObjects } from './other-objects.ts';
import { renameColumn, renameViewColumn } from './rename-column.ts';
import { renameRule } from './rules.ts';
import { renameTrigger, triggersOf } from './triggers.ts';

export const applyRename: Apply<RenameStmt> = (draft, fields) => {
  const rename = renames[fields.renameType ?? ''];
  if (!rename) {
    renameOther(draft, fields);
    return;
  }
  const key = fields.relation && findKey(draft, nameOfRangeVar(fields.relation));
  rename({ draft, fields, key: key ?? '', to: fields.newname ?? '', from: fields.subname ?? '' });
};

interface Rename {
  readonly draft: Draft;
  readonly fields: RenameStmt;
  /** Of the relation that it names. */
  readonly key: string;
  readonly from: string;
  readonly to: string;
}

const renames: Readonly<Record<string, (rename: Rename) => void>> = {
  OBJECT_TABLE: renameRelation,
  OBJECT_FOREIGN_TABLE: renameRelation,
  OBJECT_VIEW: renameRelation,
  OBJECT_MATVIEW: renameRelation,
  OBJECT_SEQUENCE: renameRelation,
  OBJECT_INDEX: renameRelation,
  OBJECT_COLUMN: renameRelationColumn,
  OBJECT_TABCONSTRAINT: renameConstraint,
  OBJECT_TRIGGER: renameTableTrigger,
  OBJECT_POLICY: renamePolicy,
  OBJECT_TYPE: renameType,
  OBJECT_DOMAIN: renameType,
  OBJECT_ATTRIBUTE: renameTypeAttribute,
  OBJECT_DOMCONSTRAINT: renameDomainConstraint,
  OBJECT_FUNCTION: renameRoutine,
  OBJECT_PROCEDURE: renameRoutine,
  OBJECT_ROUTINE: renameRoutine,
  OBJECT_SCHEMA: renameSchema,
  OBJECT_RULE: renameTableRule,
};

/** Refused where the schema is known in full and the statement does not allow for it. */
function missing({ draft, fields }: Rename): void {
  if (draft.complete && !fields.missing_ok) draft.refused = true;
}

function renameRelation(rename: Rename): void {
  const { draft, fields, key, to } = rename;
  if (
    fields.renameType === 'OBJECT_TABLE' &&
    fields.relation &&
    !find(draft, nameOfRangeVar(fields.relation))
  )
    touchTable(draft, nameOfRangeVar(fields.relation));
  const relation = draft.relations.get(key);
  if (!relation) {
    missing(rename);
    return;
  }
  if (relation.name.name === to) draft.refused = true;
  else if (relation.kind === 'index') renameIndex(draft, relation, to);
  else moveRelation(draft, key, { ...relation.name, name: to });
}

/** An index and the constraint that it backs have one name. */
function renameIndex(draft: Draft, index: Index, to: string): void {
  const name = { ...index.name, name: to };
  const { constraint } = index;
  if (constraint !== undefined && constraintOf(tableByKey(draft, index.table), to)) draft.refused = true;
  moveRelation(draft, relationKey(index.name), name);
  if (constraint === undefined || draft.refused) return;
  const moved = draft.relations.get(relationKey(name));
  if (moved?.kind === 'index') draft.relations.set(relationKey(name), { ...moved, constraint: to });
  changeConstraint(draft, index.table, constraint, (one) => ({ ...one, name: to, index: to }));
  renameParts(draft, index.table, constraint, to);
}

/** The parts on partitions know the parent's constraint by its name. */
function renameParts(draft: Draft, key: string, from: string, to: string): void {
  for (const child of childKeys(draft, key)) {
    const part = tableByKey(draft, child)?.constraints.find((one) => one.parent === from);
    if (part) changeConstraint(draft, child, part.name, (one) => ({ ...one, parent: to }));
  }
}

function renameRelationColumn(rename: Rename): void {
  const { draft, fields, from, to } = rename;
  const name = fields.relation && nameOfRangeVar(fields.relation);
  const known = name && (find(draft, name) ?? touchTable(draft, name));
  if (!known) {
    missing(rename);
    return;
  }
  const key = relationKey(known.name);
  if (known.kind !== 'table') {
    if (known.kind === 'index') renameIndexColumn(draft, known, from, to);
    else renameViewColumn(draft, key, from, to);
    return;
  }
  const only = fields.relation?.inh !== true && childKeys(draft, key).length > 0;
  if (only || parentsWithColumn(draft, known, from) > 0) draft.refused = true;
  else renameColumn(draft, key, from, to);
}

/** ALTER TABLE takes an index too: its own column gets the name. */
function renameIndexColumn(draft: Draft, index: Index, from: string, to: string): void {
  if (!index.columnNames.includes(from) || index.columnNames.includes(to)) draft.refused = true;
  const columnNames = index.columnNames.map((name) => (name === from ? to : name));
  draft.relations.set(relationKey(index.name), { ...index, columnNames });
}

function renameConstraint(rename: Rename): void {
  const { draft, fields, key, from, to } = rename;
  const table = tableByKey(draft, key);
  const constraint = constraintOf(table, from);
  if (!table || !constraint) {
    if (!table || table.columnsComplete) missing(rename);
    return;
  }
  const handedDown = constraint.inherits && (constraint.kind === 'check' || constraint.kind === 'not null');
  const only = fields.relation?.inh !== true && handedDown && childKeys(draft, key).length > 0;
  const inherited = handedDown && parentsWithConstraint(draft, table, constraint) > 0;
  if (only || inherited || constraintOf(table, to)) {
    draft.refused = true;
    return;
  }
  renameConstraintTree(draft, key, constraint, to);
}

/** In the table and in its heirs, each once: Postgres goes by the name there, whatever kind of constraint has it. */
function renameConstraintTree(draft: Draft, key: string, constraint: Constraint, to: string): void {
  const handedDown = constraint.inherits && (constraint.kind === 'check' || constraint.kind === 'not null');
  const heirs = handedDown ? keysOf(heirsOf(draft, key)) : [];
  for (const each of [key, ...heirs]) {
    const table = tableByKey(draft, each);
    const own = constraintOf(table, constraint.name);
    if (!table || !own || constraintOf(table, to)) {
      draft.refused = true;
      return;
    }
    const index = backingIndex(draft, table, own);
    if (index) {
      renameIndex(draft, index, to);
      continue;
    }
    changeConstraint(draft, each, own.name, (one) => ({ ...one, name: to }));
    renameParts(draft, each, own.name, to);
  }
}

function backingIndex(draft: Draft, { name }: Table, { index: own }: Constraint): Index | undefined {
  const index = own === undefined ? undefined : draft.relations.get(relationKey({ ...name, name: own }));
  return index?.kind === 'index' ? index : undefined;
}

function renameTableRule({ draft, key, from, to }: Rename): void {
  renameRule(draft, key, from, to);
}

/** A publication, an extended statistics object, a collation, … */
function renameOther(draft: Draft, fields: RenameStmt): void {
  const { renameType = '', object, newname = '' } = fields;
  const address = addressOf(draft, renameType, object);
  const known = address?.map === 'objects' ? draft.objects.get(address.key) : undefined;
  if (address && known) moveObject(draft, address.key, { ...known.name, name: newname });
}

function renameTableTrigger(rename: Rename): void {
  const { draft, key, from, to } = rename;
  const table = tableByKey(draft, key);
  const view = draft.relations.get(key);
  if (view?.kind === 'view') {
    const triggers = (view.triggerDefinitions ?? []).map((one) =>
      one.name === from ? { ...one, name: to } : one,
    );
    draft.relations.set(key, { ...view, triggerDefinitions: triggers });
    return;
  }
  const trigger = table && triggersOf(table).find(({ name }) => name === from);
  if (!trigger) missing(rename);
  else if (trigger.ofParent || table.triggers.includes(to)) draft.refused = true;
  else renameTrigger(draft, key, from, to);
}

function renamePolicy(rename: Rename): void {
  const { draft, key, from, to } = rename;
  const policies = tableByKey(draft, key)?.policies ?? [];
  if (!policies.some(({ name }) => name === from)) missing(rename);
  else if (policies.some(({ name }) => name === to)) draft.refused = true;
  else
    updateTable(draft, key, (table) => ({
      ...table,
      policies: policies.map((one) => (one.name === from ? { ...one, name: to } : one)),
    }));
}

function typeKeyOf({ draft, fields }: Rename): string {
  const name = fields.relation ? nameOfRangeVar(fields.relation) : nameOfObject(fields.object);
  return name ? relationKey(qualify(draft, name, (key) => draft.types.has(key))) : '';
}

function renameType(rename: Rename): void {
  const key = typeKeyOf(rename);
  const type = rename.draft.types.get(key);
  if (type?.name.name === rename.to) rename.draft.refused = true;
  else if (type) moveType(rename.draft, key, { ...type.name, name: rename.to });
  else missing(rename);
}

function renameTypeAttribute(rename: Rename): void {
  const { draft, fields, from, to } = rename;
  renameAttribute(draft, typeKeyOf(rename), { from, to, cascade: fields.behavior === 'DROP_CASCADE' });
}

function renameDomainConstraint(rename: Rename): void {
  const { draft, from, to } = rename;
  const key = typeKeyOf(rename);
  const type = draft.types.get(key);
  if (!type?.constraints.includes(from)) missing(rename);
  else if (type.constraints.includes(to)) draft.refused = true;
  else
    draft.types.set(key, {
      ...type,
      ...(type.notNull === from ? { notNull: to } : {}),
      constraints: type.constraints.map((one) => (one === from ? to : one)),
      ...(type.checks
        ? { checks: type.checks.map((one) => (one.name === from ? { ...one, name: to } : one)) }
        : {}),
    });
}

function renameRoutine(rename: Rename): void {
  const { draft, fields, to } = rename;
  const object =
    fields.object && 'ObjectWithArgs' in fields.object ? fields.object.ObjectWithArgs : undefined;
  const found = object && findOverload(draft, object);
  const old = found && draft.functions.get(found.key);
  if (!found || !old) {
    missing(rename);
    return;
  }
  const moved = moveOverload(draft, found, { ...old.name, name: to });
  if (moved !== undefined) replaceDependency(draft, overloadDependency(found.key, found.overload), moved);
}

function renameSchema(rename: Rename): void {
  const { draft, from, to } = rename;
  if (!draft.schemas.has(from)) {
    missing(rename);
    if (draft.complete) return;
  }
  if (draft.schemas.has(to)) {
    draft.refused = true;
    return;
  }
  draft.schemas.delete(from);
  draft.schemas.add(to);
  moveSchemaOfObjects(draft, from, to);
  for (const [key, { name }] of [...draft.relations])
    if (name.schema === from) moveRelation(draft, key, { ...name, schema: to });
  for (const [key, { name }] of [...draft.types])
    if (name.schema === from) moveType(draft, key, { ...name, schema: to });
  for (const [key, entry] of [...draft.functions]) {
    if (entry.name.schema !== from) continue;
    for (const overload of entry.overloads ?? []) {
      const moved = moveOverload(draft, { key, overload }, { ...entry.name, schema: to });
      if (moved !== undefined) replaceDependency(draft, overloadDependency(key, overload), moved);
    }
  }
}
