import { isUnshared } from '../../schema/exposure.ts';
import { tableOf } from '../../schema/lookup.ts';
import { nameOfRangeVar, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { alterCommands, alterTable, sqlStatements, wordsRange } from '../statements.ts';
import { atPlanEnd, isFullyKnown } from './plan-end.ts';

/** Row-level security without a policy: nobody but the owner sees a row. */
export const rowSecurityWithoutPolicy = defineRule<undefined>({
  id: 'row-security-without-policy',
  title: 'Row-level security is switched on and no policy lets anyone in',
  severity: 'warning',
  concerns: ['AT_EnableRowSecurity'],
  docs: {
    problem: `Once row-level security is on, a role other than the table's owner sees the rows that a policy shows it. Without
any policy that is none: every SELECT finds nothing, every UPDATE and DELETE changes nothing, both without an error, and
every INSERT fails. Owners, superusers and roles with BYPASSRLS notice nothing of it.`,
    solution: 'Create the policies before row security is switched on, or in the same transaction.',
    manual: [{ title: 'Row Security Policies', path: 'ddl-rowsecurity.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Everybody sees their own row
  sql: ALTER TABLE users ENABLE ROW LEVEL SECURITY;
  rollback: ALTER TABLE users DISABLE ROW LEVEL SECURITY;
`,
        finds: 'ENABLE ROW LEVEL SECURITY',
      },
    ],
    good: [
      {
        steps: `- step: Everybody sees their own row
  sql: |
    CREATE POLICY own ON users USING (username = current_user);
    ALTER TABLE users ENABLE ROW LEVEL SECURITY;
  rollback: |
    ALTER TABLE users DISABLE ROW LEVEL SECURITY;
    DROP POLICY own ON users;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      if (placed.part !== 'step') continue;
      if (!alterCommands(placed.s).some(({ subtype }) => subtype === 'AT_EnableRowSecurity')) continue;
      const relation = alterTable(placed.s)?.relation;
      const table = tableOf(placed.s.after, relation);
      const last = table && atPlanEnd(context, table);
      if (last?.rowSecurity !== true || (last.policies?.length ?? 0) > 0) continue;
      const name = writeName(nameOfRangeVar(relation ?? {}));
      const known = isFullyKnown(context, last);
      const unless = known ? '' : 'unless one exists already, ';
      yield {
        message: `No policy on ${name} is made here: ${unless}from now on every role but its owner finds no row in it, without an error, and cannot insert. Create the policies in the same transaction, before this.`,
        range: wordsRange(placed.s, 'ENABLE', 'ROW', 'LEVEL', 'SECURITY'),
        step: placed.step.id,
        // On a table that nobody uses yet, to let nobody in may be the very purpose.
        ...(known && !isUnshared(placed.s.before, last) ? {} : { severity: 'info' as const }),
        data: undefined,
      };
    }
  },
});
