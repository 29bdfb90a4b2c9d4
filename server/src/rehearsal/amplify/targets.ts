import type { Analysis } from '../../analyze.ts';
import { tableSize } from '../../rules/table-size.ts';
import type { FillTable } from '../fabricate/catalog.ts';

/** A table that is to hold more rows than it does. */
export interface Target {
  readonly table: FillTable;
  /** Rows now. */
  readonly before: number;
  /** And then. */
  readonly rows: number;
}

export interface Targets {
  /** Parents of foreign keys before their children. */
  readonly fill: readonly Target[];
  /** Tables that the steps work on, of which the plan does not say how many rows production has. */
  readonly untold: readonly string[];
}

interface Known {
  /** In the order in which they are to be filled. */
  readonly tables: readonly FillTable[];
  /** Rows now, by table. */
  readonly counts: Readonly<Record<string, number>>;
  /** Names of tables, by what the plan or its effects call them: a partition's is that of its whole. */
  readonly named: ReadonlyMap<string, string>;
}

/** What the steps' statements and backfills work on, as effects and plan name it. */
export function workedOn({ steps }: Pick<Analysis, 'steps'>): ReadonlySet<string> {
  const names = new Set<string>();
  for (const { action } of steps) {
    if (action?.action.kind === 'backfill' && action.action.table) names.add(action.action.table.value);
    for (const { effects } of action?.statements ?? []) {
      for (const { relation, mode, isNew } of effects.locks)
        if (!isNew && mode !== 'AccessShareLock' && mode !== 'RowShareLock') names.add(relation);
      for (const { relation, indexOf } of [...effects.rewrites, ...effects.scans, ...effects.builds])
        names.add(indexOf ?? relation);
    }
  }
  return names;
}

/**
 * How many rows each table is to hold: those that the steps work on as many as asked for, and no more than production;
 * the parents of their foreign keys in production's proportion to them, or where that is not known in the one that is
 * there now.
 */
export function targetsOf(analysis: Analysis, { tables, counts, named }: Known, rows: number): Targets {
  const production = new Map<string, number>();
  for (const { name } of analysis.plan.tables) {
    const table = named.get(name.value);
    const told = tableSize(analysis, name.value)?.rows?.value;
    if (table !== undefined && told !== undefined) production.set(table, told);
  }
  const wanted = new Map<string, number>();
  const untold: string[] = [];
  const worked = new Set([...workedOn(analysis)].flatMap((name) => named.get(name) ?? []));
  for (const { name } of tables) {
    if (!worked.has(name)) continue;
    const most = production.get(name);
    if (most === undefined) untold.push(name);
    else wanted.set(name, Math.min(rows, most));
  }
  // Children come after their parents in the order: a parent's parents are asked for once it has its own number.
  const byOid = new Map(tables.map((table) => [table.oid, table]));
  for (const child of [...tables].reverse()) {
    const target = wanted.get(child.name);
    if (target === undefined || target <= (counts[child.name] ?? 0)) continue;
    for (const key of child.foreignKeys) {
      const parent = byOid.get(key.parent);
      if (!parent || parent === child) continue;
      const share = shareOf(parent.name, child.name, { production, counts });
      const most = Math.min(rows, production.get(parent.name) ?? rows);
      const needed = Math.min(Math.ceil(target * share), most);
      wanted.set(parent.name, Math.max(wanted.get(parent.name) ?? 0, needed));
    }
  }
  const fill = tables.flatMap((table) => {
    const before = counts[table.name] ?? 0;
    const target = wanted.get(table.name) ?? 0;
    return target > before ? [{ table, before, rows: target }] : [];
  });
  return { fill, untold };
}

/** Rows of the parent for each of the child's. */
function shareOf(
  parent: string,
  child: string,
  { production, counts }: { production: ReadonlyMap<string, number>; counts: Known['counts'] },
): number {
  const [above, below] = [production.get(parent), production.get(child)];
  if (above !== undefined && below) return above / below;
  const [parents, children] = [counts[parent] ?? 0, counts[child] ?? 0];
  return children > 0 ? parents / children : 1;
}
