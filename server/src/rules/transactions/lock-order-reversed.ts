import { defineRule } from '../define-rule.ts';
import type { PlacedStatement } from '../statements.ts';
import { lockedAfter } from './locked-tables.ts';

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
    const orders = new Map<string, PlacedStatement>();
    const told = new Set<string>();
    for (const { placed, first, second } of lockedAfter(context, 1)) {
      if (placed.part === 'rollback') continue;
      const [own, reverse] = [`${first.relation}\n${second}`, `${second}\n${first.relation}`];
      const other = orders.get(reverse);
      if (!orders.has(own)) orders.set(own, placed);
      if (!other || other.action === placed.action || told.has(placed.step.id)) continue;
      told.add(placed.step.id);
      yield {
        message: `This step locks ${first.relation} and then ${second}, and "${other.step.name.value}" locks them the other way round: a transaction of the application that uses both is in the way of one of the two steps, and Postgres ends that deadlock by cancelling one of them. Lock one table a step, or keep one order.`,
        range: placed.s.range,
        step: placed.step.id,
        related: [
          { message: `${first.relation} is locked here before.`, range: first.by.s.range },
          { message: `Here ${first.relation} is locked after ${second}.`, range: other.s.range },
        ],
        data: undefined,
      };
    }
  },
});
