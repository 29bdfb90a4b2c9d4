import { nameOfStrings, stringsOf, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { sqlStatements, wordsRange } from '../statements.ts';

/** An enum, where a table of the values would be easier to change. */
export const enumType = defineRule<undefined>({
  id: 'enum-type',
  title: 'A type is made as an enum, which is hard to change',
  severity: 'info',
  off: true,
  eachStep: true,
  docs: {
    problem: `A label of an enum cannot be dropped, nor moved among the others, and a renamed one breaks whoever says the old. To take
one away is to make a new type and write every column of the old one anew.`,
    solution: `Keep the values as rows of a small table with a foreign key to it, or as text with a CHECK: both change without a rewrite.`,
    manual: [{ title: 'Enumerated Types', path: 'datatype-enum.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Moods
  sql: CREATE TYPE mood AS ENUM ('ok', 'great');
  rollback: DROP TYPE mood;
`,
        finds: 'ENUM',
      },
    ],
    good: [
      {
        steps: `- step: Moods
  sql: CREATE TABLE moods (name text PRIMARY KEY);
  rollback: DROP TABLE moods;
`,
      },
    ],
  },
  *check(context) {
    for (const { s, step } of sqlStatements(context)) {
      const { node } = s.statement;
      if (!('CreateEnumStmt' in node)) continue;
      yield {
        message: `No label of ${writeName(nameOfStrings(stringsOf(node.CreateEnumStmt.typeName)))} can be dropped or moved later without writing every column of the type anew. A table of the values with a foreign key, or text with a CHECK, changes easily.`,
        range: wordsRange(s, 'ENUM'),
        step: step.id,
        data: undefined,
      };
    }
  },
});
