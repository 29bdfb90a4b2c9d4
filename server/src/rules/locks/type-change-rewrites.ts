import { defineRule } from '../define-rule.ts';
import { settle, severityFor, waitingRequests, withFigures } from '../figures.ts';
import { alterCommands, type PlacedStatement, sqlStatements, tokenRange } from '../statements.ts';
import { replaceColumnFix } from './replace-column.ts';

/** ALTER COLUMN … TYPE that writes the whole table anew. */
export const typeChangeRewrites = defineRule<PlacedStatement>({
  id: 'type-change-rewrites',
  title: 'A type change rewrites the table while every request waits',
  severity: 'error',
  docs: {
    problem: `Where the new type is stored differently from the old one, \`ALTER COLUMN … TYPE\` writes every row and every index
of the table anew, under ACCESS EXCLUSIVE: no read and no write gets through until it is done, and it needs disk space for a
second copy. Changes that Postgres knows to be harmless (a longer \`varchar\`, \`varchar\` to \`text\`, a wider \`numeric\`) do not
rewrite, and this rule is silent on them. Where the old type is not known it warns and says so: name the baseline schema under \`database.schema\`, and it knows.`,
    solution: `Add a new column of the new type, let the application write both, copy the old values with a \`backfill\`, move the
reads, and drop the old column when no running version uses it any more.`,
    manual: [
      {
        title: 'ALTER TABLE, Notes',
        path: 'sql-altertable.html#SQL-ALTERTABLE-NOTES',
      },
      {
        title: 'Table-Level Locks',
        path: 'explicit-locking.html#LOCKING-TABLES',
      },
    ],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE TABLE users (id integer PRIMARY KEY, username varchar(255));',
        steps: `- step: Widen the key
  sql: ALTER TABLE users ALTER COLUMN id TYPE bigint;
  rollback: { impossible: ids beyond the range of integer may be in use }
`,
        finds: 'bigint',
      },
    ],
    good: [
      {
        steps: `- step: Longer names
  sql: ALTER TABLE users ALTER COLUMN username TYPE varchar(500);
  rollback: { impossible: names longer than 255 characters may have been stored since }
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      const commands = alterCommands(s);
      const possible = s.effects.unknown.filter(({ may }) => may === 'rewrite');
      for (const rewrite of [...s.effects.rewrites, ...possible]) {
        if ('indexOf' in rewrite && rewrite.indexOf !== undefined) continue;
        const command = rewrite.command === undefined ? undefined : commands[rewrite.command];
        if (command?.subtype !== 'AT_AlterColumnType') continue;
        const definition = command.def && 'ColumnDef' in command.def ? command.def.ColumnDef : undefined;
        const range = tokenRange(s, definition?.typeName?.location);
        if ('fact' in rewrite) {
          const table = s.effects.locks[0]?.relation ?? 'the table';
          yield {
            message: `ALTER COLUMN ${command.name} TYPE may rewrite ${withFigures(context, table, s)} under ACCESS EXCLUSIVE, while every read and write waits: it hangs on ${rewrite.fact}, which is not known. ${settle(context, rewrite)}`,
            range,
            step: step.id,
            severity: severityFor(context, table, 'warning'),
            data: placed,
          };
          continue;
        }
        yield {
          message: `ALTER COLUMN ${command.name} TYPE rewrites ${withFigures(context, rewrite.relation, s)} and its indexes under ACCESS EXCLUSIVE, since ${rewrite.reason}: ${waitingRequests(context, 'every read and write', s)} until it is done. Add a new column and backfill it instead.`,
          range,
          step: step.id,
          severity: severityFor(context, rewrite.relation, 'error'),
          data: placed,
        };
      }
    }
  },
  fix: ({ data }, context) => replaceColumnFix(context, data),
});
