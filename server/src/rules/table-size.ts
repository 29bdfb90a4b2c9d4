import type { TableSize } from '../plan/model.ts';
import { parseName } from '../sql/names.ts';
import type { RuleContext } from './model.ts';

/** The plan's figures of its tables. */
export interface TableSizes {
  /** Whether it gives any. */
  readonly given: boolean;
  /** Those of a relation named as `regclass` prints it, or undefined. */
  of(relation: string): TableSize | undefined;
}

export function tableSizes(tables: readonly TableSize[]): TableSizes {
  const byName = new Map<string, TableSize>();
  for (const table of tables) {
    const name = qualified(table.name.value);
    if (!byName.has(name)) byName.set(name, table);
  }
  return { given: tables.length > 0, of: (relation) => byName.get(qualified(relation)) };
}

/** The plan's figures for a relation named as `regclass` prints it, or undefined. */
export function tableSize(context: Pick<RuleContext, 'sizes'>, relation: string): TableSize | undefined {
  return context.sizes.of(relation);
}

function qualified(name: string): string {
  if (/^[a-z_][a-z_0-9]*$/.test(name)) return `public.${name}`;
  const parsed = parseName(name);
  return parsed ? `${parsed.schema ?? 'public'}.${parsed.name}` : name;
}
