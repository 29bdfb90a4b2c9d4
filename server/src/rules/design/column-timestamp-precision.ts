import { defineRule } from '../define-rule.ts';
import { builtInType, columnText, type NewColumn, newColumns, typeRange } from './new-columns.ts';

/** timestamp(0), which rounds into the future. */
export const columnTimestampPrecision = defineRule<NewColumn>({
  id: 'column-timestamp-precision',
  title: 'A time is rounded to the second, half of them into the future',
  severity: 'warning',
  off: true,
  eachStep: true,
  docs: {
    problem: `\`timestamp(0)\` and \`timestamptz(0)\` round, they do not cut: \`12:00:00.6\` becomes \`12:00:01\`, which is half a
second in the future. A row written now is then not found by \`WHERE at <= now()\`.`,
    solution: "Keep the full precision, and cut where the value is shown: `date_trunc('second', at)`.",
    manual: [{ title: 'Date/Time Types', path: 'datatype-datetime.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Remember the last visit
  sql: ALTER TABLE users ADD COLUMN seen_at timestamptz(0);
  rollback: ALTER TABLE users DROP COLUMN seen_at;
`,
        finds: 'timestamptz(0)',
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
      if (!builtInType(column)?.startsWith('timestamp') || !roundsToSeconds(column)) continue;
      yield {
        message: `${columnText(column)} rounds to the nearest second: half of the values lie in the future when they are written. Keep the full precision and use date_trunc where it is shown.`,
        range: typeRange(column),
        step: column.placed.step.id,
        data: column,
      };
    }
  },
});

function roundsToSeconds({ type }: NewColumn): boolean {
  const [precision] = type.typmods ?? [];
  return precision !== undefined && 'A_Const' in precision && precision.A_Const.ival?.ival === undefined;
}
