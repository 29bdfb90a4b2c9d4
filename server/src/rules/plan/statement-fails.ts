import { replaceStatement } from '../../plan/edit.ts';
import { defineRule, type Fault } from '../define-rule.ts';
import type { StatementAnalysis, StepAnalysis } from '../model.ts';
import { tokenOf } from './name-places.ts';
import { backfillFaults, faultsOf, type Wrong } from './statement-faults.ts';

/** A statement that Postgres refuses when it gets there, by what the schema then holds. */
export const statementFails = defineRule<Wrong>({
  id: 'statement-fails',
  title: 'A statement names what is not there, or makes what is',
  severity: 'error',
  eachStep: true,
  docs: {
    problem: `Switchback follows the schema through the plan, from the baseline on. A statement that names a table or column that
does not exist at that moment, or makes one that does, is refused by Postgres: the step fails in production, with the steps
before it done. In a rollback it is worse: the way back ends there.`,
    solution: `Correct the name, or the order of the steps. Where the object is in production but not in the baseline, add it there:
\`database.schema\` wants the whole schema, as \`pg_dump --schema-only\` writes it.`,
    manual: [{ title: 'The Schema Search Path', path: 'ddl-schemas.html#DDL-SCHEMAS-PATH' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Index the address
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON usres (email);
  rollback: { not_needed: nothing uses it }
`,
        finds: 'usres',
        fixed: `- step: Index the address
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { not_needed: nothing uses it }
`,
      },
      {
        steps: `- step: Correct one user
  sql: UPDATE users SET emial = 'ada@example.org' WHERE username = 'ada';
  rollback: { impossible: the old address was wrong }
`,
        finds: 'emial',
        fixed: `- step: Correct one user
  sql: UPDATE users SET email = 'ada@example.org' WHERE username = 'ada';
  rollback: { impossible: the old address was wrong }
`,
      },
      {
        steps: `- step: Add a nickname
  sql: ALTER TABLE users ADD COLUMN nickname text;
  rollback: ALTER TABLE users DROP COLUMN nikname;
`,
        finds: 'nikname',
        fixed: `- step: Add a nickname
  sql: ALTER TABLE users ADD COLUMN nickname text;
  rollback: ALTER TABLE users DROP COLUMN nickname;
`,
      },
    ],
    good: [
      {
        steps: `- step: Add a nickname
  sql: ALTER TABLE users ADD COLUMN nickname text;
  rollback: ALTER TABLE users DROP COLUMN nickname;
`,
      },
    ],
  },
  *check(context) {
    for (const at of context.steps) yield* faultsOfStep(at);
    for (const { step, action, before, after, rollback } of context.steps) {
      if (action?.action.kind === 'verify') for (const s of action.statements) yield* faultsOf(s, step.id);
      if (action?.action.kind === 'backfill')
        yield* backfillFaults(action.action, action.statements, step, before);
      let schema = after;
      for (const { action: undo, statements } of rollback) {
        if (undo.kind === 'verify') for (const s of statements) yield* faultsOf(s, step.id);
        if (undo.kind === 'backfill') yield* backfillFaults(undo, statements, step, schema);
        schema = statements.at(-1)?.after ?? schema;
      }
    }
  },
  fix({ data: { spelling } }, context) {
    if (!spelling) return [];
    const { sql, place, instead } = spelling;
    const edits = replaceStatement(context.text, sql, place, instead);
    return edits ? [{ title: `Change it to ${instead}`, edits, safe: false }] : [];
  },
});

function* faultsOfStep({ step, placed }: StepAnalysis): Generator<Fault<Wrong>> {
  const failing: StatementAnalysis[] = [];
  for (const { s, part } of placed) {
    for (const fault of faultsOf(s, step.id)) {
      // What a statement that fails would have made is not there for the way back: that is no fault of its own.
      const { name } = fault.data;
      if (part === 'rollback' && failing.some((one) => tokenOf(one, name))) continue;
      if (part === 'step' && fault.severity === undefined) failing.push(s);
      yield fault;
    }
  }
}
