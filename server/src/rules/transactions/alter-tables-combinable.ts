import type { AlterTableType } from '@pgsql/types';
import { replaceStatement } from '../../plan/edit.ts';
import { subcommandRanges } from '../alter-parts.ts';
import { defineRule } from '../define-rule.ts';
import { withFigures } from '../figures.ts';
import type { ActionAnalysis, Fix, RuleContext, StatementAnalysis } from '../model.ts';
import { alterCommands, alterTable } from '../statements.ts';
import { removeStatements, sqlActions } from './commands.ts';

interface Data {
  readonly action: ActionAnalysis;
  readonly first: StatementAnalysis;
  readonly second: StatementAnalysis;
}

/** Two ALTER TABLE that each go over all of a table, where one would go over it once. */
export const alterTablesCombinable = defineRule<Data>({
  id: 'alter-tables-combinable',
  title: 'Two ALTER TABLE go over the same table twice, where one goes over it once',
  severity: 'info',
  eachStep: true,
  docs: {
    problem: `Postgres gathers the subcommands of one \`ALTER TABLE\` and reads or rewrites the table once for all of them. In two
statements the same work is done twice, and the table is locked for twice as long.`,
    solution: `Write the subcommands in one statement, with a comma between them. Where nothing is read or rewritten it makes no
difference, and this rule is silent.`,
    manual: [{ title: 'ALTER TABLE', path: 'sql-altertable.html' }],
  },
  examples: {
    bad: [
      {
        schema: 'CREATE TABLE users (id bigint PRIMARY KEY, visits integer, points integer);',
        steps: `- step: Larger counters
  sql: |
    ALTER TABLE users ALTER COLUMN visits TYPE bigint;
    ALTER TABLE users ALTER COLUMN points TYPE bigint;
  rollback: { impossible: larger numbers may be in use }
`,
        finds: 'ALTER TABLE users ALTER COLUMN points TYPE bigint',
        fixed: `- step: Larger counters
  sql: |
    ALTER TABLE users ALTER COLUMN visits TYPE bigint,
      ALTER COLUMN points TYPE bigint;
  rollback: { impossible: larger numbers may be in use }
`,
      },
    ],
    good: [
      {
        steps: `- step: Two new columns, over in a moment
  sql: |
    ALTER TABLE users ADD COLUMN handle text;
    ALTER TABLE users ADD COLUMN nickname text;
  rollback: |
    ALTER TABLE users DROP COLUMN handle;
    ALTER TABLE users DROP COLUMN nickname;
`,
      },
    ],
  },
  *check(context) {
    for (const { at, action } of sqlActions(context)) {
      for (const [i, second] of action.statements.entries()) {
        const first = action.statements[i - 1];
        const work = first && sharedWork(first, second);
        if (!first || !work) continue;
        yield {
          message: `${withFigures(context, work.relation, second)} is ${work.verb} here again, right after the ALTER TABLE before it: one ALTER TABLE with the subcommands of both does it once, in half the time.`,
          range: second.range,
          step: at.step.id,
          related: [{ message: 'The first time is here.', range: first.range }],
          data: { action, first, second },
        };
      }
    }
  },
  fix: ({ data }, context) => combine(context, data),
});

/** What both statements do to all of one table, and one would do once: each foreign key is looked up by itself. */
function sharedWork(first: StatementAnalysis, second: StatementAnalysis) {
  const [one, other] = [alterTable(first)?.relation, alterTable(second)?.relation];
  if (!one || !other || one.inh !== other.inh) return undefined;
  const relation = second.effects.locks[0]?.relation;
  if (relation === undefined || first.effects.locks[0]?.relation !== relation) return undefined;
  const does = (s: StatementAnalysis, work: 'rewrite' | 'scan') =>
    work === 'rewrite'
      ? s.effects.rewrites.some((rewrite) => rewrite.relation === relation)
      : s.effects.scans.some((scan) => scan.relation === relation && !scan.each);
  if (does(first, 'rewrite') && does(second, 'rewrite')) return { relation, verb: 'rewritten' };
  // VALIDATE is for a transaction of its own, under a lock that stops nobody.
  const isChecked = [first, second].every((s) => alterCommands(s).every(({ subtype }) => checks(subtype)));
  if (isChecked && does(first, 'scan') && does(second, 'scan')) return { relation, verb: 'read in full' };
  return undefined;
}

function checks(subtype: AlterTableType | undefined): boolean {
  return subtype === 'AT_SetNotNull' || subtype === 'AT_AddConstraint';
}

function combine(context: RuleContext, { action, first, second }: Data): readonly Fix[] {
  const commands = [...alterCommands(first), ...alterCommands(second)];
  const parts = subcommandRanges(second).map((range) => second.statement.slice(range));
  const columns = new Set(commands.map(({ name, subtype }) => `${subtype} ${name}`));
  // Of other kinds one may be meant to follow the other, and ALTER TABLE goes by an order of its own.
  const alike =
    commands.every(({ subtype }) => subtype === commands[0]?.subtype) &&
    (commands[0]?.subtype === 'AT_AddConstraint' || columns.size === commands.length);
  if (!alike || parts.length === 0) return [];
  const { end } = first.statement.range;
  const joint = parts.map((part) => `,\n  ${part}`).join('');
  const added = replaceStatement(context.text, first.sql, { start: end, end }, joint);
  const removed = removeStatements(context, action, [second]);
  return added && removed
    ? [{ title: 'Write both in one ALTER TABLE', edits: [...added, ...removed], safe: true }]
    : [];
}
