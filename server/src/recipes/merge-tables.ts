import { columnOf, relationKey } from '../schema/lookup.ts';
import type { Table } from '../schema/model.ts';
import { belonging } from './belonging.ts';
import { sqlName } from './facts.ts';
import { belongingRows, mergeColumns } from './merge-columns.ts';
import { newNamesIn } from './merge-facts.ts';
import { mergeRows, refuseDifference, sameColumns } from './merge-rows.ts';
import { defineRecipe, type Given, type PlanDraft, refuse } from './model.ts';
import { tablesOf } from './typed-names.ts';

export const mergeTables = defineRecipe({
  type: 'merge_tables',
  title: 'Merge two tables',
  summary:
    'A table goes into another one: its columns, where each of its rows belongs to one row there, with triggers that keep both in step while two versions run; or its rows, where both have the same columns, each of which is in one of the two at any moment.',
  questions: [
    {
      id: 'table',
      prompt: 'Which table goes?',
      kind: 'table',
      validate(_, given) {
        refuseKind(given, given.table(), 'table');
        return undefined;
      },
    },
    {
      id: 'into',
      prompt: 'Into which table?',
      kind: 'table',
      // Where its rows belong to one table alone, or else can move to one alone.
      default(given) {
        const [table, all] = [given.table(), tablesOf(given.facts)];
        const owners = all.filter((one) => belonging(given.facts, table, one) !== undefined);
        const alike = all.filter((one) => one !== table && sameColumns(table, one));
        const [only, ...more] = owners.length > 0 ? owners : alike;
        return only && more.length === 0 ? sqlName(given.facts, only) : undefined;
      },
      validate(name, given) {
        const [table, into] = [given.table(), given.table('into')];
        if (relationKey(into.name) === relationKey(table.name))
          return `${name} is the table that goes: name another one.`;
        refuseKind(given, into, 'into');
        const old = sqlName(given.facts, table);
        return belonging(given.facts, table, into) || sameColumns(table, into)
          ? undefined
          : `${old} has no foreign key to the primary key of ${name} that is unique, so that it is not known which of its rows each row belongs to, and other columns than ${name}, so that the rows cannot move either. Add one first (switchback new add_foreign_key, add_unique), or name another table.`;
      },
    },
    {
      id: 'moves',
      prompt: 'What moves?',
      kind: 'choice',
      choices: [
        { value: 'columns', label: 'Columns', detail: 'Each of its rows belongs to one row there' },
        { value: 'rows', label: 'Rows', detail: 'Both tables have the same columns' },
      ],
      validate(moves, given) {
        if (moves === 'rows') refuseDifference(given);
        else belongingRows(given);
        return undefined;
      },
      default: (given) =>
        !belonging(given.facts, given.table(), given.table('into')) &&
        sameColumns(given.table(), given.table('into'))
          ? 'rows'
          : 'columns',
    },
    {
      id: 'columns',
      prompt: 'Which of its columns? (with commas; all but a key that numbers its rows, where empty)',
      kind: 'columns',
      optional: true,
      when: ({ moves }) => moves !== 'rows',
      validate(text, given) {
        const names = given.columns().map(({ name }) => name);
        return new Set(names).size < names.length ? `${text} names a column twice.` : undefined;
      },
    },
    {
      id: 'names',
      prompt: 'What are they called there, where not the same? (created_at=profile_created_at, with commas)',
      kind: 'text',
      optional: true,
      when: ({ moves }) => moves !== 'rows',
      validate(text, given) {
        const names = newNamesIn(given.facts, text, given.table());
        if (typeof names === 'string') return names;
        const [into, all] = [given.table('into'), [...names.values()]];
        const taken = all.find((one) => columnOf(into, one));
        const long = all.find((one) => new TextEncoder().encode(one).length > 63);
        if (taken !== undefined)
          return `${sqlName(given.facts, into)} has a column ${taken} already: give another name.`;
        if (new Set(all).size < all.length) return `${text} gives a name twice.`;
        return long === undefined
          ? undefined
          : `${long} is longer than the 63 bytes that Postgres keeps of a name: give a shorter one.`;
      },
    },
  ],
  write,
});

function write(given: Given): PlanDraft {
  return given.answer('moves') === 'rows' ? mergeRows(given) : mergeColumns(given);
}

/** Tables whose rows are not theirs alone. */
function refuseKind({ facts }: Given, table: Table, question: string): void {
  const name = sqlName(facts, table);
  if (table.foreign) refuse(`${name} is a foreign table: change it on the server that has it.`, question);
  if (table.parents.length > 0)
    refuse(
      `${name} is a part of another table: name the whole one, or detach it first (ALTER TABLE … DETACH PARTITION … CONCURRENTLY).`,
      question,
    );
}
