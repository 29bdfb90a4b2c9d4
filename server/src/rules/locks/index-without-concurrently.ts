import type { IndexStmt, RangeVar } from '@pgsql/types';
import { findRelation, tableOf } from '../../schema/lookup.ts';
import type { Schema } from '../../schema/model.ts';
import { displayName } from '../../schema/names.ts';
import { nameOfRangeVar, writeName } from '../../sql/names.ts';
import { defineRule, type Fault } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Fix, RuleContext } from '../model.ts';
import { type RollbackSource, untransactedRollback, untransactedStep } from '../new-steps.ts';
import { isInWrittenTransaction, type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';
import { withoutLockLimit } from '../without-lock-limit.ts';
import { withConcurrently } from './concurrently.ts';
import { builtName, rebuilt } from './index-may-be-invalid.ts';
import { perPartitionFix } from './partitioned-index.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly index: IndexStmt;
  readonly partitioned: boolean;
}

/** An index that is built while writes wait. */
export const indexWithoutConcurrently = defineRule<Data>({
  id: 'index-without-concurrently',
  title: 'An index is built while every write to the table waits',
  severity: 'error',
  eachStep: true,
  concerns: ['IndexStmt'],
  docs: {
    problem: `\`CREATE INDEX\` takes a SHARE lock on the table and keeps it until the index is complete. Reads go on, but
every INSERT, UPDATE and DELETE waits: on millions of rows for minutes.`,
    solution: `Build the index with \`CREATE INDEX CONCURRENTLY\`, in a step of its own with \`transaction: false\`. It scans
the table twice and takes longer, but nobody waits for it. Should the build fail, it leaves an INVALID index behind: drop it
and start again.

A partitioned table refuses CONCURRENTLY. Create the index with \`ON ONLY\` on the parent, build one on each partition
concurrently, and attach them with \`ALTER INDEX … ATTACH PARTITION\`.`,
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
  sql: CREATE INDEX users_email_idx ON users (email);
  rollback: DROP INDEX users_email_idx;
`,
        finds: 'CREATE INDEX',
        fixed: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY users_email_idx;
`,
      },
      {
        schema: `CREATE TABLE events (id bigint, day date NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');`,
        steps: `- step: Index the day
  sql: CREATE INDEX events_day_idx ON events (day);
  rollback: DROP INDEX events_day_idx;
`,
        finds: 'CREATE INDEX',
        fixed: `- step: Index events_2025 without blocking writes
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY events_2025_day_idx ON events_2025 (day);
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY IF EXISTS events_2025_day_idx;
- step: Index events_2026 without blocking writes
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY events_2026_day_idx ON events_2026 (day);
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY IF EXISTS events_2026_day_idx;
- step: Index the day
  sql: |-
    CREATE INDEX events_day_idx ON ONLY events (day);
    ALTER INDEX events_day_idx ATTACH PARTITION events_2025_day_idx;
    ALTER INDEX events_day_idx ATTACH PARTITION events_2026_day_idx;
  rollback: DROP INDEX events_day_idx;
`,
      },
    ],
    good: [
      {
        steps: `- step: Index the email
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_idx }
`,
      },
      {
        steps: `- step: A new table is empty, so no one waits
  sql: |
    CREATE TABLE invitations (id bigint PRIMARY KEY, email text NOT NULL);
    CREATE INDEX ON invitations (email);
  rollback: DROP TABLE invitations;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const build = placed.s.effects.builds[0];
      if (!build) continue;
      const { node } = placed.s.statement;
      if ('IndexStmt' in node && !node.IndexStmt.concurrent) {
        yield indexFault(context, placed, node.IndexStmt, build.relation);
      }
    }
  },
  fix: ({ data: { placed, index, partitioned } }, context) =>
    partitioned ? perPartitionFix(context, placed, index) : concurrentFix(context, placed, index),
});

function indexFault(
  context: RuleContext,
  placed: PlacedStatement,
  index: IndexStmt,
  relation: string,
): Fault<Data> {
  const table = tableOf(placed.s.before, index.relation);
  const partitioned = table?.partitioned === true;
  const named = partitioned ? displayName(placed.s.before, table.name) : relation;
  // Nobody but a refresh writes to a materialized view.
  const isView = index.relation !== undefined && isMaterializedView(placed.s.before, index.relation);
  const remedy = partitioned
    ? 'A partitioned table refuses CONCURRENTLY: create it ON ONLY the parent, build it concurrently on each partition and attach those.'
    : `Build it with CREATE INDEX CONCURRENTLY ${context.kind === 'sql' ? 'outside a transaction' : 'in a step with transaction: false'}.`;
  return {
    message: `CREATE INDEX holds a SHARE lock on ${withFigures(context, named, placed.s)}${partitioned ? ' and all its partitions' : ''} until the index is built: ${isView ? 'every REFRESH of it waits' : waitingRequests(context, 'every INSERT, UPDATE and DELETE')}. ${remedy}`,
    range: wordsRange(placed.s, 'CREATE', ...(index.unique ? ['UNIQUE'] : []), 'INDEX'),
    step: placed.step.id,
    severity: isView ? 'info' : severityFor(context, named, 'error'),
    data: { placed, index, partitioned },
  };
}

function isMaterializedView(schema: Schema, relation: RangeVar): boolean {
  return findRelation(schema, nameOfRangeVar(relation))?.kind === 'materialized view';
}

function concurrentFix(context: RuleContext, placed: PlacedStatement, index: IndexStmt): readonly Fix[] {
  const sql = buildOf(context, placed, index);
  const title = 'Build the index CONCURRENTLY';
  if (sql === undefined || isInWrittenTransaction(placed)) return [];
  if (placed.part === 'rollback') {
    const edits = untransactedRollback(context, placed, withoutLockLimit(context, sql));
    return edits ? [{ title, edits, safe: true }] : [];
  }
  const fixed = untransactedStep(context, placed, sql, concurrentRollback(placed, index));
  return fixed ? [{ title, ...fixed }] : [];
}

/** What an earlier try may have left goes first: IF NOT EXISTS would take it for the index, which the plan says is new. */
function buildOf(context: RuleContext, { s }: PlacedStatement, index: IndexStmt): string | undefined {
  const sql = withConcurrently(s, 'INDEX');
  const isNew = context.kind === 'plan' && s.before.complete && index.if_not_exists === true;
  return sql !== undefined && isNew && index.idxname ? rebuilt(sql, writeName(builtName(s, index))) : sql;
}

/** A rollback that is just this index's DROP INDEX becomes its concurrent form too. */
function concurrentRollback(placed: PlacedStatement, index: IndexStmt): RollbackSource | undefined {
  const [undo, ...more] = placed.at.rollback.flatMap((action) => action.statements);
  if (!undo || more.length > 0 || !index.idxname || !('DropStmt' in undo.statement.node)) return undefined;
  const drop = undo.statement.node.DropStmt;
  if (drop.removeType !== 'OBJECT_INDEX' || drop.concurrent || drop.behavior === 'DROP_CASCADE')
    return undefined;
  const name = writeName({ schema: index.relation?.schemaname || undefined, name: index.idxname });
  return { transaction: false, sql: `DROP INDEX CONCURRENTLY ${name};` };
}
