import { inWords, type SchemaDifference, schemaDifferences } from '../../schema/difference.ts';
import { defineRule } from '../define-rule.ts';
import type { RuleContext, StatementAnalysis, StepAnalysis } from '../model.ts';
import { fails, isHarmless, mayDoMore } from './left-changes.ts';
import { rollbackFixes } from './proposal.ts';
import { leftAfterUnwinding } from './unwind.ts';

/** `not_needed` on a step that no other rollback undoes. */
export const rollbackNeeded = defineRule<StepAnalysis>({
  id: 'rollback-needed',
  title: 'A rollback is said not to be needed, and nothing else undoes the step',
  severity: 'warning',
  docs: {
    problem: `\`not_needed\` says that undoing other steps covers this one. Switchback has carried out the rollbacks of all steps before
it, on the schema as the plan knows it, down to the first or to a point of no return: what this step made is still there. Whoever
tries the plan again finds it in the way.`,
    solution: `Write the rollback. Where it may stay, because nobody minds it, allow this rule on the step, with the reason.`,
    manual: [],
  },
  examples: {
    bad: [
      {
        steps: `- step: Index the address
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { not_needed: undone by the other steps }
`,
        finds: 'undone by the other steps',
        fixed: `- step: Index the address
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
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
- step: Look it up fast
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_handle_idx ON users (handle);
  rollback: { not_needed: the rollback of the step before drops the column }
`,
      },
    ],
  },
  *check(context) {
    for (const at of context.steps) {
      const { rollback, action, name, id } = at.step;
      if (rollback?.kind !== 'not_needed' || action?.kind !== 'sql' || at.before === at.after) continue;
      const leaves = whatIsLeft(context, at);
      if (leaves.length === 0) continue;
      const left = leftAfterUnwinding(context, at, leaves)?.filter((one) => !isHarmless(one)) ?? [];
      const [first, ...more] = left;
      if (!first || fails(at)) continue;
      const others =
        more.length > 0
          ? `, and ${more.length} more ${more.length > 1 ? 'things are' : 'thing is'} not as before`
          : '';
      yield {
        message: `No other rollback undoes "${name.value}": after those of all steps before it ${inWords(first)}${others}. Write its rollback, or allow this with the reason why it may stay.`,
        range: rollback.reason.range,
        step: id,
        data: at,
      };
    }
  },
  fix: ({ data }, context) => rollbackFixes(context, data, 'Replace').map((fix) => ({ ...fix, safe: false })),
});

/** What the step changes; nothing where a statement of it may do more than the schema shows. */
function whatIsLeft(
  { fact }: RuleContext,
  { action, before, after }: StepAnalysis,
): readonly SchemaDifference[] {
  const statements = action?.statements ?? [];
  if (action?.problems.length || statements.some(({ embedded }) => embedded)) return [];
  const each = statements.map((s) => fact(s, changesOf));
  if (each.some((changes) => changes === 'unknown')) return [];
  const [only, ...more] = each.filter((changes) => changes.length > 0);
  if (more.length === 0) return only === 'unknown' ? [] : (only ?? []);
  return schemaDifferences(before, after).filter((one) => !isHarmless(one));
}

function changesOf(s: StatementAnalysis): readonly SchemaDifference[] | 'unknown' {
  if (mayDoMore(s)) return 'unknown';
  return schemaDifferences(s.before, s.after).filter((one) => !isHarmless(one));
}
