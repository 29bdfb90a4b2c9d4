import { defineRule } from '../define-rule.ts';
import { sqlStatements } from '../statements.ts';

/** A statement that the plan's server is too old for. The dry run, on a newer Postgres, would not notice. */
export const needsNewerVersion = defineRule<undefined>({
  id: 'needs-newer-version',
  title: 'A statement needs a newer Postgres than production runs',
  severity: 'error',
  eachStep: true,
  docs: {
    problem: `Postgres gains syntax and abilities with each major version. A statement that production's version cannot parse
or do fails there, at the step where everyone had thought it would work: it ran on a laptop with a newer server, and it runs
in the dry run, whose embedded Postgres is the newest. \`database.version\` in the plan says what production runs.`,
    solution: `Write the statement as that version can do it, or correct \`database.version\` if production is newer than the plan
says.`,
    manual: [{ title: 'Release notes', path: 'release.html' }],
  },
  examples: {
    bad: [
      {
        plan: { database: '{ type: postgresql, version: 14, schema: schema.sql }' },
        steps: `- step: One empty email at most
  transaction: false
  sql: CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email) NULLS NOT DISTINCT;
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_key }
`,
        finds: 'CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email) NULLS NOT DISTINCT',
      },
    ],
    good: [
      {
        plan: {
          database: '{ type: postgresql, version: 15, schema: schema.sql }',
          checklist: '[No two users have the same email]',
        },
        steps: `- step: One empty email at most
  transaction: false
  sql: |
    SET lock_timeout = 0;
    CREATE UNIQUE INDEX CONCURRENTLY users_email_key ON users (email) NULLS NOT DISTINCT;
  rollback: { transaction: false, sql: DROP INDEX CONCURRENTLY users_email_key }
`,
      },
    ],
  },
  *check(context) {
    for (const { s, step, part } of sqlStatements(context)) {
      const { requires } = s.effects;
      if (!requires || requires.version <= context.pgVersion) continue;
      const where = part === 'rollback' ? 'rollback' : context.kind === 'sql' ? 'statement' : 'step';
      yield {
        message: `This needs PostgreSQL ${requires.version} (${requires.what}), and production runs ${context.pgVersion}: the ${where} fails there. Write it as ${context.pgVersion} can do it, or correct database.version.`,
        range: s.range,
        step: step.id,
        data: undefined,
      };
    }
  },
});
