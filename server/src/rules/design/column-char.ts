import { defineRule } from '../define-rule.ts';
import { builtInType, columnText, type NewColumn, newColumns, retyped, typeRange } from './new-columns.ts';

/** char(n), and the catalogs' own "char". */
export const columnChar = defineRule<NewColumn>({
  id: 'column-char',
  title: 'A new column is of type char',
  severity: 'warning',
  off: true,
  eachStep: true,
  docs: {
    problem: `\`char(n)\` pads every value with blanks to n characters and stores them. The blanks count in LIKE and in regular
expressions, do not count in comparisons, and go when the value is cast to \`text\`. \`char\` without a length is \`char(1)\`.
The quoted \`"char"\` is another type, a single byte that the system catalogs use.`,
    solution: 'Use `text`, with a CHECK on `char_length` where the length is fixed.',
    manual: [{ title: 'Character Types', path: 'datatype-character.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Add the country
  sql: ALTER TABLE users ADD COLUMN country char(2);
  rollback: ALTER TABLE users DROP COLUMN country;
`,
        finds: 'char(2)',
        fixed: `- step: Add the country
  sql: ALTER TABLE users ADD COLUMN country text;
  rollback: ALTER TABLE users DROP COLUMN country;
`,
      },
    ],
    good: [
      {
        steps: `- step: Add the country
  sql: ALTER TABLE users ADD COLUMN country text;
  rollback: ALTER TABLE users DROP COLUMN country;
`,
      },
    ],
  },
  *check(context) {
    for (const column of newColumns(context)) {
      const type = builtInType(column);
      if (type !== 'character' && type !== 'bpchar' && type !== '"char"') continue;
      const fault =
        type === '"char"'
          ? 'is of the type that the system catalogs use for a single byte'
          : 'pads its values with blanks, which LIKE sees and = does not';
      yield {
        message: `${columnText(column)} ${fault}. Use text, with a CHECK on char_length where the length is fixed.`,
        range: typeRange(column),
        step: column.placed.step.id,
        data: column,
      };
    }
  },
  fix({ data }, context) {
    return retyped(context, data, 'Make it text', 'text');
  },
});
