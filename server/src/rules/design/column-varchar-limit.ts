import { defineRule } from '../define-rule.ts';
import { builtInType, columnText, type NewColumn, newColumns, retyped, typeRange } from './new-columns.ts';

/** varchar(n). */
export const columnVarcharLimit = defineRule<NewColumn>({
  id: 'column-varchar-limit',
  title: 'A length limit is part of a column’s type',
  severity: 'warning',
  off: true,
  eachStep: true,
  docs: {
    problem: `In Postgres \`varchar(n)\` is no faster and no smaller than \`text\`. Its limit is part of the type: to raise it is
an instant ALTER TABLE, but to lower it rewrites the table under ACCESS EXCLUSIVE, and a view that shows the column
forbids both.`,
    solution: `Use \`text\`, and where a limit is meant a CHECK on \`char_length\`, which can be added NOT VALID, validated
while everybody works, and replaced by another.`,
    manual: [{ title: 'Character Types', path: 'datatype-character.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle varchar(255);
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
        finds: 'varchar(255)',
        fixed: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      },
    ],
    good: [
      {
        steps: `- step: Add the handle
  sql: ALTER TABLE users ADD COLUMN handle text;
  rollback: ALTER TABLE users DROP COLUMN handle;
`,
      },
    ],
  },
  *check(context) {
    for (const column of newColumns(context)) {
      if (builtInType(column) !== 'character varying' || !column.type.typmods?.length) continue;
      yield {
        message: `${columnText(column)} has its length limit in its type: to lower it later rewrites the table under ACCESS EXCLUSIVE. Use text, with a CHECK on char_length where a limit is meant.`,
        range: typeRange(column),
        step: column.placed.step.id,
        data: column,
      };
    }
  },
  fix({ data }, context) {
    return retyped(context, data, 'Make it text, without the limit', 'text');
  },
});
