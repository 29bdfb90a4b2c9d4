import { walk } from '../../schema/expressions.ts';
import { nameOfRangeVar, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import type { StatementAnalysis } from '../model.ts';
import { sqlStatements, wordsRange } from '../statements.ts';
import { changedTable } from './batch-loops.ts';

/** A loop over batches that passes over locked rows and takes a pass without rows for the end. */
export const batchLoopSkipsLocked = defineRule<undefined>({
  id: 'batch-loop-skips-locked',
  title: 'A loop over batches with SKIP LOCKED can stop before all rows are done',
  severity: 'error',
  eachStep: true,
  docs: {
    problem: `\`FOR UPDATE SKIP LOCKED\` passes over rows that another transaction holds at that moment. A loop that ends when a
pass changes no row ends too as soon as all rows that are left are locked: they keep their old value, and nothing says so.
On a table with traffic that is the usual end of it, since the busiest rows are left for last.`,
    solution: `Use a \`backfill\`, which walks the table along its key and waits for a locked row. In a loop of your own leave SKIP
LOCKED out (batches are short, so the wait is too), or end it only when no row is left: \`EXIT WHEN NOT EXISTS (SELECT …)\`.`,
    manual: [{ title: 'SELECT: the locking clause', path: 'sql-select.html#SQL-FOR-UPDATE-SHARE' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Copy the names
  transaction: false
  sql: |
    DO $$
    BEGIN
      LOOP
        UPDATE users SET email = username WHERE email IS NULL AND id IN (
          SELECT id FROM users WHERE email IS NULL LIMIT 10000 FOR UPDATE SKIP LOCKED
        );
        EXIT WHEN NOT FOUND;
        COMMIT;
      END LOOP;
    END $$;
  rollback: { not_needed: nothing reads email yet }
`,
        finds: 'SKIP LOCKED',
      },
    ],
    good: [
      {
        steps: `- step: Copy the names
  transaction: false
  sql: |
    DO $$
    BEGIN
      LOOP
        UPDATE users SET email = username WHERE email IS NULL AND id IN (
          SELECT id FROM users WHERE email IS NULL LIMIT 10000 FOR UPDATE SKIP LOCKED
        );
        EXIT WHEN NOT EXISTS (SELECT FROM users WHERE email IS NULL);
        COMMIT;
      END LOOP;
    END $$;
  rollback: { not_needed: nothing reads email yet }
`,
      },
      {
        steps: `- step: Copy the names
  backfill:
    table: users
    set: email = username
    where: email IS NULL
  rollback: { not_needed: nothing reads email yet }
`,
      },
    ],
  },
  *check(context) {
    for (const { step, s, around } of loopStatements(context)) {
      const table = changedTable(s);
      if (table === undefined || !skipsLocked(s) || around.some((one) => looksForRest(one, table))) continue;
      yield {
        message: `This loop passes over rows of ${withFigures(context, table)} that another transaction holds, and ends when a pass finds none free. Those rows are never changed, and nothing says so. Leave SKIP LOCKED out, end the loop only when no row is left, or use a backfill step.`,
        range: wordsRange(s, 'SKIP', 'LOCKED'),
        step: step.id,
        data: undefined,
      };
    }
  },
});

/** Statements in loops, with all that stand in the same block. */
function* loopStatements(context: Parameters<typeof sqlStatements>[0]) {
  let around: readonly StatementAnalysis[] = [];
  for (const { step, s } of sqlStatements(context)) {
    if (s.embedded) around = s.embedded;
    else if (s.repeats) yield { step, s, around };
  }
}

function skipsLocked({ statement }: StatementAnalysis): boolean {
  for (const [kind, fields] of walk(statement.node))
    if (kind === 'LockingClause' && fields.waitPolicy === 'LockWaitSkip') return true;
  return false;
}

/** A query of the same table that locks nothing: the loop asks whether rows are left. */
function looksForRest({ statement }: StatementAnalysis, table: string): boolean {
  if (!('SelectStmt' in statement.node)) return false;
  let reads = false;
  for (const [kind, fields] of walk(statement.node)) {
    if (kind === 'LockingClause') return false;
    if (kind === 'RangeVar' && writeName(nameOfRangeVar(fields)) === table) reads = true;
  }
  return reads;
}
