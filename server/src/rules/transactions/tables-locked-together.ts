import { formatDuration } from '../../timing/format.ts';
import { defineRule } from '../define-rule.ts';
import { waitingRequests } from '../figures.ts';
import type { RuleContext } from '../model.ts';
import { splitBefore } from '../new-steps.ts';
import type { PlacedStatement } from '../statements.ts';
import { sessionTimeouts } from '../timeouts.ts';
import { tablesInOrder } from './locked-tables.ts';

/** Several tables shut in one transaction: the first waits for the lock on the second. */
export const tablesLockedTogether = defineRule<PlacedStatement>({
  id: 'tables-locked-together',
  title: 'One transaction locks several tables against everybody',
  severity: 'info',
  docs: {
    problem: `The lock on the first table is held while the transaction waits for the second, so nobody can use the first until
every transaction that uses the second has ended, or until \`lock_timeout\`. Each table more makes the wait longer, and a deadlock
with the application likelier: it needs only a request that takes the two the other way round.`,
    solution: `Give each table a step of its own. Statements that must come true at once, such as two renames that swap tables, belong
in one; this rule is silent on renames.`,
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
`,
        finds: 'ALTER TABLE orders ADD COLUMN source text',
        fixed: `- step: Where they come from
  sql: |
    ALTER TABLE users ADD COLUMN source text;
  rollback: { not_needed: nothing reads them yet }
- step: "Where they come from: orders"
  sql: ALTER TABLE orders ADD COLUMN source text;
  rollback:
    not_needed: nothing reads them yet
`,
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
  *check(context, found) {
    const reversed = new Set(
      found.filter(({ rule }) => rule === 'lock-order-reversed').map(({ step }) => step),
    );
    const told = new Set<string>();
    for (const tables of tablesInOrder(context, 2)) {
      const apart = tables.filter(({ by }) => !swaps(by));
      const [first] = apart;
      const second = apart.find(({ by }) => by !== first?.by);
      if (!first || !second) continue;
      const { by: placed } = second;
      const { step, part } = placed;
      // Where the step does so too, its finding is enough: what is taken apart there has rollbacks of its own.
      if (told.has(step.id) || reversed.has(step.id)) continue;
      told.add(step.id);
      yield {
        message: `${first.relation} stays locked in ACCESS EXCLUSIVE while this statement waits for ${second.relation}${limitOf(context)}: ${waitingRequests(context, `every request for ${first.relation}`)} meanwhile. ${remedy(context, part)}, unless both must come true at once.`,
        range: placed.s.range,
        step: step.id,
        related: [{ message: `The lock on ${first.relation} is taken here.`, range: first.by.s.range }],
        data: placed,
      };
    }
  },
  fix({ data: placed }, context) {
    const { value: name } = placed.step.name;
    const table = placed.s.effects.locks[0]?.relation;
    const edits = splitBefore(context, placed, table ? `${name}: ${table}` : `${name}, second part`);
    return edits ? [{ title: 'Commit before it', edits, safe: false }] : [];
  },
});

function remedy({ kind }: RuleContext, part: PlacedStatement['part']): string {
  if (kind === 'sql') return 'COMMIT between the two';
  return part === 'rollback'
    ? 'Give each table a part of the rollback of its own'
    : 'Give each table a step of its own';
}

function limitOf(context: RuleContext): string {
  const { ms } = sessionTimeouts(context).lock_timeout;
  return ms ? ` (up to ${formatDuration(ms)})` : '';
}

/** Names that change hands do so in one transaction, or somebody finds neither. */
function swaps({ s: { statement } }: PlacedStatement): boolean {
  return ['RenameStmt', 'AlterObjectSchemaStmt', 'LockStmt'].includes(statement.kind);
}
