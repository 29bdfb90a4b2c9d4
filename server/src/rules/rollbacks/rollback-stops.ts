import { alreadyThere } from '../../effects/already-there.ts';
import { effectsOf } from '../../effects/effects.ts';
import { missingParts } from '../../effects/missing-names.ts';
import { applyStatement } from '../../schema/apply.ts';
import { schemaDifferences } from '../../schema/difference.ts';
import type { Schema } from '../../schema/model.ts';
import { defineRule } from '../define-rule.ts';
import type { RuleContext, StatementAnalysis, StepAnalysis } from '../model.ts';
import { leftChanges } from './left-changes.ts';
import { rollbackLeavesChanges } from './rollback-leaves-changes.ts';
import { concernedBy, touchedBy } from './unwind.ts';

/** A rollback that fails because the one that runs before it has left something else than it expects. */
export const rollbackStops = defineRule<undefined>({
  id: 'rollback-stops',
  title: 'A rollback fails after that of a later step',
  severity: 'error',
  docs: {
    problem: `A plan is rolled back from the last step to the first. By itself this rollback undoes its step; but the rollback of a
later step, which runs before it, does not restore what was there: it took an index along that this one wants to drop, or left
something that stands in its way. Postgres refuses the statement, and the way back ends there, half gone.`,
    solution: `Let the rollback of the later step restore what it found: build the index again that \`DROP CONSTRAINT\` took along.`,
    manual: [{ title: 'ALTER TABLE', path: 'sql-altertable.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Build the index while writes go on
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_key }
- step: Make the index a constraint
  sql: ALTER TABLE users ADD CONSTRAINT users_email_key UNIQUE USING INDEX users_email_key;
  rollback: ALTER TABLE users DROP CONSTRAINT users_email_key;
`,
        finds: 'DROP INDEX CONCURRENTLY users_email_key',
      },
    ],
    good: [
      {
        steps: `- step: Drop the nickname
  sql: ALTER TABLE users DROP COLUMN nickname;
  rollback: ALTER TABLE users ADD COLUMN nickname text;
`,
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, nickname text);',
        plan: { app: '{ runs: v7, versions: { v7: ["SELECT id FROM users"] } }' },
      },
    ],
  },
  *check(context, found) {
    const drifting = new Set(
      found.filter(({ rule }) => rule === rollbackLeavesChanges.id).map(({ step }) => step),
    );
    const told = new Set<StatementAnalysis>();
    for (const at of context.steps) {
      if (!drifting.has(at.step.id)) continue;
      const stop = firstStop(context, at);
      if (!stop || told.has(stop.s)) continue;
      told.add(stop.s);
      yield {
        message: `This fails when the plan is rolled back past "${at.step.name.value}": the rollback of that step runs before, and ${stop.reason}. Let it restore what it found.`,
        range: stop.s.range,
        step: stop.earlier.step.id,
        related: [{ message: 'The step whose rollback leaves something else', range: at.step.name.range }],
        data: undefined,
      };
    }
  },
});

interface Stop {
  readonly earlier: StepAnalysis;
  readonly s: StatementAnalysis;
  readonly reason: string;
}

/** The first statement of the rollbacks before it that runs on the schema of before the step, and not on what is left. */
function firstStop(context: RuleContext, at: StepAnalysis): Stop | undefined {
  const keys = concernedBy(at.before, leftChanges(at));
  let [meant, real] = [at.before, at.rolledBack];
  for (let number = context.steps.indexOf(at) - 1; number >= 0; number--) {
    const earlier = context.steps[number];
    const rollback = earlier?.step.rollback;
    if (!earlier || rollback?.kind === 'impossible') return undefined;
    if (rollback?.kind === 'actions' && rollback.unreadable) return undefined;
    for (const { s, part } of earlier.placed) {
      if (part === 'step') continue;
      const touched = context.fact(s, touchedBy);
      if (touched === 'unknown') return undefined;
      if (touched !== 'any' && !touched.some((key) => keys.has(key))) continue;
      if (!isRefused(context, s, meant)) {
        const reason = isRefused(context, s, real);
        if (reason !== undefined) return { earlier, s, reason };
      }
      meant = applyStatement(meant, s.statement, { madeByPlan: true });
      real = applyStatement(real, s.statement, { madeByPlan: true });
    }
    if (schemaDifferences(meant, real).length === 0) return undefined;
  }
  return undefined;
}

/** Why Postgres would refuse it on this schema, as a clause. */
function isRefused(
  { pgVersion }: RuleContext,
  { statement, inTransaction }: StatementAnalysis,
  schema: Schema,
): string | undefined {
  const { unknown } = effectsOf(statement, schema, { pgVersion, inTransaction });
  const refused = unknown.find((one) => one.refused !== undefined);
  if (refused) return `then ${refused.fact}`;
  const [missing] = missingParts(statement.node, schema);
  if (missing) return `then there is no ${missing.kind} ${missing.name} of ${missing.table.name.name}`;
  const taken = alreadyThere(statement.node, schema);
  return taken && !taken.passedOver ? `then there is a ${taken.what} ${taken.name} already` : undefined;
}
