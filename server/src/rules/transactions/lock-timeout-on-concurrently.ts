import { formatDuration } from '../../timing/format.ts';
import { defineRule } from '../define-rule.ts';
import { timeoutAround } from '../set-around.ts';
import { type PlacedStatement, wordsRange } from '../statements.ts';
import { type Timeout, withTimeouts } from '../timeouts.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly timeout: Timeout;
}

/** A lock_timeout that cancels a command made to wait. */
export const lockTimeoutOnConcurrently = defineRule<Data>({
  id: 'lock-timeout-on-concurrently',
  title: 'A lock_timeout cancels CREATE INDEX CONCURRENTLY and leaves an INVALID index',
  severity: 'warning',
  eachStep: true,
  concerns: ['AlterTableStmt', 'IndexStmt', 'ReindexStmt'],
  docs: {
    problem: `\`CREATE INDEX CONCURRENTLY\`, \`REINDEX … CONCURRENTLY\` and \`DETACH PARTITION … CONCURRENTLY\` wait for every older
transaction that could still see the old state, in the whole database: one report that takes a minute is enough. \`lock_timeout\`
counts that wait, cancels the command, and half of it stays behind: an INVALID index that every write keeps up and no query uses,
or a partition whose detaching is pending. A second try then fails, since the name is taken; with \`IF NOT EXISTS\` it is
skipped, which is worse.`,
    solution: `Nobody waits behind these commands, so they need no limit: \`SET lock_timeout = 0;\` before the command, in the same step. If
one was cancelled: \`DROP INDEX CONCURRENTLY\` what it left (for a partition: \`DETACH PARTITION … FINALIZE\`), then again.`,
    manual: [
      {
        title: 'Building Indexes Concurrently',
        path: 'sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY',
      },
      { title: 'lock_timeout', path: 'runtime-config-client.html#GUC-LOCK-TIMEOUT' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Index the email
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY users_email_idx;
`,
        finds: 'CONCURRENTLY',
        fixed: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY users_email_idx;
`,
      },
    ],
    good: [
      {
        steps: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY users_email_idx;
`,
      },
    ],
  },
  *check(context) {
    for (const { placed, timeouts } of withTimeouts(context)) {
      const { s, step } = placed;
      const timeout = timeouts.lock_timeout;
      const command = timeout.ms ? waitingCommand(placed) : undefined;
      if (!command || !timeout.ms) continue;
      yield {
        message: `${command.name} waits for every older transaction of the database, and lock_timeout cancels it after ${formatDuration(timeout.ms)} of that: ${command.leaves}. Nobody waits behind it, so SET lock_timeout = 0 before it.`,
        range: wordsRange(s, 'CONCURRENTLY'),
        step: step.id,
        related: timeout.setAt
          ? [{ message: 'The lock_timeout in force is set here.', range: timeout.setAt }]
          : [],
        data: { placed, timeout },
      };
    }
  },
  fix({ data: { placed, timeout } }, context) {
    const edits = timeoutAround(context, placed, 'lock_timeout', '0', timeout.ms);
    return edits ? [{ title: 'Set lock_timeout = 0 for it', edits, safe: true }] : [];
  },
});

/**
 * A command that waits for others in the midst of its work. DROP INDEX CONCURRENTLY is none: what it leaves, the
 * next try drops.
 */
function waitingCommand({
  s,
}: PlacedStatement): { readonly name: string; readonly leaves: string } | undefined {
  // In a transaction it is refused, which has a rule of its own; on a table without rows it waits all the same.
  if (s.effects.transactional || s.inTransaction) return undefined;
  const { node } = s.statement;
  if ('IndexStmt' in node) {
    const name = node.IndexStmt.idxname;
    return {
      name: 'CREATE INDEX CONCURRENTLY',
      leaves: `an INVALID index${name ? ` ${name}` : ''} stays behind, which every write keeps up and no query uses`,
    };
  }
  const [word] = wordsOf(s);
  if ('ReindexStmt' in node && word) {
    const leaves =
      'an INVALID index named …_ccnew stays behind, which every write keeps up and no query uses';
    return { name: 'REINDEX CONCURRENTLY', leaves };
  }
  if ('AlterTableStmt' in node && word) {
    const leaves = 'the partition stays attached by half, until DETACH PARTITION … FINALIZE';
    return { name: 'DETACH PARTITION CONCURRENTLY', leaves };
  }
  return undefined;
}

function wordsOf({ statement }: PlacedStatement['s']): readonly string[] {
  return statement
    .tokens()
    .filter((token) => token.kind === 'word')
    .map((token) => statement.slice(token).toUpperCase())
    .filter((word) => word === 'CONCURRENTLY');
}
