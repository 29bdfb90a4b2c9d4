import type { RefreshMatViewStmt } from '@pgsql/types';
import { findRelation, indexesOf, relationKey } from '../../schema/lookup.ts';
import type { Schema, View } from '../../schema/model.ts';
import { nameOfRangeVar } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Fix, RuleContext } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import { type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';
import { withConcurrently } from './concurrently.ts';

interface Data {
  readonly placed: PlacedStatement;
  /** Whether the view has an index that CONCURRENTLY needs; undefined where that is not known. */
  readonly hasKey: boolean | undefined;
}

/** REFRESH MATERIALIZED VIEW that shuts its readers out. */
export const matviewRefreshBlocksReads = defineRule<Data>({
  id: 'matview-refresh-blocks-reads',
  title: 'A materialized view cannot be read while it is refreshed',
  severity: 'warning',
  eachStep: true,
  concerns: ['RefreshMatViewStmt'],
  docs: {
    problem: `\`REFRESH MATERIALIZED VIEW\` holds ACCESS EXCLUSIVE on the view while its query runs and its indexes are built:
every query that reads the view waits. With \`WITH NO DATA\` it is over at once, and from then on every such query fails with "has
not been populated".`,
    solution: `\`REFRESH MATERIALIZED VIEW CONCURRENTLY\` builds the new result aside and changes only the rows that differ, while
the view is read. It needs a unique index on columns of the view, without WHERE and without expressions, and a view that has
been filled before. Unlike the other commands with that word it may run in a transaction.`,
    manual: [{ title: 'REFRESH MATERIALIZED VIEW', path: 'sql-refreshmaterializedview.html' }],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TABLE orders (id bigint PRIMARY KEY, day date, total numeric);
CREATE MATERIALIZED VIEW sales AS SELECT day, sum(total) AS total FROM orders GROUP BY day;
CREATE UNIQUE INDEX sales_day_key ON sales (day);`,
        steps: `- step: Bring the sales up to date
  sql: REFRESH MATERIALIZED VIEW sales;
  rollback: { not_needed: the sales are only newer }
`,
        finds: 'REFRESH MATERIALIZED VIEW',
        fixed: `- step: Bring the sales up to date
  sql: REFRESH MATERIALIZED VIEW CONCURRENTLY sales;
  rollback: { not_needed: the sales are only newer }
`,
      },
    ],
    good: [
      {
        schema: `CREATE TABLE orders (id bigint PRIMARY KEY, day date, total numeric);
CREATE MATERIALIZED VIEW sales AS SELECT day, sum(total) AS total FROM orders GROUP BY day;
CREATE UNIQUE INDEX sales_day_key ON sales (day);`,
        steps: `- step: Bring the sales up to date
  sql: REFRESH MATERIALIZED VIEW CONCURRENTLY sales;
  rollback: { not_needed: the sales are only newer }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      const refresh =
        'RefreshMatViewStmt' in s.statement.node ? s.statement.node.RefreshMatViewStmt : undefined;
      const lock = s.effects.locks[0];
      if (!refresh || refresh.concurrent || !lock || lock.isNew) continue;
      const view = refreshedView(s.before, refresh);
      // The plan's own view is read by nobody before it is filled.
      if (view?.madeByPlan && isUnfilled(view)) continue;
      const hasKey = view && hasRefreshKey(s.before, view);
      yield {
        message: messageOf(context, placed, refresh, lock.relation, hasKey),
        range: wordsRange(s, 'REFRESH', 'MATERIALIZED', 'VIEW'),
        step: step.id,
        severity: severityFor(context, lock.relation, 'warning'),
        data: { placed, hasKey: refresh.skipData ? false : hasKey },
      };
    }
  },
  fix: ({ data }, context) => concurrentFix(context, data),
});

function messageOf(
  context: RuleContext,
  { s }: PlacedStatement,
  { skipData }: RefreshMatViewStmt,
  relation: string,
  hasKey: boolean | undefined,
): string {
  const view = withFigures(context, relation, s);
  if (skipData)
    return `WITH NO DATA empties ${view}: from then on every query that reads it fails with "has not been populated", until a refresh with data. Leave WITH NO DATA out and refresh it CONCURRENTLY.`;
  const key =
    hasKey === false
      ? 'Give it a unique index on its columns, without WHERE, and refresh it CONCURRENTLY.'
      : '';
  const otherwise = 'Refresh it CONCURRENTLY, which needs a unique index on its columns, without WHERE.';
  return `REFRESH MATERIALIZED VIEW holds ACCESS EXCLUSIVE on ${view} while its query runs: ${waitingRequests(context, 'every query that reads it', s)} until it is done. ${key || otherwise}`;
}

/** The view of the statement, where the schema holds it. */
export function refreshedView(schema: Schema, { relation }: RefreshMatViewStmt): View | undefined {
  const found = relation && findRelation(schema, nameOfRangeVar(relation));
  return found?.kind === 'materialized view' ? found : undefined;
}

/** Made WITH NO DATA. */
export function isUnfilled({ definition }: View): boolean {
  return /\bwith\s+no\s+data\s*$/i.test(definition);
}

/** Whether it has a unique index on plain columns with no WHERE; undefined where other indexes may exist. */
export function hasRefreshKey(schema: Schema, view: View): boolean | undefined {
  for (const { unique, predicate, columns } of indexesOf(schema, relationKey(view.name)))
    if (unique && predicate === undefined && columns.every((column) => column !== null)) return true;
  return schema.complete || view.madeByPlan ? false : undefined;
}

function concurrentFix(context: RuleContext, { placed, hasKey }: Data): readonly Fix[] {
  const replacement = hasKey && placed.part === 'step' ? withConcurrently(placed.s, 'VIEW') : undefined;
  const edits =
    replacement === undefined
      ? undefined
      : aroundStatement(context, placed, { before: [], replacement, after: [] });
  return edits ? [{ title: 'Refresh it CONCURRENTLY', edits, safe: true }] : [];
}
