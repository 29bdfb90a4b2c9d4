import type { TypeName } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, type ObjectName, quoteIdentifier } from '../sql/names.ts';
import { namedType } from '../sql/type-names.ts';
import { descendantsOf, tableByKey } from './lookup.ts';
import type { QualifiedName, Relation, Schema, Table, UserFunction, UserType } from './model.ts';
import { creationSchema, qualify, relationKey } from './names.ts';
import { chooseName } from './object-names.ts';

/** A schema while statements are applied to it: the maps are this draft's own and may be changed. */
export interface Draft {
  readonly complete: boolean;
  searchPath: readonly string[];
  timeZone: string | undefined;
  readonly relations: Map<string, Relation>;
  readonly types: Map<string, UserType>;
  readonly functions: Map<string, UserFunction>;
  readonly schemas: Set<string>;
  /** Names that constraints have, or had, as `nameKey` spells them; made when first asked for. */
  constraintNames: Set<string> | undefined;
  /** Keys of tables that have, or had, partitions or heirs; made when first asked for. */
  parentKeys: Set<string> | undefined;
  /** What is made now belongs to the plan, not to the baseline. */
  readonly madeByPlan: boolean;
}

/** Changes a draft by one statement. Leaves alone what the statement would fail on. */
export type Apply<Fields> = (draft: Draft, fields: Fields, statement: Statement) => void;

export function createDraft(schema: Schema, madeByPlan: boolean): Draft {
  return {
    complete: schema.complete,
    searchPath: schema.searchPath,
    timeZone: schema.timeZone,
    relations: new Map(schema.relations),
    types: new Map(schema.types),
    functions: new Map(schema.functions),
    schemas: new Set(schema.schemas),
    constraintNames: undefined,
    parentKeys: undefined,
    madeByPlan,
  };
}

export function schemaOf({ madeByPlan: _, constraintNames: __, parentKeys: ___, ...schema }: Draft): Schema {
  return schema;
}

export function findKey(draft: Draft, name: ObjectName): string {
  return relationKey(qualify(draft, name, (key) => draft.relations.has(key)));
}

export function find(draft: Draft, name: ObjectName): Relation | undefined {
  return draft.relations.get(findKey(draft, name));
}

/** The name that a CREATE gives: in the schema it says, else in the first of the search path. */
export function newName(draft: Draft, { schema, name }: ObjectName): QualifiedName {
  return { schema: schema ?? creationSchema(draft), name };
}

export function put(draft: Draft, relation: Relation): void {
  if (relation.kind === 'table') putTable(draft, relationKey(relation.name), relation);
  else draft.relations.set(relationKey(relation.name), relation);
}

/** Puts the table that `change` makes of the one at `key` in its place. */
export function updateTable(draft: Draft, key: string, change: (table: Table) => Table): void {
  const table = tableByKey(draft, key);
  if (table) putTable(draft, key, change(table));
}

/** Puts a table with constraints of its own at `key`. */
export function putTable(draft: Draft, key: string, table: Table): void {
  draft.relations.set(key, table);
  for (const parent of table.parents) draft.parentKeys?.add(parent);
  for (const { name } of table.constraints) draft.constraintNames?.add(nameKey(table.name.schema, name));
}

function nameKey(schema: string, name: string): string {
  return `${schema}\0${name}`;
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
  draft: Pick<Schema, 'searchPath' | 'types'>,
  type: TypeName | undefined,
): string | undefined {
  const named = type && namedType(type);
  if (!named) return undefined;
  if (named.kind === 'built-in') return named.printed;
  const { schema, name } = qualify(draft, named, (key) => draft.types.has(key));
  const visible = named.schema === undefined || draft.searchPath.includes(schema);
  const prefix = visible ? '' : `${quoteIdentifier(schema)}.`;
  return `${prefix}${quoteIdentifier(name)}${named.suffix}`;
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

/** A free name for a constraint: no table of the schema has one of that name. */
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

function constraintNameTaken(draft: Draft, schema: string, name: string): boolean {
  draft.constraintNames ??= allConstraintNames(draft);
  if (!draft.constraintNames.has(nameKey(schema, name))) return false;
  // It may have been dropped or renamed since: look.
  for (const relation of draft.relations.values()) {
    if (relation.kind !== 'table' || relation.name.schema !== schema) continue;
    if (relation.constraints.some((constraint) => constraint.name === name)) return true;
  }
  return false;
}

function allConstraintNames({ relations }: Draft): Set<string> {
  const names = new Set<string>();
  for (const relation of relations.values()) {
    if (relation.kind !== 'table') continue;
    for (const { name } of relation.constraints) names.add(nameKey(relation.name.schema, name));
  }
  return names;
}

/** Partitions and inheriting tables at all levels; most tables have none, and that is known at once. */
export function heirsOf(draft: Draft, key: string): readonly Table[] {
  draft.parentKeys ??= allParentKeys(draft);
  return draft.parentKeys.has(key) ? descendantsOf(draft, key) : [];
}

function allParentKeys({ relations }: Draft): Set<string> {
  const keys = new Set<string>();
  for (const relation of relations.values()) {
    if (relation.kind === 'table') for (const parent of relation.parents) keys.add(parent);
  }
  return keys;
}
