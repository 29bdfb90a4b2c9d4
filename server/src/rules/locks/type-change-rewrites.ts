import { defineRule } from '../define-rule.ts';
import { settle, severityFor, waitingRequests, withFigures } from '../figures.ts';
import { alterCommands, type PlacedStatement, sqlStatements, tokenRange, wholeTable } from '../statements.ts';
import { replaceColumnFix } from './replace-column.ts';
import { rewritesByCommand } from './rewrites.ts';

/** ALTER COLUMN … TYPE that writes the whole table anew. */
export const typeChangeRewrites = defineRule<PlacedStatement>({
  id: 'type-change-rewrites',
  title: 'A type change rewrites the table while every request waits',
  severity: 'error',
  eachStep: true,
  concerns: ['AT_AlterColumnType'],
  docs: {
    problem: `Where the new type is stored differently from the old one, \`ALTER COLUMN … TYPE\` writes every row and every index
of the table anew, under ACCESS EXCLUSIVE: no read and no write gets through until it is done, and it needs disk space for a
second copy. Changes that Postgres knows to be harmless (a longer \`varchar\`, \`varchar\` to \`text\`, a wider \`numeric\`) do not
rewrite, and this rule is silent on them. Where the old type is not known it warns and says so: name the baseline schema under \`database.schema\`, and it knows.`,
    solution: `Add a new column of the new type, let the application write both, copy the old values with a \`backfill\`, move the
reads, and drop the old column when no running version uses it any more. What is said of the column itself (a comment, privileges on
it alone, extended statistics) does not come along: say it again of the new one.`,
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
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, balance integer NOT NULL DEFAULT 0);',
        steps: `- step: Cents too
  sql: ALTER TABLE users ALTER COLUMN balance TYPE numeric(12,2);
  rollback: { impossible: it would rewrite the table again }
`,
        finds: 'numeric',
        fixed: `- step: Cents too
  sql: ALTER TABLE users ADD COLUMN balance_new numeric(12,2);
  rollback: ALTER TABLE users DROP COLUMN balance_new;
- step: "balance: writes go to both columns"
  sql: |
    CREATE FUNCTION users_balance_sync() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.balance_new := NEW.balance::numeric(12,2);
      RETURN NEW;
    END $$;
    CREATE TRIGGER users_balance_sync BEFORE INSERT OR UPDATE ON users
      FOR EACH ROW EXECUTE FUNCTION users_balance_sync();
  rollback: |
    DROP TRIGGER users_balance_sync ON users;
    DROP FUNCTION users_balance_sync();
- step: "balance: copy the old values"
  backfill:
    table: users
    set: balance_new = balance::numeric(12,2)
    where: balance_new IS DISTINCT FROM balance::numeric(12,2)
  rollback:
    not_needed: the new column goes with the step that added it
- step: "balance: nothing was missed"
  verify:
    sql: SELECT count(*) FROM users WHERE balance_new IS DISTINCT FROM balance::numeric(12,2)
    expect: 0
- step: "balance_new: no new NULL"
  sql: ALTER TABLE users ADD CONSTRAINT users_balance_new_is_not_null CHECK (balance_new IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT users_balance_new_is_not_null;
- step: "balance_new: no old NULL either"
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_balance_new_is_not_null;
  rollback:
    not_needed: dropping users_balance_new_is_not_null undoes it
- step: "balance_new: the column is required"
  sql: ALTER TABLE users ALTER COLUMN balance_new SET NOT NULL;
  rollback: ALTER TABLE users ALTER COLUMN balance_new DROP NOT NULL;
- step: "balance_new: drop the check that NOT NULL replaces"
  sql: ALTER TABLE users DROP CONSTRAINT users_balance_new_is_not_null;
  rollback:
    - sql: ALTER TABLE users ADD CONSTRAINT users_balance_new_is_not_null CHECK (balance_new IS NOT NULL) NOT VALID;
    - sql: ALTER TABLE users VALIDATE CONSTRAINT users_balance_new_is_not_null;
- step: "balance: the new column takes the name"
  sql: |
    DROP TRIGGER users_balance_sync ON users;
    DROP FUNCTION users_balance_sync();
    ALTER TABLE users ALTER COLUMN balance DROP NOT NULL;
    ALTER TABLE users RENAME COLUMN balance TO balance_old;
    ALTER TABLE users RENAME COLUMN balance_new TO balance;
    ALTER TABLE users ALTER COLUMN balance SET DEFAULT 0;
    ALTER TABLE users ALTER COLUMN balance_old DROP DEFAULT;
  rollback:
    - sql: |
        CREATE FUNCTION users_balance_back() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          NEW.balance_old := NEW.balance::integer;
          RETURN NEW;
        END $$;
        CREATE TRIGGER users_balance_back BEFORE INSERT OR UPDATE ON users
          FOR EACH ROW EXECUTE FUNCTION users_balance_back();
    - backfill:
        table: users
        set: balance_old = balance::integer
        where: balance_old IS DISTINCT FROM balance::integer
    - sql: ALTER TABLE users ADD CONSTRAINT users_balance_old_is_not_null CHECK (balance_old IS NOT NULL) NOT VALID;
    - sql: ALTER TABLE users VALIDATE CONSTRAINT users_balance_old_is_not_null;
    - sql: ALTER TABLE users ALTER COLUMN balance_old SET NOT NULL;
    - sql: ALTER TABLE users DROP CONSTRAINT users_balance_old_is_not_null;
    - sql: |
        DROP TRIGGER users_balance_back ON users;
        DROP FUNCTION users_balance_back();
        ALTER TABLE users ALTER COLUMN balance_old SET DEFAULT 0;
        ALTER TABLE users ALTER COLUMN balance DROP DEFAULT;
        ALTER TABLE users RENAME COLUMN balance TO balance_new;
        ALTER TABLE users RENAME COLUMN balance_old TO balance;
        CREATE FUNCTION users_balance_sync() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          NEW.balance_new := NEW.balance::numeric(12,2);
          RETURN NEW;
        END $$;
        CREATE TRIGGER users_balance_sync BEFORE INSERT OR UPDATE ON users
          FOR EACH ROW EXECUTE FUNCTION users_balance_sync();
- step: "balance: drop the old column"
  sql: ALTER TABLE users DROP COLUMN balance_old;
  rollback:
    impossible: the values of the old type are gone
`,
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
      if (s.effects.rewrites.length + s.effects.unknown.length === 0) continue;
      const commands = alterCommands(s);
      const possible = s.effects.unknown.filter(({ may }) => may === 'rewrite');
      for (const rewrite of [...rewritesByCommand(s), ...possible]) {
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
        const table = wholeTable(s, rewrite.relation);
        yield {
          message: `ALTER COLUMN ${command.name} TYPE rewrites ${withFigures(context, table, s)} and its indexes under ACCESS EXCLUSIVE, since ${rewrite.reason}: ${waitingRequests(context, 'every read and write', s)} until it is done. Add a new column and backfill it instead.`,
          range,
          step: step.id,
          severity: severityFor(context, table, 'error'),
          data: placed,
        };
      }
    }
  },
  fix: ({ data }, context) => replaceColumnFix(context, data),
});
