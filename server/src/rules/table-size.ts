import type { TableSize } from '../plan/model.ts';
import { parseName } from '../sql/names.ts';
import type { RuleContext } from './model.ts';

/** The plan's figures for a relation named as `regclass` prints it, or undefined. */
export function tableSize(context: RuleContext, relation: string): TableSize | undefined {
  const wanted = qualified(relation);
  return context.plan.tables.find((table) => qualified(table.name.value) === wanted);
}

function qualified(name: string): string {
  const parsed = parseName(name);
  return parsed ? `${parsed.schema ?? 'public'}.${parsed.name}` : name;
}
