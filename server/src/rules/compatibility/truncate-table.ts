import { defineRule } from '../define-rule.ts';
import { waitingRequests, withFigures } from '../figures.ts';
import { sqlStatements } from '../statements.ts';
import { nameRange } from './places.ts';
import { truncated } from './truncated.ts';

/** A table that was there before the plan is emptied. */
export const truncateTable = defineRule<undefined>({
  id: 'truncate-table',
  title: 'A table is emptied with TRUNCATE',
  severity: 'warning',
  eachStep: true,
  concerns: ['TruncateStmt'],
  docs: {
    problem: `\`TRUNCATE\` deletes every row at once, without a WHERE, and only a backup brings them back. It takes ACCESS EXCLUSIVE, so
that every read waits, fires no DELETE trigger, and a transaction with an older snapshot sees the table as empty, not as it was.`,
    solution: `Where only some rows should go, delete them in batches. Where all should, see that no version of the application reads
or writes the table meanwhile, and that nobody wants the rows back.`,
    manual: [
      { title: 'TRUNCATE', path: 'sql-truncate.html' },
      { title: 'Caveats', path: 'mvcc-caveats.html' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Start over
  sql: TRUNCATE users;
  rollback: { impossible: the users are gone }
`,
        finds: 'users',
      },
    ],
    good: [
      {
        steps: `- step: A table for the work in between
  sql: |
    CREATE TABLE scratch (id bigint PRIMARY KEY);
    INSERT INTO scratch SELECT id FROM users WHERE id < 10;
    TRUNCATE scratch;
  rollback: DROP TABLE scratch;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s } = placed;
      // One finding for a statement: CASCADE that reaches further has its own.
      const { named, along, cascade, known } = truncated(s);
      if (cascade && (along.length > 0 || !known)) continue;
      for (const { name, shown } of named) {
        yield {
          message: `TRUNCATE deletes every row of ${withFigures(context, shown)} for good, and meanwhile ${waitingRequests(context, 'every read and write of it')}. Where only some rows should go, delete them in batches.`,
          range: nameRange(s, name),
          step: placed.step.id,
          data: undefined,
        };
      }
    }
  },
});
