import type { Constraint } from '@pgsql/types';
import { walk } from '../../schema/expressions.ts';
import { nameOfRangeVar, writeName } from '../../sql/names.ts';
import { documentRange } from '../../text/offset-map.ts';
import { defineRule } from '../define-rule.ts';
import { sqlStatements, tokenRange, wordPlaces } from '../statements.ts';

/** A foreign key that deletes rows by itself. */
export const foreignKeyCascades = defineRule<undefined>({
  id: 'foreign-key-cascades',
  title: 'A foreign key deletes rows by itself: ON DELETE CASCADE',
  severity: 'info',
  off: true,
  eachStep: true,
  docs: {
    problem: `With \`ON DELETE CASCADE\` one DELETE of a row deletes all that point at it, and all that point at those, in one
transaction: no one sees how many, the locks are held until the last is gone, and a mistake takes more with it than its own row.`,
    solution: `Leave it at \`NO ACTION\` or \`RESTRICT\` and delete the rows that point at it first, in batches, by the code that knows why.`,
    manual: [{ title: 'Foreign Keys', path: 'ddl-constraints.html#DDL-CONSTRAINTS-FK' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Orders
  sql: CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users ON DELETE CASCADE);
  rollback: DROP TABLE orders;
`,
        finds: 'ON DELETE CASCADE',
      },
    ],
    good: [
      {
        steps: `- step: Orders
  sql: |
    CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users ON DELETE RESTRICT);
    CREATE INDEX ON orders (user_id);
  rollback: DROP TABLE orders;
`,
      },
    ],
  },
  *check(context) {
    for (const { s, step } of sqlStatements(context)) {
      const { node } = s.statement;
      if (!('CreateStmt' in node) && !('AlterTableStmt' in node)) continue;
      for (const [kind, fields] of walk(node)) {
        const constraint: Constraint | undefined = kind === 'Constraint' ? fields : undefined;
        if (constraint?.contype !== 'CONSTR_FOREIGN' || constraint.fk_del_action !== 'c') continue;
        const from = s.statement.offsetOf(constraint.location ?? 0);
        const place = [...wordPlaces(s, ['ON', 'DELETE', 'CASCADE'])].find(({ start }) => start >= from);
        const table = constraint.pktable ? writeName(nameOfRangeVar(constraint.pktable)) : 'the other table';
        yield {
          message: `A DELETE of one row of ${table} then deletes every row here that points at it, and what points at those, in one transaction. Say RESTRICT, and delete them first, in batches, where that is meant.`,
          range: place ? documentRange(s.sql.map, place) : tokenRange(s, constraint.location),
          step: step.id,
          data: undefined,
        };
      }
    }
  },
});
