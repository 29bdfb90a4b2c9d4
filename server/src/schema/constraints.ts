import type { Statement } from '../sql/model.ts';
import { stringsOf } from '../sql/names.ts';
import { sourceInParentheses } from '../sql/source.ts';
import { addToTable, type PendingConstraint, validitySuffix } from './constraint-parts.ts';
import { dependenciesOf, withDependencies } from './dependencies.ts';
import { childKeys, chooseConstraintName, type Draft } from './draft.ts';
import { columnsRead, provesNotNull } from './expressions.ts';
import { addForeignKey } from './foreign-keys.ts';
import { addIndexConstraint, indexColumns } from './index-constraints.ts';
import { changeConstraint, parentsWithConstraint } from './inheritance.ts';
import { columnOf, constraintOf, tableByKey } from './lookup.ts';
import type { Constraint, Table } from './model.ts';
import { notNullOf, setNotNull } from './not-null.ts';

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
        // A key made of an index makes an inherited NOT NULL the table's own, another does not.
        for (const column of keyed) {
          const there = notNullOf(tableByKey(draft, tableKey), column);
          const enough = there?.inherits === true && there.validated;
          if (node.indexname || !enough) setNotNull(draft, tableKey, column);
        }
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
    definition: `CHECK (${expression ?? ''})${node.is_no_inherit ? ' NO INHERIT' : ''}${validitySuffix(enforced, validated)}`,
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
export function putCheck(draft: Draft, key: string, constraint: Constraint): void {
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
