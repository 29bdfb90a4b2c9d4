import type { TypeName } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, type ObjectName } from '../sql/names.ts';
import { namedType } from '../sql/type-names.ts';
import type { LayeredMap } from './layered-map.ts';
import { constraintLink, functionMap, objectMap, relationMap, typeMap } from './links.ts';
import { childrenOf, descendantsOf, tableByKey } from './lookup.ts';
import type {
  OtherObject,
  QualifiedName,
  Relation,
  Schema,
  Table,
  Transaction,
  UserFunction,
  UserType,
} from './model.ts';
import { creationSchema, qualify, relationKey, temporarySchema, typeDisplayName } from './names.ts';
import { chooseName, makeObjectName } from './object-names.ts';

/** A schema while statements are applied to it: the maps are this draft's own and may be changed. */
export interface Draft {
  complete: boolean;
  searchPath: readonly string[];
  timeZone: string | undefined;
  relations: LayeredMap<Relation>;
  types: LayeredMap<UserType>;
  functions: LayeredMap<UserFunction>;
  schemas: Set<string>;
  objects: LayeredMap<OtherObject>;
  uncertain: ReadonlySet<string>;
  transaction: Transaction | undefined;
  /** What is made now belongs to the plan, not to the baseline. */
  readonly madeByPlan: boolean;
  /** Postgres would refuse the statement: the schema stays as it was. */
  refused: boolean;
  /** How many function bodies and DO blocks the statement stands in. */
  depth: number;
}

/** Changes a draft by one statement. Sets `refused`, or leaves alone, what the statement would fail on. */
export type Apply<Fields> = (draft: Draft, fields: Fields, statement: Statement) => void;

export function createDraft(schema: Schema, madeByPlan: boolean): Draft {
  return {
    complete: schema.complete,
    searchPath: schema.searchPath,
    timeZone: schema.timeZone,
    relations: relationMap(schema.relations),
    types: typeMap(schema.types),
    functions: functionMap(schema.functions),
    schemas: new Set(schema.schemas),
    objects: objectMap(schema.objects),
    uncertain: schema.uncertain ?? new Set(),
    transaction: schema.transaction,
    madeByPlan,
    refused: false,
    depth: 0,
  };
}

/** The draft as it is now: what is changed in the draft afterwards does not change it. */
export function snapshot(draft: Draft): Schema {
  const { relations, types, functions, schemas, objects } = draft;
  return {
    ...schemaOf(draft),
    relations: relations.fork(),
    types: types.fork(),
    functions: functions.fork(),
    schemas: new Set(schemas),
    objects: objects.fork(),
  };
}

/** Puts the draft back to what it was at a snapshot. */
export function restore(draft: Draft, schema: Schema): void {
  const { madeByPlan, refused, depth } = draft;
  Object.assign(draft, createDraft(schema, madeByPlan), { refused, depth });
}

/** The draft's own maps as a schema, once no more is changed. */
export function schemaOf({ madeByPlan: _, refused: __, depth: ___, ...schema }: Draft): Schema {
  return schema;
}

export function findKey(draft: Draft, name: ObjectName): string {
  return relationKey(qualify(draft, name, (key) => draft.relations.has(key)));
}

export function find(draft: Draft, name: ObjectName): Relation | undefined {
  return draft.relations.get(findKey(draft, name));
}

/** The name that a CREATE gives: in the schema it says, else in the first of the search path. */
export function newName(draft: Draft, { schema, name }: ObjectName, temporary = false): QualifiedName {
  if (temporary) return { schema: temporarySchema, name };
  return { schema: schema ?? creationSchema(draft), name };
}

/** Whether a new relation may have the name; if not, and no IF NOT EXISTS makes up for it, the statement is refused. */
export function isFree(draft: Draft, name: QualifiedName, ifNotExists: boolean): boolean {
  const key = relationKey(name);
  const free = !draft.relations.has(key);
  if (!free && !ifNotExists) draft.refused = true;
  // A baseline may leave out what makes the schemas; a statement of the plan cannot.
  if (name.schema !== temporarySchema && !draft.schemas.has(name.schema)) {
    if (!draft.madeByPlan) draft.schemas.add(name.schema);
    else if (draft.complete) draft.refused = true;
  }
  return free && !draft.refused;
}

