import { type Refusal, sameRefusal } from '../../effects/query-refusals.ts';
import type { DeployAction } from '../../plan/model.ts';

import type { Schema } from '../../schema/model.ts';
import { quoteIdentifier } from '../../sql/names.ts';
import type { Range } from '../../text/range.ts';
import { defineRule, type Fault } from '../define-rule.ts';
import type { Finding, RuleContext, StepAnalysis, VersionAnalysis } from '../model.ts';
import { placeIn, shownKey, snippet } from '../use-words.ts';

const schema = `CREATE TABLE users (id bigint PRIMARY KEY, username text NOT NULL);`;

interface Unfit {
  readonly statement: VersionAnalysis['statements'][number];
  readonly refusal: Refusal;
}

/** A version is deployed, or comes back in a rollback, whose statements the schema of that moment refuses. */
export const deployMissesSchema = defineRule<undefined>({
  id: 'deploy-misses-schema',
  title: 'A version is deployed whose statements fail on the schema of that moment',
  severity: 'error',
  docs: {
    problem: `A new version of the application needs a column that a later step adds, or no longer writes an old one that is still
NOT NULL without a default: its first requests fail. The other way round, a rollback brings back a version whose columns are
gone by then, so that there is no way back when one is needed.

Each statement of the version is held against the schema as it is at the deploy: names that are not there, rows without a value
that the table requires, \`ON CONFLICT\` without its unique index.`,
    solution: `Expand before the deploy that needs it: add the column first, and let the old one take NULL (\`DROP NOT NULL\`), or give
it a default, before a version that no longer writes it. Say \`rollback: { impossible: why }\` where an old version cannot come
back.`,
    manual: [
      { title: 'Constraints: Not-Null Constraints', path: 'ddl-constraints.html#DDL-CONSTRAINTS-NOT-NULL' },
    ],
  },
  examples: {
    bad: [
      {
        schema,
        plan: {
          app: `{ runs: v1, versions: { v1: ["INSERT INTO users (id, username) VALUES ($1, $2)"], v2: ["INSERT INTO users (id) VALUES ($1)"] } }`,
        },
        steps: `- step: Write no more usernames
  deploy: v2
  rollback: { deploy: v1 }
`,
        finds: 'v2',
      },
      {
        schema,
        plan: {
          app: `{ runs: v1, versions: { v1: ["SELECT id FROM users"], v2: ["SELECT id, handle FROM users"] } }`,
        },
        steps: `- step: Read the handle
  deploy: v2
  rollback: { deploy: v1 }
- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
        finds: 'v2',
      },
    ],
    good: [
      {
        schema,
        plan: {
          app: `{ runs: v1, versions: { v1: ["INSERT INTO users (id, username) VALUES ($1, $2)"], v2: ["INSERT INTO users (id) VALUES ($1)"] } }`,
        },
        steps: `- step: A user needs no username
  sql: ALTER TABLE users ALTER COLUMN username SET DEFAULT '';
  rollback: ALTER TABLE users ALTER COLUMN username DROP DEFAULT;
- step: Write no more usernames
  deploy: v2
  rollback: { deploy: v1 }
`,
      },
    ],
  },
  *check(context) {
    yield* startFaults(context);
    for (const [number, at] of context.steps.entries()) {
      const { action } = at.step;
      if (action?.kind === 'deploy') yield* deployFaults(context, number, at, action);
      yield* rollbackFaults(context, at);
    }
  },
});

/** What does not fit comes once for each reason, with the first statement that it stops. */
function unfitOf({ live }: RuleContext, name: string, schema: Schema): readonly Unfit[] {
  const found: Unfit[] = [];
  for (const statement of live.version(name)?.statements ?? [])
    for (const refusal of live.read(statement.statement, schema).refusals)
      if (!found.some((one) => sameRefusal(one.refusal, refusal))) found.push({ statement, refusal });
  return found;
}

/** The version before step one does run: where its statements do not fit, they or the baseline are not true. */
function* startFaults(context: RuleContext): Generator<Fault<undefined>> {
  const name = context.plan.app?.runs?.value;
  if (name === undefined || !context.baseline.complete) return;
  for (const { statement, refusal } of unfitOf(context, name, context.baseline)) {
    yield {
      message: `${name} runs before step one, but its "${snippet(statement)}" fails on the baseline schema: ${refusal.reason}. Correct the statement, or bring ${context.plan.database.schema?.value ?? 'the baseline'} up to date: the steps are checked against both.`,
      range: placeIn(statement, refusal.location),
      severity: 'warning',
      data: undefined,
    };
  }
}

function* deployFaults(
  context: RuleContext,
  number: number,
  at: StepAnalysis,
  { version }: DeployAction,
): Generator<Fault<undefined>> {
  const name = version.value;
  // What the version before step one cannot do is told there.
  const told = context.live.start.versions.some((one) => one.version.name.value === name)
    ? unfitOf(context, name, context.baseline)
    : [];
  for (const { statement, refusal } of unfitOf(context, name, at.before)) {
    if (told.some((one) => sameRefusal(one.refusal, refusal))) continue;
    const mended = mendedBy(context, number, { statement, refusal });
    const remedy = mended?.movable
      ? `Move "${mended.name}" in front of this deploy.`
      : remedyFor(refusal, at.before);
    yield {
      message: `${name} fails as soon as it is out: "${snippet(statement)}" is refused, since ${refusal.reason}${unlessTrigger(refusal)}. ${remedy}`,
      range: version.range,
      step: at.step.id,
      severity: refusal.unless.length > 0 ? 'warning' : 'error',
      related: [related(name, { statement, refusal }), ...(mended?.related ?? [])],
      data: undefined,
    };
  }
}

function unlessTrigger({ unless }: Refusal): string {
  return unless.length > 0 ? `, unless the trigger ${unless.join(' or ')} gives it one` : '';
}

function related(name: string, { statement, refusal }: Unfit): Finding['related'][number] {
  return { message: `${name} says it here`, range: placeIn(statement, refusal.location) };
}

function remedyFor({ kind, key = '', name }: Refusal, schema: Schema): string {
  const column = `${shownKey(schema, key)}.${quoteIdentifier(name)}`;
  switch (kind) {
    case 'null':
      return isInKey(schema, key, name)
        ? `Before this deploy give ${column} a default: as part of the primary key it cannot take NULL.`
        : `Before this deploy let ${column} take NULL (DROP NOT NULL), or give it a default.`;
    case 'no relation':
      return 'Create it in a step before this deploy.';
    case 'no column':
      return 'Add it in a step before this deploy.';
    case 'no arbiter':
      return 'Create the unique index in a step before this deploy.';
    default:
      return 'Change the statement, or the table in a step before this deploy.';
  }
}

function isInKey({ relations }: Schema, key: string, column: string): boolean {
  const table = relations.get(key);
  if (table?.kind !== 'table') return false;
  return table.constraints.some(({ kind, columns }) => kind === 'primary key' && columns.includes(column));
}

/** The next step that makes the schema fit. */
function mendedBy(
  { steps, live }: RuleContext,
  number: number,
  { statement, refusal }: Unfit,
): { readonly name: string; readonly movable: boolean; readonly related: Finding['related'] } | undefined {
  for (const { step, action, before, after } of steps.slice(number + 1)) {
    if (action?.action.kind !== 'sql' || !touches(refusal, before, after)) continue;
    const still = live.read(statement.statement, after).refusals;
    if (still.some((one) => sameRefusal(one, refusal))) continue;
    return {
      name: step.name.value,
      movable: hasColumn(after, refusal) || refusal.kind !== 'null',
      related: [{ message: 'It stays so until this step', range: step.name.range }],
    };
  }
  return undefined;
}

/** Whether a step can make or mend the refusal: most leave the table as it is. */
function touches({ kind, key }: Refusal, before: Schema, after: Schema): boolean {
  if (kind === 'no arbiter' || key === undefined) return before !== after;
  return before.relations.get(key) !== after.relations.get(key);
}

/** A step that drops the column would break the version before: it cannot come first. */
function hasColumn({ relations }: Schema, { key, name }: Refusal): boolean {
  const table = relations.get(key ?? '');
  return table?.kind === 'table' && table.columns.some((column) => column.name === name);
}

/** A deploy in a rollback meets the schema that the rollback has restored by then. */
function* rollbackFaults(context: RuleContext, at: StepAnalysis): Generator<Fault<undefined>> {
  let schema = at.after;
  for (const { action, statements } of at.rollback) {
    schema = statements.at(-1)?.after ?? schema;
    if (action.kind !== 'deploy') continue;
    const name = action.version.value;
    const told = context.live.start.versions.some((one) => one.version.name.value === name)
      ? unfitOf(context, name, context.baseline)
      : [];
    for (const unfit of unfitOf(context, name, schema)) {
      if (told.some((one) => sameRefusal(one.refusal, unfit.refusal))) continue;
      const breaker = brokenBy(context, at, unfit);
      // Where it ran while that step did, the fault is told there.
      if (breaker && isLive(context, breaker, name)) continue;
      yield rollbackFault(at, action.version.range, name, unfit, breaker);
    }
  }
}

function isLive({ live, steps }: RuleContext, at: StepAnalysis, name: string): boolean {
  const during = live.steps[steps.indexOf(at)]?.during.versions ?? [];
  return during.some(({ version }) => version.name.value === name);
}

function rollbackFault(
  at: StepAnalysis,
  range: Range,
  name: string,
  unfit: Unfit,
  breaker: StepAnalysis | undefined,
): Fault<undefined> {
  const { statement, refusal } = unfit;
  const since = breaker ? `, which "${breaker.step.name.value}" has changed before` : '';
  return {
    message: `This rollback brings back ${name}, but the schema is not ${name}'s any more${since}: "${snippet(statement)}" is refused, since ${refusal.reason}${unlessTrigger(refusal)}. Restore in this rollback what ${name} needs before it is deployed, or say impossible with the reason.`,
    range,
    step: at.step.id,
    severity: refusal.unless.length > 0 ? 'warning' : 'error',
    related: [
      related(name, unfit),
      ...(breaker ? [{ message: 'Until this step it worked', range: breaker.step.name.range }] : []),
    ],
    data: undefined,
  };
}

/** The last step before this one that made the version's statement fail. */
function brokenBy({ steps, live }: RuleContext, at: StepAnalysis, { statement, refusal }: Unfit) {
  for (let number = steps.indexOf(at); number >= 0; number--) {
    const step = steps[number];
    if (!step || !touches(refusal, step.before, step.after)) continue;
    const before = live.read(statement.statement, step.before).refusals;
    if (!before.some((one) => sameRefusal(one, refusal))) return step;
  }
  return undefined;
}
