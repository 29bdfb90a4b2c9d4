import type { FillTable, ForeignKey } from './catalog.ts';

export interface FillPlan {
  /** Parents before children. */
  readonly order: readonly FillTable[];
  /** Foreign keys that are filled with NULL, since their parent comes later or is the table itself. */
  readonly empty: ReadonlySet<ForeignKey>;
  /** Tables that no order can fill, with the reason. */
  readonly impossible: ReadonlyMap<FillTable, string>;
}

/**
 * Orders tables so that a foreign key's parent is filled before it. Where tables point at each other in a circle,
 * a foreign key that may be NULL is left NULL to break it.
 */
export function fillOrder(tables: readonly FillTable[]): FillPlan {
  const byOid = new Map(tables.map((table) => [table.oid, table]));
  const waiting = new Set(tables);
  const order: FillTable[] = [];
  const empty = new Set<ForeignKey>();
  const impossible = new Map<FillTable, string>();
  const waitsFor = (table: FillTable) =>
    table.foreignKeys.filter((key) => {
      const parent = byOid.get(key.parent);
      return parent !== undefined && parent !== table && waiting.has(parent) && !empty.has(key);
    });
  while (waiting.size > 0) {
    const ready = [...waiting].filter((table) => waitsFor(table).length === 0);
    for (const table of ready) {
      waiting.delete(table);
      order.push(table);
    }
    if (ready.length > 0) continue;
    const [table, keys] = breakable(waiting, waitsFor) ?? [undefined, []];
    for (const key of keys) empty.add(key);
    if (table) continue;
    for (const stuck of waiting) {
      const parents = waitsFor(stuck).map(({ parentName }) => parentName);
      impossible.set(stuck, `it and ${parents.join(', ')} need each other's rows first`);
    }
    waiting.clear();
  }
  for (const table of order)
    for (const key of table.foreignKeys)
      if (key.parent === table.oid && isNullable(table, key)) empty.add(key);
  return { order, empty, impossible };
}

/** The first table that all of its waiting foreign keys let go if NULL, and those keys. */
function breakable(
  waiting: ReadonlySet<FillTable>,
  waitsFor: (table: FillTable) => ForeignKey[],
): readonly [FillTable, ForeignKey[]] | undefined {
  for (const table of waiting) {
    const keys = waitsFor(table);
    if (keys.every((key) => isNullable(table, key))) return [table, keys];
  }
  return undefined;
}

function isNullable({ columns }: FillTable, key: ForeignKey): boolean {
  return columns.some(({ name, notNull }) => key.columns.includes(name) && !notNull);
}
