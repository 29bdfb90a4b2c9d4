import type { AlterDomainStmt } from '@pgsql/types';
import { defineRule } from '../define-rule.ts';
import { sqlStatements } from '../statements.ts';
import { domainFault } from './domain-fault.ts';

/** ALTER DOMAIN ADD CONSTRAINT and VALIDATE CONSTRAINT: every table with such a column is read. */
export const domainConstraintScans = defineRule<undefined>({
  id: 'domain-constraint-scans',
  title: 'A constraint of a domain is tested on every table that uses it while writes wait',
  severity: 'error',
  eachStep: true,
  concerns: ['AlterDomainStmt'],
  docs: {
    problem: `\`ALTER DOMAIN … ADD CONSTRAINT\` reads every table that has a column of the domain, one after another, and locks each
with SHARE: no INSERT, UPDATE or DELETE gets through to any of them until the last is read. \`VALIDATE CONSTRAINT\` takes the same
lock: unlike that of a table, a domain's constraint cannot be validated while writes go on.`,
    solution: `Add the constraint \`NOT VALID\`: that is instant, and new values are checked. Then validate it in an hour with few
writes, or leave it at that. On large tables use a CHECK on each table instead: NOT VALID, then validated under SHARE UPDATE
EXCLUSIVE, which lets reads and writes go on.`,
    manual: [{ title: 'ALTER DOMAIN', path: 'sql-alterdomain.html' }],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE DOMAIN email AS text;\nCREATE TABLE users (id bigint PRIMARY KEY, email email);',
        steps: `- step: Emails hold an at sign
  sql: ALTER DOMAIN email ADD CONSTRAINT email_form CHECK (VALUE LIKE '%@%');
  rollback: ALTER DOMAIN email DROP CONSTRAINT email_form;
`,
        finds: 'ADD CONSTRAINT',
      },
    ],
    good: [
      {
        schema: 'CREATE DOMAIN email AS text;\nCREATE TABLE users (id bigint PRIMARY KEY, email email);',
        steps: `- step: New emails hold an at sign
  sql: ALTER DOMAIN email ADD CONSTRAINT email_form CHECK (VALUE LIKE '%@%') NOT VALID;
  rollback: ALTER DOMAIN email DROP CONSTRAINT email_form;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { node } = placed.s.statement;
      if (!('AlterDomainStmt' in node)) continue;
      const words = wordsOf(node.AlterDomainStmt);
      if (!words) continue;
      const validates = words[0] === 'VALIDATE';
      const remedy = validates
        ? 'Choose an hour with few writes, or give each table a CHECK of its own, which is validated while writes go on.'
        : 'Add it NOT VALID, which is instant, and validate it when writes may wait; or give each table a CHECK of its own.';
      yield* domainFault(context, placed, {
        words,
        remedy,
        severity: validates ? 'warning' : 'error',
        // Where nothing tells the tables, VALIDATE may well be right.
        unknown: !validates,
      });
    }
  },
});

function wordsOf({ subtype, def }: AlterDomainStmt): readonly string[] | undefined {
  if (subtype === 'V') return ['VALIDATE', 'CONSTRAINT'];
  const unchecked = def && 'Constraint' in def && def.Constraint.skip_validation === true;
  if (subtype !== 'C' || unchecked) return undefined;
  return def && 'Constraint' in def && def.Constraint.conname ? ['ADD', 'CONSTRAINT'] : ['ADD'];
}
