import type {
  ColumnDef,
  Constraint as ConstraintNode,
  CreateStmt,
  PartitionSpec,
  TableLikeClause,
} from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, nameOfStrings, quoteLiteral, stringsOf, writeName } from '../sql/names.ts';
import { sourceAfter, sourceInParentheses } from '../sql/source.ts';
import { serialBase } from '../sql/type-names.ts';
import { addToTable } from './constraint-parts.ts';
import { addConstraints, type PendingConstraint } from './constraints.ts';
import { dependenciesOf, withDependencies } from './dependencies.ts';
import {
  type Apply,
  chooseRelationName,
  type Draft,
  emptyTable,
  find,
  isFree,
  newName,
  put,
  touchRangeVar,
  typeOf,
  updateTable,
} from './draft.ts';
import { columnsRead } from './expressions.ts';
import { cloneIndexes } from './indexes.ts';
import { dependencyOf } from './links.ts';
import { constraintOf, domainChain, tableByKey } from './lookup.ts';
import type { Column, Constraint, PartitionKey, QualifiedName, Table, UserType, View } from './model.ts';
import { displayName, qualify, relationKey } from './names.ts';
import { setNotNull, validatedConstraint } from './not-null.ts';
import { joinPartition } from './partitions.ts';

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
    ...(partspec ? { partitionKey: partitionKeyOf(partspec) } : {}),
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

interface Parts {
  readonly columns: Map<string, Column>;
  /** Checks of the parents. */
  readonly checks: Constraint[];
  readonly pending: PendingConstraint[];
  readonly likeChecks: Constraint[];
  readonly indexSources: string[];
  complete: boolean;
}

function createParts(): Parts {
  return { columns: new Map(), checks: [], pending: [], likeChecks: [], indexSources: [], complete: true };
}

export function bareColumn(name: string): Column {
  const none = { identity: undefined, generated: undefined, collation: undefined };
  return { name, type: undefined, notNull: false, default: null, ...none };
}

function inherit(parts: Parts, parent: Table, partition: boolean): void {
  for (const column of parent.columns) {
    const merged = parts.columns.get(column.name);
    parts.columns.set(column.name, {
      ...column,
      notNull: false,
      identity: partition ? column.identity : undefined,
      local: false,
      ...(merged && column.default === null
        ? { default: merged.default, dependsOn: merged.dependsOn ?? [] }
        : {}),
    });
  }
  for (const one of parent.constraints) {
    if (one.kind !== 'check' || !one.inherits || parts.checks.some(({ name }) => name === one.name)) continue;
    // What is new has no rows that an older constraint has not seen.
    parts.checks.push({ ...(one.enforced === false ? one : validatedConstraint(one)), local: false });
  }
}

/** After the table's own, which keep the names that they were given. */
function inheritNotNull(draft: Draft, key: string, parent: Table): void {
  for (const { kind, columns, inherits, name } of parent.constraints) {
    const [column] = columns;
    if (kind !== 'not null' || !inherits || column === undefined) continue;
    const taken = constraintOf(tableByKey(draft, key), name) !== undefined;
    setNotNull(draft, key, column, { name: taken ? undefined : name, local: false });
  }
}

/** Of INCLUDING: the bits that change what the schema holds. */
const likeOptions = { constraints: 4, defaults: 8, generated: 16, identity: 32, indexes: 64 };

