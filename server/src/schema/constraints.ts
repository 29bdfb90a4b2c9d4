import type { Constraint as ConstraintNode, IndexElem, IndexStmt } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, quoteIdentifier, stringsOf } from '../sql/names.ts';
import { sourceInParentheses } from '../sql/source.ts';
import {
  chooseConstraintName,
  chooseRelationName,
  type Draft,
  find,
  findKey,
  put,
  updateTable,
} from './draft.ts';
import { columnsRead, expressionName, provesNotNull } from './expressions.ts';
import { descendantsOf, tableByKey } from './lookup.ts';
import type { Constraint, Index, Table } from './model.ts';
import { displayKey, relationKey } from './names.ts';
import { chooseName, indexColumnNames, joinColumnNames } from './object-names.ts';

/** A constraint as written, with the columns it is about. */
export interface PendingConstraint {
  readonly node: ConstraintNode;
  readonly columns: readonly string[];
  /** CREATE TABLE and a new column without a default have nothing to validate: NOT VALID says nothing there. */
  readonly alwaysValid: boolean;
}

/** Order in which Postgres makes, and so names, the constraints of one statement. */
const creationOrder = [
  'CONSTR_CHECK',
  'CONSTR_NOTNULL',
  'CONSTR_PRIMARY',
  'CONSTR_UNIQUE',
  'CONSTR_EXCLUSION',
  'CONSTR_FOREIGN',
];

export function addConstraints(
  draft: Draft,
  tableKey: string,
  pending: readonly PendingConstraint[],
  statement: Statement,
): void {
  const distinct = withoutRepeats(pending);
  for (const kind of creationOrder) {
    // The column itself gets NOT NULL with its primary key, and is named with the other NOT NULLs.
    if (kind === 'CONSTR_NOTNULL') {
      const primary = pending.filter(({ node }) => node.contype === 'CONSTR_PRIMARY');
      const explicit = pending.filter(({ node }) => node.contype === kind);
      for (const one of explicit) addNotNull(draft, tableKey, one);
      for (const { node, columns } of primary) {
        const keyed = node.indexname ? indexColumns(draft, tableKey, node.indexname) : columns;
        for (const column of keyed) setNotNull(draft, tableKey, column);
      }
      continue;
    }
    for (const one of distinct.filter(({ node }) => node.contype === kind))
      addOne(draft, tableKey, one, statement);
  }
}

/** Of several primary key or unique constraints that say the same, Postgres makes one index; a name given wins. */
function withoutRepeats(pending: readonly PendingConstraint[]): readonly PendingConstraint[] {
  const kept = new Map<string, PendingConstraint>();
  const sorted = [...pending].sort(
    (a, b) => Number(b.node.contype === 'CONSTR_PRIMARY') - Number(a.node.contype === 'CONSTR_PRIMARY'),
  );
  sorted.forEach((one, at) => {
    const { contype, including, nulls_not_distinct, deferrable, initdeferred, indexname } = one.node;
    const indexed = contype === 'CONSTR_PRIMARY' || contype === 'CONSTR_UNIQUE';
    const same = [one.columns, stringsOf(including), nulls_not_distinct, deferrable, initdeferred, indexname];
    const key = indexed ? JSON.stringify(same) : String(at);
    const prior = kept.get(key);
    if (!prior) kept.set(key, one);
    else
      kept.set(key, { ...prior, node: { ...prior.node, conname: prior.node.conname ?? one.node.conname } });
  });
  return [...kept.values()];
}

function addOne(draft: Draft, tableKey: string, pending: PendingConstraint, statement: Statement): void {
  const table = tableByKey(draft, tableKey);
  if (!table) return;
  switch (pending.node.contype) {
    case 'CONSTR_CHECK':
      addCheck(draft, tableKey, table, pending, statement);
      break;
    case 'CONSTR_FOREIGN':
      addForeignKey(draft, tableKey, table, pending);
      break;
    default:
      addIndexConstraint(draft, tableKey, table, pending);
  }
}

function addToTable(draft: Draft, tableKey: string, constraint: Constraint): void {
  updateTable(draft, tableKey, (table) =>
    table.constraints.some(({ name }) => name === constraint.name)
      ? table
      : { ...table, constraints: [...table.constraints, constraint] },
  );
}

function addCheck(
  draft: Draft,
  key: string,
  table: Table,
  { node, alwaysValid }: PendingConstraint,
  statement: Statement,
): void {
  const columns = columnsRead(node.raw_expr);
  const only = columns.length === 1 ? columns[0] : undefined;
  const { schema, name } = table.name;
  const enforced = node.is_enforced === true;
  const expression = sourceInParentheses(statement, 'check', node.location ?? 0);
  const validated = enforced && (alwaysValid || node.initially_valid === true);
  const constraint: Constraint = {
    name: node.conname ?? chooseConstraintName(draft, schema, name, only, 'check'),
    kind: 'check',
    columns,
    validated,
    expression,
    provesNotNull: provesNotNull(node.raw_expr),
    references: undefined,
    index: undefined,
    inherits: node.is_no_inherit !== true,
    definition: `CHECK (${expression ?? ''})${node.is_no_inherit ? ' NO INHERIT' : ''}${suffix(enforced, validated)}`,
  };
  const heirs = constraint.inherits ? descendantsOf(draft, key).map((child) => relationKey(child.name)) : [];
  for (const each of [key, ...heirs]) addToTable(draft, each, constraint);
}

