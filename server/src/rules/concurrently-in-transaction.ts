import { setStepKey } from '../plan/edit.ts';
import { defineRule } from './define-rule.ts';
import type { Fix, RuleContext, StatementAnalysis } from './model.ts';
import { untransactedStep } from './new-steps.ts';
import { type PlacedStatement, sqlStatements, wordsRange } from './statements.ts';

/** A statement that Postgres refuses inside a transaction block, in one. */
export const concurrentlyInTransaction = defineRule<PlacedStatement>({
  id: 'concurrently-in-transaction',
  title: 'A statement that Postgres refuses in a transaction runs in one',
  severity: 'error',
  docs: {
    problem: `A step's SQL runs in one transaction. \`CREATE INDEX CONCURRENTLY\`, \`DROP INDEX CONCURRENTLY\`, \`REINDEX … CONCURRENTLY\`,
\`DETACH PARTITION … CONCURRENTLY\`, \`VACUUM\` and a few others commit on their own and are refused there with SQLSTATE 25001
(active_sql_transaction): the step fails before it does anything.`,
    solution: `Set \`transaction: false\` on the step. Its statements then run one by one, each in its own transaction, so give such a
statement a step of its own: when a later statement fails, nothing takes the earlier ones back.`,
    manual: [
      {
        title: 'Building Indexes Concurrently',
        path: 'sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY',
      },
      { title: 'VACUUM', path: 'sql-vacuum.html' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Index the email
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY users_email_idx;
`,
        finds: 'CONCURRENTLY',
        fixed: `- step: Index the email
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY users_email_idx;
`,
      },
      {
        steps: `- step: Index the email
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: DROP INDEX CONCURRENTLY users_email_idx;
`,
        finds: 'CONCURRENTLY',
        fixed: `- step: Index the email
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY users_email_idx;
`,
      },
    ],
    good: [
      {
        steps: `- step: Clean up after the backfill
  transaction: false
  sql: VACUUM (ANALYZE) users;
  rollback: { not_needed: a vacuum changes no data }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s } = placed;
      if (!s.inTransaction || s.effects.transactional) continue;
      const words = commandWords(s);
      const where = placed.part === 'rollback' ? 'rollback' : 'step';
      yield {
        message: `${words.join(' ')} cannot run inside a transaction (SQLSTATE 25001): the ${where} fails before it does anything. ${remedy(context, placed)}`,
        range: wordsRange(s, words.includes('CONCURRENTLY') ? 'CONCURRENTLY' : (words[0] ?? '')),
        step: placed.step.id,
        data: placed,
      };
    }
  },
  fix({ data }, context) {
    return data.part === 'rollback' ? rollbackFix(context, data) : stepFix(context, data);
  },
});

/** `CREATE UNIQUE INDEX CONCURRENTLY`, `VACUUM`: the words a person would call the statement by. */
function commandWords({ statement }: StatementAnalysis): readonly string[] {
  const tokens = statement.tokens();
  const words = tokens.map((token) => (token.kind === 'word' ? statement.slice(token).toUpperCase() : ''));
  const concurrently = words.indexOf('CONCURRENTLY');
  if (concurrently >= 0) {
    const before = words.slice(0, concurrently + 1);
    return before.length <= 5 && !before.includes('') ? before : ['CONCURRENTLY'];
  }
  const [, second = ''] = words;
  return words.slice(0, ['SYSTEM', 'DATABASE', 'TABLESPACE'].includes(second) ? 2 : 1);
}

function remedy(context: RuleContext, placed: PlacedStatement): string {
  const { action } = placed.action;
  if (context.kind === 'sql' || (action.kind === 'sql' && !action.transaction)) {
    return 'Take it out of the BEGIN … COMMIT around it.';
  }
  if (placed.part === 'rollback') return 'Write the rollback as { transaction: false, sql: … }.';
  return 'Set transaction: false on a step of its own, so that it runs by itself.';
}

function stepFix(context: RuleContext, placed: PlacedStatement): readonly Fix[] {
  const { action } = placed.action;
  if (context.kind === 'sql' || (action.kind === 'sql' && !action.transaction)) return [];
  const fixed = untransactedStep(context, placed, placed.s.statement.text, undefined);
  const alone = placed.action.statements.length === 1;
  const title = alone ? 'Set transaction: false' : 'Move it to a step of its own with transaction: false';
  return fixed ? [{ title, ...fixed }] : [];
}

function rollbackFix(context: RuleContext, placed: PlacedStatement): readonly Fix[] {
  const { action } = placed.action;
  const { rollback } = placed.step;
  if (action.kind !== 'sql' || !action.transaction || action.sql.file) return [];
  if (rollback?.kind !== 'actions' || rollback.actions.length !== 1) return [];
  const edits = setStepKey(context.text, placed.step, 'rollback', {
    transaction: false,
    sql: action.sql.text.trimEnd(),
  });
  return edits ? [{ title: 'Run the rollback outside a transaction', edits, safe: true }] : [];
}
