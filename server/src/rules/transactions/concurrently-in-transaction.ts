import { setStepKey } from '../../plan/edit.ts';
import { plpgsqlBody, transactionCommands } from '../../sql/plpgsql.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import { defineRule } from '../define-rule.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { untransactedStep } from '../new-steps.ts';
import { type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';

/** A statement that Postgres refuses inside a transaction block, in one. */
export const concurrentlyInTransaction = defineRule<PlacedStatement>({
  id: 'concurrently-in-transaction',
  title: 'A statement that Postgres refuses in a transaction runs in one',
  severity: 'error',
  eachStep: true,
  docs: {
    problem: `A step's SQL runs in one transaction. \`CREATE INDEX CONCURRENTLY\`, \`DROP INDEX CONCURRENTLY\`, \`REINDEX … CONCURRENTLY\`,
\`DETACH PARTITION … CONCURRENTLY\`, \`VACUUM\` and a few others commit on their own and are refused there with SQLSTATE 25001
(active_sql_transaction): the step fails before it does anything. A \`COMMIT\` inside a DO block is refused there too, with
SQLSTATE 2D000, when it is reached.`,
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
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
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
      {
        steps: `- step: Copy the names in batches
  sql: |
    DO $$
    BEGIN
      LOOP
        UPDATE users SET email = username WHERE id IN (SELECT id FROM users WHERE email IS NULL LIMIT 1000);
        EXIT WHEN NOT FOUND;
        COMMIT;
      END LOOP;
    END $$;
  rollback: { not_needed: nothing reads email yet }
`,
        finds: 'COMMIT',
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
      const where = placed.part === 'rollback' ? 'rollback' : 'step';
      const commit = commitInBlock(s);
      if (commit) {
        yield {
          message: `${commit.word} inside a DO block is refused where a transaction is open around it (SQLSTATE 2D000): the ${where} fails when it gets there, and all of it is undone. ${remedy(context, placed)}`,
          range: commit.range,
          step: placed.step.id,
          data: placed,
        };
        continue;
      }
      const words = commandWords(s);
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

/** The COMMIT or ROLLBACK in a DO block's body, where it stands in the document. */
function commitInBlock(s: StatementAnalysis): { readonly word: string; readonly range: Range } | undefined {
  const { statement } = s;
  if (!('DoStmt' in statement.node)) return undefined;
  const [commit] = transactionCommands(plpgsqlBody(statement.node.DoStmt) ?? '');
  if (!commit) return undefined;
  const literal = statement.tokens().find(({ kind }) => kind === 'string');
  const opening = literal && /^\$\w*\$/.exec(statement.slice(literal))?.[0].length;
  // In quotes the body's characters are not those of the literal.
  if (!literal || opening === undefined) return { word: commit.word, range: s.range };
  const start = literal.start + opening;
  const place = { start: start + commit.start, end: start + commit.end };
  return { word: commit.word, range: documentRange(s.sql.map, place) };
}

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
