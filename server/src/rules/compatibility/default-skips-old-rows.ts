import type { Node } from '@pgsql/types';
import { walk } from '../../schema/expressions.ts';
import { keyOf, tableByKey } from '../../schema/lookup.ts';
import { nameOfRangeVar, quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import { alterCommands, alterTable, sqlStatements } from '../statements.ts';
import { shownKey } from '../use-words.ts';
import { nameRange } from './places.ts';

/** A default that is worked out anew for each row, on rows that are there already. */
export const defaultSkipsOldRows = defineRule<undefined>({
  id: 'default-skips-old-rows',
  title: 'A computed default is set on a column whose old rows do not get it',
  severity: 'info',
  off: true,
  docs: {
    problem: `\`SET DEFAULT\` is for rows to come: the rows that are there keep what they have, NULL where the column is new. A default
such as \`now()\` or \`gen_random_uuid()\` is often meant to fill them too.`,
    solution: `Fill the old rows with a \`backfill\` step. Where they should stay as they are, all is well.`,
    manual: [
      {
        title: 'ALTER TABLE … SET DEFAULT',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-DEFAULT',
      },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: New rows know their time
  sql: ALTER TABLE users ALTER COLUMN created_at SET DEFAULT clock_timestamp();
  rollback: ALTER TABLE users ALTER COLUMN created_at SET DEFAULT now();
`,
        finds: 'created_at',
      },
    ],
    good: [
      {
        steps: `- step: New rows have an address
  sql: ALTER TABLE users ALTER COLUMN email SET DEFAULT '';
  rollback: ALTER TABLE users ALTER COLUMN email DROP DEFAULT;
`,
      },
    ],
  },
  *check(context) {
    const filled = new Set(
      context.steps.flatMap(({ step: { action } }) =>
        action?.kind === 'backfill' && action.table ? [action.table.value] : [],
      ),
    );
    for (const { s, step, part } of sqlStatements(context)) {
      const relation = alterTable(s)?.relation;
      if (!relation || part === 'rollback') continue;
      const key = keyOf(s.before, nameOfRangeVar(relation));
      const table = shownKey(s.before, key);
      if (tableByKey(s.before, key)?.empty || filled.has(table)) continue;
      for (const { subtype, name = '', def } of alterCommands(s)) {
        if (subtype !== 'AT_ColumnDefault' || !isComputed(def)) continue;
        yield {
          message: `This default is for rows to come: those in ${withFigures(context, table)} keep what they have in ${quoteIdentifier(name)}. Where they should get a value too, add a backfill step.`,
          range: nameRange(s, name, ['ALTER', 'COLUMN']),
          step: step.id,
          data: undefined,
        };
      }
    }
  },
});

/** It calls a function, or asks for the time; who the user is changes with no row. */
function isComputed(def: Node | undefined): boolean {
  for (const [kind, fields] of walk(def)) {
    if (kind === 'FuncCall') return true;
    if (
      kind === 'SQLValueFunction' &&
      /_(DATE|TIME|TIMESTAMP|LOCALTIME|LOCALTIMESTAMP)(_N)?$/.test(String(fields.op))
    )
      return true;
  }
  return false;
}
