import type { LockStmt } from '@pgsql/types';
import { copiedTriggerDropped } from '../../effects/copied-trigger.ts';
import { lockWords } from '../../effects/lock-words.ts';
import { type LockMode, lockModes } from '../../effects/model.ts';
import { relationKey, tableOf } from '../../schema/lookup.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { RuleContext } from '../model.ts';
import { type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';

/** LOCK TABLE, which holds its lock until the transaction ends. */
export const lockTable = defineRule<undefined>({
  id: 'lock-table',
  title: 'A table is locked by hand for the rest of the transaction',
  severity: 'warning',
  eachStep: true,
  concerns: ['LockStmt'],
  docs: {
    problem: `\`LOCK TABLE\` takes ACCESS EXCLUSIVE where it names no mode, and holds it until the transaction ends: whatever the
rest of the step takes, every read and write of the table waits for it. Outside of a transaction Postgres refuses it (SQLSTATE
25P01), since the lock would be gone at once.`,
    solution: `Leave it out: every command takes the lock it needs by itself, and most need a weaker one. Where two sessions must
not run the same job at once, use an advisory lock (\`pg_advisory_xact_lock\`), which stops nobody else. Where a table has to be kept
still, name the weakest mode that does it (\`SHARE\` stops writes, not reads) and keep the step short.`,
    manual: [
      { title: 'LOCK', path: 'sql-lock.html' },
      { title: 'Table-Level Locks', path: 'explicit-locking.html#LOCKING-TABLES' },
      { title: 'Advisory Locks', path: 'explicit-locking.html#ADVISORY-LOCKS' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Nobody signs up meanwhile
  sql: |
    LOCK TABLE users;
    ALTER TABLE users ADD COLUMN seen_at timestamptz;
  rollback: ALTER TABLE users DROP COLUMN seen_at;
`,
        finds: 'LOCK TABLE',
      },
    ],
    good: [
      {
        steps: `- step: One migration at a time
  sql: |
    SELECT pg_advisory_xact_lock(4711);
    ALTER TABLE users ADD COLUMN seen_at timestamptz;
  rollback: ALTER TABLE users DROP COLUMN seen_at;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      if (!('LockStmt' in s.statement.node) || isForDrop(placed)) continue;
      const message = messageOf(context, placed, s.statement.node.LockStmt);
      const small = s.effects.locks.every(
        ({ relation }) => severityFor(context, relation, 'warning') === 'info',
      );
      if (message !== undefined)
        yield {
          message,
          range: wordsRange(s, 'LOCK', ...(/^lock\s+table\b/i.test(s.statement.text) ? ['TABLE'] : [])),
          step: step.id,
          severity: s.inTransaction ? (small ? 'info' : 'warning') : 'error',
          data: undefined,
        };
    }
  },
});

/** Of a trigger of that table, which would lock its partitions before it: see partition-trigger-dropped. */
function isForDrop({ s, action: { statements } }: PlacedStatement): boolean {
  const [locked, ...more] = 'LockStmt' in s.statement.node ? (s.statement.node.LockStmt.relations ?? []) : [];
  const table = locked && 'RangeVar' in locked ? tableOf(s.before, locked.RangeVar) : undefined;
  if (!table || more.length > 0 || !s.inTransaction) return false;
  const key = relationKey(table.name);
  return statements.slice(statements.indexOf(s) + 1).some((one) => {
    const dropped = one.inTransaction && copiedTriggerDropped(one.statement, one.before);
    return dropped && relationKey(dropped.table.name) === key;
  });
}

/** Undefined where nobody waits: a weak mode, or tables that are new. */
function messageOf(
  context: RuleContext,
  { s, part }: PlacedStatement,
  { mode = 8 }: LockStmt,
): string | undefined {
  const wanted: LockMode = lockModes[mode - 1] ?? 'AccessExclusiveLock';
  if (!s.inTransaction)
    return 'LOCK TABLE is refused outside of a transaction (SQLSTATE 25P01): the lock would be gone at once. Leave it out, or put it and what it is for between BEGIN and COMMIT.';
  const held = s.effects.locks.filter((lock) => !lock.isNew && lock.mode === wanted);
  const who = waiting(wanted);
  if (held.length === 0 || who === undefined) return undefined;
  const tables = held.map(({ relation }) => withFigures(context, relation)).join(' and ');
  const until = context.kind === 'sql' ? 'the COMMIT' : `the ${part}'s transaction ends`;
  return `LOCK TABLE holds ${lockWords(wanted)} on ${tables} until ${until}: ${waitingRequests(context, who)}, however little the rest of it needs. Leave it out: each command takes the lock it needs. To keep two runs apart, use pg_advisory_xact_lock.`;
}

function waiting(mode: LockMode): string | undefined {
  if (mode === 'AccessExclusiveLock') return 'every read and write';
  return lockModes.indexOf(mode) >= lockModes.indexOf('ShareLock') ? 'every write' : undefined;
}
