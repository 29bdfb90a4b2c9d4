import type { Constraint as ConstraintNode } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, quoteIdentifier, stringsOf } from '../sql/names.ts';
import { sourceInParentheses } from '../sql/source.ts';
import { addToTable, columnList, deferrable, type PendingConstraint } from './constraint-parts.ts';
import { chooseConstraintName, type Draft, findKey, heirsOf, updateTable } from './draft.ts';
import { columnsRead, provesNotNull } from './expressions.ts';
import { addIndexConstraint, indexColumns } from './index-constraints.ts';
import { tableByKey } from './lookup.ts';
import type { Constraint, Table } from './model.ts';
import { displayKey, relationKey } from './names.ts';
import { chooseName, joinColumnNames } from './object-names.ts';

export type { PendingConstraint } from './constraint-parts.ts';

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
      addIndexConstraint(draft, tableKey, table, pending, statement);
  }
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
  const heirs = constraint.inherits ? heirsOf(draft, key).map((child) => relationKey(child.name)) : [];
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
  const partitions = table.partitioned ? heirsOf(draft, key).map((child) => relationKey(child.name)) : [];
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
  for (const child of heirsOf(draft, tableKey)) {
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
