import type { AlterObjectSchemaStmt, RenameStmt } from '@pgsql/types';
import { nameOfObject, nameOfRangeVar, type ObjectName, quoteIdentifier, writeName } from '../sql/names.ts';
import { type Apply, type Draft, findKey, heirsOf, putTable, touchTable, updateTable } from './draft.ts';
import { renameInSource } from './expressions.ts';
import { indexesOf, referencesTo, sequencesOf, tableByKey } from './lookup.ts';
import type { Constraint, QualifiedName, Relation } from './model.ts';
import { qualify, relationKey } from './names.ts';

export const applyRename: Apply<RenameStmt> = (draft, fields) => {
  const { renameType, newname = '', subname = '' } = fields;
  const relation = fields.relation && nameOfRangeVar(fields.relation);
  switch (renameType) {
    case 'OBJECT_TABLE':
    case 'OBJECT_FOREIGN_TABLE':
    case 'OBJECT_VIEW':
    case 'OBJECT_MATVIEW':
    case 'OBJECT_SEQUENCE':
    case 'OBJECT_INDEX':
      if (relation) renameRelation(draft, relation, newname);
      break;
    case 'OBJECT_COLUMN':
      if (relation) renameColumn(draft, relation, subname, newname);
      break;
    case 'OBJECT_TABCONSTRAINT':
      if (relation) renameConstraint(draft, relation, subname, newname);
      break;
    case 'OBJECT_TRIGGER':
      if (relation) {
        updateTable(draft, findKey(draft, relation), (table) => ({
          ...table,
          triggers: table.triggers.map((name) => (name === subname ? newname : name)),
        }));
      }
      break;
    case 'OBJECT_TYPE':
    case 'OBJECT_DOMAIN': {
      const name = nameOfObject(fields.object);
      if (name) moveType(draft, name, (old) => ({ ...old, name: newname }));
      break;
    }
    case 'OBJECT_SCHEMA':
      renameSchema(draft, subname, newname);
      break;
    default:
      break;
  }
};

export const applySetSchema: Apply<AlterObjectSchemaStmt> = (draft, fields) => {
  const schema = fields.newschema ?? '';
  if (fields.relation) {
    const name = nameOfRangeVar(fields.relation);
    touchIfTable(draft, name, fields.objectType === 'OBJECT_TABLE');
    const key = findKey(draft, name);
    const owned = [...indexesOf(draft, key), ...sequencesOf(draft, key)];
    for (const relation of owned) move(draft, relationKey(relation.name), { ...relation.name, schema });
    const relation = draft.relations.get(key);
    if (relation) move(draft, key, { ...relation.name, schema });
    return;
  }
  const name = nameOfObject(fields.object);
  const isType = fields.objectType === 'OBJECT_TYPE' || fields.objectType === 'OBJECT_DOMAIN';
  if (name && isType) moveType(draft, name, (old) => ({ ...old, schema }));
};

function touchIfTable(draft: Draft, name: ObjectName, table: boolean): void {
  if (table) touchTable(draft, name);
}

function renameRelation(draft: Draft, name: ObjectName, newName: string): void {
  const key = findKey(draft, name);
  const relation = draft.relations.get(key);
  if (!relation) return;
  move(draft, key, { ...relation.name, name: newName });
  if (relation.kind !== 'index' || relation.constraint === undefined) return;
  const old = relation.constraint;
  draft.relations.set(relationKey({ ...relation.name, name: newName }), {
    ...relation,
    name: { ...relation.name, name: newName },
    constraint: newName,
  });
  renameConstraintOf(draft, relation.table, old, newName);
}

/** Puts a relation under another name, and all that points at it. */
function move(draft: Draft, key: string, to: QualifiedName): void {
  const relation = draft.relations.get(key);
  const newKey = relationKey(to);
  if (!relation || draft.relations.has(newKey)) return;
  draft.relations.delete(key);
  const moved = { ...relation, name: to } as Relation;
  if (moved.kind === 'table') putTable(draft, newKey, moved);
  else draft.relations.set(newKey, moved);
  for (const [each, other] of draft.relations) {
    const changed = repoint(other, key, newKey);
    if (changed === other) continue;
    if (changed.kind === 'table') putTable(draft, each, changed);
    else draft.relations.set(each, changed);
  }
}

function repoint(relation: Relation, from: string, to: string): Relation {
  const swap = (key: string) => (key === from ? to : key);
  switch (relation.kind) {
    case 'index':
      return relation.table === from ? { ...relation, table: to } : relation;
    case 'sequence':
      return relation.ownedBy?.table === from
        ? { ...relation, ownedBy: { ...relation.ownedBy, table: to } }
        : relation;
    case 'table': {
      const points =
        relation.parents.includes(from) || relation.constraints.some((one) => one.references?.table === from);
      if (!points) return relation;
      return {
        ...relation,
        parents: relation.parents.map(swap),
        constraints: relation.constraints.map((one) =>
          one.references
            ? { ...one, references: { ...one.references, table: swap(one.references.table) } }
            : one,
        ),
      };
    }
    default:
      return relation.reads.includes(from) ? { ...relation, reads: relation.reads.map(swap) } : relation;
  }
}

