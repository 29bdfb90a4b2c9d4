import type { ColumnDef } from '@pgsql/types';
import { defineRule } from '../define-rule.ts';
import { severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { StatementAnalysis } from '../model.ts';
import { alterCommands, type PlacedStatement, sqlStatements, tokenRange, wholeTable } from '../statements.ts';
import { replaceColumnFix } from './replace-column.ts';

/** ALTER COLUMN … TYPE that keeps the rows, but not what stands on them. */
export const typeChangeRebuilds = defineRule<PlacedStatement>({
  id: 'type-change-rebuilds',
  title: 'A type change builds indexes or tests constraints anew while every request waits',
  severity: 'error',
  eachStep: true,
  concerns: ['AT_AlterColumnType'],
  docs: {
    problem: `Some type changes keep the rows as they are, \`varchar\` to \`text\` and another COLLATE for example. But an index on the
column whose order or operators change is built anew, a CHECK that names the column is tested on every row again, and a foreign key
too where the operators change: all of it under ACCESS EXCLUSIVE, while no read and no write gets through.`,
    solution: `Drop the CHECK or the foreign key before, change the type, and add it again \`NOT VALID\` with a \`VALIDATE\` in a step of
its own. For an index, drop it concurrently, change the type and build it concurrently again where the queries can do without it
for that time; else add a new column with the new type and move over to it.`,
    manual: [
      { title: 'ALTER TABLE, Notes', path: 'sql-altertable.html#SQL-ALTERTABLE-NOTES' },
      { title: 'Collation Support', path: 'collation.html' },
    ],
  },
  examples: {
    bad: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, username text);
CREATE INDEX users_username_idx ON users (username);`,
        steps: `- step: Sort the names as C does
  sql: ALTER TABLE users ALTER COLUMN username TYPE text COLLATE "C";
  rollback: { impossible: it would build the index anew again }
`,
        finds: 'COLLATE',
      },
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, username varchar(50) CHECK (username <> ''));`,
        steps: `- step: Longer names
  sql: ALTER TABLE users ALTER COLUMN username TYPE varchar(255);
  rollback: { impossible: longer names may be in use since }
`,
        finds: 'varchar',
      },
    ],
    good: [
      {
        schema: `CREATE TABLE users (id bigint PRIMARY KEY, username varchar(50));
CREATE INDEX users_username_idx ON users (username);`,
        steps: `- step: Longer names
  sql: ALTER TABLE users ALTER COLUMN username TYPE varchar(255);
  rollback: { impossible: longer names may be in use since }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      const { builds, scans, rewrites } = s.effects;
      if (builds.length + scans.length === 0) continue;
      for (const [at, command] of alterCommands(s).entries()) {
        const definition =
          command.subtype === 'AT_AlterColumnType' && command.def && 'ColumnDef' in command.def
            ? command.def.ColumnDef
            : undefined;
        const own = [...builds, ...scans].filter((work) => work.command === at);
        const [first] = own;
        // A rewrite of the table has a rule of its own, and takes all of this along.
        const rewritten = rewrites.some((work) => work.command === at && work.indexOf === undefined);
        if (!definition || !first || rewritten) continue;
        const tables = [...new Set(own.map(({ relation }) => wholeTable(s, relation)))];
        const does = own.map(({ reason }) => reason.replace(/: the type of .*$/, ''));
        yield {
          message: `ALTER COLUMN ${command.name} TYPE keeps the rows of ${tables.map((table) => withFigures(context, table, s)).join(' and ')}, but ${[...new Set(does)].join(', and ')}, under ACCESS EXCLUSIVE: ${waitingRequests(context, 'every read and write', s)} until that is done. ${remedy(builds.length > 0)}`,
          range: rangeOf(s, definition),
          step: step.id,
          severity: severityFor(context, tables[0] ?? first.relation, 'error'),
          data: placed,
        };
      }
    }
  },
  fix: ({ data }, context) => replaceColumnFix(context, data),
});

function rangeOf(s: StatementAnalysis, { collClause, typeName }: ColumnDef) {
  return tokenRange(s, collClause?.location ?? typeName?.location);
}

function remedy(ofIndex: boolean): string {
  return ofIndex
    ? 'Add a new column of that type, index it concurrently and move over to it, or drop the index before and build it concurrently after.'
    : 'Drop the constraint before, and add it again NOT VALID, with VALIDATE in a step of its own.';
}
