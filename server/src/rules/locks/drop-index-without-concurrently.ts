import type { DropStmt, Node } from '@pgsql/types';
import { findIndex, tableByKey } from '../../schema/lookup.ts';
import { displayKey } from '../../schema/names.ts';
import { nameOfObject, type ObjectName, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { untransactedRollback, untransactedStep } from '../new-steps.ts';
import { isInWrittenTransaction, type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';
import { withConcurrently } from './concurrently.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly drop: DropStmt;
}

/** DROP INDEX that queues for its table with everybody behind it. */
export const dropIndexWithoutConcurrently = defineRule<Data>({
  id: 'drop-index-without-concurrently',
  title: 'An index is dropped under a lock that stops every request for its table',
  severity: 'warning',
  eachStep: true,
  concerns: ['DropStmt'],
  docs: {
    problem: `\`DROP INDEX\` is over in a moment, but it needs ACCESS EXCLUSIVE on the table: it waits for every transaction that
has touched the table, a long report or a forgotten session too, and meanwhile every later read and write waits behind it.`,
    solution: `\`DROP INDEX CONCURRENTLY\` waits for the same transactions without holding anyone up. Postgres refuses it in a
transaction: run it in a step of its own with \`transaction: false\`. It takes one index at a time and no CASCADE. An index of a
partitioned table cannot be dropped so; this rule is silent there, and a \`lock_timeout\` keeps the wait short.`,
    manual: [{ title: 'DROP INDEX, CONCURRENTLY', path: 'sql-dropindex.html' }],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE INDEX users_email_idx ON users (email);`,
        steps: `- step: Nobody looks users up by email
  sql: DROP INDEX users_email_idx;
  rollback:
    transaction: false
    sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
`,
        finds: 'DROP INDEX',
        fixed: `- step: Nobody looks users up by email
  transaction: false
  sql: DROP INDEX CONCURRENTLY users_email_idx;
  rollback:
    transaction: false
    sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
`,
      },
      {
        steps: `- step: Index the email
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback: DROP INDEX users_email_idx;
`,
        finds: 'DROP INDEX',
        fixed: `- step: Index the email
  transaction: false
  sql: CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
  rollback:
    transaction: false
    sql: DROP INDEX CONCURRENTLY users_email_idx;
`,
      },
    ],
    good: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE INDEX users_email_idx ON users (email);`,
        steps: `- step: Nobody looks users up by email
  transaction: false
  sql: DROP INDEX CONCURRENTLY users_email_idx;
  rollback:
    transaction: false
    sql: |
      SET lock_timeout = 0;
      CREATE INDEX CONCURRENTLY users_email_idx ON users (email);
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      const drop = 'DropStmt' in s.statement.node ? s.statement.node.DropStmt : undefined;
      if (drop?.removeType !== 'OBJECT_INDEX' || drop.concurrent) continue;
      if (!s.effects.locks.some(({ isNew }) => !isNew)) continue;
      const tables = tablesOf(s, drop);
      if (!tables) continue;
      const named = tables.map((table) => withFigures(context, table)).join(' and ');
      const it = tables.length > 1 ? 'them' : 'it';
      yield {
        message: `DROP INDEX takes ACCESS EXCLUSIVE on ${named || 'the table of the index'}: it waits for every transaction that uses ${it}, and meanwhile ${waitingRequests(context, 'every later read and write')}. DROP INDEX CONCURRENTLY holds nobody up; run it ${context.kind === 'sql' ? 'outside a transaction' : 'with transaction: false'}.`,
        range: wordsRange(s, 'DROP', 'INDEX'),
        step: step.id,
        severity: mildest(context, tables),
        data: { placed, drop },
      };
    }
  },
  fix: ({ data }, context) => concurrentFix(context, data),
});

/**
 * The tables of the indexes as far as known. Undefined where none is left that CONCURRENTLY could drop: behind a
 * constraint (another rule says so), of a partitioned table, or not there.
 */
function tablesOf(s: StatementAnalysis, drop: DropStmt): readonly string[] | undefined {
  const names = (drop.objects ?? []).flatMap((node: Node) => nameOfObject(node) ?? []);
  const indexes = names.map((name) => findIndex(s.before, name));
  const refused = indexes.some(
    (index) => index && (index.constraint !== undefined || isPartitioned(s, index)),
  );
  if (refused) return undefined;
  return [...new Set(indexes.flatMap((index) => (index ? [displayKey(s.before, index.table)] : [])))];
}

function isPartitioned(s: StatementAnalysis, index: { readonly table: string }): boolean {
  return tableByKey(s.before, index.table)?.partitioned === true;
}

/** A note only where all of the tables are small. */
function mildest(context: RuleContext, tables: readonly string[]) {
  const small = tables.length > 0 && tables.every((one) => severityFor(context, one, 'warning') === 'info');
  return small ? 'info' : 'warning';
}

function concurrentFix(context: RuleContext, { placed, drop }: Data): readonly Fix[] {
  if (drop.behavior === 'DROP_CASCADE' || isInWrittenTransaction(placed)) return [];
  const names = (drop.objects ?? []).flatMap((node) => nameOfObject(node) ?? []);
  const [only] = names;
  if (!only) return [];
  const sql =
    names.length === 1 ? withConcurrently(placed.s, 'INDEX') : oneByOne(names, drop.missing_ok === true);
  const title = 'Drop the index CONCURRENTLY';
  if (placed.part === 'rollback') {
    const edits = sql === undefined ? undefined : untransactedRollback(context, placed, sql);
    return edits ? [{ title, edits, safe: true }] : [];
  }
  const fixed = sql === undefined ? undefined : untransactedStep(context, placed, sql, undefined);
  return fixed ? [{ title, ...fixed }] : [];
}

/** CONCURRENTLY takes one index a statement. */
function oneByOne(names: readonly ObjectName[], missingOk: boolean): string {
  const guard = missingOk ? 'IF EXISTS ' : '';
  return names.map((name) => `DROP INDEX CONCURRENTLY ${guard}${writeName(name)}`).join(';\n');
}
