import { defineRule } from '../define-rule.ts';
import { sqlStatements, wordsRange } from '../statements.ts';

/** A whole database is dropped. */
export const dropDatabase = defineRule<undefined>({
  id: 'drop-database',
  title: 'A whole database is dropped',
  severity: 'error',
  eachStep: true,
  concerns: ['DropdbStmt'],
  docs: {
    problem: `\`DROP DATABASE\` deletes the files of every table at once. It cannot run in a transaction, cannot be undone, and is
refused while anyone is connected, which in production is always. In a migration it is a statement that was meant for a developer's
machine.`,
    solution: `Take it out of the plan. A database that is retired is dropped by hand, when its last backup has been restored
elsewhere and opened.`,
    manual: [{ title: 'DROP DATABASE', path: 'sql-dropdatabase.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Start over
  transaction: false
  sql: DROP DATABASE shop;
  rollback: { impossible: all of it is gone }
`,
        finds: 'DROP DATABASE',
      },
    ],
    good: [
      {
        steps: `- step: A comment is enough
  sql: COMMENT ON DATABASE shop IS 'retired in 2026';
  rollback: COMMENT ON DATABASE shop IS NULL;
`,
      },
    ],
  },
  *check(context) {
    for (const { s, step } of sqlStatements(context)) {
      const { node } = s.statement;
      if (!('DropdbStmt' in node)) continue;
      yield {
        message: `DROP DATABASE deletes every table of ${node.DropdbStmt.dbname ?? 'the database'} for good, and fails while anyone is connected to it. Take it out of the plan.`,
        range: wordsRange(s, 'DROP', 'DATABASE'),
        step: step.id,
        data: undefined,
      };
    }
  },
});
