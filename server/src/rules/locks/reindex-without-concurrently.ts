import type { ReindexStmt } from '@pgsql/types';
import { findIndex, findRelation, tableByKey } from '../../schema/lookup.ts';
import { displayKey } from '../../schema/names.ts';
import { nameOfRangeVar, quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { untransactedRollback, untransactedStep } from '../new-steps.ts';
import { isInWrittenTransaction, type PlacedStatement, sqlStatements, wordsRange } from '../statements.ts';
import { withoutLockLimit } from '../without-lock-limit.ts';
import { withConcurrently } from './concurrently.ts';

interface Data {
  readonly placed: PlacedStatement;
  readonly word: string;
  /** Postgres cannot build it otherwise. */
  readonly only: boolean;
}

const words: Readonly<Record<string, string>> = {
  REINDEX_OBJECT_INDEX: 'INDEX',
  REINDEX_OBJECT_TABLE: 'TABLE',
  REINDEX_OBJECT_SCHEMA: 'SCHEMA',
  REINDEX_OBJECT_DATABASE: 'DATABASE',
};

/** An index that is built anew while writes wait, and most reads. */
export const reindexWithoutConcurrently = defineRule<Data>({
  id: 'reindex-without-concurrently',
  title: 'An index is built anew while every write to its table waits',
  severity: 'error',
  eachStep: true,
  concerns: ['ReindexStmt'],
  docs: {
    problem: `\`REINDEX\` holds a SHARE lock on the table until the index is built, so every write waits. The index itself is
locked in ACCESS EXCLUSIVE, and planning a query looks at all indexes of its tables: most reads of the table wait too.`,
    solution: `\`REINDEX … CONCURRENTLY\` builds a second index beside the old one and swaps them; reads and writes go on. Postgres
refuses it in a transaction: give it a step of its own with \`transaction: false\`. A build that fails leaves an INVALID index
whose name ends in \`_ccnew\`: drop that one and start again. The index of an exclusion constraint and the system catalogs
cannot be built so.`,
    manual: [{ title: 'Rebuilding Indexes Concurrently', path: 'sql-reindex.html#SQL-REINDEX-CONCURRENTLY' }],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, email text);
CREATE INDEX users_email_idx ON users (email);`,
        steps: `- step: The index has grown
  sql: REINDEX INDEX users_email_idx;
  rollback: { not_needed: the same index is only packed }
`,
        finds: 'REINDEX',
        fixed: `- step: The index has grown
  transaction: false
  sql: |
    SET lock_timeout = 0;
    REINDEX INDEX CONCURRENTLY users_email_idx;
  rollback: { not_needed: the same index is only packed }
`,
      },
    ],
    good: [
      {
        steps: `- step: The indexes have grown
  transaction: false
  sql: |
    SET lock_timeout = 0;
    REINDEX TABLE CONCURRENTLY users;
  rollback: { not_needed: the same indexes are only packed }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      const reindex = 'ReindexStmt' in s.statement.node ? s.statement.node.ReindexStmt : undefined;
      const word = reindex && words[reindex.kind ?? ''];
      if (!word || blocksNobody(s, reindex)) continue;
      const table = tableOfReindex(s, reindex);
      const only = isExclusion(s, reindex);
      yield {
        message: `REINDEX ${word} ${lockedBy(context, reindex, table)}: ${waitingRequests(context, 'every write, and every read whose plan looks at the index,')} until it is built. ${remedy(context, only)}`,
        range: wordsRange(s, 'REINDEX'),
        step: step.id,
        severity: table === undefined ? 'error' : severityFor(context, table, 'error'),
        data: { placed, word, only },
      };
    }
  },
  fix: ({ data }, context) => concurrentFix(context, data),
});

/** CONCURRENTLY, a table that is new or has no index, the system catalogs. */
function blocksNobody(s: StatementAnalysis, { kind, relation, params = [] }: ReindexStmt): boolean {
  const { locks, builds } = s.effects;
  if (params.some((node) => 'DefElem' in node && node.DefElem.defname === 'concurrently')) return true;
  if (relation?.schemaname === 'pg_catalog') return true;
  if (kind !== 'REINDEX_OBJECT_INDEX' && kind !== 'REINDEX_OBJECT_TABLE') return false;
  const known = relation && findRelation(s.before, nameOfRangeVar(relation));
  if (known?.empty || (known === undefined && s.before.complete)) return true;
  return locks.every(({ isNew }) => isNew) || (s.before.complete && builds.length === 0);
}

function tableOfReindex(s: StatementAnalysis, { kind, relation }: ReindexStmt): string | undefined {
  if (!relation) return undefined;
  if (kind === 'REINDEX_OBJECT_TABLE') return s.effects.locks[0]?.relation;
  const index = findIndex(s.before, nameOfRangeVar(relation));
  return index && displayKey(s.before, index.table);
}

function isExclusion(s: StatementAnalysis, { relation }: ReindexStmt): boolean {
  const index = relation && findIndex(s.before, nameOfRangeVar(relation));
  const constraint = tableByKey(s.before, index?.table ?? '')?.constraints.find(
    ({ name }) => name === index?.constraint,
  );
  return constraint?.kind === 'exclusion';
}

function lockedBy(context: RuleContext, { kind, name }: ReindexStmt, table: string | undefined): string {
  if (kind === 'REINDEX_OBJECT_INDEX' || kind === 'REINDEX_OBJECT_TABLE') {
    const place = table === undefined ? 'the table of the index' : withFigures(context, table);
    return `holds a SHARE lock on ${place} and ACCESS EXCLUSIVE on the index`;
  }
  const place = name ? quoteIdentifier(name) : 'the database';
  return `works through the tables of ${place} one by one and holds a SHARE lock on each`;
}

function remedy(context: RuleContext, only: boolean): string {
  if (only)
    return 'The index of an exclusion constraint cannot be built CONCURRENTLY: choose an hour when the table may stand still.';
  return `Use REINDEX … CONCURRENTLY ${context.kind === 'sql' ? 'outside a transaction' : 'in a step with transaction: false'}.`;
}

function concurrentFix(context: RuleContext, { placed, word, only }: Data): readonly Fix[] {
  const sql = withConcurrently(placed.s, word);
  if (sql === undefined || only || isInWrittenTransaction(placed)) return [];
  const title = 'Build it anew CONCURRENTLY';
  if (placed.part === 'rollback') {
    const edits = untransactedRollback(context, placed, withoutLockLimit(context, sql));
    return edits ? [{ title, edits, safe: true }] : [];
  }
  const fixed = untransactedStep(context, placed, sql, undefined);
  return fixed ? [{ title, ...fixed }] : [];
}
