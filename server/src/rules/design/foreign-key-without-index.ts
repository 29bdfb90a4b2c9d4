import { isUnshared } from '../../schema/exposure.ts';
import { displayName, indexesOf, relationKey } from '../../schema/lookup.ts';
import type { Index, Schema, Table } from '../../schema/model.ts';
import { quoteIdentifier, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { tableSize, withFigures } from '../figures.ts';
import type { Fix, RuleContext } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import { replaceWithLines } from '../set-around.ts';
import { isInWrittenTransaction, tokenRange } from '../statements.ts';
import { withoutLockLimit } from '../without-lock-limit.ts';
import { type NewForeignKey, newForeignKeys } from './foreign-keys.ts';
import { formerForeignKeys } from './former-foreign-key.ts';
import { atPlanEnd, isFullyKnown, planEnd } from './plan-end.ts';

/** A table this small is read through faster than its index is. */
const fewRows = 10_000;

/** A foreign key whose own columns no index leads with. */
export const foreignKeyWithoutIndex = defineRule<NewForeignKey>({
  id: 'foreign-key-without-index',
  title: 'No index finds the rows that a foreign key refers from',
  severity: 'info',
  concerns: ['AlterTableStmt', 'CreateStmt'],
  docs: {
    problem: `Postgres indexes the key that a foreign key refers to, not the columns that refer. To delete a row of the
referenced table, or to change its key, it looks for referring rows; without an index that reads the whole referring
table, once for each deleted row, while the transaction holds its locks. Joins along the key read it whole as well.`,
    solution: `Index the columns of the foreign key, built concurrently, before the key is added or soon after. Leave it out
where rows of the referenced table are never deleted and nobody joins along the key.`,
    manual: [{ title: 'Foreign Keys', path: 'ddl-constraints.html#DDL-CONSTRAINTS-FK' }],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TABLE teams (id bigint PRIMARY KEY);
CREATE TABLE users (id bigint PRIMARY KEY, team_id bigint);`,
        steps: `- step: Tie users to teams
  sql: |
    ALTER TABLE users ADD CONSTRAINT users_team_id_fkey
      FOREIGN KEY (team_id) REFERENCES teams (id) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT users_team_id_fkey;
- step: Check the rows that are there
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_team_id_fkey;
  rollback: { not_needed: the rollback of the first step drops the constraint }
`,
        finds: 'CONSTRAINT',
        fixed: `- step: Tie users to teams
  sql: |
    ALTER TABLE users ADD CONSTRAINT users_team_id_fkey
      FOREIGN KEY (team_id) REFERENCES teams (id) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT users_team_id_fkey;
- step: Index users (team_id)
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY users_team_id_idx ON users (team_id);
  rollback:
    transaction: false
    sql: |
      SET lock_timeout = 0;
      DROP INDEX CONCURRENTLY users_team_id_idx;
- step: Check the rows that are there
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_team_id_fkey;
  rollback: { not_needed: the rollback of the first step drops the constraint }
`,
      },
    ],
    good: [
      {
        schema: `CREATE TABLE teams (id bigint PRIMARY KEY);
CREATE TABLE users (id bigint PRIMARY KEY, team_id bigint);
CREATE INDEX users_team_id_idx ON users (team_id);`,
        steps: `- step: Tie users to teams
  sql: |
    ALTER TABLE users ADD CONSTRAINT users_team_id_fkey
      FOREIGN KEY (team_id) REFERENCES teams (id) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT users_team_id_fkey;
- step: Check the rows that are there
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_team_id_fkey;
  rollback: { not_needed: the rollback of the first step drops the constraint }
`,
      },
    ],
  },
  *check(context) {
    for (const key of newForeignKeys(context)) {
      const table = atPlanEnd(context, key.table);
      if (!table || !isFullyKnown(context, table) || !isKept(table, key)) continue;
      const relation = displayName(planEnd(context), table.name);
      const rows = tableSize(context, relation)?.rows?.value;
      if ((rows !== undefined && rows < fewRows) || isCovered(planEnd(context), table, key.columns)) continue;
      if (wasWithout(context, key)) continue;
      const columns = columnList(key.columns);
      const target = key.constraint.pktable?.relname ?? 'the referenced table';
      const remedy = isUnshared(key.placed.s.after, key.table)
        ? 'Make one here, while nobody uses the table.'
        : 'Build one with CREATE INDEX CONCURRENTLY.';
      yield {
        message: `No index begins with ${columns} of ${relation}: every DELETE of a row of ${target} reads all of ${withFigures(context, relation)} to look for rows that refer to it. ${remedy}`,
        range: tokenRange(key.placed.s, key.constraint.location),
        step: key.placed.step.id,
        data: key,
      };
    }
  },
  fix: ({ data }, context) => indexFix(context, data),
});

function isKept(table: Table, { columns }: NewForeignKey): boolean {
  return table.constraints.some(
    ({ kind, columns: own }) => kind === 'foreign key' && own.join() === columns.join(),
  );
}

/** Whether the foreign key that this one takes the place of had no index either. */
function wasWithout(context: RuleContext, key: NewForeignKey): boolean {
  return formerForeignKeys(context, key).some(
    ({ table, constraint }) => !isCovered(context.baseline, table, constraint.columns),
  );
}

/** Whether an index leads with these columns, in any order. */
function isCovered(schema: Schema, table: Table, columns: readonly string[]): boolean {
  for (const index of indexesOf(schema, relationKey(table.name))) {
    const leading = index.columns.slice(0, columns.length);
    if (columns.every((column) => leading.includes(column)) && findsEveryRow(index, columns)) return true;
  }
  return false;
}

/** The search for a value skips NULL anyway, so an index may leave NULL out; one of another kind may leave out more. */
function findsEveryRow({ method, predicate, valid }: Index, columns: readonly string[]): boolean {
  const notNull = columns.map((column) => `${quoteIdentifier(column)} is not null`);
  const bare = predicate
    ?.toLowerCase()
    .replace(/[()\s]+/g, ' ')
    .trim();
  return (
    valid !== false &&
    (method === 'btree' || method === 'hash') &&
    (bare === undefined || notNull.includes(bare))
  );
}

function columnList(columns: readonly string[]): string {
  return columns.length === 1
    ? quoteIdentifier(columns[0] ?? '')
    : `(${columns.map(quoteIdentifier).join(', ')})`;
}

function indexFix(context: RuleContext, { placed, table, columns }: NewForeignKey): readonly Fix[] {
  const unshared = isUnshared(placed.s.after, table);
  // A partitioned table refuses CONCURRENTLY.
  if (!unshared && (table.partitioned || isInWrittenTransaction(placed))) return [];
  const relation = displayName(placed.s.after, table.name);
  const schema = relation.includes('.') ? table.name.schema : undefined;
  const label = `${table.name.name}_${columns.join('_')}_idx`;
  const end = planEnd(context);
  if (label.length > 63 || end.relations.has(relationKey({ schema: table.name.schema, name: label })))
    return [];
  const list = columns.map(quoteIdentifier).join(', ');
  if (unshared) {
    const sql = `${placed.s.statement.text};\nCREATE INDEX ${quoteIdentifier(label)} ON ${relation} (${list})`;
    const edits = replaceWithLines(context, placed.s, sql);
    return edits ? [{ title: `Index ${relation} (${list})`, edits, safe: false }] : [];
  }
  const edits = aroundStatement(context, placed, {
    before: [],
    after: [
      {
        name: `Index ${relation} (${list})`,
        transaction: false,
        sql: withoutLockLimit(
          context,
          `CREATE INDEX CONCURRENTLY ${quoteIdentifier(label)} ON ${relation} (${list});`,
        ),
        rollback: {
          transaction: false,
          sql: withoutLockLimit(context, `DROP INDEX CONCURRENTLY ${writeName({ schema, name: label })};`),
        },
      },
    ],
  });
  return edits ? [{ title: `Index ${relation} (${list}) concurrently`, edits, safe: false }] : [];
}
