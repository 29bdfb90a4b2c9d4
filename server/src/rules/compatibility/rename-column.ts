import { removalName } from '../../effects/removals.ts';

import { quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { shownKey, untold } from '../use-words.ts';
import { nameRange } from './places.ts';

/** A column is renamed, and the plan does not tell whether a version that runs knows the old name. */
export const renameColumn = defineRule<undefined>({
  id: 'rename-column',
  title: 'A column is renamed under the running application',
  severity: 'warning',
  concerns: ['AlterObjectSchemaStmt', 'AlterTableStmt', 'DropStmt', 'RenameStmt'],
  docs: {
    problem: `\`RENAME COLUMN\` is instant, and so is the damage: there is no moment at which both names work. The version that runs
knows the old name, the version to come the new one, and while the one replaces the other, one of them fails at every statement.`,
    solution: `Add a column with the new name, deploy a version that writes both, copy the old rows in batches, deploy a version that
reads the new one, then one that has forgotten the old, and drop it. Where it is only the code's word for it that should change,
map the name in the model and leave the column alone.`,
    manual: [{ title: 'ALTER TABLE … RENAME', path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-RENAME' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: A better name
  sql: ALTER TABLE users RENAME COLUMN username TO handle;
  rollback: ALTER TABLE users RENAME COLUMN handle TO username;
`,
        finds: 'username',
      },
    ],
    good: [
      {
        steps: `- step: Add the column and think again
  sql: |
    ALTER TABLE users ADD COLUMN nick text;
    ALTER TABLE users RENAME COLUMN nick TO nickname;
  rollback: ALTER TABLE users DROP COLUMN nickname;
`,
      },
    ],
  },
  *check(context) {
    for (const { placed, removal, live, uses, made, gone } of context.removals()) {
      if (removal.kind !== 'column' || removal.how !== 'renamed' || !gone) continue;
      if (placed.part === 'rollback' || made || live.complete || uses.length > 0) continue;
      const column = removalName(removal, (key) => shownKey(placed.s.before, key));
      yield {
        message: `RENAME COLUMN takes the name ${column} away at once: the version that runs knows it by that name and fails from then on, and one that knows ${quoteIdentifier(removal.to ?? '')} fails until then. Add a column with the new name, write both, copy the rows, and drop the old one when no version names it.${untold(context)}`,
        range: nameRange(placed.s, removal.name, ['RENAME', 'COLUMN']),
        step: placed.step.id,
        data: undefined,
      };
    }
  },
});
