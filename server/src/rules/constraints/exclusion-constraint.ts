import { defineRule } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import { tokenRange } from '../statements.ts';
import { builtConstraints } from './built-constraints.ts';

/** An EXCLUDE constraint on a table with rows. */
export const exclusionConstraint = defineRule<undefined>({
  id: 'exclusion-constraint',
  title: 'An EXCLUDE constraint builds its index while every request waits',
  severity: 'error',
  eachStep: true,
  concerns: ['AlterTableStmt'],
  docs: {
    problem: `\`ADD CONSTRAINT … EXCLUDE\` builds its index under ACCESS EXCLUSIVE and compares each row with the others meanwhile:
no read and no write gets through until it is done. Postgres has no other way to it: an EXCLUDE constraint is neither taken
over from an index that was built concurrently, nor can it be NOT VALID.`,
    solution: `Make it where the table is empty or small. For a large table: create a new one with the constraint, write to
both (a trigger, or the application), fill the new one in batches and swap them by renaming. Or choose an hour in which the
table may stand still, and measure on a copy how long that will be.`,
    manual: [
      { title: 'CREATE TABLE … EXCLUDE', path: 'sql-createtable.html#SQL-CREATETABLE-EXCLUDE' },
      {
        title: 'ALTER TABLE … ADD table_constraint_using_index',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX',
      },
    ],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, active_during tstzrange NOT NULL);',
        steps: `- step: Nobody is active twice
  sql: ALTER TABLE users ADD CONSTRAINT users_active EXCLUDE USING gist (active_during WITH &&);
  rollback: ALTER TABLE users DROP CONSTRAINT users_active;
`,
        finds: 'CONSTRAINT',
      },
    ],
    good: [
      {
        steps: `- step: Bookings of a room
  sql: |
    CREATE TABLE bookings (id bigint PRIMARY KEY, during tstzrange NOT NULL);
    ALTER TABLE bookings ADD CONSTRAINT bookings_apart EXCLUDE USING gist (during WITH &&);
  rollback: DROP TABLE bookings;
`,
      },
    ],
  },
  *check(context) {
    for (const { placed, brought, relation } of builtConstraints(context, ['CONSTR_EXCLUSION'])) {
      yield {
        message: `This EXCLUDE constraint builds its index on ${withFigures(context, relation, placed.s)} under ACCESS EXCLUSIVE: ${waitingRequests(context, 'every read and write', placed.s)} until it is built. Postgres cannot build it otherwise: fill a new table that has the constraint and swap them, or choose an hour when this one may stand still.`,
        range: tokenRange(placed.s, brought.node.location),
        step: placed.step.id,
        severity: severityFor(context, relation, 'error'),
        data: undefined,
      };
    }
  },
});
