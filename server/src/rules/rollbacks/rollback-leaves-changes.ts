import { inWords, type SchemaDifference } from '../../schema/difference.ts';
import { findIndex } from '../../schema/lookup.ts';
import type { Schema } from '../../schema/model.ts';
import { displayKey } from '../../schema/names.ts';
import { nameOfObject, quoteIdentifier } from '../../sql/names.ts';
import type { Range } from '../../text/range.ts';
import { defineRule } from '../define-rule.ts';
import type { Fix, RuleContext, Severity, StepAnalysis } from '../model.ts';
import { fails, isFollowed, isHarmless, leftChanges } from './left-changes.ts';
import { changesNothing, rollbackFixes } from './proposal.ts';
import { droppedInVain } from './rollback-drops-nothing.ts';
import { isEmptyRollback } from './rollback-missing.ts';

/** A rollback after which the schema is not what it was before its step. */
export const rollbackLeavesChanges = defineRule<StepAnalysis>({
  id: 'rollback-leaves-changes',
  title: 'A rollback does not undo its step',
  severity: 'error',
  eachStep: true,
  docs: {
    problem: `The rollback runs, reports success, and the schema is not what it was before the step: an index is still there, a
default or a constraint is gone for good. Nobody notices until the step is tried again and fails on what was left, or until the
old version of the application meets a column that is not the one it knew.

Switchback carries out the step and its rollback on the schema as the plan knows it, and compares. Where it does not know what
a statement does (a DO block, a function, an object that no baseline tells of), it says nothing. A table that the rollback itself
makes, to keep rows aside, is no fault, and neither is the order of columns.

\`DROP CONSTRAINT\` of a unique constraint or primary key drops its index too, also the one that an earlier step had built and
\`ADD CONSTRAINT … USING INDEX\` took over.`,
    solution: `Undo each statement of the step, the last one first. Where the rollback drops an index that was there before the step,
build it again \`CONCURRENTLY\` under its old name, in a part of the rollback with \`transaction: false\`.`,
    manual: [{ title: 'ALTER TABLE: ADD table_constraint_using_index', path: 'sql-altertable.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Add the handle and look it up fast
  sql: |
    ALTER TABLE users ADD COLUMN handle varchar(255);
    ALTER TABLE users ALTER COLUMN email SET DEFAULT '';
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
        finds: 'rollback',
        fixed: `- step: Add the handle and look it up fast
  sql: |
    ALTER TABLE users ADD COLUMN handle varchar(255);
    ALTER TABLE users ALTER COLUMN email SET DEFAULT '';
  rollback: |
    ALTER TABLE users ALTER COLUMN email DROP DEFAULT;
    ALTER TABLE users DROP COLUMN handle;
`,
      },
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, handle text NOT NULL);
CREATE UNIQUE INDEX users_handle_key ON users (handle);`,
        steps: `- step: Make the index a constraint
  sql: ALTER TABLE users ADD CONSTRAINT users_handle_key UNIQUE USING INDEX users_handle_key;
  rollback: ALTER TABLE users DROP CONSTRAINT users_handle_key;
`,
        finds: 'ALTER TABLE users DROP CONSTRAINT users_handle_key',
      },
    ],
    good: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, handle text NOT NULL);
CREATE UNIQUE INDEX users_handle_key ON users (handle);`,
        steps: `- step: Make the index a constraint
  sql: ALTER TABLE users ADD CONSTRAINT users_handle_key UNIQUE USING INDEX users_handle_key;
  rollback:
    - sql: ALTER TABLE users DROP CONSTRAINT users_handle_key;
    - transaction: false
      sql: |
        SET lock_timeout = 0;
        CREATE UNIQUE INDEX CONCURRENTLY users_handle_key ON users (handle);
`,
      },
    ],
  },
  *check(context) {
    if (context.kind === 'sql') return;
    for (const at of context.steps) {
      const { step } = at;
      if (step.action?.kind !== 'sql' || step.rollback?.kind !== 'actions' || at.before === at.rolledBack)
        continue;
      if (saysOtherwise(at) || !isFollowed(at)) continue;
      const left = leftChanges(at);
      if (left.length === 0 || fails(at) || !droppedInVain(at).next().done) continue;
      yield {
        message: `The rollback of "${step.name.value}" does not undo it: after it ${listed(left)}. ${advice(at, left)}`,
        range: placeOf(at, left) ?? step.rollback.keyRange,
        step: step.id,
        severity: severityOf(at, left),
        data: at,
      };
    }
  },
  fix: ({ data }, context) => fixes(context, data),
});

