import type { RangeVar } from '@pgsql/types';
import { nameOfRangeVar, type ObjectName, parseName } from '../sql/names.ts';
import { LayeredMap } from './layered-map.ts';
import type {
  Column,
  Constraint,
  Index,
  Relation,
  Schema,
  Sequence,
  Table,
  UserType,
  View,
} from './model.ts';
import { qualify, relationKey } from './names.ts';

export { displayKey, displayName, relationKey } from './names.ts';

/** The relation's key by the search path, whether or not the schema holds it. */
export function keyOf(schema: Schema, name: ObjectName): string {
  return relationKey(qualify(schema, name, (key) => schema.relations.has(key)));
}

export function findRelation(schema: Schema, name: ObjectName): Relation | undefined {
  return schema.relations.get(keyOf(schema, name));
}

export function findTable(schema: Schema, name: ObjectName): Table | undefined {
  return asTable(findRelation(schema, name));
}

export function findIndex(schema: Schema, name: ObjectName): Index | undefined {
  const relation = findRelation(schema, name);
  return relation?.kind === 'index' ? relation : undefined;
}

/** The table that a parse tree's relation names. */
export function tableOf(schema: Schema, relation: RangeVar | undefined): Table | undefined {
  return relation && findTable(schema, nameOfRangeVar(relation));
}

export function tableByKey(schema: Schema, key: string): Table | undefined {
  return asTable(schema.relations.get(key));
}

function asTable(relation: Relation | undefined): Table | undefined {
  return relation?.kind === 'table' ? relation : undefined;
}

export function columnOf(table: Table | undefined, name: string): Column | undefined {
  return table?.columns.find((column) => column.name === name);
}

export function constraintOf(table: Table | undefined, name: string): Constraint | undefined {
  return table?.constraints.find((constraint) => constraint.name === name);
}

export function findType(schema: Schema, name: ObjectName): UserType | undefined {
  return schema.types.get(relationKey(qualify(schema, name, (key) => schema.types.has(key))));
}

/** The domain of that printed name and those it is made of, nearest first; none for what is no domain. */
export function domainChain(schema: Schema, printed: string): readonly UserType[] {
  const chain: UserType[] = [];
  for (let next: string | undefined = printed; next !== undefined; ) {
    const name = parseName(next);
    const type: UserType | undefined = name && findType(schema, name);
    if (type?.kind !== 'domain' || chain.includes(type)) break;
    chain.push(type);
    next = type.baseType;
  }
  return chain;
}

/** Relations of any map: the schema's, or one that is being changed. */
export interface Relations {
  readonly relations: ReadonlyMap<string, Relation>;
}

/** Relations that may point at the one at `key`, which is looked at again: all, where no links are kept. */
function linkedTo({ relations }: Relations, key: string): Iterable<Relation> {
  return relations instanceof LayeredMap ? relations.linked(key) : relations.values();
}

/** In the order in which they were made. */
export function* indexesOf(schema: Relations, tableKey: string): Generator<Index> {
  const found: Index[] = [];
  for (const relation of linkedTo(schema, tableKey))
    if (relation.kind === 'index' && relation.table === tableKey) found.push(relation);
  yield* found.sort((a, b) => (a.order ?? 0) - (b.order ?? 0));
}

/** Sequences owned by the table, or by one of its columns. */
export function* sequencesOf(schema: Relations, tableKey: string, column?: string): Generator<Sequence> {
  for (const relation of linkedTo(schema, tableKey)) {
    if (relation.kind !== 'sequence' || relation.ownedBy?.table !== tableKey) continue;
    if (column === undefined || relation.ownedBy.column === column) yield relation;
  }
}

/** Partitions and inheriting tables, one level down. */
export function* childrenOf(schema: Relations, tableKey: string): Generator<Table> {
  for (const relation of linkedTo(schema, tableKey)) {
    if (relation.kind === 'table' && relation.parents.includes(tableKey)) yield relation;
  }
}

/** All levels down, each once. */
export function descendantsOf(schema: Relations, tableKey: string): readonly Table[] {
  const found = new Map<string, Table>();
  const queue = [tableKey];
  for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
    for (const child of childrenOf(schema, key)) {
      const childKey = relationKey(child.name);
      if (found.has(childKey)) continue;
      found.set(childKey, child);
      queue.push(childKey);
    }
  }
  return [...found.values()];
}

/** Foreign keys that point at the table, with the table they stand on. */
export function* referencesTo(
  schema: Relations,
  tableKey: string,
): Generator<{ readonly table: Table; readonly constraint: Constraint }> {
  for (const table of linkedTo(schema, tableKey)) {
    if (table.kind !== 'table') continue;
    for (const constraint of table.constraints) {
      if (constraint.references?.table === tableKey) yield { table, constraint };
    }
  }
}

/** Views and materialized views that read the relation directly. */
export function* viewsOf(schema: Relations, key: string): Generator<View> {
  for (const relation of linkedTo(schema, key)) {
    if ((relation.kind === 'view' || relation.kind === 'materialized view') && relation.reads.includes(key)) {
      yield relation;
    }
  }
}
