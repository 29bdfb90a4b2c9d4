import { nameOfRangeVar, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { sqlStatements, wordsRange } from '../statements.ts';

/** A new table without write-ahead log. */
export const tableUnlogged = defineRule<undefined>({
  id: 'table-unlogged',
  title: 'A new table is empty after a crash, and on every replica',
  severity: 'warning',
  off: true,
  eachStep: true,
  docs: {
    problem: `An UNLOGGED table writes no write-ahead log. After a crash or an unclean stop Postgres empties it, a standby
never has its rows (a failover loses them all), and to make it LOGGED later rewrites it under ACCESS EXCLUSIVE.`,
    solution: 'Leave UNLOGGED out, unless the rows can be made again at any time.',
    manual: [{ title: 'CREATE TABLE', path: 'sql-createtable.html#SQL-CREATETABLE-UNLOGGED' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Sessions
  sql: CREATE UNLOGGED TABLE sessions (id uuid PRIMARY KEY);
  rollback: DROP TABLE sessions;
`,
        finds: 'UNLOGGED',
      },
    ],
    good: [
      {
        steps: `- step: Sessions
  sql: CREATE TABLE sessions (id uuid PRIMARY KEY);
  rollback: DROP TABLE sessions;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { node } = placed.s.statement;
      const relation =
        'CreateStmt' in node
          ? node.CreateStmt.relation
          : 'CreateTableAsStmt' in node
            ? node.CreateTableAsStmt.into?.rel
            : undefined;
      if (placed.part !== 'step' || relation?.relpersistence !== 'u') continue;
      yield {
        message: `${writeName(nameOfRangeVar(relation))} is emptied by a crash and has no rows on a standby, so a failover loses them; to make it LOGGED later rewrites it. Leave UNLOGGED out unless its rows can be made again.`,
        range: wordsRange(placed.s, 'UNLOGGED'),
        step: placed.step.id,
        data: undefined,
      };
    }
  },
});
