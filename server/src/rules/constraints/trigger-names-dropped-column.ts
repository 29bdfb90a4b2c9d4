import type { CreateTrigStmt } from '@pgsql/types';
import { relationKey, tableByKey, tableOf } from '../../schema/lookup.ts';
import type { Table } from '../../schema/model.ts';
import { nameOfStrings, quoteIdentifier, stringsOf, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import type { Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import { alterCommands, type PlacedStatement, sqlStatements } from '../statements.ts';

/** A trigger that the plan made, where it stands. */
interface OwnTrigger {
  readonly placed: PlacedStatement;
  readonly fields: CreateTrigStmt;
  /** The table's key. */
  readonly table: string;
}

interface Data {
  readonly placed: PlacedStatement;
  readonly trigger: OwnTrigger;
}

/** A trigger of the plan's own that outlives a column its function names. */
export const triggerNamesDroppedColumn = defineRule<Data>({
  id: 'trigger-names-dropped-column',
  title: 'A trigger still names a column that is gone',
  severity: 'error',
  docs: {
    problem: `Postgres does not look into a trigger function when a column is dropped or renamed. A trigger that kept the old and the
new column in step goes on to name the old one, and from the moment that is gone every write to the table fails: \`record "new" has
no field "username"\`.`,
    solution: `Drop the trigger, and its function, before the column goes: when no running version of the application writes the old
column any more.`,
    manual: [{ title: 'Trigger functions in PL/pgSQL', path: 'plpgsql-trigger.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Keep the handle in step
  sql: |
    ALTER TABLE users ADD COLUMN contact text;
    CREATE FUNCTION sync_contact() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.contact := NEW.email; RETURN NEW; END $$;
    CREATE TRIGGER sync_contact BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION sync_contact();
  rollback: |
    DROP TRIGGER sync_contact ON users;
    DROP FUNCTION sync_contact();
    ALTER TABLE users DROP COLUMN contact;
- step: Forget the email
  sql: ALTER TABLE users DROP COLUMN email;
  rollback: { impossible: the emails are gone }
`,
        finds: 'ALTER TABLE users DROP COLUMN email',
      },
    ],
    good: [
      {
        steps: `- step: Keep the handle in step
  sql: |
    ALTER TABLE users ADD COLUMN contact text;
    CREATE FUNCTION sync_contact() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.contact := NEW.email; RETURN NEW; END $$;
    CREATE TRIGGER sync_contact BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION sync_contact();
  rollback: |
    DROP TRIGGER sync_contact ON users;
    DROP FUNCTION sync_contact();
    ALTER TABLE users DROP COLUMN contact;
- step: Nobody writes the email any more
  sql: |
    DROP TRIGGER sync_contact ON users;
    DROP FUNCTION sync_contact();
  rollback: |
    CREATE FUNCTION sync_contact() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.contact := NEW.email; RETURN NEW; END $$;
    CREATE TRIGGER sync_contact BEFORE INSERT OR UPDATE ON users FOR EACH ROW EXECUTE FUNCTION sync_contact();
`,
      },
    ],
  },
  *check(context) {
    const bodies = new Map<string, string>();
    const triggers: OwnTrigger[] = [];
    const told = new Set<OwnTrigger>();
    for (const placed of sqlStatements(context)) {
      if (placed.part === 'rollback') continue;
      const { s, step, at } = placed;
      const { node } = s.statement;
      if ('CreateFunctionStmt' in node)
        bodies.set(keyOf(stringsOf(node.CreateFunctionStmt.funcname)), s.statement.text);
      if ('CreateTrigStmt' in node) {
        const table = tableOf(s.after, node.CreateTrigStmt.relation);
        if (table) triggers.push({ placed, fields: node.CreateTrigStmt, table: relationKey(table.name) });
      }
      if (triggers.length === 0 || !takesColumn(s)) continue;
      for (const trigger of triggers) {
        if (told.has(trigger)) continue;
        // What the step itself puts right nobody sees: its locks hold until it ends.
        const end = s.inTransaction ? at.after : s.after;
        const missing = missingField(
          bodies,
          trigger,
          tableByKey(end, trigger.table),
          tableByKey(s.before, trigger.table),
        );
        if (missing === undefined) continue;
        told.add(trigger);
        const name = quoteIdentifier(trigger.fields.trigname ?? '');
        const table = withFigures(context, trigger.placed.s.effects.locks[0]?.relation ?? 'the table');
        yield {
          message: `The trigger ${name} is still on ${table}, and its function names ${quoteIdentifier(missing)}, which is gone after this: every write that fires it fails (record has no field ${quoteIdentifier(missing)}). Drop the trigger before.`,
          range: s.range,
          step: step.id,
          related: [{ message: `The trigger ${name} is made here.`, range: trigger.placed.s.range }],
          data: { placed, trigger },
        };
      }
    }
  },
  fix: ({ data }, context) => dropTriggerFix(context, data),
});

function keyOf(strings: readonly string[]): string {
  const { schema, name } = nameOfStrings(strings);
  return `${schema ?? 'public'}.${name}`;
}

function takesColumn(s: StatementAnalysis): boolean {
  const { node } = s.statement;
  if ('RenameStmt' in node) return node.RenameStmt.renameType === 'OBJECT_COLUMN';
  return alterCommands(s).some(({ subtype }) => subtype === 'AT_DropColumn');
}

/** A column that the function names on NEW or OLD, that the statement met, and that is there no more. */
function missingField(
  bodies: ReadonlyMap<string, string>,
  { fields }: OwnTrigger,
  after: Table | undefined,
  before: Table | undefined,
): string | undefined {
  const body = bodies.get(keyOf(stringsOf(fields.funcname)));
  if (body === undefined || !after?.triggers.includes(fields.trigname ?? '')) return undefined;
  const names = [...body.matchAll(/\b(?:new|old)\s*\.\s*(?:"([^"]+)"|([a-z_]\w*))/gi)].map(
    ([, quoted, plain]) => quoted ?? plain?.toLowerCase() ?? '',
  );
  const has = (table: Table | undefined, name: string) =>
    table?.columns.some((column) => column.name === name) === true;
  return names.find((name) => has(before, name) && !has(after, name));
}

function dropTriggerFix(context: RuleContext, { placed, trigger }: Data): readonly Fix[] {
  const { trigname = '', relation } = trigger.fields;
  if (context.kind === 'sql' || !relation) return [];
  const table = writeName({ schema: relation.schemaname || undefined, name: relation.relname ?? '' });
  const edits = aroundStatement(context, placed, {
    before: [
      {
        name: `Drop the trigger ${trigname}`,
        sql: `DROP TRIGGER ${quoteIdentifier(trigname)} ON ${table};`,
        rollback: `${trigger.placed.s.statement.text};`,
      },
    ],
    after: [],
  });
  return edits ? [{ title: 'Drop the trigger before', edits, safe: false }] : [];
}
