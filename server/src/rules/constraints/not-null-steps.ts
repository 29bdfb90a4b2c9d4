import type { RangeVar } from '@pgsql/types';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import type { RuleContext } from '../model.ts';
import type { SqlStep } from '../new-steps.ts';

/** Steps around a statement that needs a column without nulls. */
export interface Proof {
  readonly before: readonly SqlStep[];
  readonly after: readonly SqlStep[];
}

/** A valid CHECK spares SET NOT NULL and ADD PRIMARY KEY their look at every row; after them it goes. */
export function checkProof(target: RangeVar, name: string): Proof {
  const table = writeName(nameOfRangeVar(target));
  const column = quoteIdentifier(name);
  const check = quoteIdentifier(`${target.relname}_${name}_is_not_null`.slice(0, 63));
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

/** The NOT NULL constraint of a column, under the name that Postgres 18 gives it. */
export function notNullName(target: RangeVar, column: string): string {
  return quoteIdentifier(`${target.relname}_${column}_not_null`.slice(0, 63));
}
