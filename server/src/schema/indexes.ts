import type { IndexStmt } from '@pgsql/types';
import { nameOfRangeVar } from '../sql/names.ts';
import { sourceToEnd } from '../sql/source.ts';
import {
  type Apply,
  chooseRelationName,
  type Draft,
  heirsOf,
  put,
  touchTable,
  updateTable,
} from './draft.ts';
import { columnsRead } from './expressions.ts';
import { elementColumn, elementName, elementReads, elementsOf } from './index-constraints.ts';
import { indexesOf, tableByKey } from './lookup.ts';
import type { Index, Table } from './model.ts';
import { relationKey } from './names.ts';
import { indexColumnNames, joinColumnNames } from './object-names.ts';

export const applyCreateIndex: Apply<IndexStmt> = (draft, fields, statement) => {
  if (!fields.relation) return;
  const owner = ownerOf(draft, fields);
  if (!owner) return;
  const elements = elementsOf(fields);
  const include = (fields.indexIncludingParams ?? []).flatMap((node) =>
    'IndexElem' in node && node.IndexElem.name ? [node.IndexElem.name] : [],
  );
  const names = [...elements.map(elementName), ...include];
  const name = { schema: owner.schema, name: fields.idxname ?? chooseIndexName(draft, owner, names) };
  if (draft.relations.has(relationKey(name))) return;
  const index: Index = {
    kind: 'index',
    name,
    madeByPlan: draft.madeByPlan,
    empty: owner.table?.empty ?? false,
    table: owner.key,
    unique: fields.unique === true,
    method: fields.accessMethod ?? 'btree',
    columns: elements.map(elementColumn),
    columnNames: indexColumnNames(names),
    include,
    predicate: fields.whereClause && sourceToEnd(statement, 'where'),
    reads: [...new Set([...elements.flatMap(elementReads), ...columnsRead(fields.whereClause)])],
    definition: statement.text,
    constraint: undefined,
  };
  put(draft, index);
  // ON ONLY leaves the partitions to ATTACH PARTITION.
  if (!owner.table?.partitioned || !fields.relation.inh) return;
  for (const child of heirsOf(draft, owner.key)) cloneIndex(draft, index, child);
};

interface Owner {
  readonly key: string;
  readonly schema: string;
  readonly name: string;
  readonly table: Table | undefined;
}

/** A table, or a materialized view. */
function ownerOf(draft: Draft, fields: IndexStmt): Owner | undefined {
  if (!fields.relation) return undefined;
  const name = nameOfRangeVar(fields.relation);
  const view = [...draft.searchPath, name.schema]
    .map((schema) =>
      draft.relations.get(relationKey({ schema: name.schema ?? schema ?? '', name: name.name })),
    )
    .find((relation) => relation !== undefined);
  if (view?.kind === 'materialized view') {
    return { key: relationKey(view.name), schema: view.name.schema, name: view.name.name, table: undefined };
  }
  const table = touchTable(draft, name);
  return table && { key: relationKey(table.name), schema: table.name.schema, name: table.name.name, table };
}

function chooseIndexName(
  draft: Draft,
  owner: { schema: string; name: string },
  names: readonly string[],
): string {
  return chooseRelationName(draft, owner.schema, owner.name, joinColumnNames(indexColumnNames(names)), 'idx');
}

/** The indexes of one table made on another: for a new partition, and LIKE … INCLUDING INDEXES. */
export function cloneIndexes(
  draft: Draft,
  sourceKey: string,
  targetKey: string,
  wanted: (index: Index) => boolean = () => true,
): void {
  for (const index of [...indexesOf(draft, sourceKey)].filter(wanted)) {
    const target = tableByKey(draft, targetKey);
    if (target) cloneIndex(draft, index, target);
  }
}

function cloneIndex(draft: Draft, index: Index, target: Table): void {
  const source = tableByKey(draft, index.table);
  const constraint = source?.constraints.find((one) => one.name === index.constraint);
  const { schema, name } = target.name;
  const joined = joinColumnNames(indexColumnNames(index.columnNames));
  const labels = { 'primary key': 'pkey', unique: 'key', exclusion: 'excl' } as const;
  const label = constraint && labels[constraint.kind as keyof typeof labels];
  const chosen = label
    ? chooseRelationName(draft, schema, name, label === 'pkey' ? undefined : joined, label, true)
    : chooseRelationName(draft, schema, name, joined, 'idx');
  const key = relationKey(target.name);
  put(draft, {
    ...index,
    name: { schema, name: chosen },
    table: key,
    empty: target.empty,
    madeByPlan: draft.madeByPlan,
    constraint: label && chosen,
  });
  if (!constraint || !label) return;
  updateTable(draft, key, (table) => ({
    ...table,
    constraints: [...table.constraints, { ...constraint, name: chosen, index: chosen }],
  }));
}