/** An empty rollback is told of elsewhere, and a deploy by itself is one of the application alone. */
function saysOtherwise(at: StepAnalysis): boolean {
  if (isEmptyRollback(at)) return true;
  const isDone = at.rollback.every(({ statements }) => statements.length === 0);
  return isDone && at.rollback.some(({ action }) => action.kind === 'deploy');
}

const told = 3;

function listed(left: readonly SchemaDifference[]): string {
  const shown = left.slice(0, told).map(inWords);
  const more = left.length - shown.length;
  const parts =
    more > 0 ? [...shown, `${more} more ${more === 1 ? 'thing is' : 'things are'} not as before`] : shown;
  return parts.length > 1 ? `${parts.slice(0, -1).join(', ')}, and ${parts.at(-1)}` : (parts[0] ?? '');
}

function advice(at: StepAnalysis, left: readonly SchemaDifference[]): string {
  const { before, after } = at;
  const refused = refusedDrop(at);
  if (refused) {
    const { constraint, table } = refused;
    return `Postgres refuses its DROP INDEX: the constraint ${constraint} needs the index. Drop the constraint, and the index goes with it: ALTER TABLE ${table} DROP CONSTRAINT ${constraint}.`;
  }
  const taken = left.find(({ key, change }) => {
    const [old, now] = [before.relations.get(key), after.relations.get(key)];
    return (
      change === 'removed' && old?.kind === 'index' && now?.kind === 'index' && now.constraint !== undefined
    );
  });
  if (taken)
    return `DROP CONSTRAINT takes along the index that ADD CONSTRAINT … USING INDEX took over: build it again CONCURRENTLY in this rollback, after the constraint is dropped.`;
  return 'A second try of the step, or the version of the application that knew the old schema, then meets something else: undo that here too.';
}

/** The constraint behind an index that the rollback tries to drop by itself. */
function refusedDrop({ rollback }: StepAnalysis): { constraint: string; table: string } | undefined {
  for (const { before, statement } of rollback.flatMap(({ statements }) => statements)) {
    const { node } = statement;
    if (!('DropStmt' in node) || node.DropStmt.removeType !== 'OBJECT_INDEX') continue;
    for (const object of node.DropStmt.objects ?? []) {
      const name = nameOfObject(object);
      const index = name && findIndex(before, name);
      if (index?.constraint === undefined) continue;
      return { constraint: quoteIdentifier(index.constraint), table: displayKey(before, index.table) };
    }
  }
  return undefined;
}

function severityOf({ before }: StepAnalysis, left: readonly SchemaDifference[]): Severity {
  if (left.every(isHarmless)) return 'info';
  if (!left.every(({ key }) => isOfThePlan(before, key))) return 'error';
  // The rollback of the step that made it would drop it next; where that cannot bear its absence, it is told there.
  return left.every(({ change }) => change === 'removed') ? 'info' : 'warning';
}

/** Its own rollback takes away what the plan has made: then there is less to mend. */
function isOfThePlan({ relations }: Schema, key: string): boolean {
  return relations.get(key)?.madeByPlan === true;
}

/** The statement of the rollback that takes away what was there before the step. */
function placeOf({ rollback, before }: StepAnalysis, left: readonly SchemaDifference[]): Range | undefined {
  const [first] = left;
  if (first?.change !== 'removed' || !before.relations.has(first.key)) return undefined;
  for (const { statements } of rollback)
    for (const s of statements)
      if (s.before.relations.has(first.key) && !s.after.relations.has(first.key)) return s.range;
  return undefined;
}

/** What the author wrote beside DDL is not thrown away unasked. */
function fixes(context: RuleContext, at: StepAnalysis): readonly Fix[] {
  const isDdl = at.rollback.every(
    ({ action, statements }) =>
      action.kind === 'sql' &&
      action.sql.file === undefined &&
      statements.every(({ statement: { kind } }) => !data.has(kind)),
  );
  return rollbackFixes(context, at, 'Replace').map((fix) => ({
    ...fix,
    safe: fix.safe && isDdl && !changesNothing(context, at),
  }));
}

const data = new Set([
  'InsertStmt',
  'UpdateStmt',
  'DeleteStmt',
  'MergeStmt',
  'SelectStmt',
  'CreateTableAsStmt',
]);
