import type { Constraint as ConstraintNode, IndexElem, IndexStmt } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { stringsOf } from '../sql/names.ts';
import { sourceFrom, sourceInParentheses } from '../sql/source.ts';
import { addToTable, columnList, deferrable, type PendingConstraint } from './constraint-parts.ts';
import { childKeys, chooseRelationName, type Draft, find, put } from './draft.ts';
import { columnsRead, expressionName } from './expressions.ts';
import { indexSettings, nextOrder, signatureOf } from './indexes.ts';
import { columnOf, tableByKey } from './lookup.ts';
import type { Constraint, Index, Table } from './model.ts';
import { moveRelation } from './move.ts';
import { relationKey } from './names.ts';
import { indexColumnNames, joinColumnNames } from './object-names.ts';
import { ensurePart } from './partitions.ts';

const indexKinds = {
  CONSTR_PRIMARY: { kind: 'primary key', label: 'pkey', words: 'PRIMARY KEY' },
  CONSTR_UNIQUE: { kind: 'unique', label: 'key', words: 'UNIQUE' },
  CONSTR_EXCLUSION: { kind: 'exclusion', label: 'excl', words: 'EXCLUDE' },
} as const;

export function addIndexConstraint(
  draft: Draft,
  key: string,
  table: Table,
  pending: PendingConstraint,
  statement: Statement,
): void {
  const { node } = pending;
  const form = indexKinds[node.contype as keyof typeof indexKinds];
  if (!form) return;
  if (node.indexname) {
    adoptIndex(draft, key, table, node, form);
    return;
  }
  const elements = exclusionElements(node);
  const keys = node.contype === 'CONSTR_EXCLUSION' ? elements.map(elementColumn) : pending.columns;
  if (new Set(keys).size < keys.length && node.contype !== 'CONSTR_EXCLUSION') draft.refused = true;
  const include = stringsOf(node.including);
  if (
    lacks(table, [...keys.filter((name) => name !== null), ...include, ...elements.flatMap(elementReads)])
  ) {
    draft.refused = true;
    return;
  }
  const predicate = node.where_clause && sourceInParentheses(statement, 'where', node.location ?? 0);
  const exclusion = elements.length > 0 ? exclusionSource(statement, node) : undefined;
  const shape = { form, keys, include, predicate, node, elements, exclusion };
  const name = node.conname ?? constraintIndexName(draft, table, form, elements, keys, include);
  const children = table.partitioned ? childKeys(draft, key) : [];
  const valid = !pending.only || children.length === 0;
  const index = makeIndexConstraint(draft, key, table, { name, valid, ...shape });
  if (index && !pending.only) for (const child of children) ensurePart(draft, index, child);
}

/** Whether the table surely has not all of these columns. */
export function lacks(table: Table | undefined, columns: readonly string[]): boolean {
  return table?.columnsComplete === true && columns.some((column) => !columnOf(table, column));
}

type IndexForm = (typeof indexKinds)[keyof typeof indexKinds];

function constraintIndexName(
  draft: Draft,
  table: Table,
  form: IndexForm,
  elements: readonly IndexElem[],
  keys: readonly (string | null)[],
  include: readonly string[],
): string {
  const { schema, name } = table.name;
  const names = indexColumnNames([...sourceNames(elements, keys), ...include]);
  const joined = form.label === 'pkey' ? undefined : joinColumnNames(names);
  return chooseRelationName(draft, schema, name, joined, form.label, true);
}

function sourceNames(elements: readonly IndexElem[], keys: readonly (string | null)[]): readonly string[] {
  return elements.length > 0 ? elements.map(elementName) : keys.map((key) => key ?? 'expr');
}

interface IndexConstraint {
  readonly name: string;
  readonly form: IndexForm;
  readonly keys: readonly (string | null)[];
  readonly include: readonly string[];
  readonly predicate: string | undefined;
  readonly node: ConstraintNode;
  readonly elements: readonly IndexElem[];
  readonly valid: boolean;
  /** EXCLUDE … as the source says it. */
  readonly exclusion: string | undefined;
}

function makeIndexConstraint(
  draft: Draft,
  key: string,
  table: Table,
  made: IndexConstraint,
): Index | undefined {
  const { name, form, keys, include, node, elements } = made;
  const indexName = { schema: table.name.schema, name };
  if (draft.relations.has(relationKey(indexName)) || table.constraints.some((one) => one.name === name)) {
    draft.refused = true;
    return undefined;
  }
  const columns = keys.filter((column) => column !== null);
  const index: Index = {
    kind: 'index',
    name: indexName,
    madeByPlan: draft.madeByPlan,
    empty: table.empty,
    table: key,
    unique: form.kind !== 'exclusion',
    method: node.access_method || (form.kind === 'exclusion' ? 'gist' : 'btree'),
    columns: keys,
    columnNames: indexColumnNames([...sourceNames(elements, keys), ...include]),
    include,
    predicate: made.predicate,
    reads: [...elements.flatMap(elementReads), ...columnsRead(node.where_clause)],
    definition: '',
    constraint: name,
    signature: signatureOf(signedElements(elements, keys), node.where_clause),
    order: nextOrder(draft, key),
    ...(node.deferrable ? { deferrable: true } : {}),
    ...(node.nulls_not_distinct ? { nullsNotDistinct: true } : {}),
    ...(made.valid ? {} : { valid: false }),
    ...indexSettings(node.options, node.indexspace),
  };
  put(draft, index);
  const definition = made.exclusion ?? keyDefinition(form, columns, include, node);
  addToTable(draft, key, backedBy(name, form, columns, definition));
  return index;
}

