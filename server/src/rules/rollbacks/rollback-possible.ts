import { inverseOf } from '../../inverse/inverse.ts';
import { schemaDifferences } from '../../schema/difference.ts';
import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis, StepAnalysis } from '../model.ts';
import { mayDoMore } from './left-changes.ts';
import { rollbackFixes } from './proposal.ts';

/** A point of no return that need not be one. */
export const rollbackPossible = defineRule<StepAnalysis>({
  id: 'rollback-possible',
  title: 'A step that can be undone is said to be a point of no return',
  severity: 'warning',
  eachStep: true,
  docs: {
    problem: `\`impossible\` is a point of no return: once the step is done, neither it nor any step before it can be rolled back. This
step only adds something that can be dropped again without losing a row, so the plan gives up its way back for nothing.`,
    solution: `Write the rollback. Where the real reason lies elsewhere, put \`impossible\` on the step that destroys something.`,
    manual: [],
  },
  examples: {
    bad: [
      {
        steps: `- step: Index the address
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { impossible: no way back }
`,
        finds: 'no way back',
        fixed: `- step: Index the address
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
        steps: `- step: Forget the addresses
  sql: UPDATE users SET email = NULL WHERE id = 1;
  rollback: { impossible: the address is gone }
`,
      },
    ],
  },
  *check(context) {
    for (const at of context.steps) {
      const { rollback, name, id } = at.step;
      if (rollback?.kind !== 'impossible' || !onlyAdds(at, context.pgVersion)) continue;
      yield {
        message: `"${name.value}" can be undone, and loses nothing by it: said to be impossible, it is a point of no return, behind which no step before it can be rolled back either. Write its rollback.`,
        range: rollback.reason.range,
        step: id,
        data: at,
      };
    }
  },
  fix: ({ data }, context) => rollbackFixes(context, data, 'Replace').map((fix) => ({ ...fix, safe: false })),
});

/** What is added can be dropped, whatever was written meanwhile; tables and columns hold what was. */
function onlyAdds({ action, before, after }: StepAnalysis, pgVersion: number): boolean {
  if (action?.action.kind !== 'sql' || action.problems.length > 0 || before === after) return false;
  const isUndone = (s: StatementAnalysis) =>
    !mayDoMore(s) && inverseOf(s.statement, s.before, pgVersion).verdict === 'restores';
  if (!action.statements.filter(({ statement }) => !isSetting(statement.kind)).every(isUndone)) return false;
  const differences = schemaDifferences(before, after);
  return (
    differences.length > 0 &&
    differences.every(
      ({ change, object }) =>
        change === 'added' && !/^(?:foreign )?(?:table|column|sequence|schema) /.test(object),
    )
  );
}

function isSetting(kind: string): boolean {
  return kind === 'VariableSetStmt' || kind === 'TransactionStmt';
}
