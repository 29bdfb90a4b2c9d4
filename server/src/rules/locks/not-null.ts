import type { RangeVar } from '@pgsql/types';
import type { Table } from '../../schema/model.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import { checkProofs, hasNotNullConstraints, notNullNames } from '../constraints/not-null-steps.ts';
import type { RuleContext } from '../model.ts';
import type { SqlStep } from '../new-steps.ts';

/** Steps that make a filled column of a table, which may be known, NOT NULL without reading the table under a lock that stops anyone. */
export function notNullSteps(
  context: RuleContext,
  known: Table | undefined,
  target: RangeVar,
  name: string,
): readonly SqlStep[] {
  const table = writeName(nameOfRangeVar(target));
  const column = quoteIdentifier(name);
  if (hasNotNullConstraints(context)) {
    const [constraint] = notNullNames(known, target, [name]);
    return [
      {
        name: `${name}: no new NULL`,
        sql: `ALTER TABLE ${table} ADD CONSTRAINT ${constraint} NOT NULL ${column} NOT VALID;`,
        rollback: `ALTER TABLE ${table} DROP CONSTRAINT ${constraint};`,
      },
      {
        name: `${name}: no old NULL either`,
        sql: `ALTER TABLE ${table} VALIDATE CONSTRAINT ${constraint};`,
        rollback: { not_needed: `dropping ${constraint} undoes it` },
      },
    ];
  }
  const [proof] = checkProofs(known, target, [name]);
  const set: SqlStep = {
    name: `${name}: the column is required`,
    sql: `ALTER TABLE ${table} ALTER COLUMN ${column} SET NOT NULL;`,
    rollback: `ALTER TABLE ${table} ALTER COLUMN ${column} DROP NOT NULL;`,
  };
  return proof ? [...proof.before, set, ...proof.after] : [];
}
