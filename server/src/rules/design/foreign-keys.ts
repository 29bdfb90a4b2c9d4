import type { Constraint, Node, RangeVar } from '@pgsql/types';
import { tableOf } from '../../schema/lookup.ts';
import type { Table } from '../../schema/model.ts';
import { stringsOf } from '../../sql/names.ts';
import type { RuleContext } from '../model.ts';
import { alterCommands, alterTable, type PlacedStatement, sqlStatements } from '../statements.ts';
import { isTemporary } from './new-columns.ts';

/** A foreign key that a step's statement makes. */
export interface NewForeignKey {
  readonly placed: PlacedStatement;
  readonly constraint: Constraint;
  /** The referencing table as the statement leaves it. */
  readonly table: Table;
  readonly columns: readonly string[];
  /** The referenced table as the statement leaves it; undefined where it is not known. */
  readonly referenced: Table | undefined;
  /** Its columns, those of its primary key where none are named; empty where that is not known. */
  readonly referencedColumns: readonly string[];
}

/** The foreign keys that the plan's steps make, in order; those of temporary tables left out. */
export function* newForeignKeys(context: RuleContext): Generator<NewForeignKey> {
  for (const placed of sqlStatements(context)) {
    if (placed.part === 'step') yield* foreignKeysOf(placed);
  }
}

function* foreignKeysOf(placed: PlacedStatement): Generator<NewForeignKey> {
  const { node } = placed.s.statement;
  if ('CreateStmt' in node) {
    const { relation, tableElts } = node.CreateStmt;
    if (!isTemporary(relation)) yield* among(placed, relation, tableElts ?? []);
  } else if ('AlterTableStmt' in node) {
    const added = alterCommands(placed.s).flatMap(({ subtype, def }) =>
      def && (subtype === 'AT_AddConstraint' || subtype === 'AT_AddColumn') ? [def] : [],
    );
    yield* among(placed, alterTable(placed.s)?.relation, added);
  }
}

function* among(
  placed: PlacedStatement,
  relation: RangeVar | undefined,
  nodes: readonly Node[],
): Generator<NewForeignKey> {
  for (const node of nodes) {
    if ('Constraint' in node) yield* foreignKey(placed, relation, node.Constraint, undefined);
    if (!('ColumnDef' in node)) continue;
    const { colname, constraints = [] } = node.ColumnDef;
    for (const one of constraints)
      if ('Constraint' in one) yield* foreignKey(placed, relation, one.Constraint, colname);
  }
}

function* foreignKey(
  placed: PlacedStatement,
  relation: RangeVar | undefined,
  constraint: Constraint,
  column: string | undefined,
): Generator<NewForeignKey> {
  if (constraint.contype !== 'CONSTR_FOREIGN') return;
  const table = tableOf(placed.s.after, relation);
  if (!table) return;
  const referenced = tableOf(placed.s.after, constraint.pktable);
  const named = stringsOf(constraint.pk_attrs);
  const primary = referenced?.constraints.find(({ kind }) => kind === 'primary key')?.columns ?? [];
  yield {
    placed,
    constraint,
    table,
    columns: column === undefined ? stringsOf(constraint.fk_attrs) : [column],
    referenced,
    referencedColumns: named.length > 0 ? named : primary,
  };
}
