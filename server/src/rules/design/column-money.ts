import { defineRule } from '../define-rule.ts';
import { builtInType, columnText, type NewColumn, newColumns, retyped, typeRange } from './new-columns.ts';

/** The money type. */
export const columnMoney = defineRule<NewColumn>({
  id: 'column-money',
  title: 'A new column is of type money',
  severity: 'warning',
  off: true,
  eachStep: true,
  docs: {
    problem: `A \`money\` value is a number without a currency: how many decimals it has and how it reads is decided by the
server's \`lc_monetary\`. Restored under another setting, the same values mean other amounts.`,
    solution: 'Use `numeric`, or `bigint` in the smallest unit, with the currency in a column of its own.',
    manual: [{ title: 'Monetary Types', path: 'datatype-money.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Add the balance
  sql: ALTER TABLE users ADD COLUMN balance money;
  rollback: ALTER TABLE users DROP COLUMN balance;
`,
        finds: 'money',
        fixed: `- step: Add the balance
  sql: ALTER TABLE users ADD COLUMN balance numeric;
  rollback: ALTER TABLE users DROP COLUMN balance;
`,
      },
    ],
    good: [
      {
        steps: `- step: Add the balance
  sql: ALTER TABLE users ADD COLUMN balance numeric;
  rollback: ALTER TABLE users DROP COLUMN balance;
`,
      },
    ],
  },
  *check(context) {
    for (const column of newColumns(context)) {
      if (builtInType(column) !== 'money') continue;
      yield {
        message: `${columnText(column)} is money: its decimals and its reading depend on the server's lc_monetary, and no currency is kept. Use numeric, with the currency beside it.`,
        range: typeRange(column),
        step: column.placed.step.id,
        data: column,
      };
    }
  },
  fix({ data }, context) {
    return retyped(context, data, 'Make it numeric', 'numeric');
  },
});
