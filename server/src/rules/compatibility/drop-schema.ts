import { relationsIn } from '../../effects/dependents.ts';
import { quoteIdentifier } from '../../sql/names.ts';
import { defineRule } from '../define-rule.ts';
import { nameRange } from './places.ts';

/** A schema is dropped, with all that is in it where CASCADE says so. */
export const dropSchema = defineRule<undefined>({
  id: 'drop-schema',
  title: 'A schema is dropped',
  severity: 'error',
  concerns: ['DropStmt'],
  docs: {
    problem: `\`DROP SCHEMA … CASCADE\` drops every table, view, type and function in the schema, and what depends on them elsewhere, in
one statement that names none of them. Without CASCADE Postgres refuses where the schema holds anything, so that only an empty
one goes; a \`search_path\` that still says its name then passes it over.`,
    solution: `Drop what is in the schema by name, each when no version of the application uses it, and the empty schema last,
without CASCADE.`,
    manual: [{ title: 'DROP SCHEMA', path: 'sql-dropschema.html' }],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE SCHEMA legacy; CREATE TABLE legacy.orders (id bigint PRIMARY KEY);',
        plan: { app: '{ runs: v7, versions: { v7: ["SELECT 1"] } }' },
        steps: `- step: No more legacy
  sql: DROP SCHEMA legacy CASCADE;
  rollback: { impossible: the old orders are gone }
`,
        finds: 'legacy',
      },
    ],
    good: [
      {
        schema: 'CREATE SCHEMA legacy; CREATE TABLE legacy.orders (id bigint PRIMARY KEY);',
        plan: { app: '{ runs: v7, versions: { v7: ["SELECT 1"] } }' },
        steps: `- step: No more legacy
  sql: |
    DROP TABLE legacy.orders;
    DROP SCHEMA legacy;
  rollback: { impossible: the old orders are gone }
`,
      },
    ],
  },
  *check(context) {
    for (const { placed, removal, made, uses } of context.removals()) {
      if (removal.kind !== 'schema' || removal.how !== 'dropped' || made || uses.length > 0) continue;
      const { node } = placed.s.statement;
      if (placed.part === 'rollback' || !('DropStmt' in node)) continue;
      const { before } = placed.s;
      const name = quoteIdentifier(removal.name);
      const range = nameRange(placed.s, removal.name);
      const inside = relationsIn(before, removal.name);
      if (node.DropStmt.behavior === 'DROP_CASCADE') {
        if (before.complete && inside.length === 0) continue;
        const what =
          inside.length > 0
            ? `${inside.slice(0, 4).join(', ')}${inside.length > 4 ? ' and more' : ''}`
            : 'every table, view, type and function in it';
        yield {
          message: `DROP SCHEMA … CASCADE takes ${name} with ${what}, and what depends on it elsewhere, for good. Drop what is in it by name, and the empty schema last, without CASCADE.`,
          range,
          step: placed.step.id,
          data: undefined,
        };
      } else if (!before.complete) {
        yield {
          message: `DROP SCHEMA is refused unless ${name} is empty; once it is gone, a running version that names it fails, and a search_path that says it passes it over. See that nothing uses it first.`,
          range,
          step: placed.step.id,
          severity: 'info',
          data: undefined,
        };
      }
    }
  },
});
