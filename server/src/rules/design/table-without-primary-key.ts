import { tableOf } from '../../schema/lookup.ts';
import type { Table } from '../../schema/model.ts';
import { writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import type { RuleContext } from '../model.ts';
import { sqlStatements, tokenRange } from '../statements.ts';
import { isTemporary } from './new-columns.ts';
import { atPlanEnd } from './plan-end.ts';

/** A new table that has no primary key when the plan is done. */
export const tableWithoutPrimaryKey = defineRule<undefined>({
  id: 'table-without-primary-key',
  title: 'A new table has no primary key',
  severity: 'info',
  concerns: ['CreateStmt'],
  docs: {
    problem: `Without a primary key one row cannot be told from another: a batched backfill has no key to walk along, a
duplicate cannot be deleted without its twin, and online copying tools refuse the table. Once the table is in a
publication for logical replication, every UPDATE and DELETE on it fails for want of a replica identity.`,
    solution: `Give it a primary key, a generated one where the data has none:
\`id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY\`. On an empty table that costs nothing.`,
    manual: [
      { title: 'Primary Keys', path: 'ddl-constraints.html#DDL-CONSTRAINTS-PRIMARY-KEYS' },
      { title: 'Replica Identity', path: 'logical-replication-publication.html' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Keep what happened
  sql: CREATE TABLE events (happened_at timestamptz, what text);
  rollback: DROP TABLE events;
`,
        finds: 'events',
      },
    ],
    good: [
      {
        steps: `- step: Keep what happened
  sql: |
    CREATE TABLE events (
      id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      happened_at timestamptz,
      what        text
    );
  rollback: DROP TABLE events;
`,
      },
      {
        steps: `- step: The key follows
  sql: |
    CREATE TABLE memberships (user_id bigint, team_id bigint);
    ALTER TABLE memberships ADD PRIMARY KEY (user_id, team_id);
  rollback: DROP TABLE memberships;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { node } = placed.s.statement;
      if (placed.part !== 'step' || !('CreateStmt' in node)) continue;
      const { relation } = node.CreateStmt;
      const table = tableOf(placed.s.after, relation);
      // IF NOT EXISTS may have met one that is there.
      if (!table || tableOf(placed.s.before, relation) || isTemporary(relation)) continue;
      if (!needsKey(context, table)) continue;
      yield {
        message: `${writeName({ schema: relation?.schemaname || undefined, name: table.name.name })} has no primary key when the plan is done: no backfill can walk it in batches, and once it is published for logical replication every UPDATE and DELETE fails. Add one while it is empty.`,
        range: tokenRange(placed.s, relation?.location),
        step: placed.step.id,
        data: undefined,
      };
    }
  },
});

/** Partitions and heirs have what their parents have; a partitioned table may well be unable to have one. */
function needsKey(context: RuleContext, table: Table): boolean {
  const last = atPlanEnd(context, table);
  if (!last || last.partitioned || last.partition || last.parents.length > 0) return false;
  if (last.foreign || last.ofType !== undefined || !last.columnsComplete) return false;
  return !last.constraints.some(({ kind }) => kind === 'primary key');
}
