import type {
  ColumnDef,
  Constraint as ConstraintNode,
  CreateStmt,
  PartitionSpec,
  TableLikeClause,
} from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, quoteLiteral, stringsOf, writeName } from '../sql/names.ts';
import { sourceAfter, sourceInParentheses } from '../sql/source.ts';
import { serialBase } from '../sql/type-names.ts';
import { addConstraints, type PendingConstraint } from './constraints.ts';
import {
  type Apply,
  chooseRelationName,
  type Draft,
  emptyTable,
  newName,
  put,
  putTable,
  touchRangeVar,
  typeOf,
} from './draft.ts';
import { cloneIndexes } from './indexes.ts';
import type { Column, Constraint, PartitionKey, QualifiedName, Table } from './model.ts';
import { displayName, relationKey } from './names.ts';

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
  const name = newName(draft, nameOfRangeVar(fields.relation));
  const key = relationKey(name);
  if (draft.relations.has(key) || (fields.tableElts?.length ?? 0) > 2 * maxColumns) return;
  const parents = parentsOf(draft, fields);
  const table: Table = {
    ...emptyTable(name),
    madeByPlan: draft.madeByPlan,
    empty: draft.madeByPlan,
    partitioned: fields.partspec !== undefined,
    ...(fields.partspec ? { partitionKey: partitionKeyOf(fields.partspec) } : {}),
    partition: fields.partbound !== undefined,
    isDefaultPartition: fields.partbound?.is_default === true,
    persistence: persistenceOf(fields.relation.relpersistence),
    parents: parents.map((parent) => relationKey(parent.name)),
    // A typed table has the columns of its type.
    columnsComplete: !fields.ofTypename && parents.every((parent) => parent.columnsComplete),
    ...extra,
  };
  put(draft, table);
  fillTable(draft, key, fields, parents, statement);
}

const strategies: Readonly<Record<string, PartitionKey['strategy']>> = {
  PARTITION_STRATEGY_HASH: 'hash',
  PARTITION_STRATEGY_LIST: 'list',
  PARTITION_STRATEGY_RANGE: 'range',
};

function partitionKeyOf({ strategy, partParams = [] }: PartitionSpec): PartitionKey {
  return {
    strategy: strategies[strategy ?? ''] ?? 'range',
    columns: partParams.map((node) => ('PartitionElem' in node && node.PartitionElem.name) || null),
  };
}

function parentsOf(draft: Draft, fields: CreateStmt): readonly Table[] {
  return (fields.inhRelations ?? []).flatMap((node) => {
    const parent = 'RangeVar' in node ? touchRangeVar(draft, node.RangeVar) : undefined;
    return parent ? [parent] : [];
  });
}

export function persistenceOf(letter: string | undefined): Table['persistence'] {
  return letter === 't' ? 'temporary' : letter === 'u' ? 'unlogged' : 'permanent';
}

function fillTable(
  draft: Draft,
  key: string,
  fields: CreateStmt,
  parents: readonly Table[],
  statement: Statement,
): void {
  const parts = createParts();
  for (const parent of parents) inherit(parts, parent);
  for (const element of [...(fields.tableElts ?? []), ...(fields.constraints ?? [])]) {
    if ('ColumnDef' in element) addColumn(parts, readColumn(draft, key, element.ColumnDef, statement, true));
    else if ('Constraint' in element) parts.pending.push(tableConstraint(element.Constraint, true));
    else if ('TableLikeClause' in element) addLike(draft, parts, element.TableLikeClause);
  }
  const table = draft.relations.get(key);
  if (table?.kind !== 'table') return;
  putTable(draft, key, {
    ...table,
    columns: [...parts.columns.values()],
    constraints: parts.constraints,
    columnsComplete: table.columnsComplete && parts.complete,
  });
  addConstraints(draft, key, parts.pending, statement);
  if (fields.partbound) for (const parent of parents) cloneIndexes(draft, relationKey(parent.name), key);
  for (const source of parts.indexSources) cloneIndexes(draft, source, key);
}

interface Parts {
  readonly columns: Map<string, Column>;
  readonly constraints: Constraint[];
  readonly pending: PendingConstraint[];
  readonly indexSources: string[];
  complete: boolean;
}

function createParts(): Parts {
  return { columns: new Map(), constraints: [], pending: [], indexSources: [], complete: true };
}

function inherit(parts: Parts, parent: Table): void {
  for (const column of parent.columns) {
    parts.columns.set(column.name, { ...column, identity: undefined });
  }
  for (const constraint of parent.constraints) {
    const copied =
      constraint.kind === 'check' || constraint.kind === 'not null' || constraint.kind === 'foreign key';
    if (copied && constraint.inherits && !parts.constraints.some(({ name }) => name === constraint.name)) {
      parts.constraints.push(constraint);
    }
  }
}

/** Of INCLUDING: the bits that change what the schema holds. */
const likeOptions = { constraints: 4, defaults: 8, generated: 16, identity: 32, indexes: 64 };

function addLike(draft: Draft, parts: Parts, { relation, options = 0 }: TableLikeClause): void {
  const source = touchRangeVar(draft, relation);
  if (!source?.columnsComplete) parts.complete = false;
  if (!source) return;
  const wants = (option: number) => (options & option) !== 0;
  for (const column of source.columns) {
    const kept = column.generated ? wants(likeOptions.generated) : wants(likeOptions.defaults);
    parts.columns.set(column.name, {
      ...column,
      default: kept ? column.default : null,
      generated: kept ? column.generated : undefined,
      identity: wants(likeOptions.identity) ? column.identity : undefined,
    });
  }
  for (const constraint of source.constraints) {
    if (constraint.kind === 'not null' || (constraint.kind === 'check' && wants(likeOptions.constraints))) {
      parts.constraints.push(constraint);
    }
  }
  if (wants(likeOptions.indexes)) parts.indexSources.push(relationKey(source.name));
}

