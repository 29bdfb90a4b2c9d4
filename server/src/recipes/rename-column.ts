import { columnOf } from '../schema/lookup.ts';
import type { Column, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { tableStatements, type Uses } from './application.ts';
import { alterTable, copyBack, copyValues, wait } from './blocks.ts';
import { after, columnFacts, sqlName } from './facts.ts';
import { followers, statisticsTwins } from './followers.ts';
import {
  defineRecipe,
  type Given,
  type PlanDraft,
  refuse,
  type StepDraft,
  type VersionDraft,
} from './model.ts';
import { followsName, renameByName } from './rename-by-name.ts';
import { progressQuery } from './standard.ts';
import { addTwin, dropOldIndexes, freeOld, indexTwins, isSteady, type Twin, twinOf } from './twin.ts';
import { constraintTwins, referenceTwins } from './twin-constraints.ts';

export const renameColumn = defineRecipe({
  type: 'rename_column',
  title: 'Rename a column',
  summary:
    'Two columns for a while, of the old name and of the new: versions of the application lead from one to the other, and none of them ever meets a schema that it cannot work with. Keys, numbers and what reads the column follow it.',
  questions: [
    { id: 'table', prompt: 'Which table?', kind: 'table' },
    { id: 'column', prompt: 'Which column?', kind: 'column' },
    {
      id: 'to',
      prompt: 'What is it to be called?',
      kind: 'name',
      validate(name, given) {
        const table = given.table();
        if (name === given.column().name) return `${name} is its name already.`;
        return columnOf(table, name)
          ? `${sqlName(given.facts, table)} has a column ${name} already: give another name, or drop that one first (switchback new drop_column).`
          : undefined;
      },
    },
  ],
  write,
});

function write(given: Given): PlanDraft {
  const table = given.table();
  const column = given.column();
  const to = given.answer('to');
  const name = sqlName(given.facts, table);
  const type = column.type ?? refuse(`The type of ${column.name} is not known.`, 'column');
  if (followsName(given, table, column, to)) return renameByName(given, to, type);
  const twin = twinOf(given, table, column, to, type);
  const [old, next] = [quoteIdentifier(column.name), quoteIdentifier(to)];
  const versions = versionsOf(given, twin);
  const shown = `${name}.${old}`;
  return {
    title: `Rename ${shown} to ${name}.${next}`,
    intro: [
      `Renames a column that a running application uses, without one of its requests failing.`,
      '',
      'Four application versions lead from the old name to the new one. No step breaks a version that is running while it happens, and every step has a way back.',
    ],
    tables: [table],
    versions,
    phases: [
      { phase: 'Expand', risk: 'low', steps: [addTwin(given, twin, 'add_column')] },
      { phase: 'Migrate', risk: 'medium', steps: migrate(given, twin, { old, next }) },
      { phase: 'Contract', risk: 'medium', steps: contract(given, twin, { old, next }) },
    ],
    queries: [progressQuery(`count(*) FILTER (WHERE ${next} IS NOT DISTINCT FROM ${old})`, name)],
    cleanup: [
      'Remove what is left of the dual write',
      'Update the API documentation and its OpenAPI description',
    ],
  };
}

interface Sql {
  readonly old: string;
  readonly next: string;
}

/** What each version knows, and how it is told in its comment. */
function versionsOf(given: Given, { table, from, to }: Twin): readonly VersionDraft[] {
  const { facts } = given;
  const known = columnFacts(facts, table, from.name);
  const isUnique = known?.constraints.some(({ kind, columns }) => kind === 'unique' && columns.length === 1);
  const fixed = (known?.referencedBy.length ?? 0) > 0;
  const renamed: Table = {
    ...table,
    columns: table.columns.map((one) => (one.name === from.name ? { ...one, name: to } : one)),
  };
  const both: Table = {
    ...table,
    columns: table.columns.flatMap((one) =>
      one.name === from.name ? [one, { ...one, name: to, notNull: false }] : [one],
    ),
  };
  const others = table.columns.filter(
    (one) => one.name !== from.name && one.notNull && one.default === null && !one.generated,
  );
  const reading = (name: string) => [name, ...others.slice(0, 4).map((one) => one.name)];
  const version = (
    name: string,
    says: string,
    as: Table,
    uses: Uses,
    columns: readonly Column[],
    reads: string,
  ): VersionDraft => ({
    name,
    says,
    statements: tableStatements(facts, as, { ...uses, fixed, ...(isUnique ? { lookup: reads } : {}) }),
    uses: [
      {
        table,
        columns,
        dual: Object.entries(uses.writes).flatMap(([column, also]) =>
          also.map((one) => ({ column, also: one })),
        ),
        reads: { [to]: reads },
        lookup: isUnique ? reads : undefined,
      },
    ],
  });
  return [
    version(
      'v1',
      `knows ${from.name} alone`,
      table,
      { reads: reading(from.name), writes: { [from.name]: [] } },
      table.columns,
      from.name,
    ),
    version(
      'v2',
      `writes both, reads ${from.name}`,
      table,
      { reads: reading(from.name), writes: { [from.name]: [to] } },
      both.columns,
      from.name,
    ),
    version(
      'v3',
      `writes both, reads ${to}`,
      renamed,
      { reads: reading(to), writes: { [to]: [from.name] } },
      both.columns,
      to,
    ),
    version(
      'v4',
      `knows ${to} alone`,
      renamed,
      { reads: reading(to), writes: { [to]: [] } },
      renamed.columns,
      to,
    ),
  ];
}

function migrate(given: Given, twin: Twin, { old, next }: Sql): readonly StepDraft[] {
  const { table, to } = twin;
  return [
    { step: 'Write both columns', id: 'deploy_v2', deploy: 'v2' },
    ...copyValues(given, {
      table,
      column: to,
      value: old,
      type: twin.type,
      id: 'copy_values',
      step: 'Copy the old values',
      why: `While v2 rolled out, v1 may have changed ${old} behind v2's back: compare, do not just fill NULLs.`,
    }).map((step) =>
      'backfill' in step
        ? {
            ...step,
            rollback: { not_needed: `no version reads ${next} yet; the rollback of add_column drops it` },
          }
        : step,
    ),
    ...indexTwins(given, twin),
    ...constraintTwins(given, twin),
    ...referenceTwins(given, twin),
    ...statisticsTwins(given, twin),
    wait('watch_v2', 'Watch v2 for a day', '24h'),
  ];
}

function contract(given: Given, twin: Twin, { old, next }: Sql): readonly StepDraft[] {
  const { facts } = given;
  const { table, from, to } = twin;
  const now = after(facts.schema, `ALTER TABLE ${sqlName(facts, table)} ADD COLUMN ${next} ${from.type}`);
  const follow = followers(given, twin, now);
  const free = freeOld(given, twin);
  const held = twin.facts.referencedBy.map(({ table: other, constraint }) =>
    alterTable(facts, other, `DROP CONSTRAINT ${quoteIdentifier(constraint.name)}`),
  );
  const later =
    isSteady(from) || from.default == null
      ? []
      : [alterTable(facts, table, `ALTER COLUMN ${next} SET DEFAULT ${from.default}`)];
  // Rows that v4 wrote have nothing in the old column: the table is walked by the new one.
  const back = copyBack(given, table, from.name, next, { type: from.type, schema: twin.renamed });
  const freeing = [...held, ...later, ...free];
  return [
    { step: 'Read the new column', id: 'deploy_v3', deploy: 'v3' },
    wait('watch_v3', 'Watch v3 for two days', '48h'),
    ...(follow.length > 0
      ? [
          {
            step: `What reads ${from.name} in the database reads ${to}`,
            id: 'follow',
            why: 'Both columns hold the same, so that nobody sees a difference.',
            sql: follow,
          },
        ]
      : []),
    ...(freeing.length > 0
      ? [
          {
            step: 'Free the old column',
            id: 'free_old',
            why: `While v4 rolls out it leaves ${old} behind. A stale value must not stand in the way of v3's next write, so what binds the old column goes; the new one has it all.`,
            sql: freeing,
            rollbackFirst: [back],
          },
        ]
      : []),
    { step: 'Forget the old column', id: 'deploy_v4', deploy: 'v4' },
    wait('last_look', 'A week without a wish to go back', '7d'),
    ...dropOldIndexes(given, twin),
    {
      step: 'Drop the old column',
      id: 'drop_old',
      sql: [alterTable(facts, table, `DROP COLUMN ${old}`)],
      rollbackWhy: 'the old column is rebuilt from the new one',
      rollbackThen: [back],
    },
  ];
}
