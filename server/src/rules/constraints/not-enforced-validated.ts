import { constraintOf, tableOf } from '../../schema/lookup.ts';
import { quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { alterCommands, alterTable, sqlStatements, wordsRange } from '../statements.ts';

/** VALIDATE CONSTRAINT of a constraint that is NOT ENFORCED. */
export const notEnforcedValidated = defineRule<undefined>({
  id: 'not-enforced-validated',
  title: 'A constraint that is not enforced is validated',
  severity: 'error',
  eachStep: true,
  concerns: ['AT_ValidateConstraint'],
  docs: {
    problem: `A constraint that is \`NOT ENFORCED\` (version 18 and later) is never checked: neither old rows nor new ones. Postgres
refuses to validate it (\`cannot validate NOT ENFORCED constraint\`), and the step fails.`,
    solution: `Add the constraint \`NOT VALID\` instead, which checks new rows from then on, and validate that. A foreign key can be
made ENFORCED with \`ALTER CONSTRAINT\`, which reads the whole table under ACCESS EXCLUSIVE; a CHECK cannot.`,
    manual: [
      {
        title: 'CREATE TABLE … NOT ENFORCED',
        path: 'sql-createtable.html#SQL-CREATETABLE-PARMS-ENFORCED',
      },
    ],
  },
  examples: {
    bad: [
      {
        plan: { database: '{ type: postgresql, version: 18, schema: schema.sql }' },
        steps: `- step: Emails hold an at sign
  sql: ALTER TABLE users ADD CONSTRAINT email_form CHECK (email LIKE '%@%') NOT ENFORCED;
  rollback: ALTER TABLE users DROP CONSTRAINT email_form;
- step: The old ones too
  sql: ALTER TABLE users VALIDATE CONSTRAINT email_form;
  rollback: { not_needed: dropping email_form undoes it }
`,
        finds: 'VALIDATE CONSTRAINT',
      },
    ],
    good: [
      {
        plan: { database: '{ type: postgresql, version: 18, schema: schema.sql }' },
        steps: `- step: For the planner, the ORM and the reader alone
  sql: ALTER TABLE users ADD CONSTRAINT email_form CHECK (email LIKE '%@%') NOT ENFORCED;
  rollback: ALTER TABLE users DROP CONSTRAINT email_form;
`,
      },
    ],
  },
  *check(context) {
    for (const { s, step } of sqlStatements(context)) {
      for (const { subtype, name = '' } of alterCommands(s)) {
        if (subtype !== 'AT_ValidateConstraint') continue;
        const constraint = constraintOf(tableOf(s.before, alterTable(s)?.relation), name);
        if (!constraint?.definition.endsWith('NOT ENFORCED')) continue;
        yield {
          message: `Postgres refuses this: ${quoteIdentifier(name)} is NOT ENFORCED, so there is nothing to validate, and the step fails. Add the constraint NOT VALID instead of NOT ENFORCED, then validate it.`,
          range: wordsRange(s, 'VALIDATE', 'CONSTRAINT'),
          step: step.id,
          data: undefined,
        };
      }
    }
  },
});