function keyDefinition(
  form: IndexForm,
  columns: readonly string[],
  include: readonly string[],
  node: ConstraintNode,
): string {
  return [
    form.words === 'UNIQUE' && node.nulls_not_distinct ? 'UNIQUE NULLS NOT DISTINCT' : form.words,
    `(${columnList(columns)}${node.without_overlaps ? ' WITHOUT OVERLAPS' : ''})`,
    include.length > 0 ? `INCLUDE (${columnList(include)})` : '',
    deferrable(node),
  ]
    .filter((word) => word !== '')
    .join(' ');
}

/** A key's columns as the elements of the index that would be the same. */
function signedElements(
  elements: readonly IndexElem[],
  keys: readonly (string | null)[],
): readonly IndexElem[] {
  return elements.length > 0 ? elements : keys.map(() => ({}));
}

/** A constraint with the index of the same name behind it. */
function backedBy(name: string, form: IndexForm, columns: readonly string[], definition: string): Constraint {
  return {
    name,
    kind: form.kind,
    columns,
    validated: true,
    expression: undefined,
    provesNotNull: [],
    references: undefined,
    index: name,
    inherits: true,
    definition,
  };
}

/** ADD … USING INDEX: the index takes the constraint's name. */
function adoptIndex(draft: Draft, key: string, table: Table, node: ConstraintNode, form: IndexForm): void {
  const oldKey = relationKey({ schema: table.name.schema, name: node.indexname ?? '' });
  const index = draft.relations.get(oldKey);
  const name = node.conname ?? node.indexname ?? '';
  const newKey = relationKey({ schema: table.name.schema, name });
  const usable = index?.kind === 'index' && index.table === key && index.constraint === undefined;
  const taken = newKey !== oldKey && draft.relations.has(newKey);
  if (taken || (!usable && (index || draft.complete)) || table.constraints.some((one) => one.name === name)) {
    draft.refused = true;
    return;
  }
  if (usable) moveRelation(draft, oldKey, { schema: table.name.schema, name });
  if (usable) {
    const adopted = { ...index, name: { schema: table.name.schema, name }, constraint: name };
    put(draft, node.deferrable ? { ...adopted, deferrable: true } : adopted);
  }
  const columns = (usable ? index.columns : []).filter((column) => column !== null);
  const terms = { ...node, nulls_not_distinct: usable && index.nullsNotDistinct === true };
  const definition = keyDefinition(form, columns, usable ? index.include : [], terms);
  addToTable(draft, key, backedBy(name, form, columns, definition));
}

export function indexColumns(draft: Draft, tableKey: string, indexName: string): readonly string[] {
  const table = tableByKey(draft, tableKey);
  const index = table && find(draft, { schema: table.name.schema, name: indexName });
  return index?.kind === 'index' ? index.columns.filter((column) => column !== null) : [];
}

/** Without the options of its index, which that knows itself. */
function exclusionSource(statement: Statement, { location = 0 }: ConstraintNode): string {
  return sourceFrom(statement, 'exclude', location) ?? '';
}

function exclusionElements(node: ConstraintNode): readonly IndexElem[] {
  return (node.exclusions ?? []).flatMap((pair) => {
    const first = 'List' in pair ? pair.List.items?.[0] : undefined;
    return first && 'IndexElem' in first ? [first.IndexElem] : [];
  });
}

/** Null for an expression; `(a)` in parentheses is the column all the same. */
export function elementColumn({ name, expr }: IndexElem): string | null {
  if (name !== undefined) return name;
  return expr && 'ColumnRef' in expr ? (stringsOf(expr.ColumnRef.fields).at(-1) ?? null) : null;
}

/** Columns that an element reads in an expression. */
export function elementReads(element: IndexElem): readonly string[] {
  return elementColumn(element) === null ? columnsRead(element.expr) : [];
}

/** The name an index element gives the index's column. */
export function elementName(element: IndexElem): string {
  return element.name ?? expressionName(element.expr);
}

/** An index's elements, of a CREATE INDEX. */
export function elementsOf(statement: IndexStmt): readonly IndexElem[] {
  return (statement.indexParams ?? []).flatMap((node) => ('IndexElem' in node ? [node.IndexElem] : []));
}
