import type { Node } from '@pgsql/types';
import { walk } from '../../schema/expressions.ts';
import { nameOfRangeVar, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { tableSize, waitingRequests, withFigures } from '../figures.ts';
import type { RuleContext, Severity } from '../model.ts';
import { type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';

/** A change of fewer rows is over before anyone waits. */
const fewRows = 10_000;
/** A WHERE that may take the whole table is worth a word from here on. */
const manyRows = 100_000;

/** An UPDATE or DELETE of a large table in one transaction. */
export const changeUnbatched = defineRule<undefined>({
  id: 'change-unbatched',
  title: 'An UPDATE or DELETE changes a large table in one transaction',
  severity: 'error',
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
      },
      {
        steps: `- step: Copy the names
  sql: UPDATE users SET email = username WHERE email IS NULL;
  rollback: { not_needed: nothing reads email yet }
`,
        finds: 'UPDATE',
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
      const { verb, table } = change;
      const how = change.whole ? 'every row' : 'up to every row';
      yield {
        message: `${verb} changes ${how} of ${withFigures(context, table)} in one transaction: ${waitingRequests(context, 'every other write to a changed row')} until the end, dead rows pile up, and replicas lag. ${context.kind === 'sql' ? 'Change it in batches' : 'Use a backfill step, which goes in batches'}.`,
        range: wordsRange(placed.s, verb),
        step: placed.step.id,
        severity,
        data: undefined,
      };
    }
  },
});

interface Change {
  readonly verb: 'UPDATE' | 'DELETE';
  readonly table: string;
  /** No WHERE: every row for certain. */
  readonly whole: boolean;
}

/** A change of rows that the plan did not make itself and that no constant picks out. */
function changeOf({ s }: PlacedStatement): Change | undefined {
  const { node } = s.statement;
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

/** Whether a constant, a parameter or a LIMIT takes part: then it may well be a few rows, and only the server knows. */
function picksByConstant(where: Node): boolean {
  for (const [kind, fields] of walk(where)) {
    if (kind === 'A_Const' || kind === 'ParamRef' || (kind === 'SelectStmt' && fields.limitCount))
      return true;
  }
  return false;
}

/** Undefined where it is not worth a word: a small table, or a WHERE on a table of unknown size. */
function severityOf(context: RuleContext, { table, whole }: Change): Severity | undefined {
  const rows = tableSize(context, table)?.rows?.value;
  if (rows === undefined) return whole ? 'warning' : undefined;
  if (rows < fewRows) return undefined;
  return whole || rows >= manyRows ? 'error' : 'warning';
}
