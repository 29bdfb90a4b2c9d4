import type { ColumnDef, Constraint as ConstraintNode, Node, RangeVar } from '@pgsql/types';
import { constraintNodes } from '../schema/create-table.ts';
import { typeOf } from '../schema/draft.ts';
import { childrenOf, columnOf, domainChain, findType, relationKey } from '../schema/lookup.ts';
import type { Relation, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { namedType, serialBase } from '../sql/type-names.ts';
import type { Subcommand } from './alter-table.ts';
import type { Task } from './builder.ts';
import { readAll } from './reading.ts';
import { lockRange, lockReferencedTable, lookUpReferenced, rewriteTable } from './relations.ts';
import { volatilityOf } from './volatility.ts';

export const addColumn: Subcommand = (task, table, { def, missing_ok }) => {
  const definition = def && 'ColumnDef' in def ? def.ColumnDef : undefined;
  if (!definition) return;
  const name = definition.colname ?? '';
  if (columnOf(table, name)) {
    if (!missing_ok) {
      task.unknown(`the column ${quoteIdentifier(name)} is there already when this statement runs`, {
        remedy: 'take the statement out, or write ADD COLUMN IF NOT EXISTS',
        refused: { name, because: 'taken' },
      });
    }
    return;
  }
  const column: NewColumn = { name: quoteIdentifier(name), definition, nodes: constraintNodes(definition) };
  const family = receiving(task, table, name).filter((one) => !one.partitioned && !one.foreign);
  const reason = rewriteReason(task, column);
  if (reason !== undefined) for (const one of family) rewriteTable(task, one, reason);
  describeConstraints(task, table, family, column, reason !== undefined);
};

/** Tables that get the column. One that has it already is locked as well, and what inherits from that is not. */
function receiving(task: Task, table: Table, column: string): readonly Table[] {
  const tables = new Set([table]);
  for (const one of task.only ? [] : tables) {
    for (const child of childrenOf(task.schema, relationKey(one.name))) {
      task.lock(child, task.mode);
      if (!columnOf(child, column)) tables.add(child);
    }
  }
  return [...tables];
}

interface NewColumn {
  readonly name: string;
  readonly definition: ColumnDef;
  readonly nodes: readonly ConstraintNode[];
}

function constraintOf(column: NewColumn, type: ConstraintNode['contype']): ConstraintNode | undefined {
  return column.nodes.find((node) => node.contype === type);
}

/** Why every row gets a value of its own; undefined where a constant in the catalog will do. */
function rewriteReason(task: Task, column: NewColumn): string | undefined {
  const { name, definition } = column;
  if (definition.typeName && serialBase(definition.typeName))
    return `each row gets its own number in ${name}`;
  if (constraintOf(column, 'CONSTR_IDENTITY')) return `each row gets its own number in ${name}`;
  const generated = constraintOf(column, 'CONSTR_GENERATED');
  if (generated)
    return generated.generated_kind === 'v' ? undefined : `${name} is worked out and stored for each row`;
  const domain = domainReason(task, column);
  if (domain !== undefined) return domain;
  const value = defaultOf(task, column);
  readAll(task, value);
  const volatility = volatilityOf(value, task.schema);
  if (volatility === 'volatile') return `the default of ${name} is volatile: it is worked out for each row`;
  if (volatility !== 'steady') {
    task.unknown(`whether the function ${volatility.unknownFunction} in the default of ${name} is volatile`, {
      remedy: 'define it in the baseline DDL under database.schema',
      may: 'rewrite',
    });
  }
  return undefined;
}

/** The column's own default, else that of its domain. */
function defaultOf(task: Task, { definition, nodes }: NewColumn): Node | undefined {
  const own = nodes.find((node) => node.contype === 'CONSTR_DEFAULT');
  const type = typeOf(task.schema, definition.typeName);
  if (own || type === undefined) return own?.raw_expr;
  return domainChain(task.schema, type).find((one) => one.default)?.default;
}

/** A domain's constraints are checked on every row by writing it anew, default or not. */
function domainReason(task: Task, { name, definition }: NewColumn): string | undefined {
  const named = definition.typeName && namedType(definition.typeName);
  if (named?.kind !== 'user' || named.suffix !== '') return undefined;
  const type = findType(task.schema, named);
  const printed = typeOf(task.schema, definition.typeName) ?? named.name;
  if (!type && !task.schema.complete) {
    task.unknown(`whether ${printed} is a domain with constraints`, { may: 'rewrite' });
  }
  return domainChain(task.schema, printed).some((one) => one.constraints.length > 0)
    ? `the constraints of the domain ${printed} are checked for each row of ${name}`
    : undefined;
}

function describeConstraints(
  task: Task,
  table: Table,
  stored: readonly Table[],
  column: NewColumn,
  rewritten: boolean,
): void {
  const { name } = column;
  // Keys are not inherited; partitions get their part of them.
  const keyed = table.partitioned ? stored : [table];
  const value = defaultOf(task, column);
  const hasDefault = hasValue(column) || (value !== undefined && !isNull(value));
  for (const node of column.nodes) {
    switch (node.contype) {
      case 'CONSTR_CHECK':
        if (node.is_enforced && !rewritten)
          for (const one of node.is_no_inherit ? keyed : stored)
            task.scan(one, `the CHECK on ${name} is tested on every row`);
        break;
      case 'CONSTR_NOTNULL':
        if (hasDefault) break;
        for (const one of stored) {
          task.scan(one, `every row is looked at for a null in ${name}, and has one`);
          task.refuse(one, `${name} is null in every row`);
        }
        break;
      case 'CONSTR_PRIMARY':
      case 'CONSTR_UNIQUE':
        for (const one of keyed) task.build(one, `the unique index on ${name} is built`);
        if (!hasDefault && node.contype === 'CONSTR_PRIMARY')
          for (const one of stored) task.refuse(one, `${name} is null in every row`);
        break;
      case 'CONSTR_FOREIGN':
        describeForeignKey(task, column, node, isTested(column) ? keyed : []);
        break;
      default:
        break;
    }
  }
}

/** A foreign key is tested where a default is written, be it NULL, and not for an identity (`transformAlterTableStmt`). */
function isTested(column: NewColumn): boolean {
  const { typeName } = column.definition;
  if (typeName && serialBase(typeName)) return true;
  return (
    constraintOf(column, 'CONSTR_DEFAULT') !== undefined ||
    constraintOf(column, 'CONSTR_GENERATED') !== undefined
  );
}

/** Rows that get a value are looked up where the key points; `filled` holds them. */
function describeForeignKey(
  task: Task,
  { name }: NewColumn,
  node: ConstraintNode,
  filled: readonly Table[],
): void {
  const target = lockPointedAt(task, node.pktable);
  if (!node.is_enforced) return;
  for (const one of filled) {
    task.scan(one, `the foreign key on ${name} is tested on every row`, 'lookup');
    if (target && !one.empty)
      lookUpReferenced(task, relationKey(target.name), `the foreign key on ${name} looks every row up in it`);
  }
}

/** Whether old rows get something other than null, default or not. */
function hasValue({ definition, nodes }: NewColumn): boolean {
  if (definition.typeName && serialBase(definition.typeName)) return true;
  return nodes.some((node) => node.contype === 'CONSTR_IDENTITY' || node.contype === 'CONSTR_GENERATED');
}

/** The table that a new foreign key points at. */
export function lockPointedAt(task: Task, range: RangeVar | undefined): Relation | undefined {
  const target = lockRange(task, range, 'ShareRowExclusiveLock');
  if (target) lockReferencedTable(task, relationKey(target.name), 'ShareRowExclusiveLock');
  return target;
}

function isNull(expression: Node): boolean {
  return 'A_Const' in expression && expression.A_Const.isnull === true;
}
