import type { IndexStmt } from '@pgsql/types';
import { keyOf, tableOf } from '../../schema/lookup.ts';
import { nameOfObject, quoteIdentifier, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import { isInWrittenTransaction, type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly index: IndexStmt;
  /** The index's name in SQL. */
  readonly name: string;
}

/** IF NOT EXISTS that takes the ruins of a failed build for the index. */
export const indexMayBeInvalid = defineRule<Data>({
  id: 'index-may-be-invalid',
  title: 'IF NOT EXISTS takes an INVALID index for a good one',
  severity: 'warning',
  concerns: ['IndexStmt'],
  docs: {
    problem: `A \`CREATE INDEX CONCURRENTLY\` that fails or is cancelled (a duplicate, a deadlock, a timeout) leaves its index behind,
INVALID: every write keeps it up and no query uses it; a unique one still refuses duplicates in part of the rows. Run again, \`IF NOT
EXISTS\` finds the name taken, says a notice, and the step succeeds without an index.`,
    solution: `Before the build, \`DROP INDEX CONCURRENTLY IF EXISTS\` what an earlier try may have left, and leave \`IF NOT EXISTS\`
out: then the step can be run again until it is true that the index is there. Or ask \`pg_index.indisvalid\` in a \`verify\` step after
it; this rule is silent then.`,
    manual: [
      {
        title: 'Building Indexes Concurrently',
        path: 'sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY',
      },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY IF NOT EXISTS users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
`,
        finds: 'IF NOT EXISTS',
        fixed: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    DROP INDEX CONCURRENTLY IF EXISTS users_email_idx;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
`,
      },
    ],
    good: [
      {
        steps: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    DROP INDEX CONCURRENTLY IF EXISTS users_email_idx;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
`,
      },
      {
        steps: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY IF NOT EXISTS users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
- step: It is complete
  verify:
    sql: SELECT indisvalid FROM pg_index WHERE indexrelid = 'users_email_idx'::regclass
    expect: true
`,
      },
    ],
  },
  *check(context) {
    const dropped = new Set<string>();
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      if (placed.part === 'step') noteDrops(s, dropped);
      const index = 'IndexStmt' in s.statement.node ? s.statement.node.IndexStmt : undefined;
      if (!index?.concurrent || !index.if_not_exists || !index.idxname) continue;
      const name = builtName(s, index);
      if (dropped.has(keyOf(s.before, name)) || asksForValidity(context)) continue;
      if (tableOf(s.before, index.relation)?.partitioned) continue;
      yield {
        message: `Should an earlier try to build ${quoteIdentifier(index.idxname)} have failed, it left an INVALID index of that name: IF NOT EXISTS then skips the build, the ${placed.part} succeeds, and no query ever uses the index. DROP INDEX CONCURRENTLY IF EXISTS it before the build, and leave IF NOT EXISTS out.`,
        range: wordsRange(s, 'IF', 'NOT', 'EXISTS'),
        step: step.id,
        data: { placed, index, name: writeName(name) },
      };
    }
  },
  fix: ({ data }, context) => dropFirst(context, data),
});

/** The index's name, with its schema where DROP INDEX would not find it otherwise. */
export function builtName(s: StatementAnalysis, { relation, idxname = '' }: IndexStmt) {
  const table = tableOf(s.before, relation);
  const schema = relation?.schemaname || undefined;
  return {
    schema: schema ?? (table && !isVisible(s, table.name.schema) ? table.name.schema : undefined),
    name: idxname,
  };
}

function isVisible({ before }: StatementAnalysis, schema: string): boolean {
  return before.searchPath.includes(schema);
}

/** Names whose index is gone for certain from here on. */
function noteDrops({ statement, before }: StatementAnalysis, dropped: Set<string>): void {
  if (!('DropStmt' in statement.node) || statement.node.DropStmt.removeType !== 'OBJECT_INDEX') return;
  for (const object of statement.node.DropStmt.objects ?? []) {
    const name = nameOfObject(object);
    if (name) dropped.add(keyOf(before, name));
  }
}

/** Whether the plan looks at `pg_index.indisvalid` anywhere: a verify step, the checklist, a query to watch. */
function asksForValidity({ text }: RuleContext): boolean {
  return text.includes('indisvalid');
}

/** CREATE INDEX CONCURRENTLY without IF NOT EXISTS, and before it the DROP of what an earlier try may have left. */
export function rebuilt(sql: string, name: string): string {
  return `DROP INDEX CONCURRENTLY IF EXISTS ${name};\n${sql.replace(/\s+if\s+not\s+exists\b/i, '')}`;
}

/** It drops an index that may be good and in use: theirs to choose. */
function dropFirst(context: RuleContext, { placed, name }: Data): readonly Fix[] {
  if (isInWrittenTransaction(placed) || placed.part === 'rollback') return [];
  const edits = aroundStatement(context, placed, {
    before: [],
    replacement: rebuilt(placed.s.statement.text, name),
    after: [],
  });
  return edits ? [{ title: 'Drop what an earlier try may have left, then build', edits, safe: false }] : [];
}
