import type { IndexElem, IndexStmt, Node } from '@pgsql/types';
import { nameOfRangeVar } from '../sql/names.ts';
import { sourceToEnd } from '../sql/source.ts';
import { dependenciesOf, withDependencies } from './dependencies.ts';
import {
  type Apply,
  childKeys,
  chooseRelationName,
  type Draft,
  find,
  isFree,
  put,
  touchTable,
  updateTable,
} from './draft.ts';
import { columnsRead } from './expressions.ts';
import { elementColumn, elementName, elementReads, elementsOf, lacks } from './index-constraints.ts';
import { indexesOf, tableByKey } from './lookup.ts';
import type { Index, Table } from './model.ts';
import { relationKey } from './names.ts';
import { indexColumnNames, joinColumnNames } from './object-names.ts';
import { optionsOf } from './options.ts';
import { ensurePart } from './partitions.ts';
import { keptTablespace } from './table-settings.ts';

export const applyCreateIndex: Apply<IndexStmt> = (draft, fields, statement) => {
  const owner = ownerOf(draft, fields);
  if (!owner || !fields.relation) return;
  const elements = elementsOf(fields);
  const include = (fields.indexIncludingParams ?? []).flatMap((node) =>
    'IndexElem' in node && node.IndexElem.name ? [node.IndexElem.name] : [],
  );
  const names = [...elements.map(elementName), ...include];
  const name = { schema: owner.schema, name: fields.idxname ?? chooseIndexName(draft, owner, names) };
  if (!isFree(draft, name, fields.if_not_exists === true)) return;
  const named = elements.flatMap((element) => elementColumn(element) ?? []);
  if (
    lacks(owner.table, [
      ...named,
      ...include,
      ...elements.flatMap(elementReads),
      ...columnsRead(fields.whereClause),
    ])
  )
    draft.refused = true;
  const children = owner.table?.partitioned ? childKeys(draft, owner.key) : [];
  const only = !fields.relation.inh;
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
    signature: signatureOf(elements, fields.whereClause),
    order: nextOrder(draft, owner.key),
    ...indexSettings(fields.options, fields.tableSpace),
    ...(fields.nulls_not_distinct ? { nullsNotDistinct: true } : {}),
    // ON ONLY leaves the partitions to ATTACH PARTITION.
    ...(only && children.length > 0 ? { valid: false } : {}),
  };
  const nodes = [...elements.map(({ expr }) => expr), fields.whereClause];
  put(draft, withDependencies(index, dependenciesOf(draft, ...nodes)));
  if (!only) for (const child of children) ensurePart(draft, index, child);
};

/** WITH and TABLESPACE of an index, or of the index behind a constraint. */
export function indexSettings(
  options: readonly Node[] | undefined,
  tablespace: string | undefined,
): Pick<Index, 'options' | 'tablespace'> {
  const set = optionsOf(options);
  const place = keptTablespace(tablespace);
  return {
    ...(set.length > 0 ? { options: set } : {}),
    ...(place === undefined ? {} : { tablespace: place }),
  };
}

/** The place of a new index behind those that the table has. */
export function nextOrder(draft: Draft, tableKey: string): number {
  return Math.max(0, ...[...indexesOf(draft, tableKey)].map(({ order = 0 }) => order)) + 1;
}

/** What an index's elements must have in common with another's for the one to be a part of the other. */
export function signatureOf(elements: readonly IndexElem[], predicate: Node | undefined): string {
  const parts = elements.map(({ expr, collation, opclass, opclassopts }) => [
    expr,
    collation,
    opclass,
    opclassopts,
  ]);
  return JSON.stringify([parts, predicate], (key, value) => (key === 'location' ? undefined : value));
}

interface Owner {
  readonly key: string;
  readonly schema: string;
  readonly name: string;
  readonly table: Table | undefined;
}

/** A table, or a materialized view. */
function ownerOf(draft: Draft, fields: IndexStmt): Owner | undefined {
  if (!fields.relation) return undefined;
  const named = nameOfRangeVar(fields.relation);
  const known = find(draft, named) ?? touchTable(draft, named);
  if (known?.kind !== 'materialized view' && known?.kind !== 'table') {
    draft.refused = true;
    return undefined;
  }
  const { schema, name } = known.name;
  return { key: relationKey(known.name), schema, name, table: known.kind === 'table' ? known : undefined };
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

/** `parent` is the key of the partitioned index that the new one is a part of. */
export function cloneIndex(draft: Draft, index: Index, target: Table, parent?: string): Index | undefined {
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
  const { parent: _, valid: __, clustered: ___, replicaIdentity: ____, ...like } = index;
  const made: Index = {
    ...like,
    name: { schema, name: chosen },
    table: key,
    empty: target.empty,
    madeByPlan: draft.madeByPlan,
    constraint: label && chosen,
    order: nextOrder(draft, key),
    ...(parent === undefined ? {} : { parent }),
  };
  put(draft, made);
  if (!constraint || !label) return made;
  const { parent: _____, local: ______, ...own } = constraint;
  const part = parent === undefined ? {} : { parent: constraint.name, local: false };
  updateTable(draft, key, (table) => ({
    ...table,
    constraints: [...table.constraints, { ...own, ...part, name: chosen, index: chosen }],
  }));
  return made;
}
