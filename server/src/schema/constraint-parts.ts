import type { Constraint as ConstraintNode } from '@pgsql/types';
import { quoteIdentifier } from '../sql/names.ts';
import { type Draft, updateTable } from './draft.ts';
import type { Constraint } from './model.ts';

/** A constraint as written, with the columns it is about. */
export interface PendingConstraint {
  readonly node: ConstraintNode;
  readonly columns: readonly string[];
  /** CREATE TABLE and a new column without a default have nothing to validate: NOT VALID says nothing there. */
  readonly alwaysValid: boolean;
  /** ALTER TABLE ONLY: partitions get their index otherwise. */
  readonly only?: boolean;
}

/** Leaves the table alone where it has a constraint of that name. */
export function addToTable(draft: Draft, tableKey: string, constraint: Constraint): void {
  updateTable(draft, tableKey, (table) =>
    table.constraints.some(({ name }) => name === constraint.name)
      ? table
      : { ...table, constraints: [...table.constraints, constraint] },
  );
}

/** DEFERRABLE as a definition says it; empty where it is not. */
export function deferrable(node: ConstraintNode): string {
  return node.initdeferred ? 'DEFERRABLE INITIALLY DEFERRED' : node.deferrable ? 'DEFERRABLE' : '';
}

export function columnList(columns: readonly string[]): string {
  return columns.map(quoteIdentifier).join(', ');
}

/** What a definition ends with where the constraint is not valid, or not even enforced. */
export function validitySuffix(enforced: boolean, validated: boolean): string {
  return enforced ? (validated ? '' : ' NOT VALID') : ' NOT ENFORCED';
}
