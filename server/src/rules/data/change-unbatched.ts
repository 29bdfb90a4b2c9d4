import type { InsertStmt, Node } from '@pgsql/types';
import { walk } from '../../schema/expressions.ts';
import { findRelation } from '../../schema/lookup.ts';
import type { Statement, Token } from '../../sql/model.ts';
import { nameOfRangeVar, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { tableSize, waitingRequests, withFigures } from '../figures.ts';
import type { RuleContext, Severity, StatementAnalysis } from '../model.ts';
import { type BackfillSource, backfillInstead } from '../new-steps.ts';
import { type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';

/** A change of fewer rows is over before anyone waits. */
const fewRows = 10_000;
/** A WHERE that may take the whole table is worth a word from here on. */
const manyRows = 100_000;
/** A copy of as many takes minutes. */
const manyCopied = 1_000_000;

/** An UPDATE, a DELETE or a copy of a large table in one transaction. */
export const changeUnbatched = defineRule<{ readonly placed: PlacedStatement; readonly change: Change }>({
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
      const change = changeOf(placed);
      const severity = change && severityOf(context, change);
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

interface Change {
  readonly verb: 'UPDATE' | 'DELETE' | 'INSERT';
  /** For an INSERT the table that is copied. */
  readonly table: string;
  /** No WHERE: every row for certain. */
  readonly whole: boolean;
}

function messageOf(context: RuleContext, { verb, table, whole }: Change): string {
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

/** A change of rows that the plan did not make itself and that no constant picks out. */
function changeOf({ s }: PlacedStatement): Change | undefined {
  const { node } = s.statement;
  if ('InsertStmt' in node) return copyOf(s, node.InsertStmt);
  const [verb, fields] =
    'UpdateStmt' in node
      ? (['UPDATE', node.UpdateStmt] as const)
      : 'DeleteStmt' in node
        ? (['DELETE', node.DeleteStmt] as const)
        : [];
  if (!verb || !fields?.relation) return undefined;
  const lock = s.effects.locks.find(({ mode }) => mode === 'RowExclusiveLock');
  if (!lock || lock.isNew || s.effects.class === 'instant') return undefined;
  if (fields.whereClause && picksByConstant(fields.whereClause)) return undefined;
  return { verb, table: writeName(nameOfRangeVar(fields.relation)), whole: !fields.whereClause };
}

/** `INSERT … SELECT` of a whole table. */
function copyOf(s: StatementAnalysis, { selectStmt }: InsertStmt): Change | undefined {
  const [copied] = s.effects.scans;
  return copied && selectStmt ? { verb: 'INSERT', table: copied.relation, whole: true } : undefined;
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

/** Whether a constant, a parameter or a LIMIT takes part: then it may well be a few rows, and only the server knows. */
function picksByConstant(where: Node): boolean {
  for (const [kind, fields] of walk(where)) {
    if (kind === 'A_Const' || kind === 'ParamRef' || (kind === 'SelectStmt' && fields.limitCount))
      return true;
  }
  return false;
}

/** Undefined where it is not worth a word: a small table, or a WHERE on a table of unknown size. */
function severityOf(context: RuleContext, { verb, table, whole }: Change): Severity | undefined {
  const rows = tableSize(context, table)?.rows?.value;
  // A copy changes no row that somebody waits for.
  if (verb === 'INSERT') return rows !== undefined && rows >= manyCopied ? 'warning' : undefined;
  if (rows === undefined) return whole ? 'warning' : undefined;
  if (rows < fewRows) return undefined;
  return whole || rows >= manyRows ? 'error' : 'warning';
}
