import { relationKey, tableByKey } from '../../schema/lookup.ts';
import type { Schema, Table } from '../../schema/model.ts';
import type { RuleContext } from '../model.ts';

/** The schema that the plan leaves behind when every step is done. */
export function planEnd({ steps, baseline }: Pick<RuleContext, 'steps' | 'baseline'>): Schema {
  return steps.at(-1)?.after ?? baseline;
}

/** The table as the plan leaves it behind; undefined where it is gone or goes by another name by then. */
export function atPlanEnd(context: RuleContext, table: Table): Table | undefined {
  return tableByKey(planEnd(context), relationKey(table.name));
}

/** Whether all that belongs to the table is known: the baseline tells, or the plan made it. */
export function isFullyKnown({ baseline }: RuleContext, table: Table): boolean {
  return baseline.complete || table.madeByPlan;
}
