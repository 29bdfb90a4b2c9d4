import { constraintOf, keyOf, tableByKey } from '../../schema/lookup.ts';
import { nameOfRangeVar } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import { transactionEnd } from '../removed-names.ts';
import {
  alterCommands,
  alterTable,
  hasSubcommand,
  type PlacedStatement,
  sqlStatements,
} from '../statements.ts';
import { shownKey } from '../use-words.ts';
import { nameRange } from './places.ts';

/** A table is left without its primary key, and a replicated one without its identity. */
export const dropPrimaryKey = defineRule<undefined>({
  id: 'drop-primary-key',
  title: 'A table is left without its primary key',
  severity: 'warning',
  concerns: ['AT_DropConstraint'],
  docs: {
    problem: `The primary key is the replica identity of a table: once it is gone, every UPDATE and DELETE on a table that a publication
replicates fails with \`cannot update table because it does not have a replica identity and publishes updates\`. Change data
capture and upserts (\`ON CONFLICT\`) on the key stop with it, its index is gone for every look-up by key, and duplicates can come
in before a new key is there.`,
    solution: `Build the index of the new key CONCURRENTLY first. Then drop the old key and add the new one with \`USING INDEX\` in one
ALTER TABLE: both are instant, and nobody sees the table without a key. Where a table shall have none, set \`REPLICA IDENTITY\`
before.`,
    manual: [
      {
        title: 'ALTER TABLE … REPLICA IDENTITY',
        path: 'sql-altertable.html#SQL-ALTERTABLE-REPLICA-IDENTITY',
      },
      { title: 'Logical Replication: Publication', path: 'logical-replication-publication.html' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Another key
  sql: ALTER TABLE users DROP CONSTRAINT users_pkey;
  rollback: { impossible: for the example }
`,
        finds: 'users_pkey',
      },
    ],
    good: [
      {
        schema:
          'CREATE TABLE users (id bigint PRIMARY KEY, number bigint NOT NULL);\nCREATE UNIQUE INDEX users_number ON users (number);',
        steps: `- step: Another key
  sql: |
    ALTER TABLE users
      DROP CONSTRAINT users_pkey,
      ADD CONSTRAINT users_number_pkey PRIMARY KEY USING INDEX users_number;
  rollback: { impossible: for the example }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, part, step } = placed;
      const relation = alterTable(s)?.relation;
      if (!relation || part === 'rollback' || !hasSubcommand(s, 'AT_DropConstraint')) continue;
      const key = keyOf(s.before, nameOfRangeVar(relation));
      for (const { subtype, name = '' } of alterCommands(s)) {
        if (subtype !== 'AT_DropConstraint' || !isKeyLost(placed, key, name)) continue;
        const table = shownKey(s.before, key);
        const certain = constraintOf(tableByKey(s.before, key), name) !== undefined;
        const what = certain
          ? 'This drops the primary key'
          : `${name} is what Postgres calls a primary key: this drops it`;
        yield {
          message: `${what} of ${withFigures(context, table)}: while there is none, UPDATE and DELETE fail where a publication replicates the table and no REPLICA IDENTITY is set, ON CONFLICT on the key fails, look-ups by it read the whole table, and duplicates can come in. Build the new key's index CONCURRENTLY, then drop and add in one ALTER TABLE.`,
          range: nameRange(s, name),
          step: step.id,
          data: undefined,
        };
      }
    }
  },
});

/** The constraint is the table's key, or has the name that Postgres gives one, and no other takes its place. */
function isKeyLost(placed: PlacedStatement, key: string, name: string): boolean {
  const { before } = placed.s;
  const table = tableByKey(before, key);
  if (table?.madeByPlan) return false;
  const known = constraintOf(table, name);
  const isKey = known ? known.kind === 'primary key' : !table?.columnsComplete && /_pkey$/.test(name);
  const after = tableByKey(transactionEnd(placed), key);
  return isKey && !after?.constraints.some(({ kind }) => kind === 'primary key');
}
