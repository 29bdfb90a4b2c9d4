import { findRelation } from '../../schema/lookup.ts';
import type { Statement, Token } from '../../sql/model.ts';
import { nameOfRangeVar, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { waitingRequests, withFigures } from '../figures.ts';
import type { RuleContext, StatementAnalysis } from '../model.ts';
import { type BackfillSource, backfillInstead } from '../new-steps.ts';
import { type RowChange, rowChange, severityOfChange } from '../row-changes.ts';
import { type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';

/** An UPDATE, a DELETE or a copy of a large table in one transaction. */
export const changeUnbatched = defineRule<{ readonly placed: PlacedStatement; readonly change: RowChange }>({
  id: 'change-unbatched',
  title: 'An UPDATE, DELETE or INSERT … SELECT goes through a large table in one transaction',
  severity: 'error',
  eachStep: true,
  docs: {
    problem: `One UPDATE of millions of rows is one transaction of many minutes. It keeps a lock on every row that it has
changed, so the application's writes to those rows wait until the end; its old row versions cannot be vacuumed away
meanwhile, so the table grows to twice its size; replicas get all of it at once and lag; and if it fails near the end, all of
it was in vain.`,
    solution: `Use a \`backfill\`: it walks the table along its key and changes a batch of rows in each transaction, with a pause
between them.`,
    manual: [{ title: 'Routine Vacuuming', path: 'routine-vacuuming.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Copy the names
  sql: UPDATE users SET email = username;
  rollback: { impossible: the old values are gone }
`,
        finds: 'UPDATE',
        fixed: `- step: Copy the names
  backfill:
    table: users
    set: email = username
    batch: 10000
    pause: 100ms
  rollback: { impossible: the old values are gone }
`,
      },
      {
        steps: `- step: Copy the names
  sql: UPDATE users SET email = username WHERE email IS NULL;
  rollback: { not_needed: nothing reads email yet }
`,
        finds: 'UPDATE',
        fixed: `- step: Copy the names
  backfill:
    table: users
    set: email = username
    where: email IS NULL
    batch: 10000
    pause: 100ms
  rollback: { not_needed: nothing reads email yet }
`,
      },
      {
        steps: `- step: Keep the addresses aside
  sql: |
    CREATE TABLE addresses (user_id bigint, email text);
    INSERT INTO addresses SELECT id, email FROM users;
  rollback: DROP TABLE addresses;
`,
        finds: 'INSERT',
      },
    ],
    good: [
      {
        steps: `- step: Copy the names
  backfill:
    table: users
    set: email = username
    where: email IS NULL
  rollback: { not_needed: nothing reads email yet }
`,
      },
      {
        steps: `- step: One row
  sql: UPDATE users SET email = 'ada@example.org' WHERE username = 'ada';
  rollback: { not_needed: the address was wrong }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const change = rowChange(placed.s);
      const severity = change && severityOfChange(context, change);
      if (!change || !severity) continue;
      yield {
        message: messageOf(context, change),
        range: wordsRange(placed.s, change.verb),
        step: placed.step.id,
        severity,
        data: { placed, change },
      };
    }
  },
  fix({ data: { placed, change } }, context) {
    const backfill = change.verb === 'UPDATE' ? backfillOf(placed) : undefined;
    const edits = backfill && backfillInstead(context, placed, backfill);
    return edits ? [{ title: `Change ${change.table} in batches, by a backfill`, edits, safe: false }] : [];
  },
});

function messageOf(context: RuleContext, { verb, table, whole }: RowChange): string {
  const rows = `${whole ? 'every row' : 'up to every row'} of ${withFigures(context, table)}`;
  if (verb === 'INSERT')
    return `INSERT copies ${rows} in one transaction: nothing that it reads can be vacuumed away until the end, and replicas lag. Copy it in batches, by key.`;
  const instead =
    verb === 'DELETE'
      ? 'Delete in batches by key, each in a transaction of its own'
      : context.kind === 'sql'
        ? 'Change it in batches'
        : 'Use a backfill step, which goes in batches';
  return `${verb} changes ${rows} in one transaction: ${waitingRequests(context, 'every other write to a changed row')} until the end, dead rows pile up, and replicas lag. ${instead}.`;
}

/** The backfill that an UPDATE of one table by its own values is; undefined for any other, or without a key to walk by. */
function backfillOf({ s }: PlacedStatement): BackfillSource | undefined {
  const { node } = s.statement;
  if (!('UpdateStmt' in node)) return undefined;
  const { relation, fromClause, returningClause, withClause, whereClause } = node.UpdateStmt;
  if (!relation || relation.alias || fromClause || returningClause || withClause) return undefined;
  const table = findRelation(s.before, nameOfRangeVar(relation));
  if (table?.kind !== 'table' || !table.constraints.some(({ kind }) => kind === 'primary key'))
    return undefined;
  const set = clause(s, 'SET', whereClause ? 'WHERE' : undefined);
  const where = whereClause ? clause(s, 'WHERE', undefined) : undefined;
  if (set === undefined) return undefined;
  return { table: writeName(nameOfRangeVar(relation)), set, where, batch: 10_000, pause: '100ms' };
}

/** The source behind a word of the statement itself, up to another one. */
function clause({ statement }: StatementAnalysis, from: string, to: string | undefined): string | undefined {
  const outer = outerTokens(statement);
  const at = (word: string | undefined) =>
    outer.find((token) => token.kind === 'word' && statement.slice(token).toUpperCase() === word);
  const start = at(from)?.end;
  const end = to === undefined ? statement.range.end : at(to)?.start;
  return start === undefined || end === undefined ? undefined : statement.slice({ start, end }).trim();
}

/** The tokens that stand in no parentheses. */
function outerTokens(statement: Statement): readonly Token[] {
  let depth = 0;
  return statement.tokens().filter((token) => {
    const text = statement.slice(token);
    if (text === '(') depth++;
    else if (text === ')') depth--;
    return depth === 0;
  });
}
