import { defineRule } from '../define-rule.ts';
import { builtInType, columnText, type NewColumn, newColumns, retyped, typeRange } from './new-columns.ts';

/** timestamp without time zone. */
export const columnTimestamp = defineRule<NewColumn>({
  id: 'column-timestamp',
  title: 'A point in time is kept without its time zone',
  severity: 'warning',
  off: true,
  eachStep: true,
  docs: {
    problem: `A \`timestamp\` is what a clock on a wall shows, and nothing says where the wall stands. \`now()\` is turned into it by
the session's TimeZone, so two sessions write two values for one moment, and the hour that comes twice in autumn cannot
be told apart. To correct it later reads and may rewrite the whole table under ACCESS EXCLUSIVE.`,
    solution: `Use \`timestamptz\`. It takes the same 8 bytes, keeps the moment itself, and shows it in the time zone of whoever
reads it.`,
    manual: [{ title: 'Date/Time Types', path: 'datatype-datetime.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Remember the last visit
  sql: ALTER TABLE users ADD COLUMN seen_at timestamp;
  rollback: ALTER TABLE users DROP COLUMN seen_at;
`,
        finds: 'timestamp',
        fixed: `- step: Remember the last visit
  sql: ALTER TABLE users ADD COLUMN seen_at timestamptz;
  rollback: ALTER TABLE users DROP COLUMN seen_at;
`,
      },
    ],
    good: [
      {
        steps: `- step: Remember the last visit
  sql: ALTER TABLE users ADD COLUMN seen_at timestamptz;
  rollback: ALTER TABLE users DROP COLUMN seen_at;
`,
      },
    ],
  },
  *check(context) {
    for (const column of newColumns(context)) {
      if (builtInType(column) !== 'timestamp without time zone') continue;
      yield {
        message: `${columnText(column)} keeps a wall clock's time without its zone: one moment is written differently by sessions of different TimeZone. Use timestamptz.`,
        range: typeRange(column),
        step: column.placed.step.id,
        data: column,
      };
    }
  },
  fix({ data }, context) {
    const [precision] = data.type.typmods ?? [];
    const digits = precision && 'A_Const' in precision ? precision.A_Const.ival : undefined;
    return retyped(
      context,
      data,
      'Make it timestamptz',
      `timestamptz${digits ? `(${digits.ival ?? 0})` : ''}`,
    );
  },
});
