import { quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis } from '../model.ts';
import { changedResults, type ResultsChanged } from '../result-changes.ts';
import { hasSubcommand } from '../statements.ts';
import { shownKey, snippet, usePlaces, versionNames } from '../use-words.ts';
import { nameRange } from './places.ts';

const schema = 'CREATE TABLE users (id bigint PRIMARY KEY, name varchar(20), note varchar(20));';
const app = '{ runs: v1, versions: { v1: ["SELECT id, name FROM users WHERE id = $1"] } }';

/** A live version's statement gives a column in another type, under the same name, after a step. */
export const liveResultRetyped = defineRule<undefined>({
  id: 'live-result-retyped',
  title: 'A column that a live version reads gets another type under its name',
  severity: 'info',
  off: true,
  concerns: ['AT_AlterColumnType', 'RenameStmt'],
  docs: {
    problem: `Connections of a pool keep statements prepared (Prisma's own engine, pgx, pgJDBC, asyncpg and Active Record do), and
Postgres executes a prepared statement only as long as its result has the same types. After \`ALTER COLUMN … TYPE\`, a longer
\`varchar\` included, and after a column of another type has taken the name, the next execution of whatever gives the column
fails with \`cached plan must not change result type\` (0A000) on every connection that has it prepared, and inside a
transaction the whole transaction fails. No change of a type under the same name avoids this, so the rule is off: it is for
teams whose driver does not prepare again by itself. Where \`app.orm\` is \`typeorm\` it is silent: node-postgres keeps only
queries prepared that have a name.`,
    solution: `Have the application's pool reconnect right after the step, and say so in the plan's checklist. Or give the new column
another name, and move the application over by deploys, as a rename does.`,
    manual: [
      { title: 'PREPARE', path: 'sql-prepare.html' },
      {
        title: 'ALTER TABLE … ALTER COLUMN … TYPE',
        path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DATA-TYPE',
      },
    ],
  },
  examples: {
    bad: [
      {
        schema,
        plan: { app },
        steps: `- step: Longer names
  sql: ALTER TABLE users ALTER COLUMN name TYPE varchar(60);
  rollback: { impossible: names may be longer by now }
`,
        finds: 'name',
      },
    ],
    good: [
      {
        schema,
        plan: { app },
        steps: `- step: Longer notes
  sql: ALTER TABLE users ALTER COLUMN note TYPE varchar(60);
  rollback: { impossible: notes may be longer by now }
`,
      },
    ],
  },
  *check(context) {
    for (const found of changedResults(context, retypes)) {
      const results = found.results.filter(({ change }) => change.retyped.length > 0);
      const column = results[0]?.change.retyped[0]?.column;
      if (column === undefined) continue;
      yield {
        message: messageOf({ ...found, results }),
        range: nameRange(found.placed.s, column, ['ALTER', 'COLUMN', 'RENAME']),
        step: found.placed.step.id,
        related: usePlaces(results),
        data: undefined,
      };
    }
  },
});

function retypes(s: StatementAnalysis): boolean {
  return s.statement.kind === 'RenameStmt' || hasSubcommand(s, 'AT_AlterColumnType');
}

function messageOf({ placed, results }: ResultsChanged): string {
  const [first] = results;
  const [retyped] = first?.change.retyped ?? [];
  if (!first || !retyped) return '';
  const versions = versionNames(results.map(({ version }) => version));
  const column = `${shownKey(placed.s.before, retyped.key)}.${quoteIdentifier(retyped.column)}`;
  return `${column} is ${retyped.to} after this step and ${retyped.from} before: on each connection that has the "${snippet(first.statement)}" of ${versions} prepared, it then fails with "cached plan must not change result type", until it is prepared anew. Have the application's pool reconnect right after this step.`;
}
