import { defineRule } from '../define-rule.ts';
import { sqlStatements, tokenRange } from '../statements.ts';

const manyColumns = 4;

/** An index on many columns. */
export const indexManyColumns = defineRule<undefined>({
  id: 'index-many-columns',
  title: 'An index has more than three columns',
  severity: 'warning',
  off: true,
  eachStep: true,
  docs: {
    problem: `A B-tree index narrows a search by its leading columns; the manual calls indexes with more than three columns
unlikely to be helpful unless the use of the table is extremely stylized. Every column makes each entry wider, and an
UPDATE of any of them is no HOT update any more: it writes every index of the table.`,
    solution: `Keep the columns that are compared with \`=\`, then one range or order. What is only read goes into \`INCLUDE\`,
what is always the same into the WHERE of a partial index.`,
    manual: [{ title: 'Multicolumn Indexes', path: 'indexes-multicolumn.html' }],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE TABLE events (id bigint PRIMARY KEY, a int, b int, c int, d int);',
        steps: `- step: Index everything
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY events_idx ON events (a, b, c, d);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY events_idx }
`,
        finds: 'events',
      },
    ],
    good: [
      {
        schema: 'CREATE TABLE events (id bigint PRIMARY KEY, a int, b int, c int, d int);',
        steps: `- step: Index what is searched by
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE INDEX CONCURRENTLY events_idx ON events (a, b) INCLUDE (c, d);
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY events_idx }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { node } = placed.s.statement;
      if (placed.part !== 'step' || !('IndexStmt' in node)) continue;
      const { indexParams = [], relation, accessMethod } = node.IndexStmt;
      // Each column of a GIN or BRIN index is searched by itself.
      if (indexParams.length < manyColumns || (accessMethod && accessMethod !== 'btree')) continue;
      yield {
        message: `This index has ${indexParams.length} key columns: those behind the third seldom narrow a search, and an UPDATE of any of them writes every index of the table. Keep what is compared; put what is only read into INCLUDE.`,
        range: tokenRange(placed.s, relation?.location),
        step: placed.step.id,
        data: undefined,
      };
    }
  },
});
