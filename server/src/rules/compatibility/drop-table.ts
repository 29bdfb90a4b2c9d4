import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import { shownKey, untold } from '../use-words.ts';
import { nameRange } from './places.ts';
import { recreated } from './table-recreated.ts';

/** A table is dropped, and the plan does not tell whether a version that runs still uses it. */
export const dropTable = defineRule<undefined>({
  id: 'drop-table',
  title: 'A table is dropped, and nothing says that no running version uses it',
  severity: 'warning',
  concerns: ['DropStmt'],
  docs: {
    problem: `\`DROP TABLE\` takes the table and all of its rows. A version of the application that still names it fails from then
on, and only a backup brings the rows back.`,
    solution: `First deploy a version that does not use the table. Tell the plan what the application runs, under \`app\`: then this
rule is silent, and \`live-name-removed\` checks each drop against the statements of the versions that are live. Where you cannot
be sure that nobody else reads the table, rename it away first and drop it some weeks later: a rename is undone in an instant.`,
    manual: [{ title: 'DROP TABLE', path: 'sql-droptable.html' }],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE TABLE invitations (id bigint PRIMARY KEY, email text);',
        steps: `- step: No more invitations
  sql: DROP TABLE invitations;
  rollback: { impossible: the invitations are gone }
`,
        finds: 'invitations',
      },
    ],
    good: [
      {
        schema:
          'CREATE TABLE users (id bigint PRIMARY KEY); CREATE TABLE invitations (id bigint PRIMARY KEY);',
        plan: { app: '{ runs: v7, versions: { v7: ["SELECT id FROM users"] } }' },
        steps: `- step: No more invitations
  sql: DROP TABLE invitations;
  rollback: { impossible: the invitations are gone }
`,
      },
      {
        steps: `- step: A table for the work in between
  sql: |
    CREATE TABLE scratch (id bigint PRIMARY KEY);
    DROP TABLE scratch;
  rollback: { not_needed: nothing of it stays }
`,
      },
    ],
  },
  *check(context) {
    const again = new Set(Array.from(recreated(context), ({ drop }) => `${drop.order} ${drop.removal.key}`));
    for (const { placed, order, removal, live, uses, made, gone } of context.removals()) {
      const { node } = placed.s.statement;
      const type = 'DropStmt' in node ? node.DropStmt.removeType : undefined;
      if (type !== 'OBJECT_TABLE' || removal.kind !== 'relation' || !removal.named) continue;
      if (placed.part === 'rollback' || made || !gone || live.complete || uses.length > 0) continue;
      if (again.has(`${order} ${removal.key}`)) continue;
      const table = withFigures(context, shownKey(placed.s.before, removal.key));
      yield {
        message: `DROP TABLE takes ${table} with every row: a running version that still names it fails from then on, and only a backup brings the rows back. Deploy a version without it first; where in doubt, rename the table away and drop it some weeks later.${untold(context)}`,
        range: nameRange(placed.s, removal.name),
        step: placed.step.id,
        data: undefined,
      };
    }
  },
});