function addLike(draft: Draft, key: string, parts: Parts, { relation, options = 0 }: TableLikeClause): void {
  const other = relation && find(draft, nameOfRangeVar(relation));
  if (other?.kind === 'view' || other?.kind === 'materialized view') {
    addViewColumns(parts, other);
    return;
  }
  const source = touchRangeVar(draft, relation);
  if (!source?.columnsComplete) parts.complete = false;
  if (!source) {
    draft.refused = draft.complete;
    return;
  }
  const wants = (option: number) => (options & option) !== 0;
  for (const column of source.columns) {
    if (parts.columns.has(column.name)) draft.refused = true;
    const kept = column.generated ? wants(likeOptions.generated) : wants(likeOptions.defaults);
    const identity = wants(likeOptions.identity) ? column.identity : undefined;
    const { local: _, dependsOn, reads, ...own } = column;
    parts.columns.set(column.name, {
      ...own,
      ...(kept && dependsOn ? { dependsOn } : {}),
      ...(kept && reads ? { reads } : {}),
      notNull: false,
      default: kept ? column.default : null,
      generated: kept ? column.generated : undefined,
      identity,
    });
    if (identity) makeSequence(draft, key, column.name);
  }
  for (const { local: _, ...constraint } of source.constraints) {
    if (constraint.kind === 'not null') parts.pending.push(likeNotNull(constraint));
    if (constraint.kind === 'check' && wants(likeOptions.constraints))
      parts.likeChecks.push(constraint.enforced === false ? constraint : validatedConstraint(constraint));
  }
  if (wants(likeOptions.indexes)) parts.indexSources.push(relationKey(source.name));
}

function addViewColumns(parts: Parts, { columns }: View): void {
  if (!columns) parts.complete = false;
  for (const column of columns ?? [])
    parts.columns.set(column.name, { ...bareColumn(column.name), ...column });
}

function likeNotNull({ name, columns, inherits }: Constraint): PendingConstraint {
  const node: ConstraintNode = { contype: 'CONSTR_NOTNULL', conname: name, is_no_inherit: !inherits };
  return { node, columns, alwaysValid: true };
}

/** A column as written, and what comes with it. */
export interface ReadColumn {
  readonly column: Column;
  readonly pending: readonly PendingConstraint[];
}

function addColumn(draft: Draft, parts: Parts, { column, pending }: ReadColumn, local: boolean): void {
  const inherited = parts.columns.get(column.name);
  if (inherited && inherited.local !== false && inherited.type !== undefined && column.type !== undefined)
    draft.refused = true;
  parts.columns.set(
    column.name,
    inherited ? mergeColumn(inherited, local ? column : { ...column, local }) : column,
  );
  parts.pending.push(...pending);
}

/** A column that parents have as well; a partition's or a typed table's column list leaves the type out. */
function mergeColumn(inherited: Column, column: Column): Column {
  const own = column.default !== null || column.generated !== undefined;
  const base = own ? column : inherited;
  return {
    ...column,
    type: column.type ?? inherited.type,
    collation: column.collation ?? inherited.collation,
    default: base.default,
    generated: column.generated ?? inherited.generated,
    identity: column.identity ?? inherited.identity,
    dependsOn: base.dependsOn ?? [],
    reads: base.reads ?? [],
  };
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
    ...(generated ? { reads: columnsRead(generated.raw_expr) } : {}),
  };
  const uses = dependenciesOf(draft, generated?.raw_expr, defaulted?.raw_expr);
  const serialUse = serialDefault && sequence ? [dependencyOf('relation', relationKey(sequence))] : [];
  const implied: ConstraintNode[] =
    (serial || identity) && !nodes.some((node) => node.contype === 'CONSTR_NOTNULL')
      ? [{ contype: 'CONSTR_NOTNULL' }]
      : [];
  const pending = [...nodes, ...implied]
    .filter((node) => !notConstraints.has(node.contype ?? ''))
    .map((node) => ({ node, columns: [name], alwaysValid: alwaysValid || !hasDefault }));
  return { column: withDependencies(column, [...uses, ...serialUse]), pending };
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

/**
 * DEFAULT NULL is no default: Postgres keeps none, unless the value has to be fitted to the type, by a
 * domain or by a length.
 */
export function withoutNullDefault(draft: Draft, column: Column): Column {
  if (column.default === null || !/^null$/i.test(column.default ?? '')) return column;
  if (column.type === undefined) return { ...column, default: undefined };
  const fitted = /\(\d/.test(column.type) && !column.type.startsWith('interval');
  const domain = domainChain({ ...draft }, column.type).length > 0;
  return fitted || domain ? column : { ...column, default: null };
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
