import { columnOf, keyOf, tableByKey } from '../../schema/lookup.ts';
import { nameOfRangeVar, quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import type { RuleContext } from '../model.ts';
import { liveAt, numberedStatements, type Use } from '../removed-names.ts';
import { alterCommands, alterTable, hasSubcommand } from '../statements.ts';
import { shownKey, snippet, usePlaces, versionNames } from '../use-words.ts';
import { nameRange } from './places.ts';

const app = '{ runs: v1, versions: { v1: ["SELECT username FROM users"] } }';

/** A column may hold NULL from here on, and who reads it was written when it could not. */
export const dropNotNull = defineRule<undefined>({
  id: 'drop-not-null',
  title: 'A column may hold NULL from here on, and the code that reads it may not expect that',
  severity: 'info',
  concerns: ['AT_DropNotNull'],
  docs: {
    problem: `\`DROP NOT NULL\` is instant and harms nobody at once. The first NULL does: code that was written when the column could not
be NULL fails on it, \`NOT IN\` and \`<>\` leave the row out, and once a NULL is in, \`SET NOT NULL\` is no way back before it is filled.`,
    solution: `See that every version that reads the column can do with NULL before one writes it. Where the plan's \`app\` section says
what runs, this is said only where a live version reads the column.`,
    manual: [
      {
        title: 'ALTER TABLE … DROP NOT NULL',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL',
      },
    ],
  },
  examples: {
    bad: [
      {
        plan: { app },
        steps: `- step: A username is no longer required
  sql: ALTER TABLE users ALTER COLUMN username DROP NOT NULL;
  rollback: { impossible: there may be users without one by now }
`,
        finds: 'username',
      },
    ],
    good: [
      {
        plan: { app: '{ runs: v1, versions: { v1: ["SELECT email FROM users"] } }' },
        steps: `- step: A username is no longer required
  sql: ALTER TABLE users ALTER COLUMN username DROP NOT NULL;
  rollback: { impossible: there may be users without one by now }
`,
      },
    ],
  },
  *check(context) {
    for (const { placed, step } of numberedStatements(context)) {
      const { s, part } = placed;
      const relation = alterTable(s)?.relation;
      if (!relation || part === 'rollback' || !hasSubcommand(s, 'AT_DropNotNull')) continue;
      const key = keyOf(s.before, nameOfRangeVar(relation));
      const table = tableByKey(s.before, key);
      for (const { subtype, name = '' } of alterCommands(s)) {
        if (subtype !== 'AT_DropNotNull' || table?.madeByPlan) continue;
        if (columnOf(table, name)?.notNull === false) continue;
        const live = liveAt(context.live, step, placed);
        const readers = live.versions.flatMap((version) => readersIn(context, version, s.before, key, name));
        if (live.complete && readers.length === 0) continue;
        const column = `${shownKey(s.before, key)}.${quoteIdentifier(name)}`;
        const [reader] = readers;
        const who = reader
          ? `${versionNames(readers.map(({ version }) => version))} reads it ("${snippet(reader.statement)}") and was written when it could not`
          : 'code that reads it may have been written when it could not';
        yield {
          message: `${column} may hold NULL from here on: ${who}. See that it can do with NULL before one is written; once one is, SET NOT NULL is no way back.`,
          range: nameRange(s, name, ['ALTER', 'COLUMN']),
          step: placed.step.id,
          related: usePlaces(readers),
          data: undefined,
        };
      }
    }
  },
});

function readersIn(
  context: RuleContext,
  version: Use['version'],
  schema: RuleContext['baseline'],
  key: string,
  name: string,
): readonly Use[] {
  return version.statements.flatMap((statement) => {
    const { columns } = context.live.read(statement.statement, schema).names;
    const read = columns.find(
      (one) => one.how === 'read' && one.key === key && (one.column === name || one.column === null),
    );
    return read ? [{ version, statement, location: read.location, by: 'name' as const }] : [];
  });
}
