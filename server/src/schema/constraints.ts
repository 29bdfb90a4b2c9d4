import type { Constraint as ConstraintNode } from '@pgsql/types';
import type { Statement } from '../sql/model.ts';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import { sourceInParentheses } from '../sql/source.ts';
import { addToTable, columnList, deferrable, type PendingConstraint } from './constraint-parts.ts';
import { dependenciesOf, withDependencies } from './dependencies.ts';
import { childKeys, chooseConstraintName, type Draft, findKey } from './draft.ts';
import { columnsRead, provesNotNull } from './expressions.ts';
import { addIndexConstraint, indexColumns } from './index-constraints.ts';
import { changeConstraint, parentsWithConstraint } from './inheritance.ts';
import { columnOf, constraintOf, indexesOf, tableByKey } from './lookup.ts';
import type { Constraint, Table } from './model.ts';
import { displayKey } from './names.ts';
import { notNullOf, setNotNull } from './not-null.ts';
import { joinColumnNames } from './object-names.ts';
import { ensureForeignKey } from './partitions.ts';

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
      for (const one of oneForEachColumn(explicit)) addNotNull(draft, tableKey, one);
      for (const { node, columns } of primary) {
        const keyed = node.indexname ? indexColumns(draft, tableKey, node.indexname) : columns;
        for (const column of keyed)
          if (!notNullOf(tableByKey(draft, tableKey), column)?.inherits) setNotNull(draft, tableKey, column);
      }
      continue;
    }
    for (const one of distinct.filter(({ node }) => node.contype === kind))
      addOne(draft, tableKey, one, statement);
  }
}

/** A column said to be NOT NULL twice has one constraint; a name given wins. */
function oneForEachColumn(pending: readonly PendingConstraint[]): readonly PendingConstraint[] {
  const kept = new Map<string, PendingConstraint>();
  for (const one of pending) {
    const [column = ''] = one.columns;
    const prior = kept.get(column);
    const conname = prior?.node.conname ?? one.node.conname;
    kept.set(column, prior ? { ...prior, node: { ...prior.node, ...(conname ? { conname } : {}) } } : one);
  }
  return [...kept.values()];
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
  pending: PendingConstraint,
  statement: Statement,
): void {
  const { node, alwaysValid } = pending;
  const columns = columnsRead(node.raw_expr);
  const only = columns.length === 1 ? columns[0] : undefined;
  const { schema, name } = table.name;
  const enforced = node.is_enforced === true;
  const expression = sourceInParentheses(statement, 'check', node.location ?? 0);
  const validated = enforced && (alwaysValid || node.initially_valid === true);
  const source = {
    name: node.conname ?? chooseConstraintName(draft, schema, name, only, 'check'),
    kind: 'check' as const,
    columns,
    validated,
    expression,
    provesNotNull: provesNotNull(node.raw_expr),
    references: undefined,
    index: undefined,
    inherits: node.is_no_inherit !== true,
    definition: `CHECK (${expression ?? ''})${node.is_no_inherit ? ' NO INHERIT' : ''}${suffix(enforced, validated)}`,
    ...(enforced ? {} : { enforced: false }),
  };
  const constraint: Constraint = withDependencies(source, dependenciesOf(draft, node.raw_expr));
  const children = constraint.inherits ? childKeys(draft, key) : [];
  const unknown = table.columnsComplete && columns.some((column) => !columnOf(table, column));
  if (unknown || (pending.only && children.length > 0) || (!constraint.inherits && table.partitioned)) {
    draft.refused = true;
    return;
  }
  putCheck(draft, key, constraint);
}

/** On the table and its heirs; one that has an equal check of that name keeps it as its own as well. */
function putCheck(draft: Draft, key: string, constraint: Constraint): void {
  const table = tableByKey(draft, key);
  const existing = constraintOf(table, constraint.name);
  if (!table) return;
  if (existing) {
    const inherited = parentsWithConstraint(draft, table, existing) > 0;
    const mergeable = constraint.local === false || inherited;
    if (!mergeable || !isSameCheck(existing, constraint)) draft.refused = true;
    else if (constraint.local !== false && !table.partition)
      changeConstraint(draft, key, existing.name, (one) => ({ ...one, local: true }));
    return;
  }
  addToTable(draft, key, constraint);
  if (constraint.inherits)
    for (const child of childKeys(draft, key)) putCheck(draft, child, { ...constraint, local: false });
}

function isSameCheck(one: Constraint, { kind, expression, inherits }: Constraint): boolean {
  const bare = (source: string | undefined) => source?.replace(/\s+/g, ' ');
  return one.kind === kind && one.inherits === inherits && bare(one.expression) === bare(expression);
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
  { node, columns, alwaysValid, only }: PendingConstraint,
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
  const index = named.length > 0 ? uniqueIndexOn(draft, target, referenced) : primary?.index;
  const unknown = targetTable ? targetTable.columnsComplete && index === undefined : draft.complete;
  const missing = unknown && draft.madeByPlan;
  const parts = table.partitioned ? childKeys(draft, key) : [];
  const taken = table.constraints.some((one) => one.name === node.conname);
  const lacking = table.columnsComplete && columns.some((column) => !columnOf(table, column));
  if (missing || taken || lacking || (only && parts.length > 0)) {
    draft.refused = true;
    return;
  }
  const constraint: Constraint = {
    name: node.conname ?? chooseConstraintName(draft, schema, name, joinColumnNames(columns), 'fkey'),
    kind: 'foreign key',
    columns,
    validated,
    expression: undefined,
    provesNotNull: [],
    references: { table: target, columns: referenced, index },
    index: undefined,
    inherits: true,
    definition:
      foreignKeyDefinition(node, columns, referenced, displayKey({ ...draft }, target)) +
      suffix(enforced, validated),
    ...(enforced ? {} : { enforced: false }),
  };
  addToTable(draft, key, constraint);
  for (const child of parts) ensureForeignKey(draft, constraint, child);
}

/** The first index that holds these columns in any order and no row twice. */
function uniqueIndexOn(draft: Draft, key: string, columns: readonly string[]): string | undefined {
  const wanted = [...columns].sort().join('\0');
  for (const { unique, predicate, valid = true, deferrable, columns: own, name } of indexesOf(draft, key)) {
    if (unique && valid && !deferrable && predicate === undefined && [...own].sort().join('\0') === wanted)
      return name.name;
  }
  return undefined;
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

function addNotNull(draft: Draft, tableKey: string, pending: PendingConstraint): void {
  const { node, columns, alwaysValid, only } = pending;
  const validated = alwaysValid || node.skip_validation !== true;
  const inherits = node.is_no_inherit !== true;
  for (const column of columns) {
    const existing = notNullOf(tableByKey(draft, tableKey), column);
    // SET NOT NULL validates what is not valid yet, another constraint does not.
    if (existing && validated && !existing.validated) draft.refused = true;
    setNotNull(draft, tableKey, column, { name: node.conname, validated, inherits, recurse: !only });
  }
}
