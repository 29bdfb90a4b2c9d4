import { copiedTriggerDropped } from '../../effects/copied-trigger.ts';
import { relationKey } from '../../schema/lookup.ts';
import type { Table } from '../../schema/model.ts';
import { displayName } from '../../schema/names.ts';
import { quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor } from '../figures.ts';
import { replaceWithLines } from '../set-around.ts';
import { type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly table: string;
}

const schema = `CREATE TABLE readings (id bigint, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
CREATE TABLE readings_2026 PARTITION OF readings FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER note AFTER INSERT ON readings FOR EACH ROW EXECUTE FUNCTION note();`;

const rollback = 'CREATE TRIGGER note AFTER INSERT ON readings FOR EACH ROW EXECUTE FUNCTION note();';

/** DROP TRIGGER of a partitioned table, which locks the partitions before their whole. */
export const partitionTriggerDropped = defineRule<Data>({
  id: 'partition-trigger-dropped',
  title: 'DROP TRIGGER on a partitioned table deadlocks with its readers and writers',
  severity: 'warning',
  eachStep: true,
  concerns: ['DropStmt'],
  docs: {
    problem: `A trigger for each row of a partitioned table has a copy on each partition. \`DROP TRIGGER\` takes ACCESS EXCLUSIVE for
each of them when it comes to it, and it comes to the copies first: the partitions are locked before the table. A query locks the
table first and its partitions then. One that holds the table and comes to a partition waits for the \`DROP\`, which waits for it
to let go of the table: a deadlock, at which Postgres ends one of the two after \`deadlock_timeout\`, often the application's request
(SQLSTATE 40P01). The busier the table, the surer.`,
    solution: `Lock the table first, in the same transaction: \`LOCK TABLE\` takes the whole before its partitions, as queries do. The
lock is the one that the \`DROP\` takes anyway; keep the step short and \`lock_timeout\` low.`,
    manual: [
      { title: 'DROP TRIGGER', path: 'sql-droptrigger.html' },
      { title: 'Deadlocks', path: 'explicit-locking.html#LOCKING-DEADLOCKS' },
    ],
  },
  examples: {
    bad: [
      {
        schema,
        steps: `- step: No more notes
  sql: DROP TRIGGER note ON readings;
  rollback: ${rollback}
`,
        finds: 'DROP TRIGGER',
        fixed: `- step: No more notes
  sql: |
    LOCK TABLE readings IN ACCESS EXCLUSIVE MODE;
    DROP TRIGGER note ON readings;
  rollback: ${rollback}
`,
      },
    ],
    good: [
      {
        schema,
        steps: `- step: No more notes
  sql: |
    LOCK TABLE readings IN ACCESS EXCLUSIVE MODE;
    DROP TRIGGER note ON readings;
  rollback: ${rollback}
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      const found = copiedTriggerDropped(s.statement, s.before);
      if (!found || isLockedBefore(placed, found.table)) continue;
      const table = displayName(s.before, found.table.name);
      // What the plan has made and nobody uses yet has no readers and writers.
      if (!s.effects.locks.some(({ relation, isNew }) => relation === table && !isNew)) continue;
      const first = s.inTransaction ? 'Lock it first' : 'Run it in a transaction, and lock the table first';
      yield {
        message: `DROP TRIGGER ${quoteIdentifier(found.name)} ON ${table} locks the partitions first and ${table} last, the other way round than queries do: a request that uses ${table} already and comes to a partition deadlocks with it, and Postgres ends one of the two (40P01). ${first}: LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE.`,
        range: wordsRange(s, 'DROP', 'TRIGGER'),
        step: step.id,
        severity: severityFor(context, table, 'warning'),
        data: { placed, table },
      };
    }
  },
  fix({ data: { placed, table } }, context) {
    const { s } = placed;
    if (!s.inTransaction) return [];
    const sql = `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE;\n${s.statement.text}`;
    const edits = replaceWithLines(context, s, sql);
    return edits ? [{ title: `Lock ${table} first`, edits, safe: true }] : [];
  },
});

/** Whether the transaction has the lock by then, from a statement that takes the whole before its parts. */
function isLockedBefore({ s, action }: PlacedStatement, table: Table): boolean {
  const key = relationKey(table.name);
  for (let at = action.statements.indexOf(s) - 1; at >= 0; at--) {
    const one = action.statements[at];
    if (!one?.inTransaction || !s.inTransaction) return false;
    const name = displayName(one.before, table.name);
    const isHeld = one.effects.locks.some(
      ({ relation, mode }) => relation === name && mode === 'AccessExclusiveLock',
    );
    const dropped = copiedTriggerDropped(one.statement, one.before)?.table;
    if (isHeld && !(dropped && relationKey(dropped.name) === key)) return true;
    if ('TransactionStmt' in one.statement.node) return false;
  }
  return false;
}
