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

/** A new column of type integer. */
export const columnInteger = defineRule<NewColumn>({
  id: 'column-integer',
  title: 'A new column is an integer, not a bigint',
  severity: 'warning',
  off: true,
  docs: {
    problem: `An \`integer\` ends at 2,147,483,647. A counter or a key that reaches it fails every INSERT, and to make the
column a \`bigint\` then rewrites the table and its indexes under ACCESS EXCLUSIVE.`,
    solution: 'Make it `bigint` from the start. It takes 4 bytes more, which alignment often takes anyway.',
    manual: [{ title: 'Integer Types', path: 'datatype-numeric.html#DATATYPE-INT' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Count the visits
  sql: ALTER TABLE users ADD COLUMN visits integer;
  rollback: ALTER TABLE users DROP COLUMN visits;
`,
        finds: 'integer',
        fixed: `- step: Count the visits
  sql: ALTER TABLE users ADD COLUMN visits bigint;
  rollback: ALTER TABLE users DROP COLUMN visits;
`,
      },
    ],
    good: [
      {
        steps: `- step: Count the visits
  sql: ALTER TABLE users ADD COLUMN visits bigint;
  rollback: ALTER TABLE users DROP COLUMN visits;
`,
      },
    ],
  },
  *check(context, found) {
    for (const column of newColumns(context)) {
      const serial = serialBase(column.type) === 'integer';
      if (!serial && builtInType(column) !== 'integer') continue;
      const range = typeRange(column);
      if (isFound(found, 'primary-key-runs-out', range)) continue;
      yield {
        message: `${columnText(column)} ends at 2,147,483,647, and to make it a bigint later rewrites the table under ACCESS EXCLUSIVE. Make it ${serial ? 'bigserial' : 'bigint'} now.`,
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
