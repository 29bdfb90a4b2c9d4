import type { RangeVar } from '@pgsql/types';
import { constraintOf } from '../../schema/lookup.ts';
import type { Table } from '../../schema/model.ts';
import { chooseName } from '../../schema/object-names.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import type { RuleContext } from '../model.ts';
import type { SqlStep } from '../new-steps.ts';

/** Steps around a statement that needs a column without nulls. */
export interface Proof {
  readonly before: readonly SqlStep[];
  readonly after: readonly SqlStep[];
}

/** Valid CHECKs spare SET NOT NULL and ADD PRIMARY KEY their look at every row; after them they go. */
export function checkProofs(
  table: Table | undefined,
  target: RangeVar,
  columns: readonly string[],
): readonly Proof[] {
  const names = constraintNames(table, target, columns, 'is_not_null');
  return columns.map((column, at) => checkProof(target, column, quoteIdentifier(names[at] ?? '')));
}

function checkProof(target: RangeVar, name: string, check: string): Proof {
  const table = writeName(nameOfRangeVar(target));
  const column = quoteIdentifier(name);
  const add = `ALTER TABLE ${table} ADD CONSTRAINT ${check} CHECK (${column} IS NOT NULL) NOT VALID;`;
  const validate = `ALTER TABLE ${table} VALIDATE CONSTRAINT ${check};`;
  const drop = `ALTER TABLE ${table} DROP CONSTRAINT ${check};`;
  return {
    before: [
      { name: `${name}: no new NULL`, sql: add, rollback: drop },
      {
        name: `${name}: no old NULL either`,
        sql: validate,
        rollback: { not_needed: `dropping ${check} undoes it` },
      },
    ],
    after: [
      {
        name: `${name}: drop the check that NOT NULL replaces`,
        sql: drop,
        rollback: [{ sql: add }, { sql: validate }],
      },
    ],
  };
}

/** Whether the plan says that its server knows NOT NULL … NOT VALID. A plain file does not say its server. */
export function hasNotNullConstraints({ plan }: RuleContext): boolean {
  return (plan.database.version?.value ?? 0) >= 18;
}

/** Names for NOT NULL constraints of columns, those that Postgres 18 gives them where they are free: in SQL. */
export function notNullNames(
  table: Table | undefined,
  target: RangeVar,
  columns: readonly string[],
): readonly string[] {
  return constraintNames(table, target, columns, 'not_null').map(quoteIdentifier);
}

/** A name for each column's constraint, after the pattern of Postgres' own, which no other of the table has. */
function constraintNames(
  table: Table | undefined,
  target: RangeVar,
  columns: readonly string[],
  label: string,
): readonly string[] {
  const names: string[] = [];
  const taken = (name: string) => names.includes(name) || constraintOf(table, name) !== undefined;
  for (const column of columns) names.push(chooseName(target.relname ?? '', column, label, taken));
  return names;
}
