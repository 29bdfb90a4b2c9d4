import { serialBase } from '../../sql/type-names.ts';
import { defineRule } from '../define-rule.ts';
import {
  builtInType,
  columnText,
  isFound,
  type NewColumn,
  newColumns,
  retyped,
  typeRange,
} from './new-columns.ts';

/** A new column of type smallint. */
export const columnSmallint = defineRule<NewColumn>({
  id: 'column-smallint',
  title: 'A new column is a smallint',
  severity: 'warning',
  off: true,
  docs: {
    problem: `A \`smallint\` ends at 32,767. A value beyond that fails its INSERT or UPDATE, and to widen the column then
rewrites the table and its indexes under ACCESS EXCLUSIVE.`,
    solution: 'Make it `bigint`, or `integer` where its values are bounded by nature.',
    manual: [{ title: 'Integer Types', path: 'datatype-numeric.html#DATATYPE-INT' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Count the logins
  sql: ALTER TABLE users ADD COLUMN logins smallint;
  rollback: ALTER TABLE users DROP COLUMN logins;
`,
        finds: 'smallint',
        fixed: `- step: Count the logins
  sql: ALTER TABLE users ADD COLUMN logins bigint;
  rollback: ALTER TABLE users DROP COLUMN logins;
`,
      },
    ],
    good: [
      {
        steps: `- step: Count the logins
  sql: ALTER TABLE users ADD COLUMN logins bigint;
  rollback: ALTER TABLE users DROP COLUMN logins;
`,
      },
    ],
  },
  *check(context, found) {
    for (const column of newColumns(context)) {
      const serial = serialBase(column.type) === 'smallint';
      if (!serial && builtInType(column) !== 'smallint') continue;
      const range = typeRange(column);
      if (isFound(found, 'primary-key-runs-out', range)) continue;
      yield {
        message: `${columnText(column)} ends at 32,767, and to widen it later rewrites the table under ACCESS EXCLUSIVE. Make it ${serial ? 'bigserial' : 'bigint'} now.`,
        range,
        step: column.placed.step.id,
        data: column,
      };
    }
  },
  fix({ data }, context) {
    return retyped(context, data, 'Make it a bigint', serialBase(data.type) ? 'bigserial' : 'bigint');
  },
});
