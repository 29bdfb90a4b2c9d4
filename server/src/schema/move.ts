import { type Draft, updateTable } from './draft.ts';
import { respelledForeignKey } from './foreign-keys.ts';
import { dependencyOf } from './links.ts';
import { referencesTo } from './lookup.ts';
import type {
  Dependent,
  Policy,
  PolicyExpression,
  QualifiedName,
  Relation,
  Table,
  UserType,
} from './model.ts';
import { relationKey } from './names.ts';
import { respellTypes } from './spelling.ts';
import { triggersOf } from './triggers.ts';

/** Puts a relation under another name, and all that points at it. Refused where the name is taken. */
export function moveRelation(draft: Draft, key: string, to: QualifiedName): void {
  const relation = draft.relations.get(key);
  const newKey = relationKey(to);
  if (!relation || newKey === key) return;
  if (draft.relations.has(newKey)) {
    draft.refused = true;
    return;
  }
  draft.relations.delete(key);
  draft.relations.set(newKey, { ...relation, name: to } as Relation);
  for (const other of [...draft.relations.linked(key)]) {
    const changed = repoint(other, key, newKey);
    if (changed !== other) draft.relations.set(relationKey(other.name), changed);
  }
  if (relation.kind === 'table') respellReferences(draft, newKey);
  if (relation.kind === 'index') renameReferencedIndex(draft, relation.table, relation.name.name, to.name);
  replaceDependency(draft, dependencyOf('relation', key), dependencyOf('relation', newKey));
}

/** The definitions of the table's foreign keys and of those that name it. */
export function respellReferences(draft: Draft, key: string): void {
  const naming = [...referencesTo(draft, key)].map(({ table }) => relationKey(table.name));
  for (const each of new Set([key, ...naming]))
    updateTable(draft, each, (table) => ({
      ...table,
      constraints: table.constraints.map((one) => respelledForeignKey(draft, one)),
    }));
}

function repoint(relation: Relation, from: string, to: string): Relation {
  const swap = (key: string) => (key === from ? to : key);
  switch (relation.kind) {
    case 'index': {
      if (relation.table !== from && relation.parent !== from) return relation;
      const parent = relation.parent === undefined ? {} : { parent: swap(relation.parent) };
      return { ...relation, table: swap(relation.table), ...parent };
    }
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
    default: {
      if (!relation.reads.includes(from)) return relation;
      const columns = relation.readsColumns;
      const readsColumns = columns
        ? {
            readsColumns: Object.fromEntries(
              Object.entries(columns).map(([key, names]) => [swap(key), names]),
            ),
          }
        : {};
      return { ...relation, reads: relation.reads.map(swap), ...readsColumns };
    }
  }
}

/** Foreign keys know the index that they stand on by its name. */
function renameReferencedIndex(draft: Draft, tableKey: string, from: string, to: string): void {
  for (const table of [...draft.relations.linked(tableKey)]) {
    if (table.kind !== 'table') continue;
    const stands = ({ references }: Table['constraints'][number]) =>
      references?.table === tableKey && references.index === from;
    if (!table.constraints.some(stands)) continue;
    const constraints = table.constraints.map((one) =>
      one.references && stands(one) ? { ...one, references: { ...one.references, index: to } } : one,
    );
    draft.relations.set(relationKey(table.name), { ...table, constraints });
  }
}

export function moveType(draft: Draft, key: string, to: QualifiedName): void {
  const type = draft.types.get(key);
  const newKey = relationKey(to);
  if (!type || newKey === key) return;
  if (draft.types.has(newKey)) {
    draft.refused = true;
    return;
  }
  respellTypes(
    draft,
    () => {
      draft.types.delete(key);
      draft.types.set(newKey, { ...type, name: to });
    },
    (one) => (one === key ? newKey : one),
  );
  replaceDependency(draft, dependencyOf('type', key), dependencyOf('type', newKey));
  for (const table of [...draft.relations.linked(dependencyOf('type', key))]) {
    if (table.kind === 'table' && table.ofType === key)
      draft.relations.set(relationKey(table.name), { ...table, ofType: newKey });
  }
}

/** What names something by its old name names it by its new one. */
export function replaceDependency(draft: Draft, from: string, to: string): void {
  const swap = <One extends Dependent>(one: One): One =>
    one.dependsOn?.includes(from)
      ? { ...one, dependsOn: one.dependsOn.map((each) => (each === from ? to : each)) }
      : one;
  for (const relation of [...draft.relations.linked(from)]) {
    const changed = relation.kind === 'table' ? swapInTable(relation, swap) : swapInOther(relation, swap);
    draft.relations.set(relationKey(relation.name), changed);
  }
  for (const type of [...draft.types.linked(from)]) {
    const changed: UserType = swap(type);
    if (changed !== type) draft.types.set(relationKey(type.name), changed);
  }
  for (const entry of [...draft.functions.linked(from)]) {
    if (!entry.overloads?.some((one) => one.dependsOn?.includes(from))) continue;
    draft.functions.set(relationKey(entry.name), { ...entry, overloads: entry.overloads.map(swap) });
  }
}

type Swap = <One extends Dependent>(one: One) => One;

function swapInOther(relation: Exclude<Relation, Table>, swap: Swap): Relation {
  return relation.kind === 'sequence' ? relation : swap(relation);
}

function swapInTable(table: Table, swap: Swap): Table {
  const inPolicy = ({ name, using, check }: Policy): Policy => {
    const each = (one: PolicyExpression | undefined) => one && swap(one);
    return { name, using: each(using), check: each(check) };
  };
  return {
    ...table,
    columns: table.columns.map(swap),
    constraints: table.constraints.map(swap),
    ...(table.triggerDefinitions ? { triggerDefinitions: triggersOf(table).map(swap) } : {}),
    ...(table.policies ? { policies: table.policies.map(inPolicy) } : {}),
  };
}
