import { LayeredMap } from './layered-map.ts';
import type { Dependent, OtherObject, Relation, UserFunction, UserType } from './model.ts';

/** What a dependency or a link names: relations, types and functions have names of their own each. */
export function dependencyOf(kind: 'relation' | 'type' | 'function', key: string): string {
  return `${kind} ${key}`;
}

/** The link from a table to the constraints' names that it holds. */
export function constraintLink(schema: string, name: string): string {
  return `constraint ${schema}\0${name}`;
}

/** A column's type as printed, without what follows its name. */
export function bareType(printed: string): string {
  return printed.replace(/(?:\([^()]*\))?(?:\[\])*$/, '');
}

export function relationMap(relations: ReadonlyMap<string, Relation>): LayeredMap<Relation> {
  return forked(relations, relationLinks);
}

export function typeMap(types: ReadonlyMap<string, UserType>): LayeredMap<UserType> {
  return forked(types, typeLinks);
}

export function functionMap(functions: ReadonlyMap<string, UserFunction>): LayeredMap<UserFunction> {
  return forked(functions, functionLinks);
}

export function objectMap(objects: ReadonlyMap<string, OtherObject>): LayeredMap<OtherObject> {
  return forked(objects, objectLinks);
}

function forked<Value>(
  map: ReadonlyMap<string, Value>,
  linksOf: (value: Value) => Iterable<string>,
): LayeredMap<Value> {
  if (map instanceof LayeredMap) return map.fork();
  const layered = new LayeredMap(linksOf);
  for (const [key, value] of map) layered.set(key, value);
  return layered;
}

function* relationLinks(relation: Relation): Generator<string> {
  switch (relation.kind) {
    case 'table':
      for (const parent of relation.parents) yield parent;
      if (relation.ofType !== undefined) yield dependencyOf('type', relation.ofType);
      for (const column of relation.columns) {
        if (column.type !== undefined) yield dependencyOf('type', bareType(column.type));
        yield* dependencies(column);
      }
      for (const constraint of relation.constraints) {
        yield constraintLink(relation.name.schema, constraint.name);
        if (constraint.references) yield constraint.references.table;
        yield* dependencies(constraint);
      }
      for (const trigger of relation.triggerDefinitions ?? []) yield* dependencies(trigger);
      for (const rule of relation.ruleDefinitions ?? []) yield* dependencies(rule);
      for (const { using, check } of relation.policies ?? [])
        for (const expression of [using, check]) if (expression) yield* dependencies(expression);
      return;
    case 'index':
      yield relation.table;
      if (relation.parent !== undefined) yield relation.parent;
      yield* dependencies(relation);
      return;
    case 'sequence':
      if (relation.ownedBy) yield relation.ownedBy.table;
      return;
    default:
      for (const read of relation.reads) yield read;
      for (const trigger of relation.triggerDefinitions ?? []) yield* dependencies(trigger);
      for (const rule of relation.ruleDefinitions ?? []) yield* dependencies(rule);
      yield* dependencies(relation);
  }
}

function* typeLinks(type: UserType): Generator<string> {
  for (const name of type.constraints) yield constraintLink(type.name.schema, name);
  if (type.baseType !== undefined) yield dependencyOf('type', bareType(type.baseType));
  for (const { type: printed } of type.attributes ?? [])
    if (printed !== undefined) yield dependencyOf('type', bareType(printed));
  yield* dependencies(type);
}

function* functionLinks({ overloads = [] }: UserFunction): Generator<string> {
  for (const overload of overloads) yield* dependencies(overload);
}

function* objectLinks(object: OtherObject): Generator<string> {
  yield* object.tables ?? [];
  yield* dependencies(object);
}

function dependencies({ dependsOn = [] }: Dependent): readonly string[] {
  return dependsOn;
}