function suffix(enforced: boolean, validated: boolean): string {
  return enforced ? (validated ? '' : ' NOT VALID') : ' NOT ENFORCED';
}

const actions: Readonly<Record<string, string>> = {
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
};

function addForeignKey(
  draft: Draft,
  key: string,
  table: Table,
  { node, columns, alwaysValid }: PendingConstraint,
): void {
  if (!node.pktable) return;
  const target = findKey(draft, nameOfRangeVar(node.pktable));
  const targetTable = tableByKey(draft, target);
  const { schema, name } = table.name;
  const named = stringsOf(node.pk_attrs);
  const primary = targetTable?.constraints.find(({ kind }) => kind === 'primary key');
  const enforced = node.is_enforced === true;
  const validated = enforced && (alwaysValid || node.skip_validation !== true);
  const referenced = named.length > 0 ? named : (primary?.columns ?? []);
  const constraint: Constraint = {
    name: node.conname ?? chooseConstraintName(draft, schema, name, joinColumnNames(columns), 'fkey'),
    kind: 'foreign key',
    columns,
    validated,
    expression: undefined,
    provesNotNull: [],
    references: { table: target, columns: referenced },
    index: undefined,
    inherits: true,
    definition:
      foreignKeyDefinition(node, columns, referenced, displayKey({ ...draft }, target)) +
      suffix(enforced, validated),
  };
  const partitions = table.partitioned
    ? descendantsOf(draft, key).map((child) => relationKey(child.name))
    : [];
  for (const each of [key, ...partitions]) addToTable(draft, each, constraint);
}

function foreignKeyDefinition(
  node: ConstraintNode,
  columns: readonly string[],
  referenced: readonly string[],
  target: string,
): string {
  const deleteColumns = stringsOf(node.fk_del_set_cols);
  const onDelete = node.fk_del_action ? actions[node.fk_del_action] : undefined;
  const onUpdate = node.fk_upd_action ? actions[node.fk_upd_action] : undefined;
  return [
    `FOREIGN KEY (${columnList(columns)}) REFERENCES ${target}${referenced.length > 0 ? `(${columnList(referenced)})` : ''}`,
    node.fk_matchtype === 'f' ? 'MATCH FULL' : '',
    onUpdate ? `ON UPDATE ${onUpdate}` : '',
    onDelete
      ? `ON DELETE ${onDelete}${deleteColumns.length > 0 ? ` (${columnList(deleteColumns)})` : ''}`
      : '',
    deferrable(node),
  ]
    .filter((part) => part !== '')
    .join(' ');
}

function deferrable(node: ConstraintNode): string {
  return node.initdeferred ? 'DEFERRABLE INITIALLY DEFERRED' : node.deferrable ? 'DEFERRABLE' : '';
}

export function columnList(columns: readonly string[]): string {
  return columns.map(quoteIdentifier).join(', ');
}

const indexKinds = {
  CONSTR_PRIMARY: { kind: 'primary key', label: 'pkey', words: 'PRIMARY KEY' },
  CONSTR_UNIQUE: { kind: 'unique', label: 'key', words: 'UNIQUE' },
  CONSTR_EXCLUSION: { kind: 'exclusion', label: 'excl', words: 'EXCLUDE' },
} as const;

function addIndexConstraint(draft: Draft, key: string, table: Table, pending: PendingConstraint): void {
  const { node } = pending;
  const form = indexKinds[node.contype as keyof typeof indexKinds];
  if (!form) return;
  if (node.indexname) {
    adoptIndex(draft, key, table, node, form);
    return;
  }
  const elements = exclusionElements(node);
  const keys = node.contype === 'CONSTR_EXCLUSION' ? elements.map(elementColumn) : pending.columns;
  const include = stringsOf(node.including);
  const name = node.conname ?? constraintIndexName(draft, table, form, elements, keys, include);
  makeIndexConstraint(draft, key, table, { name, form, keys, include, node, elements });
  for (const child of table.partitioned ? descendantsOf(draft, key) : []) {
    const own = constraintIndexName(draft, child, form, elements, keys, include);
    makeIndexConstraint(draft, relationKey(child.name), child, {
      name: own,
      form,
      keys,
      include,
      node,
      elements,
    });
  }
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
  readonly node: ConstraintNode;
  readonly elements: readonly IndexElem[];
}

