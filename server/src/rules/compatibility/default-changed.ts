import { columnOf, keyOf, tableByKey } from '../../schema/lookup.ts';
import { nameOfRangeVar, quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { alterCommands, alterTable, sqlStatements } from '../statements.ts';
import { shownKey } from '../use-words.ts';
import { nameRange } from './places.ts';

/** A column's default changes under versions that leave the column out. */
export const defaultChanged = defineRule<undefined>({
  id: 'default-changed',
  title: 'The default of a column changes under the running application',
  severity: 'info',
  off: true,
  eachStep: true,
  docs: {
    problem: `A version of the application that leaves the column out of its INSERT gets another value from the moment this commits, or
NULL where the default is dropped. An ORM that keeps the old default in its model goes on writing it.`,
    solution: `See that the versions that run can do with the new value, and change the model's default in the deploy that goes with it.`,
    manual: [{ title: 'Default Values', path: 'ddl-default.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Another start
  sql: ALTER TABLE users ALTER COLUMN created_at SET DEFAULT '2000-01-01';
  rollback: ALTER TABLE users ALTER COLUMN created_at SET DEFAULT now();
`,
        finds: 'created_at',
      },
    ],
    good: [
      {
        steps: `- step: A first default
  sql: ALTER TABLE users ALTER COLUMN email SET DEFAULT '';
  rollback: ALTER TABLE users ALTER COLUMN email DROP DEFAULT;
`,
      },
    ],
  },
  *check(context) {
    for (const { s, step, part } of sqlStatements(context)) {
      const relation = alterTable(s)?.relation;
      if (!relation || part === 'rollback') continue;
      const key = keyOf(s.before, nameOfRangeVar(relation));
      const table = tableByKey(s.before, key);
      for (const { subtype, name = '', def } of alterCommands(s)) {
        if (subtype !== 'AT_ColumnDefault' || table?.madeByPlan) continue;
        const old = columnOf(table, name)?.default;
        if (old === null) continue;
        const column = `${shownKey(s.before, key)}.${quoteIdentifier(name)}`;
        const now = def ? 'gets another value' : 'gets NULL';
        yield {
          message: `A running version that leaves ${column} out of its INSERT ${now} from here on${old ? `, no more ${old}` : ''}. See that it can do with that, and change the default in the application's model too.`,
          range: nameRange(s, name, ['ALTER', 'COLUMN']),
          step: step.id,
          data: undefined,
        };
      }
    }
  },
});
