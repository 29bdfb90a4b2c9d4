import type { AlterTableCmd, ColumnDef } from '@pgsql/types';
import { walk } from '../../schema/expressions.ts';
import { serialBase } from '../../sql/type-names.ts';
import type { Range } from '../../text/range.ts';
import { defineRule } from '../define-rule.ts';
import { settle, severityFor, waitingRequests, withFigures } from '../figures.ts';
import type { RuleContext, StatementAnalysis } from '../model.ts';
import { alterCommands, sqlStatements, tokenRange, wholeTable } from '../statements.ts';
import { type AddedColumn, addColumnFixes, isOfDomain, type ValueSource } from './add-column-fixes.ts';
import { rewritesByCommand } from './rewrites.ts';

/** ADD COLUMN that gives each row a value of its own. */
export const addColumnRewrites = defineRule<AddedColumn>({
  id: 'add-column-rewrites',
  title: 'A new column rewrites the table while every request waits',
  severity: 'error',
  eachStep: true,
  concerns: ['AlterTableStmt'],
  docs: {
    problem: `A column with a constant default is added in a moment: Postgres keeps the value once, in the catalog, and \`now()\` is
such a value too, since it is the same for all rows. A default that differs from row to row (\`random()\`, \`gen_random_uuid()\`,
\`clock_timestamp()\`, \`nextval()\`), a \`serial\` or identity column, a stored generated column and a domain with constraints are worked
out for every row there is: the whole table and all its indexes are written anew under ACCESS EXCLUSIVE, and no read and no write
gets through until it is done.`,
    solution: `Add the column without a value, give new rows theirs (\`SET DEFAULT\`, a sequence or a trigger), fill the old rows with a
\`backfill\`, and add NOT NULL last, the way that needs no scan. From Postgres 18 on a \`VIRTUAL\` generated column is worked out when it
is read and needs no rewrite.`,
    manual: [
      { title: 'Adding a Column', path: 'ddl-alter.html#DDL-ALTER-ADDING-A-COLUMN' },
      { title: 'ALTER TABLE, Notes', path: 'sql-altertable.html#SQL-ALTERTABLE-NOTES' },
      { title: 'Function Volatility Categories', path: 'xfunc-volatility.html' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: A token for each user
  sql: ALTER TABLE users ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();
  rollback: ALTER TABLE users DROP COLUMN token;
`,
        finds: 'DEFAULT',
        fixed: `- step: A token for each user
  sql: ALTER TABLE users ADD COLUMN token uuid, ALTER COLUMN token SET DEFAULT gen_random_uuid();
  rollback: ALTER TABLE users DROP COLUMN token;
- step: "token: fill the old rows"
  backfill:
    table: users
    set: token = gen_random_uuid()
    where: token IS NULL
  rollback:
    not_needed: the column token goes with the step that added it
- step: "token: no new NULL"
  sql: ALTER TABLE users ADD CONSTRAINT users_token_is_not_null CHECK (token IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT users_token_is_not_null;
- step: "token: no old NULL either"
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_token_is_not_null;
  rollback:
    not_needed: dropping users_token_is_not_null undoes it
- step: "token: the column is required"
  sql: ALTER TABLE users ALTER COLUMN token SET NOT NULL;
  rollback: ALTER TABLE users ALTER COLUMN token DROP NOT NULL;
- step: "token: drop the check that NOT NULL replaces"
  sql: ALTER TABLE users DROP CONSTRAINT users_token_is_not_null;
  rollback:
    - sql: ALTER TABLE users ADD CONSTRAINT users_token_is_not_null CHECK (token IS NOT NULL) NOT VALID;
    - sql: ALTER TABLE users VALIDATE CONSTRAINT users_token_is_not_null;
`,
      },
      {
        steps: `- step: Number the users
  sql: ALTER TABLE users ADD COLUMN number bigserial;
  rollback: ALTER TABLE users DROP COLUMN number;
`,
        finds: 'bigserial',
        fixed: `- step: Number the users
  sql: ALTER TABLE users ADD COLUMN number bigint;
  rollback: ALTER TABLE users DROP COLUMN number;
- step: "number: numbers for new rows"
  sql: |
    CREATE SEQUENCE users_number_seq AS bigint OWNED BY users.number;
    ALTER TABLE users ALTER COLUMN number SET DEFAULT nextval('users_number_seq');
  rollback: |
    ALTER TABLE users ALTER COLUMN number DROP DEFAULT;
    DROP SEQUENCE users_number_seq;
- step: "number: fill the old rows"
  backfill:
    table: users
    set: number = nextval('users_number_seq')
    where: number IS NULL
  rollback:
    not_needed: the column number goes with the step that added it
- step: "number: no new NULL"
  sql: ALTER TABLE users ADD CONSTRAINT users_number_is_not_null CHECK (number IS NOT NULL) NOT VALID;
  rollback: ALTER TABLE users DROP CONSTRAINT users_number_is_not_null;
- step: "number: no old NULL either"
  sql: ALTER TABLE users VALIDATE CONSTRAINT users_number_is_not_null;
  rollback:
    not_needed: dropping users_number_is_not_null undoes it
- step: "number: the column is required"
  sql: ALTER TABLE users ALTER COLUMN number SET NOT NULL;
  rollback: ALTER TABLE users ALTER COLUMN number DROP NOT NULL;
- step: "number: drop the check that NOT NULL replaces"
  sql: ALTER TABLE users DROP CONSTRAINT users_number_is_not_null;
  rollback:
    - sql: ALTER TABLE users ADD CONSTRAINT users_number_is_not_null CHECK (number IS NOT NULL) NOT VALID;
    - sql: ALTER TABLE users VALIDATE CONSTRAINT users_number_is_not_null;
`,
      },
      {
        steps: `- step: Find users whatever the case
  sql: ALTER TABLE users ADD COLUMN email_lower text GENERATED ALWAYS AS (lower(email)) STORED;
  rollback: ALTER TABLE users DROP COLUMN email_lower;
`,
        finds: 'GENERATED',
        fixed: `- step: Find users whatever the case
  sql: ALTER TABLE users ADD COLUMN email_lower text;
  rollback: ALTER TABLE users DROP COLUMN email_lower;
- step: "email_lower: fill it in new rows"
  sql: |
    CREATE FUNCTION users_email_lower_fill() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      NEW.email_lower := (lower(NEW.email));
      RETURN NEW;
    END $$;
    CREATE TRIGGER users_email_lower_fill BEFORE INSERT OR UPDATE ON users
      FOR EACH ROW EXECUTE FUNCTION users_email_lower_fill();
  rollback: |
    DROP TRIGGER users_email_lower_fill ON users;
    DROP FUNCTION users_email_lower_fill();
- step: "email_lower: fill the old rows"
  backfill:
    table: users
    set: email_lower = (lower(email))
    where: email_lower IS DISTINCT FROM (lower(email))
  rollback:
    not_needed: the column email_lower goes with the step that added it
`,
      },
    ],
    good: [
      {
        steps: `- step: When each user was last seen
  sql: ALTER TABLE users ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now();
  rollback: ALTER TABLE users DROP COLUMN seen_at;
`,
      },
      {
        plan: { database: '{ type: postgresql, version: 18, schema: schema.sql }' },
        steps: `- step: Find users whatever the case
  sql: ALTER TABLE users ADD COLUMN email_lower text GENERATED ALWAYS AS (lower(email)) VIRTUAL;
  rollback: ALTER TABLE users DROP COLUMN email_lower;
`,
      },
    ],
  },
  *check(context) {
    for (const placed of sqlStatements(context)) {
      const { s, step } = placed;
      if (s.statement.kind !== 'AlterTableStmt') continue;
      if (s.effects.rewrites.length + s.effects.unknown.length === 0) continue;
      const commands = alterCommands(s);
      const possible = s.effects.unknown.filter(({ may }) => may === 'rewrite');
      const seen = new Set<number>();
      for (const work of [...rewritesByCommand(s), ...possible]) {
        const command = work.command === undefined ? undefined : commands[work.command];
        const column = definitionOf(command);
        if (!column || work.command === undefined || seen.has(work.command)) continue;
        seen.add(work.command);
        const source = sourceOf(s, column);
        const certain = 'relation' in work;
        // That somebody's own type may be a domain with constraints is no reason to warn: most are not.
        if (!certain && !callsFunction(source)) continue;
        const table = certain ? wholeTable(s, work.relation) : (s.effects.locks[0]?.relation ?? 'the table');
        yield {
          message: `ADD COLUMN ${column.colname} ${certain ? 'rewrites' : 'may rewrite'} ${withFigures(context, table, s)} and its indexes under ACCESS EXCLUSIVE, ${certain ? `since ${work.reason}` : `while every read and write waits: it hangs on ${work.fact}, which is not known`}${certain ? `: ${waitingRequests(context, 'every read and write', s)} until it is done` : ''}. ${certain ? remedy(context, source) : settle(context, work)}`,
          range: rangeOf(s, column, source),
          step: step.id,
          severity: severityFor(context, table, certain ? 'error' : 'warning'),
          data: { placed, at: work.command, column, source, certain },
        };
      }
    }
  },
  fix: ({ data }, context) => addColumnFixes(context, data),
});

function definitionOf(command: AlterTableCmd | undefined): ColumnDef | undefined {
  return command?.subtype === 'AT_AddColumn' && command.def && 'ColumnDef' in command.def
    ? command.def.ColumnDef
    : undefined;
}

const kinds: Readonly<Record<string, 'identity' | 'generated' | 'default'>> = {
  CONSTR_IDENTITY: 'identity',
  CONSTR_GENERATED: 'generated',
  CONSTR_DEFAULT: 'default',
};

function sourceOf(s: StatementAnalysis, column: ColumnDef): ValueSource {
  if (column.typeName && serialBase(column.typeName)) return { kind: 'serial' };
  for (const item of column.constraints ?? []) {
    const node = 'Constraint' in item ? item.Constraint : undefined;
    const kind = kinds[node?.contype ?? ''];
    if (node && kind === 'default' && isOfDomain(s, column)) return { kind: 'domain' };
    if (node && kind) return { kind, node };
  }
  return { kind: 'domain' };
}

function callsFunction(source: ValueSource): boolean {
  if (source.kind !== 'default') return false;
  for (const [kind] of walk(source.node.raw_expr)) if (kind === 'FuncCall') return true;
  return false;
}

function rangeOf(s: StatementAnalysis, column: ColumnDef, source: ValueSource): Range {
  return tokenRange(s, 'node' in source ? source.node.location : column.typeName?.location);
}

function remedy({ pgVersion }: RuleContext, { kind }: ValueSource): string {
  switch (kind) {
    case 'serial':
    case 'identity':
      return 'Add a plain integer column, give it a sequence as its default for new rows, and number the old ones with a backfill.';
    case 'generated':
      return pgVersion >= 18
        ? 'Make it VIRTUAL, which is worked out when it is read, or add a plain column that a trigger keeps and a backfill fills.'
        : 'Add a plain column, let a trigger fill it for new rows, and backfill the old ones.';
    case 'domain':
      return 'Add the column with the domain’s base type and the same CHECK as NOT VALID, then validate it.';
    default:
      return 'Add the column without the default, set the default for new rows, and backfill the old ones.';
  }
}
