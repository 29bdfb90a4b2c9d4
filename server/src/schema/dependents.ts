import { objectKey } from './addresses.ts';
import { overloadDependency } from './dependencies.ts';
import { childKeys, type Draft, updateTable } from './draft.ts';
import { takeOverload } from './functions.ts';
import { bareType, dependencyOf } from './links.ts';
import { tableByKey } from './lookup.ts';
import type { Dependent, Relation, UserType } from './model.ts';
import { relationKey, typeDisplayName } from './names.ts';
import {
  columnToken,
  deleteConstraint,
  deleteIndex,
  mayGo,
  type Removal,
  removeColumn,
  removeRelation,
} from './removal.ts';
import { dropRule } from './rules.ts';
import { dropPolicy, dropTrigger, triggersOf } from './triggers.ts';

const needs = (one: Dependent | undefined, dependency: string) =>
  one?.dependsOn?.includes(dependency) === true;

/** What names something that is gone: with CASCADE it goes too. */
export function removeDependents(removal: Removal, dependency: string): void {
  const { draft } = removal;
  for (const relation of [...draft.relations.linked(dependency)]) {
    const key = relationKey(relation.name);
    if (relation.kind === 'table') removeFromTable(removal, key, dependency);
    else if (relation.kind !== 'sequence' && needs(relation, dependency) && mayGo(removal, key)) {
      if (relation.kind === 'index') deleteIndex(removal, key);
      else removeRelation(removal, key);
    } else if (relation.kind === 'view') removeFromView(removal, key, dependency);
  }
  for (const object of [...draft.objects.linked(dependency)]) {
    const key = objectKey(object);
    if (needs(object, dependency) && mayGo(removal, key)) draft.objects.delete(key);
  }
  for (const [key, { overloads = [] }] of [...draft.functions]) {
    for (const overload of overloads) {
      if (!needs(overload, dependency) || !mayGo(removal, overloadDependency(key, overload))) continue;
      removeDependents(removal, takeOverload(draft, { key, overload }));
    }
  }
}

function removeFromView(removal: Removal, key: string, dependency: string): void {
  const view = removal.draft.relations.get(key);
  if (view?.kind !== 'view') return;
  const { triggerDefinitions = [], ruleDefinitions = [] } = view;
  const stays = (one: Dependent) => !needs(one, dependency) || !mayGo(removal, key);
  const triggers = triggerDefinitions.filter(stays);
  const rules = ruleDefinitions.filter(stays);
  if (triggers.length === triggerDefinitions.length && rules.length === ruleDefinitions.length) return;
  removal.draft.relations.set(key, { ...view, triggerDefinitions: triggers, ruleDefinitions: rules });
}

function removeFromTable(removal: Removal, key: string, dependency: string): void {
  const { draft } = removal;
  const table = tableByKey(draft, key);
  for (const column of table?.columns ?? []) {
    if (!needs(column, dependency) || removal.named.has(columnToken(key, column.name))) continue;
    if (column.generated) {
      if (mayGo(removal, columnToken(key, column.name))) removeColumn(removal, key, column.name);
    } else if (mayGo(removal, key)) dropDefault(draft, key, column.name);
  }
  for (const constraint of table?.constraints ?? []) {
    if (needs(constraint, dependency) && mayGo(removal, key)) deleteConstraint(removal, key, constraint);
  }
  for (const trigger of table ? triggersOf(table) : []) {
    if (needs(trigger, dependency) && mayGo(removal, key)) dropTrigger(draft, key, trigger.name);
  }
  for (const rule of table?.ruleDefinitions ?? []) {
    if (needs(rule, dependency) && mayGo(removal, key)) dropRule(draft, key, rule.name);
  }
  for (const { name, using, check } of table?.policies ?? []) {
    const needed = needs(using, dependency) || needs(check, dependency);
    if (needed && mayGo(removal, key)) dropPolicy(draft, key, name);
  }
}

function dropDefault(draft: Draft, key: string, name: string): void {
  updateTable(draft, key, (table) => ({
    ...table,
    columns: table.columns.map((column) => {
      if (column.name !== name) return column;
      const { dependsOn: _, ...rest } = column;
      return { ...rest, default: null };
    }),
  }));
}

/** A type with, under CASCADE, the columns, domains and expressions of it. */
export function removeType(removal: Removal, key: string): void {
  const { draft } = removal;
  const type = draft.types.get(key);
  if (!type || draft.refused) return;
  const printed = typeDisplayName(draft, type.name);
  const dependency = dependencyOf('type', printed);
  const isOfType = (one: string | undefined) => one !== undefined && bareType(one) === printed;
  draft.types.delete(key);
  for (const relation of [...draft.relations.linked(dependency)])
    removeColumnsOf(removal, relation, isOfType);
  for (const other of [...draft.types.linked(dependency)]) removeFromType(removal, other, isOfType);
  for (const relation of [...draft.relations.linked(dependencyOf('type', key))]) {
    if (relation.kind !== 'table' || relation.ofType !== key) continue;
    if (mayGo(removal, relationKey(relation.name))) removeRelation(removal, relationKey(relation.name));
  }
  removeDependents(removal, dependencyOf('type', key));
}

function removeColumnsOf(
  removal: Removal,
  relation: Relation,
  isOfType: (type: string | undefined) => boolean,
): void {
  if (relation.kind !== 'table') return;
  const key = relationKey(relation.name);
  for (const column of relation.columns) {
    if (isOfType(column.type) && mayGo(removal, key)) removeColumnTree(removal, key, column.name);
  }
}

/** In the table and in those that have the column from it. */
function removeColumnTree(removal: Removal, key: string, name: string): void {
  removeColumn(removal, key, name);
  for (const child of childKeys(removal.draft, key)) removeColumnTree(removal, child, name);
}

function removeFromType(
  removal: Removal,
  type: UserType,
  isOfType: (type: string | undefined) => boolean,
): void {
  const key = relationKey(type.name);
  if (isOfType(type.baseType) && mayGo(removal, key)) removeType(removal, key);
  if (type.attributes?.some((one) => isOfType(one.type)) && mayGo(removal, key)) {
    const attributes = type.attributes.filter((one) => !isOfType(one.type));
    removal.draft.types.set(key, { ...type, attributes });
  }
}
