import { type ObjectName, quoteIdentifier, writeName } from '../sql/names.ts';
import type { QualifiedName, Relation, Schema } from './model.ts';

/** The key of a relation, type or function in the maps of a `Schema`: its qualified name, quoted where needed. */
export function relationKey(name: QualifiedName): string {
  return writeName(name);
}

/** The schema that an unqualified name is created in. */
export function creationSchema(schema: Pick<Schema, 'searchPath'>): string {
  return schema.searchPath[0] ?? 'public';
}

/** The name made complete: by what the search path finds, else by where it would be created. */
export function qualify(
  schema: Pick<Schema, 'searchPath'>,
  name: ObjectName,
  known: (key: string) => boolean,
): QualifiedName {
  if (name.schema !== undefined) return { schema: name.schema, name: name.name };
  for (const place of schema.searchPath) {
    const candidate = { schema: place, name: name.name };
    if (known(relationKey(candidate))) return candidate;
  }
  return { schema: creationSchema(schema), name: name.name };
}

/** A relation as `regclass` prints it: unqualified where the search path finds it first. */
export function displayName(schema: Schema, name: QualifiedName): string {
  for (const place of schema.searchPath) {
    if (place === name.schema) return quoteIdentifier(name.name);
    if (schema.relations.has(relationKey({ schema: place, name: name.name }))) break;
  }
  return writeName(name);
}

/** `displayName` by key; the key itself where the schema does not hold it. */
export function displayKey(schema: Schema, key: string): string {
  const relation: Relation | undefined = schema.relations.get(key);
  return relation ? displayName(schema, relation.name) : key;
}