function makeIndexConstraint(draft: Draft, key: string, table: Table, made: IndexConstraint): void {
  const { name, form, keys, include, node, elements } = made;
  const indexName = { schema: table.name.schema, name };
  if (draft.relations.has(relationKey(indexName))) return;
  const columns = keys.filter((column) => column !== null);
  const words = [
    form.words === 'UNIQUE' && node.nulls_not_distinct ? 'UNIQUE NULLS NOT DISTINCT' : form.words,
    `(${columnList(columns)})`,
    include.length > 0 ? `INCLUDE (${columnList(include)})` : '',
    deferrable(node),
  ];
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
    predicate: undefined,
    reads: [...elements.flatMap((element) => columnsRead(element.expr)), ...columnsRead(node.where_clause)],
    definition: '',
    constraint: name,
  };
  put(draft, index);
  addToTable(draft, key, {
    name,
    kind: form.kind,
    columns,
    validated: true,
    expression: undefined,
    provesNotNull: [],
    references: undefined,
    index: name,
    inherits: true,
    definition: form.kind === 'exclusion' ? '' : words.filter((word) => word !== '').join(' '),
  });
}

/** ADD … USING INDEX: the index takes the constraint's name. */
function adoptIndex(draft: Draft, key: string, table: Table, node: ConstraintNode, form: IndexForm): void {
  const oldKey = relationKey({ schema: table.name.schema, name: node.indexname ?? '' });
  const index = draft.relations.get(oldKey);
  if (index && index.kind !== 'index') return;
  if (!index && draft.complete) return;
  const name = node.conname ?? node.indexname ?? '';
  if (index) {
    draft.relations.delete(oldKey);
    put(draft, { ...index, name: { schema: table.name.schema, name }, constraint: name });
  }
  const columns = (index?.columns ?? []).filter((column) => column !== null);
  addToTable(draft, key, {
    name,
    kind: form.kind,
    columns,
    validated: true,
    expression: undefined,
    provesNotNull: [],
    references: undefined,
    index: name,
    inherits: true,
    definition: `${form.words} (${columnList(columns)})`,
  });
}

function indexColumns(draft: Draft, tableKey: string, indexName: string): readonly string[] {
  const table = tableByKey(draft, tableKey);
  const index = table && find(draft, { schema: table.name.schema, name: indexName });
  return index?.kind === 'index' ? index.columns.filter((column) => column !== null) : [];
}

function exclusionElements(node: ConstraintNode): readonly IndexElem[] {
  return (node.exclusions ?? []).flatMap((pair) => {
    const first = 'List' in pair ? pair.List.items?.[0] : undefined;
    return first && 'IndexElem' in first ? [first.IndexElem] : [];
  });
}

export function elementColumn(element: IndexElem): string | null {
  return element.name ?? null;
}

/** The name an index element gives the index's column. */
export function elementName(element: IndexElem): string {
  return element.name ?? expressionName(element.expr);
}

/** An index's elements, of a CREATE INDEX. */
export function elementsOf(statement: IndexStmt): readonly IndexElem[] {
  return (statement.indexParams ?? []).flatMap((node) => ('IndexElem' in node ? [node.IndexElem] : []));
}

/**
 * NOT NULL with its constraint, named as Postgres 18 does (older versions keep none), on the table and those
 * that inherit from it.
 */
export function setNotNull(
  draft: Draft,
  tableKey: string,
  column: string,
  name?: string,
  validated = true,
  inherits = true,
): void {
  const table = tableByKey(draft, tableKey);
  if (!table) return;
  const existing = table.constraints.find((one) => one.kind === 'not null' && one.columns[0] === column);
  const chosen =
    existing?.name ??
    name ??
    chooseConstraintName(draft, table.name.schema, table.name.name, column, 'not_null');
  markNotNull(draft, tableKey, column, chosen, validated, inherits);
  if (!inherits) return;
  for (const child of descendantsOf(draft, tableKey)) {
    markNotNull(draft, relationKey(child.name), column, chosen, validated, true);
  }
}

function markNotNull(
  draft: Draft,
  key: string,
  column: string,
  name: string,
  validated: boolean,
  inherits: boolean,
): void {
  updateTable(draft, key, (table) => {
    const existing = table.constraints.find((one) => one.kind === 'not null' && one.columns[0] === column);
    const taken = table.constraints.map((one) => one.name);
    const chosen =
      taken.includes(name) && !existing
        ? chooseName(table.name.name, column, 'not_null', (n) => taken.includes(n))
        : name;
    const constraint: Constraint = {
      name: existing?.name ?? chosen,
      kind: 'not null',
      columns: [column],
      validated: validated || existing?.validated === true,
      expression: undefined,
      provesNotNull: validated ? [column] : [],
      references: undefined,
      index: undefined,
      inherits,
      definition: `NOT NULL ${quoteIdentifier(column)}${validated ? '' : ' NOT VALID'}`,
    };
    return {
      ...table,
      columns: table.columns.map((one) => (one.name === column ? { ...one, notNull: true } : one)),
      constraints: [...table.constraints.filter((one) => one !== existing), constraint],
    };
  });
}

function addNotNull(draft: Draft, tableKey: string, { node, columns, alwaysValid }: PendingConstraint): void {
  const valid = alwaysValid || node.skip_validation !== true;
  for (const column of columns)
    setNotNull(draft, tableKey, column, node.conname, valid, node.is_no_inherit !== true);
}
