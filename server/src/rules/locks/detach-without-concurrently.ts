import { childrenOf, constraintOf, relationKey, tableOf } from '../../schema/lookup.ts';
import { chooseName } from '../../schema/object-names.ts';
import { nameOfRangeVar, quoteIdentifier, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { untransactedRollback, untransactedStep } from '../new-steps.ts';
import {
  alterTable,
  isInWrittenTransaction,
  type PlacedStatement,
  sqlStatements,
  wordsRange,
} from '../statements.ts';
import { withoutLockLimit } from '../without-lock-limit.ts';
import { partitionCommand } from './partition-command.ts';

/** DETACH PARTITION that queues for the whole partitioned table. */
export const detachWithoutConcurrently = defineRule<PlacedStatement>({
  id: 'detach-without-concurrently',
  title: 'A partition is detached under a lock that stops every request for the whole table',
  severity: 'warning',
  eachStep: true,
  concerns: ['AT_DetachPartition'],
  docs: {
    problem: `\`DETACH PARTITION\` is over in a moment, but it needs ACCESS EXCLUSIVE on the partitioned table: it waits for every
transaction that has touched any of it, and meanwhile every later read and write of all its partitions waits behind it.`,
    solution: `\`DETACH PARTITION … CONCURRENTLY\` lets reads and writes go on while it waits. It is refused in a transaction: give it
a step of its own with \`transaction: false\`. Should it be interrupted, \`DETACH PARTITION … FINALIZE\` ends it. Postgres refuses it
while the table has a default partition; this rule is silent there, and a \`lock_timeout\` keeps the wait short. It leaves the old
bounds on the detached table as a CHECK, which spares the scan should it be attached again: drop that where nobody will.`,
    manual: [
      {
        title: 'ALTER TABLE … DETACH PARTITION',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION',
      },
    ],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TABLE events (id bigint, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');`,
        steps: `- step: Old events go to the archive
  sql: ALTER TABLE events DETACH PARTITION events_2024;
  rollback: { impossible: attaching it again reads all its rows }
`,
        finds: 'DETACH PARTITION',
        fixed: `- step: Old events go to the archive
  transaction: false
  sql: |
    SET lock_timeout = 0;
    ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;
  rollback: { impossible: attaching it again reads all its rows }
`,
      },
    ],
    good: [
      {
        schema: `CREATE TABLE events (id bigint, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');`,
        steps: `- step: Old events go to the archive
  transaction: false
  sql: |
    SET lock_timeout = 0;
    ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;
  rollback: { impossible: attaching it again reads all its rows }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      const partition = partitionCommand(s, 'AT_DetachPartition');
      const lock = s.effects.locks[0];
      if (!partition || partition.concurrent || !lock || lock.isNew || hasDefault(s)) continue;
      yield {
        message: `DETACH PARTITION takes ACCESS EXCLUSIVE on ${withFigures(context, lock.relation)}: it waits for every transaction that uses any of its partitions, and meanwhile ${waitingRequests(context, 'every later read and write of the whole table')}. DETACH PARTITION … CONCURRENTLY holds nobody up; run it ${context.kind === 'sql' ? 'outside a transaction' : 'with transaction: false'}.`,
        range: wordsRange(s, 'DETACH', 'PARTITION'),
        step: step.id,
        severity: severityFor(context, lock.relation, 'warning'),
        data: placed,
      };
    }
  },
  fix: ({ data }, context) => concurrentFix(context, data),
});

/** CONCURRENTLY leaves the bounds on the table as a CHECK, which it did not have before it was attached. */
function boundsDropped({ s }: PlacedStatement): string | undefined {
  const parent = tableOf(s.before, alterTable(s)?.relation);
  const name = partitionCommand(s, 'AT_DetachPartition')?.name;
  const child = tableOf(s.before, name);
  if (!name || !child || !parent?.partitionKey) return undefined;
  const columns = new Set(parent.partitionKey.reads ?? parent.partitionKey.columns);
  const [only] = columns.size === 1 ? columns : [];
  const taken = (one: string) => constraintOf(child, one) !== undefined;
  const check = chooseName(child.name.name, only ?? undefined, 'check', taken);
  const table = writeName(nameOfRangeVar(name));
  return `ALTER TABLE ${table} DROP CONSTRAINT IF EXISTS ${quoteIdentifier(check)}`;
}

function hasDefault(s: StatementAnalysis): boolean {
  const parent = tableOf(s.before, alterTable(s)?.relation);
  if (!parent) return false;
  for (const child of childrenOf(s.before, relationKey(parent.name)))
    if (child.isDefaultPartition) return true;
  return false;
}

function concurrentFix(context: RuleContext, placed: PlacedStatement): readonly Fix[] {
  if (isInWrittenTransaction(placed)) return [];
  const sql = `${placed.s.statement.text.trimEnd()} CONCURRENTLY`;
  const title = 'Detach the partition CONCURRENTLY';
  if (placed.part === 'rollback') {
    const edits = untransactedRollback(
      context,
      placed,
      withoutLockLimit(context, sql),
      boundsDropped(placed),
    );
    return edits ? [{ title, edits, safe: true }] : [];
  }
  const fixed = untransactedStep(context, placed, sql, undefined);
  return fixed ? [{ title, ...fixed }] : [];
}
