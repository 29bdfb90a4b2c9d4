import type { DropStmt, Node } from '@pgsql/types';
import { nameOfObject, nameOfStrings, type ObjectName, stringsOf } from '../sql/names.ts';
import { overloadDependency } from './dependencies.ts';
import { removeDependents, removeType } from './dependents.ts';
import { type Apply, type Draft, findKey } from './draft.ts';
import { type FoundOverload, findOverload, takeOverload } from './functions.ts';
import { tableByKey } from './lookup.ts';
import type { Relation, Table } from './model.ts';
import { qualify, relationKey } from './names.ts';
import { dropObjects, dropObjectsOf } from './other-objects.ts';
import { type Removal, removeRelation } from './removal.ts';
import { dropRule } from './rules.ts';
import { respellTypes } from './spelling.ts';
import { dropPolicy, dropTrigger, triggersOf } from './triggers.ts';

export const applyDrop: Apply<DropStmt> = (draft, fields) => {
  const { removeType: kind = '', objects = [], behavior, missing_ok } = fields;
  const drop: Drop = { draft, kind, cascade: behavior === 'DROP_CASCADE', missingOk: missing_ok === true };
  if (kind in relationKinds) dropRelations(drop, objects);
  else if (kind === 'OBJECT_TYPE' || kind === 'OBJECT_DOMAIN') dropTypes(drop, objects);
  else if (kind === 'OBJECT_AGGREGATE') dropObjects(draft, kind, objects);
  else if (routineKinds.has(kind)) dropRoutines(drop, objects);
  else if (kind === 'OBJECT_SCHEMA') dropSchemas(drop, objects);
  else if (kind === 'OBJECT_TRIGGER' || kind === 'OBJECT_POLICY' || kind === 'OBJECT_RULE')
    dropFromTable(drop, objects);
  else dropObjects(draft, kind, objects);
};

interface Drop {
  readonly draft: Draft;
  readonly kind: string;
  readonly cascade: boolean;
  /** IF EXISTS */
  readonly missingOk: boolean;
}

const relationKinds: Readonly<Record<string, Relation['kind']>> = {
  OBJECT_TABLE: 'table',
  OBJECT_FOREIGN_TABLE: 'table',
  OBJECT_VIEW: 'view',
  OBJECT_MATVIEW: 'materialized view',
  OBJECT_SEQUENCE: 'sequence',
  OBJECT_INDEX: 'index',
};

const routineKinds = new Set(['OBJECT_FUNCTION', 'OBJECT_PROCEDURE', 'OBJECT_ROUTINE']);

/** What is not there is refused, if the schema is known in full and IF EXISTS does not allow for it. */
function missing({ draft, missingOk }: Drop): void {
  if (draft.complete && !missingOk) draft.refused = true;
}

function namesOf(objects: readonly Node[]): readonly ObjectName[] {
  return objects.flatMap((object) => nameOfObject(object) ?? []);
}

function dropRelations(drop: Drop, objects: readonly Node[]): void {
  const { draft, kind, cascade } = drop;
  const keys = namesOf(objects).map((name) => findKey(draft, name));
  for (const key of keys) {
    const relation = draft.relations.get(key);
    if (!relation) missing(drop);
    else if (relation.kind !== relationKinds[kind]) draft.refused = true;
  }
  const removal: Removal = { draft, cascade, named: new Set(keys) };
  for (const key of keys) {
    const relation = draft.relations.get(key);
    if (relation?.kind === 'sequence' && isIdentity(draft, relation.ownedBy)) draft.refused = true;
    removeRelation(removal, key);
  }
}

function isIdentity(draft: Draft, owner: { readonly table: string; readonly column: string } | undefined) {
  const table: Table | undefined = owner && tableByKey(draft, owner.table);
  return table?.columns.some((one) => one.name === owner?.column && one.identity !== undefined) === true;
}

function dropTypes(drop: Drop, objects: readonly Node[]): void {
  const { draft, cascade } = drop;
  const keys = namesOf(objects).map((name) =>
    relationKey(qualify(draft, name, (key) => draft.types.has(key))),
  );
  if (keys.some((key) => !draft.types.has(key))) missing(drop);
  const removal: Removal = { draft, cascade, named: new Set(keys) };
  respellTypes(draft, () => {
    for (const key of keys) removeType(removal, key);
  });
}

function dropRoutines(drop: Drop, objects: readonly Node[]): void {
  const { draft, cascade } = drop;
  const found: FoundOverload[] = [];
  for (const object of objects) {
    const one = 'ObjectWithArgs' in object ? findOverload(draft, object.ObjectWithArgs) : undefined;
    if (one) found.push(one);
    else missing(drop);
  }
  const named = new Set(found.map(({ key, overload }) => overloadDependency(key, overload)));
  const removal: Removal = { draft, cascade, named };
  for (const one of found) removeDependents(removal, takeOverload(draft, one));
}

function dropSchemas(drop: Drop, objects: readonly Node[]): void {
  const { draft, cascade } = drop;
  const names = namesOf(objects).map(({ name }) => name);
  for (const name of names) {
    if (!draft.schemas.has(name)) missing(drop);
    const here = ({ name: own }: { readonly name: { readonly schema: string } }) => own.schema === name;
    const relations = [...draft.relations].flatMap(([key, one]) => (here(one) ? [key] : []));
    const types = [...draft.types].flatMap(([key, one]) => (here(one) ? [key] : []));
    const functions = [...draft.functions].flatMap(([key, one]) =>
      here(one) ? (one.overloads ?? []).map((overload) => ({ key, overload })) : [],
    );
    if (!cascade && relations.length + types.length + functions.length > 0) {
      draft.refused = true;
      return;
    }
    const removal: Removal = { draft, cascade: true, named: new Set() };
    respellTypes(draft, () => {
      for (const key of relations)
        if (draft.relations.get(key)?.kind !== 'index') removeRelation(removal, key);
      for (const key of types) removeType(removal, key);
      for (const one of functions) removeDependents(removal, takeOverload(draft, one));
      draft.schemas.delete(name);
      dropObjectsOf(draft, name);
    });
  }
}

/** Triggers, policies and rules: their name stands behind the table's. */
function dropFromTable(drop: Drop, objects: readonly Node[]): void {
  const { draft, kind } = drop;
  for (const object of objects) {
    const parts = 'List' in object ? stringsOf(object.List.items) : [];
    const name = parts.at(-1) ?? '';
    const key = findKey(draft, nameOfStrings(parts.slice(0, -1)));
    const table = tableByKey(draft, key);
    if (kind === 'OBJECT_POLICY') {
      if (!table?.policies?.some((one) => one.name === name)) missing(drop);
      else dropPolicy(draft, key, name);
      continue;
    }
    if (kind === 'OBJECT_RULE') {
      dropRule(draft, key, name);
      continue;
    }
    const view = draft.relations.get(key);
    if (view?.kind === 'view') {
      const triggers = (view.triggerDefinitions ?? []).filter((one) => one.name !== name);
      draft.relations.set(key, { ...view, triggerDefinitions: triggers });
      continue;
    }
    const trigger = table && triggersOf(table).find((one) => one.name === name);
    if (!trigger) missing(drop);
    else if (trigger.ofParent) draft.refused = true;
    else dropTrigger(draft, key, name);
  }
}
