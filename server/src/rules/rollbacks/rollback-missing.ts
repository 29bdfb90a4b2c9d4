import { defineRule } from '../define-rule.ts';
import type { StepAnalysis } from '../model.ts';
import { changesNothing, rollbackFixes } from './proposal.ts';

/** A step that changes something and says no way back. */
export const rollbackMissing = defineRule<StepAnalysis>({
  id: 'rollback-missing',
  title: 'A step has no rollback',
  severity: 'error',
  docs: {
    problem: `When this step turns out to be a mistake in production, nobody has written down the way back, and it will be made up
under pressure. An empty rollback, or one that is only a comment, is a missing one.`,
    solution: `Write the SQL or the deploy that undoes the step. Where none is needed, because undoing another step covers it, say
\`rollback: { not_needed: why }\`. Where nothing can bring the old state back, say \`rollback: { impossible: why }\`: the plan then
shows a point of no return, and everyone knows before they pass it.

A step that surely changes nothing, such as a query, \`VACUUM\` or a \`DROP … IF EXISTS\` of what is not there, needs none.`,
    manual: [],
  },
  examples: {
    bad: [
      {
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
`,
        finds: 'Add the handle',
        fixed: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      },
      {
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: |
    -- to do
`,
        finds: 'rollback',
        fixed: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      },
    ],
    good: [
      {
        steps: `- step: Forget the nicknames
  sql: ALTER TABLE users DROP COLUMN nickname;
  rollback: { impossible: the nicknames are gone }
`,
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, nickname text);',
        plan: { app: '{ runs: v7, versions: { v7: ["SELECT id FROM users"] } }' },
      },
      {
        steps: `- step: Freeze the rows while nobody is about
  transaction: false
  sql: VACUUM (FREEZE) users;
`,
      },
    ],
  },
  *check(context) {
    if (context.kind === 'sql') return;
    for (const at of context.steps) {
      const { step } = at;
      const kind = step.action?.kind;
      if (kind !== 'sql' && kind !== 'backfill' && kind !== 'deploy') continue;
      if (step.rollback && !isEmptyRollback(at)) continue;
      if (changesNothing(context, at)) continue;
      if (!step.rollback) {
        yield {
          message: `"${step.name.value}" has no rollback: when it goes wrong in production, nothing here says how to undo it. Write one, or say not_needed or impossible with the reason.`,
          range: step.name.range,
          step: step.id,
          data: at,
        };
      } else {
        yield {
          message: `The rollback of "${step.name.value}" does nothing: it is empty or only a comment. Write what undoes the step, or say not_needed or impossible with the reason.`,
          range: step.rollback.keyRange,
          step: step.id,
          data: at,
        };
      }
    }
  },
  fix: ({ data }, context) => rollbackFixes(context, data, 'Insert'),
});

/** Nothing in a rollback would run. SQL that does not parse is a fault of its own, not an empty rollback. */
export function isEmptyRollback(at: StepAnalysis): boolean {
  if (at.step.rollback?.kind !== 'actions' || at.step.rollback.unreadable) return false;
  return at.rollback.every(
    ({ action, statements, problems }) =>
      action.kind === 'sql' && statements.length === 0 && problems.length === 0,
  );
}
