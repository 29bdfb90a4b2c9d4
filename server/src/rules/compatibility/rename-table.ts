import { quoteIdentifier, writeName } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import type { Fix, RuleContext } from '../model.ts';
import { aroundStatement } from '../new-steps.ts';
import type { PlacedStatement } from '../statements.ts';
import { shownKey, untold } from '../use-words.ts';
import { nameRange } from './places.ts';

interface Data {
  readonly placed: PlacedStatement;
  /** As the statement writes them. */
  readonly from: string;
  readonly to: string;
  /** The old name without its schema. */
  readonly bare: string;
}

/** A table is renamed, and nothing answers to the old name. */
export const renameTable = defineRule<Data>({
  id: 'rename-table',
  title: 'A table is renamed under the running application',
  severity: 'warning',
  concerns: ['AlterObjectSchemaStmt', 'AlterTableStmt', 'DropStmt', 'RenameStmt'],
  docs: {
    problem: `\`ALTER TABLE … RENAME TO\` is instant, and there is no moment at which both names work: the version that runs knows the
old name and fails at every statement, until one that knows the new name has replaced it everywhere.`,
    solution: `Rename the table and create a view with the old name in one transaction. A view that selects all columns of one table
can be read and written like the table, so the old version goes on until the new one is out; then drop the view. The view does
not take TRUNCATE or COPY FROM, and needs the grants that the table had. Row-level security is checked for the view's owner,
unless the view is made WITH (security_invoker) (version 15 and later).`,
    manual: [
      { title: 'ALTER TABLE … RENAME', path: 'sql-altertable.html#SQL-ALTERTABLE-DESC-RENAME' },
      { title: 'Updatable Views', path: 'sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS' },
    ],
  },
  examples: {
    bad: [
      {
        steps: `- step: A better name
  sql: ALTER TABLE users RENAME TO people;
  rollback: ALTER TABLE people RENAME TO users;
`,
        finds: 'users',
        fixed: `- step: A better name
  sql: |-
    ALTER TABLE users RENAME TO people;
    CREATE VIEW users AS SELECT * FROM people;
  rollback: |
    DROP VIEW users;
    ALTER TABLE people RENAME TO users;
`,
      },
    ],
    good: [
      {
        steps: `- step: A better name
  sql: |
    ALTER TABLE users RENAME TO people;
    CREATE VIEW users AS SELECT * FROM people;
  rollback: |
    DROP VIEW users;
    ALTER TABLE people RENAME TO users;
`,
      },
    ],
  },
  *check(context) {
    for (const { placed, removal, live, uses, made, gone } of context.removals()) {
      const { node } = placed.s.statement;
      if (removal.kind !== 'relation' || removal.how !== 'renamed' || !gone) continue;
      if (placed.part === 'rollback' || made || live.complete || uses.length > 0) continue;
      const relation = 'RenameStmt' in node ? node.RenameStmt.relation : undefined;
      const schema = relation?.schemaname || undefined;
      const from = shownKey(placed.s.before, removal.key);
      const to = quoteIdentifier(removal.to ?? '');
      yield {
        message: `RENAME TO leaves nothing that answers to ${from}: the version that runs fails at every statement on it, and one that knows ${to} fails until then. Create a view ${from} on ${to} in the same transaction, and drop it when no version names it.${untold(context)}`,
        range: nameRange(placed.s, removal.name),
        step: placed.step.id,
        data: {
          placed,
          from: writeName({ schema, name: removal.name }),
          to: writeName({ schema, name: removal.to ?? '' }),
          bare: quoteIdentifier(removal.name),
        },
      };
    }
  },
  fix: ({ data }, context) => withView(context, data),
});

/** Both statements must be in one transaction, or there is a moment without the old name. */
function withView(context: RuleContext, { placed, from, to, bare }: Data): readonly Fix[] {
  const { node, text } = placed.s.statement;
  const isTable = 'RenameStmt' in node && node.RenameStmt.renameType === 'OBJECT_TABLE';
  if (!isTable || !placed.s.inTransaction) return [];
  const view = `CREATE VIEW ${from} AS SELECT * FROM ${to}`;
  if (context.kind === 'plan' && placed.action.statements.length > 1) return [];
  const undo = `DROP VIEW ${from};\nALTER TABLE ${to} RENAME TO ${bare};`;
  const way = wayBack(placed);
  if (way === 'another') return [];
  const edits = aroundStatement(context, placed, {
    before: [],
    after: [],
    replacement: `${text};\n${view}`,
    ...(way === 'renames' ? { rollback: undo } : {}),
  });
  return edits ? [{ title: `Let a view answer to ${from}`, edits, safe: false }] : [];
}

/** A rollback that only renames back, or is missing, is written anew; none is said; what else it does is kept. */
function wayBack({ at: { step, rollback } }: PlacedStatement): 'renames' | 'none' | 'another' {
  if (step.rollback && step.rollback.kind !== 'actions') return 'none';
  const statements = rollback.flatMap((action) => action.statements);
  const others = rollback.length > 1 || statements.length > 1;
  return others || statements.some(({ statement }) => statement.kind !== 'RenameStmt')
    ? 'another'
    : 'renames';
}
