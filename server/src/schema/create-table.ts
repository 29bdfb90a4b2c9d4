import type { CreateStmt, PartitionSpec } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, nameOfStrings, stringsOf } from '../sql/names.ts';
import { bareColumn, readColumn, tableConstraint, withoutNullDefault } from './column-definition.ts';
import { addToTable } from './constraint-parts.ts';
import { addConstraints } from './constraints.ts';
import {
  type Apply,
  type Draft,
  emptyTable,
  isFree,
  newName,
  put,
  touchRangeVar,
  updateTable,
} from './draft.ts';
import { columnsRead } from './expressions.ts';
import { cloneIndexes } from './indexes.ts';
import type { PartitionKey, Table, UserType } from './model.ts';
import { qualify, relationKey } from './names.ts';
import { joinPartition } from './partitions.ts';
import { addColumn, addLike, createParts, inherit, inheritNotNull } from './table-parts.ts';
import { boundSource, partitionBySource, settingsOf } from './table-source.ts';

// Read by whoever looks at a column's constraints.
export { constraintNodes } from './column-definition.ts';

/** More than these a table cannot have: Postgres refuses the statement. */
export const maxColumns = 1600;

export const applyCreateTable: Apply<CreateStmt> = (draft, fields, statement) => {
  createTable(draft, fields, statement, {});
};

export function createTable(
  draft: Draft,
  fields: CreateStmt,
  statement: Statement,
  extra: Partial<Table>,
): void {
  if (!fields.relation) return;
  const persistence = persistenceOf(fields.relation.relpersistence);
  const name = newName(draft, nameOfRangeVar(fields.relation), persistence === 'temporary');
  const key = relationKey(name);
  if (!isFree(draft, name, fields.if_not_exists === true)) return;
  if ((fields.tableElts?.length ?? 0) > 2 * maxColumns) return;
  const parents = parentsOf(draft, fields);
  if (parents.some((parent) => relationKey(parent.name) === key)) draft.refused = true;
  if (draft.refused) return;
  const { partspec, partbound } = fields;
  const ofType = typedTableType(draft, fields);
  const table: Table = {
    ...emptyTable(name),
    madeByPlan: draft.madeByPlan,
    empty: draft.madeByPlan,
    partitioned: partspec !== undefined,
    partition: partbound !== undefined,
    isDefaultPartition: partbound?.is_default === true,
    persistence,
    parents: parents.map((parent) => relationKey(parent.name)),
    columnsComplete:
      (!fields.ofTypename || ofType?.attributes !== undefined) &&
      parents.every((parent) => parent.columnsComplete),
    ...(partspec
      ? { partitionKey: partitionKeyOf(partspec), partitionBy: partitionBySource(statement, partspec) }
      : {}),
    ...(partbound ? { bound: boundSource(statement, partbound) } : {}),
    ...settingsOf(fields),
    ...(ofType ? { ofType: relationKey(ofType.name) } : {}),
    ...extra,
  };
  put(draft, table);
  fillTable(draft, key, { fields, parents, ofType, statement });
}

const strategies: Readonly<Record<string, PartitionKey['strategy']>> = {
  PARTITION_STRATEGY_HASH: 'hash',
  PARTITION_STRATEGY_LIST: 'list',
  PARTITION_STRATEGY_RANGE: 'range',
};

function partitionKeyOf({ strategy, partParams = [] }: PartitionSpec): PartitionKey {
  const elements = partParams.flatMap((node) => ('PartitionElem' in node ? [node.PartitionElem] : []));
  return {
    strategy: strategies[strategy ?? ''] ?? 'range',
    columns: elements.map(({ name }) => name ?? null),
    reads: elements.flatMap(({ name, expr }) => (name === undefined ? columnsRead(expr) : [name])),
  };
}

function typedTableType(draft: Draft, { ofTypename }: CreateStmt): UserType | undefined {
  const name = ofTypename && nameOfStrings(stringsOf(ofTypename.names));
  return name && draft.types.get(relationKey(qualify(draft, name, (one) => draft.types.has(one))));
}

function parentsOf(draft: Draft, fields: CreateStmt): readonly Table[] {
  const parents = (fields.inhRelations ?? []).flatMap((node) => {
    const parent = 'RangeVar' in node ? touchRangeVar(draft, node.RangeVar) : undefined;
    if (!parent) draft.refused = true;
    return parent ? [parent] : [];
  });
  if (new Set(parents).size < parents.length) draft.refused = true;
  return parents;
}

export function persistenceOf(letter: string | undefined): Table['persistence'] {
  return letter === 't' ? 'temporary' : letter === 'u' ? 'unlogged' : 'permanent';
}

interface Source {
  readonly fields: CreateStmt;
  readonly parents: readonly Table[];
  readonly ofType: UserType | undefined;
  readonly statement: Statement;
}

function fillTable(draft: Draft, key: string, { fields, parents, ofType, statement }: Source): void {
  const parts = createParts();
  for (const { name, type, collation } of ofType?.attributes ?? [])
    parts.columns.set(name, { ...bareColumn(name), type, collation });
  for (const parent of parents) inherit(parts, parent, fields.partbound !== undefined);
  for (const element of [...(fields.tableElts ?? []), ...(fields.constraints ?? [])]) {
    if ('ColumnDef' in element)
      addColumn(draft, parts, readColumn(draft, key, element.ColumnDef, statement, true), !fields.partbound);
    else if ('Constraint' in element) parts.pending.push(tableConstraint(element.Constraint, true));
    else if ('TableLikeClause' in element) addLike(draft, key, parts, element.TableLikeClause);
  }
  updateTable(draft, key, (table) => ({
    ...table,
    columns: [...parts.columns.values()].map((column) => withoutNullDefault(draft, column)),
    constraints: parts.checks,
    columnsComplete: table.columnsComplete && parts.complete,
  }));
  addConstraints(draft, key, parts.pending, statement);
  for (const parent of parents) inheritNotNull(draft, key, parent);
  if (fields.partbound) for (const parent of parents) joinPartition(draft, relationKey(parent.name), key);
  for (const check of parts.likeChecks) addToTable(draft, key, check);
  for (const source of parts.indexSources) cloneIndexes(draft, source, key);
}
