import type { AlterObjectSchemaStmt } from '@pgsql/types';
import { nameOfObject, nameOfRangeVar } from '../sql/names.ts';
import { addressOf } from './addresses.ts';
import { overloadDependency } from './dependencies.ts';
import { type Apply, type Draft, find, findKey, touchTable } from './draft.ts';
import { findOverload, moveOverload } from './functions.ts';
import { indexesOf, sequencesOf } from './lookup.ts';
import { moveRelation, moveType, replaceDependency } from './move.ts';
import { qualify, relationKey } from './names.ts';
import { setObjectSchema } from './other-objects.ts';

export const applySetSchema: Apply<AlterObjectSchemaStmt> = (draft, fields) => {
  const { newschema: schema = '', objectType, relation, object, missing_ok } = fields;
  if (draft.complete && !draft.schemas.has(schema)) {
    draft.refused = true;
    return;
  }
  if (relation) {
    const name = nameOfRangeVar(relation);
    if (objectType === 'OBJECT_TABLE' && !find(draft, name)) touchTable(draft, name);
    setRelationSchema(draft, findKey(draft, name), schema, missing_ok === true);
    return;
  }
  if (object && 'ObjectWithArgs' in object) {
    const found = findOverload(draft, object.ObjectWithArgs);
    const old = found && draft.functions.get(found.key);
    const to = found && old && moveOverload(draft, found, { ...old.name, schema });
    if (found && to !== undefined)
      replaceDependency(draft, overloadDependency(found.key, found.overload), to);
    return;
  }
  const other = addressOf(draft, objectType ?? '', object);
  const moved = other?.map === 'objects' ? draft.objects.get(other.key) : undefined;
  if (other && moved) {
    setObjectSchema(draft, other.key, schema);
    return;
  }
  const name = nameOfObject(object);
  const key = name && relationKey(qualify(draft, name, (one) => draft.types.has(one)));
  const type = key === undefined ? undefined : draft.types.get(key);
  if (key !== undefined && type) moveType(draft, key, { ...type.name, schema });
};

/** With its indexes and the sequences that it owns. */
function setRelationSchema(draft: Draft, key: string, schema: string, missingOk: boolean): void {
  const relation = draft.relations.get(key);
  if (!relation) {
    draft.refused = draft.complete && !missingOk;
    return;
  }
  // An owned sequence goes with its table alone.
  if (relation.kind === 'sequence' && relation.ownedBy) draft.refused = true;
  for (const one of [...indexesOf(draft, key), ...sequencesOf(draft, key)])
    moveRelation(draft, relationKey(one.name), { ...one.name, schema });
  moveRelation(draft, key, { ...relation.name, schema });
}
