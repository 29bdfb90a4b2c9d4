import { defineRule } from '../define-rule.ts';
import type { StatementAnalysis } from '../model.ts';
import { changedResults, type ResultsChanged } from '../result-changes.ts';
import { alterCommands, hasSubcommand } from '../statements.ts';
import { snippet, usePlaces, versionNames } from '../use-words.ts';
import { nameRange } from './places.ts';

const schema = 'CREATE TABLE users (id bigint PRIMARY KEY, name text);';
const all = '{ runs: v1, versions: { v1: ["SELECT * FROM users WHERE id = $1"] } }';
const listed = '{ runs: v1, versions: { v1: ["SELECT id, name FROM users WHERE id = $1"] } }';
const steps = `- step: Nicknames
  sql: ALTER TABLE users ADD COLUMN nickname text;
  rollback: ALTER TABLE users DROP COLUMN nickname;
`;

/** `*` of a live version stands for another list of columns after a step. */
export const liveStarChanges = defineRule<undefined>({
  id: 'live-star-changes',
  title: 'A column is added to what * stands for in a live version',
  severity: 'info',
  concerns: ['AT_AddColumn', 'ViewStmt'],
  docs: {
    problem: `Connections of a pool keep statements prepared (Prisma's own engine, pgx, pgJDBC, asyncpg and Active Record do), and
Postgres executes a prepared statement only as long as it gives the same columns. Once the step commits, \`SELECT *\` and
\`RETURNING *\` give one more: the next execution fails with \`cached plan must not change result type\` (0A000) on every
connection that has it prepared. Outside a transaction some drivers prepare it again by themselves; inside one the whole
transaction fails, and drivers that do neither fail until the connection is new. Where \`app.orm\` is \`typeorm\` this is not told:
node-postgres keeps only queries prepared that have a name.`,
    solution: `List the columns in the application's statements, in a version that is deployed before this step. Else have the pool
reconnect right after it. A dry run tells which statements of which version fail after which step.`,
    manual: [
      { title: 'PREPARE', path: 'sql-prepare.html' },
      { title: 'ALTER TABLE', path: 'sql-altertable.html' },
    ],
  },
  examples: {
    bad: [{ schema, plan: { app: all }, steps, finds: 'nickname' }],
    good: [{ schema, plan: { app: listed }, steps }],
  },
  *check(context) {
    for (const found of changedResults(context, addsColumns)) {
      const results = found.results.filter(({ change }) => change.added.length > 0);
      if (results.length === 0) continue;
      yield {
        message: messageOf({ ...found, results }),
        range: rangeOf(found.placed.s),
        step: found.placed.step.id,
        related: usePlaces(results),
        data: undefined,
      };
    }
  },
});

function addsColumns(s: StatementAnalysis): boolean {
  return s.statement.kind === 'ViewStmt' || hasSubcommand(s, 'AT_AddColumn');
}

function messageOf({ results }: ResultsChanged): string {
  const [first] = results;
  if (!first) return '';
  const versions = versionNames(results.map(({ version }) => version));
  const added = [...new Set(results.flatMap(({ change }) => change.added))].join(', ');
  return `With ${added}, the "${snippet(first.statement)}" of ${versions} gives another result: on each connection that has it prepared it fails after this step, with "cached plan must not change result type", until it is prepared anew. List the columns in place of *, or have the application's pool reconnect right after this step.`;
}

function rangeOf(s: StatementAnalysis) {
  const { node } = s.statement;
  if ('ViewStmt' in node) return nameRange(s, node.ViewStmt.view?.relname ?? '', ['VIEW']);
  const [name] = alterCommands(s).flatMap(({ subtype, def }) =>
    subtype === 'AT_AddColumn' && def && 'ColumnDef' in def ? [def.ColumnDef.colname ?? ''] : [],
  );
  return nameRange(s, name ?? '', ['ADD', 'COLUMN']);
}
