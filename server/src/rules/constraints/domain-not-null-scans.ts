import { defineRule } from '../define-rule.ts';
import { sqlStatements } from '../statements.ts';
import { domainFault } from './domain-fault.ts';

/** ALTER DOMAIN SET NOT NULL: every table with such a column is read. */
export const domainNotNullScans = defineRule<undefined>({
  id: 'domain-not-null-scans',
  title: 'SET NOT NULL of a domain reads every table that uses it while writes wait',
  severity: 'error',
  eachStep: true,
  concerns: ['AlterDomainStmt'],
  docs: {
    problem: `\`ALTER DOMAIN … SET NOT NULL\` reads every table that has a column of the domain, one after another, and locks each
with SHARE: no INSERT, UPDATE or DELETE gets through to any of them until the last is read. There is no NOT VALID for it.`,
    solution: `Make the columns NOT NULL instead, each table for itself and the safe way: a CHECK that is validated while reads and
writes go on, then SET NOT NULL. The manual advises against NOT NULL in domains anyway: an outer join still gives nulls.`,
    manual: [
      { title: 'CREATE DOMAIN, notes on NOT NULL', path: 'sql-createdomain.html#SQL-CREATEDOMAIN-NOTES' },
    ],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE DOMAIN email AS text;\nCREATE TABLE users (id bigint PRIMARY KEY, email email);',
        steps: `- step: Emails are required
  sql: ALTER DOMAIN email SET NOT NULL;
  rollback: ALTER DOMAIN email DROP NOT NULL;
`,
        finds: 'SET NOT NULL',
      },
    ],
    good: [
      {
        schema: 'CREATE DOMAIN email AS text;\nCREATE TABLE users (id bigint PRIMARY KEY, email text);',
        steps: `- step: No column has it yet
  sql: ALTER DOMAIN email SET NOT NULL;
  rollback: ALTER DOMAIN email DROP NOT NULL;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { node } = placed.s.statement;
      if (!('AlterDomainStmt' in node) || node.AlterDomainStmt.subtype !== 'O') continue;
      yield* domainFault(context, placed, {
        words: ['SET', 'NOT', 'NULL'],
        remedy: 'Make the columns NOT NULL instead, each table the safe way.',
        severity: 'error',
        unknown: true,
      });
    }
  },
});
