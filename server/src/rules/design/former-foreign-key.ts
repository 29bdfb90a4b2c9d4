import { relationKey, tableByKey } from '../../schema/lookup.ts';
import type { Constraint, Table } from '../../schema/model.ts';
import type { RuleContext } from '../model.ts';
import type { NewForeignKey } from './foreign-keys.ts';
import { atPlanEnd } from './plan-end.ts';

/** A foreign key of the baseline, with the table that it is of there. */
export interface FormerForeignKey {
  readonly table: Table;
  readonly constraint: Constraint;
}

/**
 * Foreign keys of the baseline whose work a new one goes on with: of the same table, on the same columns or to the same
 * ones, where the plan takes them away; and of the whole, where the table has become a part of it. What they lacked
 * before the plan, no step of it has brought about.
 */
export function formerForeignKeys(context: RuleContext, key: NewForeignKey): readonly FormerForeignKey[] {
  const { table, referenced } = key;
  if (!referenced) return [];
  const now = atPlanEnd(context, table);
  const own = foreignKeysAt(context, relationKey(table.name)).filter(
    ({ constraint }) =>
      isTo(constraint, referenced) &&
      (isOn(constraint, key) || refersAs(constraint, key)) &&
      (now?.constraints ?? []).filter((one) => isSame(one, constraint)).length <= itself(constraint, key),
  );
  const ofWhole = (now?.parents ?? [])
    .flatMap((parent) => foreignKeysAt(context, parent))
    .filter(
      ({ constraint }) => isTo(constraint, referenced) && isOn(constraint, key) && refersAs(constraint, key),
    );
  return [...own, ...ofWhole];
}

/** Of those that say the same in the end, one may be the new one. */
function itself(constraint: Constraint, key: NewForeignKey): number {
  return isOn(constraint, key) && refersAs(constraint, key) ? 1 : 0;
}

function foreignKeysAt({ baseline }: RuleContext, place: string): readonly FormerForeignKey[] {
  const table = tableByKey(baseline, place);
  return (table?.constraints ?? []).flatMap((constraint) =>
    table && constraint.kind === 'foreign key' ? [{ table, constraint }] : [],
  );
}

function isTo({ references }: Constraint, { name }: Table): boolean {
  return references?.table === relationKey(name);
}

function isOn({ columns }: Constraint, key: NewForeignKey): boolean {
  return columns.join() === key.columns.join();
}

function refersAs({ references }: Constraint, key: NewForeignKey): boolean {
  return references?.columns.join() === key.referencedColumns.join();
}

function isSame(one: Constraint, other: Constraint): boolean {
  const terms = ({ kind, columns, references }: Constraint) =>
    [kind, columns.join(), references?.table, references?.columns.join()].join('|');
  return terms(one) === terms(other);
}
