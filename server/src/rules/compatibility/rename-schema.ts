import { quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { shownKey, untold } from '../use-words.ts';
import { nameRange } from './places.ts';

/** A schema is renamed, or a table moved to another: every qualified name, or every search_path, is wrong at once. */
export const renameSchema = defineRule<undefined>({
  id: 'rename-schema',
  title: 'A schema is renamed, or a table moved to another schema, under the running application',
  severity: 'warning',
  concerns: ['AlterObjectSchemaStmt', 'AlterTableStmt', 'DropStmt', 'RenameStmt'],
  docs: {
    problem: `A query finds a table by its schema's name, said in the query or in the connection's \`search_path\`. \`ALTER SCHEMA …
RENAME\` takes that name from every table in it at once, \`SET SCHEMA\` from one; functions and \`search_path\` settings that say the
old name are not changed. There is no moment at which both names work.`,
    solution: `Before a table moves, put the new schema into the application's \`search_path\` beside the old one, and leave the schema out
of its queries: then it finds the table in either. Or leave a view with the old name where the table was, in the same transaction.
For a whole schema, make the new one, move the tables one by one, and drop the old one when it is empty.`,
    manual: [
      { title: 'ALTER SCHEMA', path: 'sql-alterschema.html' },
      { title: 'The Schema Search Path', path: 'ddl-schemas.html#DDL-SCHEMAS-PATH' },
    ],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE SCHEMA app; CREATE TABLE app.users (id bigint PRIMARY KEY);',
        steps: `- step: A better name
  sql: ALTER SCHEMA app RENAME TO shop;
  rollback: ALTER SCHEMA shop RENAME TO app;
`,
        finds: 'app',
      },
      {
        schema: 'CREATE SCHEMA app; CREATE TABLE users (id bigint PRIMARY KEY);',
        steps: `- step: Tidy up
  sql: ALTER TABLE users SET SCHEMA app;
  rollback: ALTER TABLE app.users SET SCHEMA public;
`,
        finds: 'users',
      },
    ],
    good: [
      {
        schema: 'CREATE SCHEMA app; CREATE TABLE users (id bigint PRIMARY KEY);',
        steps: `- step: Tidy up, and leave a view
  sql: |
    ALTER TABLE users SET SCHEMA app;
    CREATE VIEW users AS SELECT * FROM app.users;
  rollback: |
    DROP VIEW users;
    ALTER TABLE app.users SET SCHEMA public;
`,
      },
    ],
  },
  *check(context) {
    for (const { placed, removal, live, uses, made, gone } of context.removals()) {
      const renamed = removal.kind === 'schema' && removal.how === 'renamed';
      if (!renamed && removal.how !== 'moved') continue;
      if (placed.part === 'rollback' || made || !gone || live.complete || uses.length > 0) continue;
      const to = removal.to ?? '';
      const what = renamed
        ? `RENAME takes the schema's name ${quoteIdentifier(removal.name)} from every table in it at once: queries and search_path settings that say it fail from then on, and those that say ${quoteIdentifier(to)} fail until then. Make a schema ${quoteIdentifier(to)} beside it and move the tables one by one`
        : `SET SCHEMA leaves nothing that answers to ${shownKey(placed.s.before, removal.key)}: a running version fails at every statement on it, unless its search_path has the new schema too. Put that there first, or create a view in its place in the same transaction`;
      yield {
        message: `${what}.${untold(context)}`,
        range: nameRange(placed.s, removal.name),
        step: placed.step.id,
        data: undefined,
      };
    }
  },
});
