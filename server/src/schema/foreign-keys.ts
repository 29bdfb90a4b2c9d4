import type { Constraint as ConstraintNode } from '@pgsql/types';
import { nameOfRangeVar, stringsOf } from '../sql/names.ts';
import {
  addToTable,
  columnList,
  deferrable,
  type PendingConstraint,
  validitySuffix,
} from './constraint-parts.ts';
import { childKeys, chooseConstraintName, type Draft, findKey } from './draft.ts';
import { columnOf, indexesOf, tableByKey } from './lookup.ts';
import type { Constraint, Table } from './model.ts';
import { displayKey } from './names.ts';
import { joinColumnNames } from './object-names.ts';
import { ensureForeignKey } from './partitions.ts';

const actions: Readonly<Record<string, string>> = {
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
};

export function addForeignKey(
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
      validitySuffix(enforced, validated),
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
    keyOf(columns, referenced, target, node.fk_with_period === true),
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

function keyOf(
  columns: readonly string[],
  referenced: readonly string[],
  target: string,
  period: boolean,
): string {
  const list = (names: readonly string[]) =>
    names
      .map((name, at) =>
        period && at === names.length - 1 ? `PERIOD ${columnList([name])}` : columnList([name]),
      )
      .join(', ');
  const there = referenced.length > 0 ? `(${list(referenced)})` : '';
  return `FOREIGN KEY (${list(columns)}) REFERENCES ${target}${there}`;
}

const keyPart =
  /^FOREIGN KEY \((?:"(?:[^"]|"")*"|[^")])*\) REFERENCES (?:"(?:[^"]|"")*"|[^\s("])+(?:\((?:"(?:[^"]|"")*"|[^")])*\))?/;

/** A foreign key's definition after tables or columns that it names have got other names. */
export function respelledForeignKey(draft: Draft, constraint: Constraint): Constraint {
  const { kind, columns, references, definition } = constraint;
  if (kind !== 'foreign key' || !references || !keyPart.test(definition)) return constraint;
  const period = /^FOREIGN KEY \((?:[^"]|"[^"]*")*?PERIOD /.test(
    definition.slice(0, definition.indexOf(')')),
  );
  const key = keyOf(columns, references.columns, displayKey({ ...draft }, references.table), period);
  return { ...constraint, definition: definition.replace(keyPart, () => key) };
}

/** Whether two foreign keys say the same, whether valid or not. */
export function isSameForeignKey(one: Constraint, other: Constraint): boolean {
  const terms = ({ columns, references, definition }: Constraint) =>
    JSON.stringify([
      columns,
      references?.table,
      references?.columns,
      definition.replace(keyPart, '').replace(/ NOT VALID$/, ''),
    ]);
  return one.kind === other.kind && terms(one) === terms(other);
}
