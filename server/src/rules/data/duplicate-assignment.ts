import type { Node } from '@pgsql/types';
import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis } from '../model.ts';
import { sqlStatements, tokenRange } from '../statements.ts';

/** A column that one UPDATE sets, or one INSERT fills, twice. */
export const duplicateAssignment = defineRule<undefined>({
  id: 'duplicate-assignment',
  title: 'A column is given two values in one statement',
  severity: 'error',
  eachStep: true,
  concerns: ['InsertStmt', 'UpdateStmt'],
  docs: {
    problem: `Postgres refuses an UPDATE that sets one column twice (\`multiple assignments to same column\`) and an INSERT that
names one twice (\`column specified more than once\`): the step fails when it gets there, and whoever wrote it meant two
different columns.`,
    solution: `Say each column once; where two columns were meant, name the other one.`,
    manual: [{ title: 'UPDATE', path: 'sql-update.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Correct one user
  sql: UPDATE users SET email = 'ada@example.org', email = 'a@example.org' WHERE username = 'ada';
  rollback: { impossible: the old address was wrong }
`,
        finds: 'email',
      },
    ],
    good: [
      {
        steps: `- step: Correct one user
  sql: UPDATE users SET email = 'ada@example.org' WHERE username = 'ada';
  rollback: { impossible: the old address was wrong }
`,
      },
    ],
  },
  *check(context) {
    for (const { step, s } of sqlStatements(context)) {
      const { targets, verb } = targetsOf(s);
      const seen = new Set<string>();
      for (const node of targets) {
        if (!('ResTarget' in node) || node.ResTarget.indirection) continue;
        const { name = '', location } = node.ResTarget;
        if (seen.has(name)) {
          yield {
            message: `${verb} ${name} a second time: Postgres refuses the statement, and the step fails when it gets there. Say each column once.`,
            range: tokenRange(s, location),
            step: step.id,
            data: undefined,
          };
        }
        seen.add(name);
      }
    }
  },
});

function targetsOf({ statement: { node } }: StatementAnalysis): { targets: readonly Node[]; verb: string } {
  if ('UpdateStmt' in node) return { targets: node.UpdateStmt.targetList ?? [], verb: 'This UPDATE sets' };
  if ('InsertStmt' in node) return { targets: node.InsertStmt.cols ?? [], verb: 'This INSERT fills' };
  return { targets: [], verb: '' };
}
