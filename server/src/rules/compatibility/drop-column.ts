import { removalName } from '../../effects/removals.ts';

import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import { shownKey, untold } from '../use-words.ts';
import { nameRange } from './places.ts';

/** A column is dropped, and the plan does not tell whether a version that runs still names it. */
export const dropColumn = defineRule<undefined>({
  id: 'drop-column',
  title: 'A column is dropped, and nothing says that no running version uses it',
  severity: 'warning',
  concerns: ['AlterObjectSchemaStmt', 'AlterTableStmt', 'DropStmt', 'RenameStmt'],
  docs: {
    problem: `\`DROP COLUMN\` takes effect at once. A version of the application that still reads or writes the column fails from
then on, and the values are gone: adding the column again brings back its name, not what was in it. Object-relational mappers
name every column that their model has, used or not.`,
    solution: `First deploy a version whose code and model do not know the column, then drop it. Tell the plan what the
application runs, under \`app\`: then this rule is silent, and \`live-name-removed\` checks each drop against the statements of
the versions that are live at that step.`,
    manual: [
      { title: 'ALTER TABLE … DROP COLUMN', path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-COLUMN' },
    ],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, nickname text);',
        steps: `- step: Forget the nicknames
  sql: ALTER TABLE users DROP COLUMN nickname;
  rollback: { impossible: the nicknames are gone }
`,
        finds: 'nickname',
      },
    ],
    good: [
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, nickname text);',
        plan: { app: '{ runs: v7, versions: { v7: ["SELECT id FROM users"] } }' },
        steps: `- step: Forget the nicknames
  sql: ALTER TABLE users DROP COLUMN nickname;
  rollback: { impossible: the nicknames are gone }
`,
      },
    ],
  },
  *check(context) {
    for (const { placed, removal, live, uses, made } of context.removals()) {
      if (removal.kind !== 'column' || removal.how !== 'dropped' || !removal.named) continue;
      if (placed.part === 'rollback' || made || live.complete || uses.length > 0) continue;
      const shown = (key: string) => shownKey(placed.s.before, key);
      const column = removalName(removal, shown);
      const table = withFigures(context, shown(removal.key));
      yield {
        message: `DROP COLUMN takes ${column} and its values from ${table} at once: a running version that still reads or writes it fails from then on. Deploy a version without it first, then drop it.${untold(context)}`,
        range: nameRange(placed.s, removal.name, ['DROP', 'COLUMN']),
        step: placed.step.id,
        data: undefined,
      };
    }
  },
});
