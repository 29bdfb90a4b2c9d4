import { defineRule } from '../define-rule.ts';
import { builtInType, columnText, type NewColumn, newColumns, retyped, typeRange } from './new-columns.ts';

/** json where jsonb would do. */
export const columnJson = defineRule<NewColumn>({
  id: 'column-json',
  title: 'A new column is json, not jsonb',
  severity: 'warning',
  off: true,
  eachStep: true,
  docs: {
    problem: `A \`json\` value is kept as the text that came in and parsed again at every use. It has no equality operator, so
\`SELECT DISTINCT\`, \`GROUP BY\` and \`UNION\` over the column fail, and no GIN index can be built on it.`,
    solution: `Use \`jsonb\`, unless the order of keys, repeated keys or the blanks of the original text have to be kept.`,
    manual: [{ title: 'JSON Types', path: 'datatype-json.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Add the preferences
  sql: ALTER TABLE users ADD COLUMN preferences json;
  rollback: ALTER TABLE users DROP COLUMN preferences;
`,
        finds: 'json',
        fixed: `- step: Add the preferences
  sql: ALTER TABLE users ADD COLUMN preferences jsonb;
  rollback: ALTER TABLE users DROP COLUMN preferences;
`,
      },
    ],
    good: [
      {
        steps: `- step: Add the preferences
  sql: ALTER TABLE users ADD COLUMN preferences jsonb;
  rollback: ALTER TABLE users DROP COLUMN preferences;
`,
      },
    ],
  },
  *check(context) {
    for (const column of newColumns(context)) {
      if (builtInType(column) !== 'json') continue;
      yield {
        message: `${columnText(column)} is json, which has no equality: SELECT DISTINCT, GROUP BY and UNION over it fail, and no GIN index can be built on it. Use jsonb.`,
        range: typeRange(column),
        step: column.placed.step.id,
        data: column,
      };
    }
  },
  fix({ data }, context) {
    return retyped(context, data, 'Make it jsonb', 'jsonb');
  },
});
