import { documentRange } from '../../text/offset-map.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import { sqlStatements, wordPlaces } from '../statements.ts';
import { truncated } from './truncated.ts';

/** TRUNCATE … CASCADE empties tables that it does not name. */
export const truncateCascade = defineRule<undefined>({
  id: 'truncate-cascade',
  title: 'TRUNCATE … CASCADE empties tables that it does not name',
  severity: 'error',
  eachStep: true,
  concerns: ['TruncateStmt'],
  docs: {
    problem: `\`TRUNCATE … CASCADE\` empties every table that has a foreign key to one of those named, and every table that has one to
those, whatever the foreign keys' ON DELETE says. One statement about \`customers\` can empty half of the database.`,
    solution: `Leave CASCADE out: Postgres then refuses, and names the tables. List those that should be emptied in the statement.`,
    manual: [{ title: 'TRUNCATE', path: 'sql-truncate.html' }],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users);`,
        steps: `- step: Start over
  sql: TRUNCATE users CASCADE;
  rollback: { impossible: users and orders are gone }
`,
        finds: 'CASCADE',
      },
    ],
    good: [
      {
        steps: `- step: A table for the work in between
  sql: |
    CREATE TABLE scratch (id bigint PRIMARY KEY);
    TRUNCATE scratch CASCADE;
  rollback: DROP TABLE scratch;
`,
      },
    ],
  },
  *check(context) {
    for (const { s, step } of sqlStatements(context)) {
      const { named, along, cascade, known } = truncated(s);
      if (!cascade || named.length === 0) continue;
      if (along.length === 0 && known) continue;
      const [place] = wordPlaces(s, ['CASCADE']);
      const names = named.map(({ shown }) => shown).join(', ');
      const what =
        along.length > 0
          ? `CASCADE empties ${along.map((table) => withFigures(context, table)).join(', ')} too, which the statement does not name`
          : `CASCADE empties every table that has a foreign key to ${names} too, and what points at those, without naming one`;
      yield {
        message: `${what}: the rows are gone for good. Leave CASCADE out and list the tables that should be emptied.`,
        range: place ? documentRange(s.sql.map, place) : s.range,
        step: step.id,
        data: undefined,
      };
    }
  },
});
