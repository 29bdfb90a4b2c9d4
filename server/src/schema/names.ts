import { type ObjectName, quoteIdentifier, writeName } from '../sql/names.ts';
import { isBuiltInTypeName } from '../sql/type-names.ts';
import type { QualifiedName, Relation, Schema } from './model.ts';

/** The key of a relation, type or function in the maps of a `Schema`: its qualified name, quoted where needed. */
export function relationKey(name: QualifiedName): string {
  return writeName(name);
}

/** Temporary relations are in a schema of the session's own, which is searched before all others. */
export const temporarySchema = 'pg_temp';

/** The schema that an unqualified name is created in: the first of the search path that exists. */
export function creationSchema(
  schema: Pick<Schema, 'searchPath'> & Partial<Pick<Schema, 'complete' | 'schemas'>>,
): string {
  const { searchPath, complete, schemas } = schema;
  const first = complete && schemas ? searchPath.find((place) => schemas.has(place)) : searchPath[0];
  return first ?? searchPath[0] ?? 'public';
}

/** The name made complete: by what the search path finds, else by where it would be created. */
export function qualify(
  schema: Pick<Schema, 'searchPath'> & Partial<Pick<Schema, 'complete' | 'schemas'>>,
  name: ObjectName,
  known: (key: string) => boolean,
): QualifiedName {
  if (name.schema !== undefined) return { schema: name.schema, name: name.name };
  for (const place of placesOf(schema)) {
    const candidate = { schema: place, name: name.name };
    if (known(relationKey(candidate))) return candidate;
  }
  return { schema: creationSchema(schema), name: name.name };
}

function placesOf({ searchPath }: Pick<Schema, 'searchPath'>): readonly string[] {
  return searchPath.includes(temporarySchema) ? searchPath : [temporarySchema, ...searchPath];
}

/** A relation as `regclass` prints it: unqualified where the search path finds it first. */
export function displayName(schema: Pick<Schema, 'searchPath' | 'relations'>, name: QualifiedName): string {
  return display(schema, name, (key) => schema.relations.has(key));
}

/** A type as `format_type` prints it: unqualified where the search path finds it first. */
export function typeDisplayName(
  schema: Pick<Schema, 'searchPath' | 'types' | 'relations'>,
  name: QualifiedName,
): string {
  if (isBuiltInTypeName(name.name)) return writeName(name);
  return display(schema, name, (key) => schema.types.has(key) || schema.relations.has(key));
}

function display(
  schema: Pick<Schema, 'searchPath'>,
  name: QualifiedName,
  known: (key: string) => boolean,
): string {
  for (const place of placesOf(schema)) {
    if (place === name.schema) return quoteIdentifier(name.name);
    if (known(relationKey({ schema: place, name: name.name }))) break;
  }
  return writeName(name);
}

/** `displayName` by key; the key itself where the schema does not hold it. */
export function displayKey(schema: Pick<Schema, 'searchPath' | 'relations'>, key: string): string {
  const relation: Relation | undefined = schema.relations.get(key);
  return relation ? displayName(schema, relation.name) : key;
}
