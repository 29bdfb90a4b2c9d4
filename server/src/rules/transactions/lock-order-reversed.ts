import { defineRule } from '../define-rule.ts';
import type { PlacedStatement } from '../statements.ts';
import type { HeldLock } from './held-locks.ts';
import { tablesInOrder } from './locked-tables.ts';

/** Two steps that lock the same tables, each in the other's order. */
export const lockOrderReversed = defineRule<undefined>({
  id: 'lock-order-reversed',
  title: 'Two steps lock the same tables in opposite orders',
  severity: 'warning',
  docs: {
    problem: `A transaction of the application that uses both tables takes them in some order. A step that locks them the other way
round meets it half-way: each waits for what the other has, a deadlock, and after \`deadlock_timeout\` (a second) Postgres cancels one
of the two, perhaps the user's request. Where one step locks A then B and another B then A, one of them is the wrong way round,
whichever the application's order is.`,
    solution: `Lock one table a step: what holds only one lock cannot be in a deadlock. Where both must be in one transaction, use the
same order in all steps, the application's.`,
    manual: [{ title: 'Deadlocks', path: 'explicit-locking.html#LOCKING-DEADLOCKS' }],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY);`,
        steps: `- step: Where they come from
  sql: |
    ALTER TABLE users ADD COLUMN source text;
    ALTER TABLE orders ADD COLUMN source text;
  rollback: { not_needed: nothing reads them yet }
- step: When they were seen
  sql: |
    ALTER TABLE orders ADD COLUMN seen timestamptz;
    ALTER TABLE users ADD COLUMN seen timestamptz;
  rollback: { not_needed: nothing reads them yet }
`,
        finds: 'ALTER TABLE users ADD COLUMN seen timestamptz',
      },
    ],
    good: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY);`,
        steps: `- step: Where users come from
  sql: ALTER TABLE users ADD COLUMN source text;
  rollback: ALTER TABLE users DROP COLUMN source;
- step: Where orders come from
  sql: ALTER TABLE orders ADD COLUMN source text;
  rollback: ALTER TABLE orders DROP COLUMN source;
`,
      },
    ],
  },
  *check(context) {
    const earlier = new Map<string, (readonly HeldLock[])[]>();
    const told = new Set<string>();
    for (const tables of tablesInOrder(context, 1)) {
      const step = tables[0]?.by.step;
      if (!step || tables[0]?.by.part === 'rollback') continue;
      const found = told.has(step.id) ? undefined : reversal(tables, earlier);
      for (const { relation } of tables) {
        const others = earlier.get(relation);
        if (others) others.push(tables);
        else earlier.set(relation, [tables]);
      }
      if (!found) continue;
      const { first, second, other } = found;
      told.add(step.id);
      yield {
        message: `This step locks ${first.relation} and then ${second.relation}, and "${other.step.name.value}" locks them the other way round: a transaction of the application that uses both is in the way of one of the two steps, and Postgres ends that deadlock by cancelling one of them. Lock one table a step, or keep one order.`,
        range: second.by.s.range,
        step: step.id,
        related: [
          { message: `${first.relation} is locked here before.`, range: first.by.s.range },
          { message: `Here ${first.relation} is locked after ${second.relation}.`, range: other.s.range },
        ],
        data: undefined,
      };
    }
  },
});

interface Reversal {
  readonly first: HeldLock;
  readonly second: HeldLock;
  /** What locks `first` after `second`, in another step. */
  readonly other: PlacedStatement;
}

/** Two tables that another transaction locks in the other order. @param earlier transactions by their tables. */
function reversal(
  tables: readonly HeldLock[],
  earlier: ReadonlyMap<string, readonly (readonly HeldLock[])[]>,
): Reversal | undefined {
  const shared = new Map<readonly HeldLock[], number>();
  for (const { relation, by } of tables)
    for (const other of earlier.get(relation) ?? [])
      if (other[0]?.by.action !== by.action) shared.set(other, (shared.get(other) ?? 0) + 1);
  for (const [other, count] of shared) {
    const found = count > 1 ? against(tables, other) : undefined;
    if (found) return found;
  }
  return undefined;
}

/** Goes along the tables, with the one of those before that the other transaction locks last. */
function against(tables: readonly HeldLock[], others: readonly HeldLock[]): Reversal | undefined {
  const places = new Map(others.map((lock, at) => [lock.relation, { lock, at }]));
  let last: { readonly lock: HeldLock; readonly at: number; readonly own: HeldLock } | undefined;
  for (const own of tables) {
    const place = places.get(own.relation);
    if (!place) continue;
    // What one statement locks together has no order.
    if (last && last.at > place.at && last.own.by !== own.by && last.lock.by !== place.lock.by)
      return { first: last.own, second: own, other: last.lock.by };
    if (!last || place.at > last.at) last = { ...place, own };
  }
  return undefined;
}