function renameColumn(draft: Draft, name: ObjectName, from: string, to: string): void {
  touchTable(draft, name);
  const key = findKey(draft, name);
  const swap = (column: string) => (column === from ? to : column);
  const descendants = heirsOf(draft, key).map((child) => relationKey(child.name));
  for (const each of [key, ...descendants]) {
    if (tableByKey(draft, each)?.columns.some((column) => column.name === to)) continue;
    updateTable(draft, each, (table) => ({
      ...table,
      columns: table.columns.map((column) => (column.name === from ? { ...column, name: to } : column)),
      constraints: table.constraints.map((one) => renameInConstraint(one, from, to)),
    }));
    for (const index of [...indexesOf(draft, each)]) {
      draft.relations.set(relationKey(index.name), {
        ...index,
        columns: index.columns.map((column) => (column === null ? null : swap(column))),
        columnNames: index.columnNames.map(swap),
        include: index.include.map(swap),
        reads: index.reads.map(swap),
        predicate: index.predicate && renameInSource(index.predicate, from, quoteIdentifier(to)),
        definition: renameInSource(index.definition, from, quoteIdentifier(to)),
      });
    }
    for (const { table, constraint } of [...referencesTo(draft, each)]) {
      const references = constraint.references && {
        ...constraint.references,
        columns: constraint.references.columns.map(swap),
      };
      replaceConstraint(draft, relationKey(table.name), constraint, { ...constraint, references });
    }
    for (const sequence of [...sequencesOf(draft, each, from)]) {
      draft.relations.set(relationKey(sequence.name), { ...sequence, ownedBy: { table: each, column: to } });
    }
  }
}

function renameInConstraint(constraint: Constraint, from: string, to: string): Constraint {
  if (!constraint.columns.includes(from)) return constraint;
  const swap = (column: string) => (column === from ? to : column);
  // Behind REFERENCES the names are those of the other table.
  const [own = '', ...rest] = constraint.definition.split(/(?= REFERENCES )/);
  return {
    ...constraint,
    columns: constraint.columns.map(swap),
    provesNotNull: constraint.provesNotNull.map(swap),
    expression: constraint.expression && renameInSource(constraint.expression, from, quoteIdentifier(to)),
    definition: [renameInSource(own, from, quoteIdentifier(to)), ...rest].join(''),
  };
}

function replaceConstraint(draft: Draft, key: string, from: Constraint, to: Constraint): void {
  updateTable(draft, key, (table) => ({
    ...table,
    constraints: table.constraints.map((one) => (one === from ? to : one)),
  }));
}

function renameConstraint(draft: Draft, name: ObjectName, from: string, to: string): void {
  const key = findKey(draft, name);
  const constraint = tableByKey(draft, key)?.constraints.find((one) => one.name === from);
  if (!constraint) return;
  const inherited = constraint.inherits && (constraint.kind === 'check' || constraint.kind === 'not null');
  const heirs = inherited ? heirsOf(draft, key).map((child) => relationKey(child.name)) : [];
  for (const each of [key, ...heirs]) renameConstraintOf(draft, each, from, to);
  if (constraint.index !== undefined) {
    const table = tableByKey(draft, key);
    if (!table) return;
    const old = relationKey({ schema: table.name.schema, name: constraint.index });
    const index = draft.relations.get(old);
    if (index?.kind !== 'index') return;
    const renamed = { ...index, name: { ...index.name, name: to }, constraint: to };
    draft.relations.delete(old);
    draft.relations.set(relationKey(renamed.name), renamed);
  }
}

function renameConstraintOf(draft: Draft, key: string, from: string, to: string): void {
  updateTable(draft, key, (table) => ({
    ...table,
    constraints: table.constraints.map((one) =>
      one.name === from ? { ...one, name: to, index: one.index === undefined ? undefined : to } : one,
    ),
  }));
}

function moveType(draft: Draft, name: ObjectName, rename: (name: QualifiedName) => QualifiedName): void {
  const key = relationKey(qualify(draft, name, (candidate) => draft.types.has(candidate)));
  const type = draft.types.get(key);
  if (!type) return;
  const to = rename(type.name);
  draft.types.delete(key);
  draft.types.set(relationKey(to), { ...type, name: to });
  const print = (own: QualifiedName) =>
    draft.searchPath.includes(own.schema) ? quoteIdentifier(own.name) : writeName(own);
  const old = print(type.name);
  retype(draft, (columnType) =>
    columnType.replace(/\[\]$/, '') === old ? columnType.replace(old, () => print(to)) : columnType,
  );
}

/**
 * Spells the types of columns as the search path now wants it: a dump names all with their schema, which
 * `format_type` leaves out where the path finds the type.
 */
export function respellTypes(draft: Draft): void {
  const spelled = new Map<string, string>();
  for (const { name } of draft.types.values()) {
    spelled.set(
      writeName(name),
      draft.searchPath.includes(name.schema) ? quoteIdentifier(name.name) : writeName(name),
    );
  }
  retype(draft, (type) => {
    const bare = type.replace(/\[\]$/, '');
    return (spelled.get(bare) ?? bare) + type.slice(bare.length);
  });
}

function retype(draft: Draft, change: (type: string) => string): void {
  for (const [key, relation] of draft.relations) {
    if (relation.kind !== 'table') continue;
    const columns = relation.columns.map((column) => {
      const type = column.type && change(column.type);
      return type === column.type ? column : { ...column, type };
    });
    if (columns.some((column, at) => column !== relation.columns[at]))
      draft.relations.set(key, { ...relation, columns });
  }
}

function renameSchema(draft: Draft, from: string, to: string): void {
  for (const [key, relation] of [...draft.relations]) {
    if (relation.name.schema === from) move(draft, key, { ...relation.name, schema: to });
  }
  for (const type of [...draft.types.values()]) {
    if (type.name.schema === from) moveType(draft, type.name, (name) => ({ ...name, schema: to }));
  }
  if (draft.schemas.delete(from)) draft.schemas.add(to);
}
