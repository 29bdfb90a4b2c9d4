import { nameOfStrings, stringsOf, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { sqlStatements, wordsRange } from '../statements.ts';

/** A new label of an enum without its place among the others. */
export const enumValueUnordered = defineRule<undefined>({
  id: 'enum-value-unordered',
  title: 'A new label of an enum does not say where it stands',
  severity: 'info',
  off: true,
  eachStep: true,
  docs: {
    problem: `An enum's labels have an order, which \`ORDER BY\`, \`<\` and \`max()\` follow. \`ADD VALUE\` without BEFORE or AFTER puts the new
label last, whatever it means, and the order cannot be changed later.`,
    solution: `Say where it belongs: \`ADD VALUE 'shipped' AFTER 'paid'\`.`,
    manual: [{ title: 'ALTER TYPE … ADD VALUE', path: 'sql-altertype.html' }],
  },
  examples: {
    bad: [
      {
        schema: "CREATE TYPE mood AS ENUM ('bad', 'great');",
        steps: `- step: Another mood
  sql: ALTER TYPE mood ADD VALUE 'ok';
  rollback: { impossible: a label cannot be dropped }
`,
        finds: 'ADD VALUE',
      },
    ],
    good: [
      {
        schema: "CREATE TYPE mood AS ENUM ('bad', 'great');",
        steps: `- step: Another mood
  sql: ALTER TYPE mood ADD VALUE 'ok' BEFORE 'great';
  rollback: { impossible: a label cannot be dropped }
`,
      },
    ],
  },
  *check(context) {
    for (const { s, step } of sqlStatements(context)) {
      const { node } = s.statement;
      if (!('AlterEnumStmt' in node)) continue;
      const { oldVal, newVal, newValNeighbor, typeName } = node.AlterEnumStmt;
      if (oldVal || newValNeighbor || !newVal) continue;
      yield {
        message: `'${newVal}' becomes the last label of ${writeName(nameOfStrings(stringsOf(typeName)))}, after which ORDER BY and < place it, and that cannot be changed. Say BEFORE or AFTER which label it belongs.`,
        range: wordsRange(s, 'ADD', 'VALUE'),
        step: step.id,
        data: undefined,
      };
    }
  },
});
