import { identityMap } from '../text/offset-map.ts';
import type { Plan, SqlText } from './model.ts';
import { emptyPlan } from './read-plan.ts';

/**
 * A plain `.sql` file as a plan: one step that runs statement by statement, as psql runs a file, and that owes no
 * rollback. `name` is what messages call it.
 */
export function planOfSqlFile(text: string, name: string): Plan {
  const range = { start: 0, end: text.length };
  const sql: SqlText = { text, range, map: identityMap(text.length), file: undefined };
  const title = { value: name, range: { start: 0, end: 0 } };
  return {
    ...emptyPlan(text),
    migration: title,
    phases: [
      {
        name: title,
        risk: undefined,
        steps: [
          {
            name: title,
            id: 'file',
            idRange: undefined,
            action: {
              kind: 'sql',
              sql,
              transaction: false,
              transactionRange: undefined,
              keyRange: range,
              range,
            },
            rollback: undefined,
            estimate: undefined,
            expect: undefined,
            allow: [],
            range,
          },
        ],
        allow: [],
        range,
      },
    ],
  };
}
