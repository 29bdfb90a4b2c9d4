import { keyOf } from '../../schema/lookup.ts';
import { nameOfRangeVar } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import type { RuleContext, StatementAnalysis } from '../model.ts';
import type { PlacedRemoval } from '../removed-names.ts';
import { sqlStatements, tokenRange } from '../statements.ts';
import { shownKey } from '../use-words.ts';
import { nameRange } from './places.ts';

/** A table is dropped and made again: its rows do not come back. */
export const tableRecreated = defineRule<undefined>({
  id: 'table-recreated',
  title: 'A table is dropped and created again, without its rows',
  severity: 'error',
  concerns: ['DropStmt'],
  docs: {
    problem: `\`DROP TABLE\` and then \`CREATE TABLE\` of the same name is how a table is changed on a developer's machine. In production it
deletes every row; its grants, policies and the foreign keys that pointed at it go too, and the application runs on, on an empty table.`,
    solution: `Change the table with ALTER TABLE. Where it must be made anew, create it under another name, copy the rows, and swap the
names in one transaction.`,
    manual: [{ title: 'Modifying Tables', path: 'ddl-alter.html' }],
  },
  examples: {
    bad: [
      {
        steps: `- step: Another users table
  sql: |
    DROP TABLE IF EXISTS users;
    CREATE TABLE users (id bigint PRIMARY KEY, email text);
  rollback: { impossible: the users are gone }
`,
        finds: 'users',
      },
    ],
    good: [
      {
        steps: `- step: A table for the work in between
  sql: |
    CREATE TABLE scratch (id bigint PRIMARY KEY);
    DROP TABLE scratch;
    CREATE TABLE scratch (id bigint PRIMARY KEY, email text);
  rollback: DROP TABLE scratch;
`,
      },
    ],
  },
  *check(context) {
    for (const { drop, create } of recreated(context)) {
      const { s, step } = drop.placed;
      const table = withFigures(context, shownKey(s.before, drop.removal.key));
      yield {
        message: `This drops ${table} with every row, and the table created again below is empty: the application runs on without its data. Change it with ALTER TABLE, or create it under another name, copy the rows and swap the names.`,
        range: nameRange(s, drop.removal.name),
        step: step.id,
        related: [{ message: 'It is created again here', range: create }],
        data: undefined,
      };
    }
  },
});

/** Drops of tables that the plan creates again later, with where it does so. */
export function* recreated(context: RuleContext) {
  const created = creations(context);
  if (created.size === 0) return;
  for (const drop of context.removals()) {
    if (!isTableDrop(drop) || drop.made || drop.placed.part === 'rollback') continue;
    const create = created.get(drop.removal.key)?.find(({ order }) => order > drop.order);
    if (create) yield { drop, create: create.range };
  }
}

function isTableDrop({ removal, placed }: PlacedRemoval): boolean {
  const { node } = placed.s.statement;
  const type = 'DropStmt' in node ? node.DropStmt.removeType : undefined;
  return type === 'OBJECT_TABLE' && removal.kind === 'relation' && removal.named;
}

/** Where each table is created, in the order of the file. */
function creations(context: RuleContext) {
  const found = new Map<string, { readonly order: number; readonly range: StatementAnalysis['range'] }[]>();
  let order = 0;
  for (const { s, part } of sqlStatements(context)) {
    order++;
    const { node } = s.statement;
    const relation = 'CreateStmt' in node ? node.CreateStmt.relation : undefined;
    if (!relation || part === 'rollback') continue;
    const key = keyOf(s.after, nameOfRangeVar(relation));
    const others = found.get(key) ?? [];
    found.set(key, [...others, { order, range: tokenRange(s, relation.location) }]);
  }
  return found;
}
