import { constraintOf, keyOf, tableByKey } from '../../schema/lookup.ts';
import { nameOfRangeVar, quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { transactionEnd } from '../removed-names.ts';
import { alterCommands, alterTable, sqlStatements } from '../statements.ts';
import { shownKey } from '../use-words.ts';
import { nameRange } from './places.ts';

/** A rule over the data is given up: rows that break it can come in from then on. */
export const dropConstraint = defineRule<undefined>({
  id: 'drop-constraint',
  title: 'A constraint is dropped, and rows that break it can come in',
  severity: 'warning',
  off: true,
  docs: {
    problem: `From the moment a UNIQUE, CHECK or FOREIGN KEY constraint is gone, rows come in that break it, and adding it again fails on
the first of them. Code that leaned on the error it gave now goes on.`,
    solution: `Write down the definition in the rollback, with a query that finds the rows that break it, and see that the application
no longer leans on the constraint.`,
    manual: [
      {
        title: 'ALTER TABLE … DROP CONSTRAINT',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-CONSTRAINT',
      },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: Usernames may repeat
  sql: ALTER TABLE users DROP CONSTRAINT users_username_key;
  rollback: { impossible: usernames may repeat by now }
`,
        finds: 'users_username_key',
      },
    ],
    good: [
      {
        schema:
          'CREATE TABLE users (id bigint PRIMARY KEY, name text, CONSTRAINT named CHECK (name IS NOT NULL));',
        steps: `- step: The column itself says it now
  sql: |
    ALTER TABLE users ALTER COLUMN name SET NOT NULL;
    ALTER TABLE users DROP CONSTRAINT named;
  rollback: { impossible: for the example }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, part, step } = placed;
      const relation = alterTable(s)?.relation;
      if (!relation || part === 'rollback') continue;
      const key = keyOf(s.before, nameOfRangeVar(relation));
      const table = tableByKey(s.before, key);
      for (const { subtype, name = '' } of alterCommands(s)) {
        if (subtype !== 'AT_DropConstraint' || table?.madeByPlan) continue;
        const constraint = constraintOf(table, name);
        const end = tableByKey(transactionEnd(placed), key);
        const replaced =
          constraint?.kind === 'primary key' ||
          constraintOf(end, name) !== undefined ||
          (constraint?.kind === 'check' &&
            constraint.provesNotNull.length > 0 &&
            constraint.provesNotNull.every((column) =>
              end?.columns.some((one) => one.name === column && one.notNull),
            ));
        if (replaced) continue;
        const what = constraint
          ? `the ${constraint.kind} constraint ${quoteIdentifier(name)}`
          : `the constraint ${quoteIdentifier(name)}`;
        const definition = constraint?.definition ? ` It is ${constraint.definition}.` : '';
        yield {
          message: `Without ${what} rows that break it can come into ${shownKey(s.before, key)}, and adding it again fails on the first of them. See that the application does not lean on it.${definition}`,
          range: nameRange(s, name),
          step: step.id,
          data: undefined,
        };
      }
    }
  },
});
