import { inverseOf } from '../../inverse/inverse.ts';
import { setStepKey } from '../../plan/edit.ts';
import { defineRule } from '../define-rule.ts';
import type { Fix, RuleContext, StepAnalysis } from '../model.ts';
import type { RollbackSource } from '../new-steps.ts';
import { rollbackSource, script } from '../split-rollback.ts';

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
shows a point of no return, and everyone knows before they pass it.`,
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
    ],
  },
  *check(context) {
    if (context.kind === 'sql') return;
    for (const at of context.steps) {
      const { step } = at;
      const kind = step.action?.kind;
      if (kind !== 'sql' && kind !== 'backfill' && kind !== 'deploy') continue;
      if (!step.rollback) {
        yield {
          message: `"${step.name.value}" has no rollback: when it goes wrong in production, nothing here says how to undo it. Write one, or say not_needed or impossible with the reason.`,
          range: step.name.range,
          step: step.id,
          data: at,
        };
      } else if (isEmpty(at)) {
        yield {
          message: `The rollback of "${step.name.value}" does nothing: it is empty or only a comment. Write what undoes the step, or say not_needed or impossible with the reason.`,
          range: step.rollback.keyRange,
          step: step.id,
          data: at,
        };
      }
    }
  },
  fix: ({ data }, context) => insertRollback(context, data),
});

/** Nothing in it would run. SQL that does not parse is a fault of its own, not an empty rollback. */
function isEmpty(at: StepAnalysis): boolean {
  if (at.step.rollback?.kind !== 'actions' || at.step.rollback.unreadable) return false;
  return at.rollback.every(
    ({ action, statements, problems }) =>
      action.kind === 'sql' && statements.length === 0 && problems.length === 0,
  );
}

function insertRollback(context: RuleContext, at: StepAnalysis): readonly Fix[] {
  const proposal = propose(context, at);
  if (!proposal) return [];
  const edits = setStepKey(context.text, at.step, 'rollback', proposal.source);
  return edits ? [{ title: proposal.title, edits, safe: proposal.safe }] : [];
}

interface Proposal {
  readonly title: string;
  readonly source: RollbackSource;
  readonly safe: boolean;
}

function propose(context: RuleContext, at: StepAnalysis): Proposal | undefined {
  const action = at.step.action;
  if (action?.kind === 'deploy') {
    const previous = versionBefore(context, at);
    return previous
      ? {
          title: `Insert the rollback: deploy ${previous}`,
          source: { deploy: previous },
          safe: true,
        }
      : undefined;
  }
  return action?.kind === 'sql' ? proposeSql(context, at, action.transaction) : undefined;
}

/** The application version that is live when the step begins. */
function versionBefore(context: RuleContext, at: StepAnalysis): string | undefined {
  const earlier = context.steps.slice(0, context.steps.indexOf(at));
  const deploys = earlier.flatMap(({ step }) =>
    step.action?.kind === 'deploy' ? [step.action.version.value] : [],
  );
  return deploys.at(-1) ?? context.plan.app?.runs?.value;
}

function proposeSql(context: RuleContext, at: StepAnalysis, transaction: boolean): Proposal | undefined {
  const statements = at.action?.statements ?? [];
  if (statements.length === 0 || at.action?.problems.length) return undefined;
  const inverses = statements.map((s) => inverseOf(s.statement, s.before, context.pgVersion)).reverse();
  const impossible = inverses.find(({ verdict }) => verdict === 'impossible');
  if (impossible) {
    return {
      title: 'Say that nothing can undo it',
      source: { impossible: impossible.reason },
      safe: false,
    };
  }
  if (inverses.some(({ verdict }) => verdict !== 'restores')) return undefined;
  const sql = inverses.flatMap((inverse) => inverse.sql);
  if (sql.length === 0) return undefined;
  const together = transaction && inverses.every((inverse) => inverse.transactional);
  return {
    title: 'Insert the rollback that undoes this step',
    source: together ? rollbackSource(sql) : { transaction: false, sql: script(sql) },
    safe: true,
  };
}