export function put(draft: Draft, relation: Relation): void {
  draft.relations.set(relationKey(relation.name), relation);
}

/** Puts the table that `change` makes of the one at `key` in its place. */
export function updateTable(draft: Draft, key: string, change: (table: Table) => Table): void {
  const table = tableByKey(draft, key);
  if (table) draft.relations.set(key, change(table));
}

/**
 * The table that a statement touches; one of which only its name is known, where no baseline tells more.
 * Undefined where it cannot exist or is no table.
 */
export function touchTable(draft: Draft, name: ObjectName): Table | undefined {
  const known = find(draft, name);
  if (known) return known.kind === 'table' ? known : undefined;
  if (draft.complete || name.name === '') return undefined;
  const table: Table = { ...emptyTable(newName(draft, name)), columnsComplete: false };
  put(draft, table);
  return table;
}

export function touchRangeVar(
  draft: Draft,
  relation: Parameters<typeof nameOfRangeVar>[0] | undefined,
): Table | undefined {
  return relation && touchTable(draft, nameOfRangeVar(relation));
}

export function emptyTable(name: QualifiedName): Table {
  return {
    kind: 'table',
    name,
    madeByPlan: false,
    empty: false,
    partitioned: false,
    partition: false,
    isDefaultPartition: false,
    foreign: false,
    persistence: 'permanent',
    parents: [],
    columns: [],
    constraints: [],
    triggers: [],
    columnsComplete: true,
  };
}

/** The type as `format_type` prints it, a user's own found by the search path. Undefined where the source does not tell. */
export function typeOf(
  draft: Pick<Schema, 'searchPath' | 'types' | 'relations'>,
  type: TypeName | undefined,
): string | undefined {
  const named = type && namedType(type);
  if (!named) return undefined;
  if (named.kind === 'built-in') return named.printed;
  const name = qualify(draft, named, (key) => draft.types.has(key) || draft.relations.has(key));
  return typeDisplayName(draft, name) + named.suffix;
}

/** A free name for a relation in `schema`; constraint names count too where it will carry a constraint. */
export function chooseRelationName(
  draft: Draft,
  schema: string,
  first: string,
  second: string | undefined,
  label: string,
  forConstraint = false,
): string {
  return chooseName(
    first,
    second,
    label,
    (name) =>
      draft.relations.has(relationKey({ schema, name })) ||
      (forConstraint && constraintNameTaken(draft, schema, name)),
  );
}

/** A free name for a constraint: no table or domain of the schema has one of that name. */
export function chooseConstraintName(
  draft: Draft,
  schema: string,
  first: string,
  second: string | undefined,
  label: string,
  others: readonly string[] = [],
): string {
  return chooseName(
    first,
    second,
    label,
    (name) => others.includes(name) || constraintNameTaken(draft, schema, name),
  );
}

/** `name_1`, `name_2`, …: the first that is free. */
export function chooseNumberedConstraintName(draft: Draft, schema: string, name: string): string {
  for (let number = 1; ; number++) {
    const chosen = makeObjectName(name, undefined, String(number));
    if (!constraintNameTaken(draft, schema, chosen)) return chosen;
  }
}

function constraintNameTaken(draft: Draft, schema: string, name: string): boolean {
  for (const relation of draft.relations.linked(constraintLink(schema, name))) {
    if (relation.kind !== 'table' || relation.name.schema !== schema) continue;
    if (relation.constraints.some((constraint) => constraint.name === name)) return true;
  }
  for (const type of draft.types.linked(constraintLink(schema, name)))
    if (type.name.schema === schema && type.constraints.includes(name)) return true;
  return false;
}

/** Partitions and inheriting tables at all levels. */
export function heirsOf(draft: Draft, key: string): readonly Table[] {
  return descendantsOf(draft, key);
}

/** Keys of the partitions and inheriting tables one level down. */
export function childKeys(draft: Draft, key: string): readonly string[] {
  return [...childrenOf(draft, key)].map((child) => relationKey(child.name));
}
