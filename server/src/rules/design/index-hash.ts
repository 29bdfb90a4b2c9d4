import { defineRule } from '../define-rule.ts';
import { sqlStatements, wordPlaces, wordsRange } from '../statements.ts';

/** CREATE INDEX … USING hash. */
export const indexHash = defineRule<undefined>({
  id: 'index-hash',
  title: 'An index is a hash index',
  severity: 'warning',
  off: true,
  eachStep: true,
  docs: {
    problem: `A hash index answers \`=\` and nothing else: no range, no ORDER BY, no prefix, no index-only scan, and it can be
neither UNIQUE nor have several columns. A column of few values overfills its buckets.`,
    solution: `Use the B-tree that CREATE INDEX makes by itself. A hash index pays for long values that are only ever compared
with \`=\`: allow it there.`,
    manual: [{ title: 'Index Types', path: 'indexes-types.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email_idx ON users USING hash (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
`,
        finds: 'hash',
      },
    ],
    good: [
      {
        steps: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { node } = placed.s.statement;
      if (placed.part !== 'step' || !('IndexStmt' in node) || node.IndexStmt.accessMethod !== 'hash')
        continue;
      const [place] = wordPlaces(placed.s, ['USING', 'HASH']);
      const whole = wordsRange(placed.s, 'USING', 'HASH');
      yield {
        message:
          'A hash index answers = alone: no range, no ORDER BY, no index-only scan. Use the B-tree that CREATE INDEX makes by itself.',
        range: place ? { start: whole.end - 'hash'.length, end: whole.end } : whole,
        step: placed.step.id,
        data: undefined,
      };
    }
  },
});
