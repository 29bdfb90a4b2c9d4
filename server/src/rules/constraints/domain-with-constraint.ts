import { defineRule } from '../define-rule.ts';
import { sqlStatements, tokenRange } from '../statements.ts';

/** CREATE DOMAIN with a CHECK or NOT NULL. */
export const domainWithConstraint = defineRule<undefined>({
  id: 'domain-with-constraint',
  title: 'A domain is made with a constraint, which is hard to change later',
  severity: 'info',
  off: true,
  eachStep: true,
  docs: {
    problem: `A domain's constraint is shared by all tables that use it, and so is each change of it: a new constraint reads them all
under SHARE locks, so every write to any of them waits. A new column of such a domain has its table written anew, default or not.`,
    solution: `Use the base type, and a CHECK on each table: that can be added NOT VALID and validated while reads and writes go on.`,
    manual: [{ title: 'ALTER DOMAIN', path: 'sql-alterdomain.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: A type for emails
  sql: CREATE DOMAIN email AS text CHECK (VALUE LIKE '%@%');
  rollback: DROP DOMAIN email;
`,
        finds: 'CHECK',
      },
    ],
    good: [
      {
        steps: `- step: A type for emails
  sql: CREATE DOMAIN email AS text;
  rollback: DROP DOMAIN email;
`,
      },
    ],
  },
  *check(context) {
    for (const { s, step, part } of sqlStatements(context)) {
      const { node } = s.statement;
      if (!('CreateDomainStmt' in node) || part === 'rollback') continue;
      const found = (node.CreateDomainStmt.constraints ?? [])
        .map((one) => ('Constraint' in one ? one.Constraint : undefined))
        .find((one) => one?.contype === 'CONSTR_CHECK' || one?.contype === 'CONSTR_NOTNULL');
      if (!found) continue;
      yield {
        message:
          'Every later change of this constraint reads all tables that use the domain while writes to them wait, and a new column of the domain has its table written anew. A CHECK on each table can be changed while reads and writes go on.',
        range: tokenRange(s, found.location),
        step: step.id,
        data: undefined,
      };
    }
  },
});