/** A column as written, and what comes with it. */
export interface ReadColumn {
  readonly column: Column;
  readonly pending: readonly PendingConstraint[];
}

function addColumn(parts: Parts, { column, pending }: ReadColumn): void {
  const inherited = parts.columns.get(column.name);
  parts.columns.set(column.name, {
    ...column,
    // A partition's column list may leave the type out.
    type: column.type ?? inherited?.type,
    default: column.default ?? inherited?.default ?? null,
    notNull: column.notNull || (inherited?.notNull ?? false),
  });
  parts.pending.push(...pending);
}

/** Reads a column of CREATE TABLE or ADD COLUMN; makes the sequence that a serial or identity column owns. */
export function readColumn(
  draft: Draft,
  tableKey: string,
  definition: ColumnDef,
  statement: Statement,
  alwaysValid: boolean,
): ReadColumn {
  const name = definition.colname ?? '';
  const serial = definition.typeName && serialBase(definition.typeName);
  const nodes = constraintNodes(definition);
  const identity = nodes.find((node) => node.contype === 'CONSTR_IDENTITY');
  const generated = nodes.find((node) => node.contype === 'CONSTR_GENERATED');
  const defaulted = nodes.find((node) => node.contype === 'CONSTR_DEFAULT');
  const sequence = serial || identity ? makeSequence(draft, tableKey, name) : undefined;
  const serialDefault =
    serial && sequence ? `nextval(${quoteLiteral(displayName(draft, sequence))}::regclass)` : undefined;
  const hasDefault = defaulted !== undefined || serialDefault !== undefined;
  const column: Column = {
    name,
    type: serial ?? typeOf(draft, definition.typeName),
    notNull: false,
    default:
      serialDefault ??
      (generated ? generatedSource(statement, generated) : defaultSource(statement, defaulted)),
    identity: identity && (identity.generated_when === 'a' ? 'always' : 'by default'),
    generated: generated && (generated.generated_kind === 'v' ? 'virtual' : 'stored'),
    collation:
      definition.collClause &&
      writeName({ schema: undefined, name: stringsOf(definition.collClause.collname).at(-1) ?? '' }),
  };
  const implied: ConstraintNode[] =
    (serial || identity) && !nodes.some((node) => node.contype === 'CONSTR_NOTNULL')
      ? [{ contype: 'CONSTR_NOTNULL' }]
      : [];
  const pending = [...nodes, ...implied]
    .filter((node) => !notConstraints.has(node.contype ?? ''))
    .map((node) => ({ node, columns: [name], alwaysValid: alwaysValid || !hasDefault }));
  return { column, pending };
}

const notConstraints = new Set<string>([
  'CONSTR_IDENTITY',
  'CONSTR_GENERATED',
  'CONSTR_DEFAULT',
  'CONSTR_NULL',
]);

/** A column's constraints, with DEFERRABLE and the like, which stand as their own, put into the one before. */
export function constraintNodes(definition: ColumnDef): readonly ConstraintNode[] {
  const nodes: ConstraintNode[] = [];
  for (const item of definition.constraints ?? []) {
    if (!('Constraint' in item)) continue;
    const attribute = attributes[item.Constraint.contype ?? ''];
    const last = nodes.at(-1);
    if (attribute && last) nodes[nodes.length - 1] = { ...last, ...attribute };
    else if (!attribute) nodes.push(item.Constraint);
  }
  return nodes;
}

const attributes: Readonly<Record<string, Partial<ConstraintNode>>> = {
  CONSTR_ATTR_DEFERRABLE: { deferrable: true },
  CONSTR_ATTR_NOT_DEFERRABLE: {},
  CONSTR_ATTR_DEFERRED: { deferrable: true, initdeferred: true },
  CONSTR_ATTR_IMMEDIATE: {},
  CONSTR_ATTR_ENFORCED: { is_enforced: true },
  CONSTR_ATTR_NOT_ENFORCED: { is_enforced: false, initially_valid: false },
};

function generatedSource(statement: Statement, node: ConstraintNode): string | undefined {
  return sourceInParentheses(statement, 'as', node.location ?? 0);
}

function defaultSource(statement: Statement, node: ConstraintNode | undefined): string | null | undefined {
  return node ? sourceAfter(statement, 'default', node.raw_expr) : null;
}

export function makeSequence(draft: Draft, tableKey: string, column: string): QualifiedName | undefined {
  const table = draft.relations.get(tableKey);
  if (!table) return undefined;
  const { schema, name } = table.name;
  const sequence = { schema, name: chooseRelationName(draft, schema, name, column, 'seq') };
  put(draft, {
    kind: 'sequence',
    name: sequence,
    madeByPlan: draft.madeByPlan,
    empty: draft.madeByPlan,
    ownedBy: { table: tableKey, column },
  });
  return sequence;
}

export function tableConstraint(node: ConstraintNode, alwaysValid: boolean): PendingConstraint {
  const columns = stringsOf(node.contype === 'CONSTR_FOREIGN' ? node.fk_attrs : node.keys);
  return { node, columns, alwaysValid };
}
