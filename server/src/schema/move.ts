import { objectKey } from './addresses.ts';
import { renamedIn } from './definition.ts';
import { type Draft, updateTable } from './draft.ts';
import { respelledForeignKey } from './foreign-keys.ts';
import { dependencyOf } from './links.ts';
import { referencesTo } from './lookup.ts';
import type {
  Definition,
  Dependent,
  Policy,
  PolicyExpression,
  QualifiedName,
  Relation,
  Renaming,
  Table,
  UserType,
} from './model.ts';
import { relationKey } from './names.ts';
import { moveInObjects } from './other-objects.ts';
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
  const renaming: Renaming = {
    kind: 'object',
    from: dependencyOf('relation', key),
    to: dependencyOf('relation', newKey),
  };
  draft.relations.set(newKey, withParts({ ...relation, name: to } as Relation, renaming));
  for (const other of [...draft.relations.linked(key)]) {
    const changed = repoint(other, key, newKey);
    if (changed !== other) draft.relations.set(relationKey(other.name), changed);
  }
  if (relation.kind === 'table') respellReferences(draft, newKey);
  if (relation.kind === 'index') renameReferencedIndex(draft, relation.table, relation.name.name, to.name);
  moveInObjects(draft, key, newKey);
  replaceDependency(draft, dependencyOf('relation', key), dependencyOf('relation', newKey));
}

/** Triggers, rules and policies name the relation that they stand on. */
function withParts(relation: Relation, renaming: Renaming): Relation {
  if (relation.kind === 'index' || relation.kind === 'sequence') return relation;
  const follow = <One extends object>(one: One): One => followed(one, renaming);
  const { triggerDefinitions, ruleDefinitions } = relation;
  const policies = relation.kind === 'table' ? relation.policies : undefined;
  return {
    ...relation,
    ...(triggerDefinitions ? { triggerDefinitions: triggerDefinitions.map(follow) } : {}),
    ...(ruleDefinitions ? { ruleDefinitions: ruleDefinitions.map(follow) } : {}),
    ...(policies
      ? {
          policies: policies.map((one) => ({
            ...one,
            using: one.using && follow(one.using),
            check: one.check && follow(one.check),
          })),
        }
      : {}),
  } as Relation;
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
  const renaming = { kind: 'object', from, to } as const;
  const swap: Swap = (one) =>
    one.dependsOn?.includes(from)
      ? followed(
          { ...one, dependsOn: [...new Set(one.dependsOn.map((each) => (each === from ? to : each)))] },
          renaming,
        )
      : one;
  for (const relation of [...draft.relations.linked(from)]) {
    const changed = relation.kind === 'table' ? swapInTable(relation, swap) : swapInOther(relation, swap);
    draft.relations.set(relationKey(relation.name), changed);
  }
  for (const type of [...draft.types.linked(from)]) {
    const changed: UserType = swap(type);
    if (changed !== type) draft.types.set(relationKey(type.name), changed);
  }
  for (const object of [...draft.objects.linked(from)]) {
    const { publication } = object;
    const tables = publication?.tables.map((one) => (one.where ? { ...one, where: swap(one.where) } : one));
    draft.objects.set(objectKey(object), {
      ...swap(object),
      ...(publication && tables ? { publication: { ...publication, tables } } : {}),
    });
  }
  for (const entry of [...draft.functions.linked(from)]) {
    if (!entry.overloads?.some((one) => one.dependsOn?.includes(from))) continue;
    draft.functions.set(relationKey(entry.name), { ...entry, overloads: entry.overloads.map(swap) });
  }
}

type Swap = <One extends Dependent>(one: One) => One;

function swapInOther(relation: Exclude<Relation, Table>, swap: Swap): Relation {
  if (relation.kind === 'sequence' || relation.kind === 'index')
    return relation.kind === 'index' ? swap(relation) : relation;
  const { triggerDefinitions, ruleDefinitions } = relation;
  return {
    ...swap(relation),
    ...(triggerDefinitions ? { triggerDefinitions: triggerDefinitions.map(swap) } : {}),
    ...(ruleDefinitions ? { ruleDefinitions: ruleDefinitions.map(swap) } : {}),
  };
}

/** What is declared in words has a new name in them. */
export function followed<One extends object>(one: One, renaming: Renaming): One {
  const { definition, source } = one as { readonly definition?: unknown; readonly source?: unknown };
  return {
    ...one,
    ...(isDefinition(definition) ? { definition: renamedIn(definition, renaming) } : {}),
    ...(isDefinition(source) ? { source: renamedIn(source, renaming) } : {}),
  };
}

/** A view's and an index's `definition` is its source alone. */
function isDefinition(value: unknown): value is Definition {
  return typeof value === 'object' && value !== null;
}

function swapInTable(table: Table, swap: Swap): Table {
  const inPolicy = (policy: Policy): Policy => {
    const each = (one: PolicyExpression | undefined) => one && swap(one);
    return { ...policy, using: each(policy.using), check: each(policy.check) };
  };
  return {
    ...table,
    columns: table.columns.map(swap),
    constraints: table.constraints.map(swap),
    ...(table.triggerDefinitions ? { triggerDefinitions: triggersOf(table).map(swap) } : {}),
    ...(table.ruleDefinitions ? { ruleDefinitions: table.ruleDefinitions.map(swap) } : {}),
    ...(table.policies ? { policies: table.policies.map(inPolicy) } : {}),
  };
}
