import type { DropStmt } from '@pgsql/types';
import { nameOfObject, nameOfStrings, stringsOf, writeName } from '../sql/names.ts';
import { type Apply, type Draft, findKey, updateTable } from './draft.ts';
import { childrenOf, indexesOf, referencesTo, sequencesOf, tableByKey, viewsOf } from './lookup.ts';
import type { Constraint } from './model.ts';
import { qualify, relationKey } from './names.ts';

export const applyDrop: Apply<DropStmt> = (draft, fields) => {
  const cascade = fields.behavior === 'DROP_CASCADE';
  for (const object of fields.objects ?? []) {
    if (fields.removeType === 'OBJECT_TRIGGER') {
      dropTrigger(draft, 'List' in object ? stringsOf(object.List.items) : []);
      continue;
    }
    const name = nameOfObject(object);
    if (!name) continue;
    switch (fields.removeType) {
      case 'OBJECT_TABLE':
      case 'OBJECT_FOREIGN_TABLE':
      case 'OBJECT_VIEW':
      case 'OBJECT_MATVIEW':
      case 'OBJECT_SEQUENCE':
      case 'OBJECT_INDEX':
        dropRelation(draft, findKey(draft, name), cascade);
        break;
      case 'OBJECT_TYPE':
      case 'OBJECT_DOMAIN':
        dropType(draft, relationKey(qualify(draft, name, (key) => draft.types.has(key))), cascade);
        break;
      case 'OBJECT_FUNCTION':
      case 'OBJECT_PROCEDURE':
      case 'OBJECT_ROUTINE':
      case 'OBJECT_AGGREGATE':
        draft.functions.delete(relationKey(qualify(draft, name, (key) => draft.functions.has(key))));
        break;
      case 'OBJECT_SCHEMA':
        dropSchema(draft, name.name, cascade);
        break;
    }
  }
};

/** A relation with what goes with it: indexes, owned sequences, partitions; with CASCADE also views and foreign keys. */
export function dropRelation(draft: Draft, key: string, cascade: boolean): void {
  const relation = draft.relations.get(key);
  if (!relation) return;
  if (!cascade && isNeeded(draft, key)) return;
  draft.relations.delete(key);
  if (relation.kind === 'index') {
    for (const child of [...indexesOf(draft, key)]) draft.relations.delete(relationKey(child.name));
  }
  for (const view of [...viewsOf(draft, key)]) dropRelation(draft, relationKey(view.name), true);
  for (const index of [...indexesOf(draft, key)]) draft.relations.delete(relationKey(index.name));
  for (const sequence of [...sequencesOf(draft, key)]) draft.relations.delete(relationKey(sequence.name));
  for (const { table, constraint } of [...referencesTo(draft, key)])
    removeConstraint(draft, relationKey(table.name), constraint);
  for (const child of [...childrenOf(draft, key)]) dropRelation(draft, relationKey(child.name), true);
}

/** Something else stands on it, so that a DROP without CASCADE fails. */
function isNeeded(draft: Draft, key: string): boolean {
  const relation = draft.relations.get(key);
  if (relation?.kind === 'index') return relation.constraint !== undefined;
  if ([...viewsOf(draft, key)].length > 0) return true;
  if ([...childrenOf(draft, key)].some((child) => !child.partition)) return true;
  return [...referencesTo(draft, key)].some(({ table }) => relationKey(table.name) !== key);
}

export function dropColumn(draft: Draft, key: string, column: string, cascade: boolean): void {
  const table = tableByKey(draft, key);
  if (!table) return;
  const gone = table.constraints.filter((constraint) => constraint.columns.includes(column));
  const needed = gone.some((constraint) => isReferenced(draft, key, constraint, key));
  if (needed && !cascade) return;
  for (const constraint of gone) dropConstraint(draft, key, constraint.name, true);
  for (const index of [...indexesOf(draft, key)]) {
    if ([...index.columns, ...index.include, ...index.reads].includes(column))
      draft.relations.delete(relationKey(index.name));
  }
  for (const sequence of [...sequencesOf(draft, key, column)])
    draft.relations.delete(relationKey(sequence.name));
  updateTable(draft, key, (one) => ({ ...one, columns: one.columns.filter(({ name }) => name !== column) }));
}

export function dropConstraint(draft: Draft, key: string, name: string, cascade: boolean): void {
  const table = tableByKey(draft, key);
  const constraint = table?.constraints.find((one) => one.name === name);
  if (!table || !constraint) return;
  if (isReferenced(draft, key, constraint) && !cascade) return;
  removeConstraint(draft, key, constraint);
  if (constraint.index !== undefined) {
    draft.relations.delete(relationKey({ schema: table.name.schema, name: constraint.index }));
    for (const { table: other, constraint: reference } of references(draft, key, constraint)) {
      removeConstraint(draft, relationKey(other.name), reference);
    }
  }
  if (constraint.kind === 'not null') {
    updateTable(draft, key, (one) => ({
      ...one,
      columns: one.columns.map((column) =>
        column.name === constraint.columns[0] ? { ...column, notNull: false } : column,
      ),
    }));
  }
}

function removeConstraint(draft: Draft, key: string, constraint: Constraint): void {
  updateTable(draft, key, (table) => ({
    ...table,
    constraints: table.constraints.filter((one) => one !== constraint),
  }));
}

/** Foreign keys that stand on the constraint's index. */
function references(draft: Draft, key: string, constraint: Constraint) {
  const columns = [...constraint.columns].sort().join('\0');
  return [...referencesTo(draft, key)].filter(
    ({ constraint: reference }) => [...(reference.references?.columns ?? [])].sort().join('\0') === columns,
  );
}

function isReferenced(draft: Draft, key: string, constraint: Constraint, except?: string): boolean {
  if (constraint.index === undefined) return false;
  return references(draft, key, constraint).some(({ table }) => relationKey(table.name) !== except);
}

function dropTrigger(draft: Draft, parts: readonly string[]): void {
  const trigger = parts.at(-1);
  const key = findKey(draft, nameOfStrings(parts.slice(0, -1)));
  updateTable(draft, key, (table) => ({
    ...table,
    triggers: table.triggers.filter((name) => name !== trigger),
  }));
}

function dropType(draft: Draft, key: string, cascade: boolean): void {
  const type = draft.types.get(key);
  if (!type) return;
  const spellings = [
    key,
    ...(draft.searchPath.includes(type.name.schema)
      ? [writeName({ schema: undefined, name: type.name.name })]
      : []),
  ];
  const users: (readonly [string, string])[] = [];
  for (const [tableKey, relation] of draft.relations) {
    if (relation.kind !== 'table') continue;
    for (const column of relation.columns) {
      if (column.type !== undefined && spellings.includes(column.type.replace(/(\(.*\))?(\[\])?$/, '')))
        users.push([tableKey, column.name]);
    }
  }
  if (users.length > 0 && !cascade) return;
  draft.types.delete(key);
  for (const [tableKey, column] of users) dropColumn(draft, tableKey, column, true);
}

function dropSchema(draft: Draft, name: string, cascade: boolean): void {
  const inside = [...draft.relations.values()].filter((relation) => relation.name.schema === name);
  const types = [...draft.types].filter(([, type]) => type.name.schema === name);
  if (!cascade && inside.length + types.length > 0) return;
  for (const relation of inside) dropRelation(draft, relationKey(relation.name), true);
  for (const [key] of types) dropType(draft, key, true);
  for (const [key, { name: own }] of draft.functions) if (own.schema === name) draft.functions.delete(key);
  draft.schemas.delete(name);
}
