import type { DropStmt, IndexStmt, Node, RefreshMatViewStmt, ReindexStmt } from '@pgsql/types';
import { childrenOf, findIndex, relationKey, tableByKey, tableOf } from '../../schema/lookup.ts';
import { displayKey, displayName } from '../../schema/names.ts';
import type { Statement } from '../../sql/model.ts';
import { nameOfObject, nameOfRangeVar } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis } from '../model.ts';
import { alterTable, type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';
import { hasRefreshKey, isUnfilled, refreshedView } from './matview-refresh-blocks-reads.ts';
import { partitionCommand } from './partition-command.ts';
import { perPartitionFix } from './partitioned-index.ts';

/** CONCURRENTLY where Postgres has no concurrent way. */
export const concurrentlyRefused = defineRule<PlacedStatement>({
  id: 'concurrently-refused',
  title: 'Postgres refuses CONCURRENTLY here',
  severity: 'error',
  concerns: ['AlterTableStmt', 'DropStmt', 'IndexStmt', 'RefreshMatViewStmt', 'ReindexStmt'],
  docs: {
    problem: `Not everything can be done CONCURRENTLY, and Postgres says so only when the statement runs: not the index of a
partitioned table (neither built nor dropped), not several indexes in one \`DROP INDEX\` nor with CASCADE, not the index of an
exclusion constraint, not a partition while the table has a default partition, not the refresh of a view that has no unique index
or was never filled.`,
    solution: `The message says what Postgres wants instead: an index on each partition built by itself, one DROP a statement, a
unique index on the view. Where nothing else is left, run the plain form with a short \`lock_timeout\`.`,
    manual: [
      { title: 'CREATE INDEX, CONCURRENTLY', path: 'sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY' },
      { title: 'DROP INDEX', path: 'sql-dropindex.html' },
      { title: 'REFRESH MATERIALIZED VIEW', path: 'sql-refreshmaterializedview.html' },
      {
        title: 'ALTER TABLE … DETACH PARTITION',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION',
      },
    ],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TABLE orders (id bigint PRIMARY KEY, day date, total numeric);
CREATE MATERIALIZED VIEW sales AS SELECT day, sum(total) AS total FROM orders GROUP BY day;
CREATE INDEX sales_day_idx ON sales (day);`,
        steps: `- step: Bring the sales up to date
  sql: REFRESH MATERIALIZED VIEW CONCURRENTLY sales;
  rollback: { not_needed: the sales are only newer }
`,
        finds: 'CONCURRENTLY',
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
    const filled = new Set<string>();
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      if (!s.statement.once(mayBeConcurrent)) continue;
      const message = refusal(s, filled);
      if (message !== undefined)
        yield { message, range: wordsRange(s, 'CONCURRENTLY'), step: step.id, data: placed };
    }
  },
  fix({ data }, context) {
    const { node } = data.s.statement;
    return 'IndexStmt' in node ? perPartitionFix(context, data, node.IndexStmt) : [];
  },
});

/** A word of the statement, but for the refreshes that fill a view. */
function mayBeConcurrent({ node, text }: Statement): boolean {
  return 'RefreshMatViewStmt' in node || /concurrently/i.test(text);
}

/** Why the statement fails; undefined for one that does not, as far as is known. `filled` holds views refreshed so far. */
function refusal(s: StatementAnalysis, filled: Set<string>): string | undefined {
  const { node } = s.statement;
  if ('RefreshMatViewStmt' in node) return ofRefresh(s, node.RefreshMatViewStmt, filled);
  // All others with the word run outside of transactions alone, and few others do.
  if (s.effects.transactional) return undefined;
  if ('IndexStmt' in node) return node.IndexStmt.concurrent ? ofCreateIndex(s, node.IndexStmt) : undefined;
  if ('DropStmt' in node) return node.DropStmt.concurrent ? ofDropIndex(s, node.DropStmt) : undefined;
  if ('ReindexStmt' in node) return ofReindex(s, node.ReindexStmt);
  if ('AlterTableStmt' in node) return ofDetach(s);
  return undefined;
}

function ofCreateIndex(s: StatementAnalysis, { relation }: IndexStmt): string | undefined {
  const table = tableOf(s.before, relation);
  if (!table?.partitioned) return undefined;
  return `${displayName(s.before, table.name)} is partitioned: Postgres refuses to build its index CONCURRENTLY, on ONLY it too. Build one CONCURRENTLY on each partition, then create it ON ONLY ${displayName(s.before, table.name)} without CONCURRENTLY, and attach those.`;
}

function ofDropIndex(s: StatementAnalysis, { objects = [], behavior }: DropStmt): string | undefined {
  if (objects.length > 1)
    return 'DROP INDEX CONCURRENTLY takes one index: Postgres refuses several in one statement. Give each a statement of its own.';
  if (behavior === 'DROP_CASCADE')
    return 'DROP INDEX CONCURRENTLY takes no CASCADE: Postgres refuses it. Leave CASCADE out; nothing but a constraint depends on an index, and that is dropped by itself.';
  const [only]: readonly (Node | undefined)[] = objects;
  const name = nameOfObject(only);
  const index = name && findIndex(s.before, name);
  if (!index || !tableByKey(s.before, index.table)?.partitioned) return undefined;
  return `${displayName(s.before, index.name)} is an index of the partitioned table ${displayKey(s.before, index.table)}: Postgres refuses to drop it CONCURRENTLY. Drop it without, with a short lock_timeout: it takes ACCESS EXCLUSIVE on the table and all partitions for a moment.`;
}

function ofReindex(s: StatementAnalysis, { kind, relation, params = [] }: ReindexStmt): string | undefined {
  if (!params.some((node) => 'DefElem' in node && node.DefElem.defname === 'concurrently')) return undefined;
  if (kind === 'REINDEX_OBJECT_SYSTEM' || relation?.schemaname === 'pg_catalog')
    return 'The system catalogs cannot be reindexed CONCURRENTLY: Postgres refuses it. Reindex the one catalog that needs it without, at a quiet hour.';
  if (kind !== 'REINDEX_OBJECT_INDEX' || !relation) return undefined;
  const index = findIndex(s.before, nameOfRangeVar(relation));
  const constraint = tableByKey(s.before, index?.table ?? '')?.constraints.find(
    ({ name }) => name === index?.constraint,
  );
  if (!index || constraint?.kind !== 'exclusion') return undefined;
  return `${displayName(s.before, index.name)} is the index of an exclusion constraint: Postgres refuses to build it CONCURRENTLY. Reindex it without, at an hour when ${displayKey(s.before, index.table)} may stand still.`;
}

function ofRefresh(
  s: StatementAnalysis,
  refresh: RefreshMatViewStmt,
  filled: Set<string>,
): string | undefined {
  const view = refreshedView(s.before, refresh);
  const key = view && relationKey(view.name);
  if (!refresh.concurrent) {
    if (key !== undefined && !refresh.skipData) filled.add(key);
    return undefined;
  }
  if (refresh.skipData)
    return 'CONCURRENTLY and WITH NO DATA cannot be used together: Postgres refuses the statement. Leave WITH NO DATA out.';
  if (!view || key === undefined) return undefined;
  const name = displayName(s.before, view.name);
  if (view.madeByPlan && isUnfilled(view) && !filled.has(key))
    return `${name} was made WITH NO DATA and not filled since: Postgres refuses to refresh it CONCURRENTLY. Refresh it once without; nobody can read it before that anyway.`;
  if (hasRefreshKey(s.before, view) !== false) return undefined;
  return `${name} has no unique index on its columns without WHERE: Postgres refuses to refresh it CONCURRENTLY. Create one first: CREATE UNIQUE INDEX CONCURRENTLY … ON ${name} (…).`;
}

function ofDetach(s: StatementAnalysis): string | undefined {
  const parent = tableOf(s.before, alterTable(s)?.relation);
  if (!parent?.partitioned || !partitionCommand(s, 'AT_DetachPartition')?.concurrent) return undefined;
  for (const child of childrenOf(s.before, relationKey(parent.name))) {
    if (!child.isDefaultPartition) continue;
    const [table, fallback] = [parent, child].map(({ name }) => displayName(s.before, name));
    return `${table} has a default partition, ${fallback}: Postgres refuses to detach CONCURRENTLY while it has one. Detach without, with a short lock_timeout: it takes ACCESS EXCLUSIVE for a moment, and reads no row.`;
  }
  return undefined;
}
