import { indexesOf, relationKey } from '../schema/lookup.ts';
import type { Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { buildProgress } from './add-index.ts';
import { addValidated, buildIndex } from './blocks.ts';
import { columnList, type Facts, primaryKeyOf, sqlName } from './facts.ts';
import { defineRecipe, type Given, type PlanDraft, refuse } from './model.ts';
import { constraintName, nameOfConstraint } from './new-names.ts';
import { unchanged } from './unchanged.ts';

export const addForeignKey = defineRecipe({
  type: 'add_foreign_key',
  title: 'Add a foreign key',
  summary:
    'With an index on the referring side where there is none; held for new rows first, then validated while both tables are written.',
  questions: [
    { id: 'table', prompt: 'Which table refers to another?', kind: 'table' },
    { id: 'columns', prompt: 'By which columns?', kind: 'columns' },
    { id: 'references', prompt: 'To which table?', kind: 'table' },
    {
      id: 'referenced',
      prompt: 'To which of its columns?',
      kind: 'columns',
      of: 'references',
      default: (given) => {
        const key = primaryKeyOf(given.table('references'));
        return key?.columns.map(quoted).join(',');
      },
    },
    {
      id: 'on_delete',
      prompt: 'What becomes of a row when the one it refers to is deleted?',
      kind: 'choice',
      choices: [
        { value: 'no_action', label: 'The delete is refused' },
        { value: 'cascade', label: 'It is deleted too' },
        { value: 'set_null', label: 'It refers to nothing (NULL)' },
      ],
      default: () => 'no_action',
    },
    constraintName,
  ],
  write,
});

/** As lists of names are given: a comma or a quote in one is no end of it. */
function quoted(name: string): string {
  return /[,"\s]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name;
}

function write(given: Given): PlanDraft {
  const { facts } = given;
  const table = given.table();
  const other = given.table('references');
  const columns = given.columns();
  const referenced = given.columns('referenced');
  const [name, otherName] = [sqlName(facts, table), sqlName(facts, other)];
  const own = columns.map((one) => one.name);
  const theirs = referenced.map((one) => one.name);
  if (columns.length !== referenced.length)
    refuse(
      `${columnList(own)} of ${name} are ${columns.length}, and ${columnList(theirs)} of ${otherName} are ${referenced.length}: each needs its counterpart.`,
      'referenced',
    );
  const odd = columns.findIndex(({ type }, at) => type !== referenced[at]?.type);
  if (odd >= 0)
    refuse(
      `${own[odd]} is ${columns[odd]?.type}, and ${theirs[odd]} of ${otherName} is ${referenced[odd]?.type}: with two types every look-up casts, or fails. Change one first (switchback new change_column_type).`,
      'columns',
    );
  if (!isUniqueBy(facts, other, theirs))
    refuse(
      `${otherName} has no primary key or unique constraint on ${columnList(theirs)}, which Postgres wants. Add one first (switchback new add_unique).`,
      'referenced',
    );
  if (table.partitioned && facts.pgVersion < 18)
    refuse(
      `${name} is partitioned: before Postgres 18 it takes a foreign key only with a look at every row while nobody writes. Add it to each partition, and then to the whole.`,
      'table',
    );
  const onDelete = given.answer('on_delete');
  const required = columns.find((one) => one.notNull);
  if (onDelete === 'set_null' && required)
    refuse(
      `${required.name} is NOT NULL, so a delete in ${otherName} would be refused all the same. Choose no_action or cascade.`,
      'on_delete',
    );
  const action =
    { no_action: '', cascade: ' ON DELETE CASCADE', set_null: ' ON DELETE SET NULL' }[onDelete] ?? '';
  const constraint = nameOfConstraint(given, table, own.join('_'), 'fkey');
  const indexed = isIndexed(facts, table, own);
  const definition = `FOREIGN KEY (${columnList(own)}) REFERENCES ${otherName} (${columnList(theirs)})${action}`;
  return {
    title: `${name} refers to ${otherName}`,
    intro: [
      'Adds a foreign key. Each of its locks is held for a moment only; rows are read through while both tables go on being written.',
    ],
    tables: [table, other],
    versions: [
      {
        ...unchanged(given, table, own),
        statements: [
          ...unchanged(given, table, own).statements,
          ...unchanged(given, other, theirs).statements.filter((one) => !/^UPDATE/.test(one)),
        ],
      },
    ],
    checklist: [
      `The application writes no row of ${name} before the row of ${otherName} that it refers to, and answers a refused one (SQLSTATE 23503)`,
    ],
    phases: [
      {
        phase: 'Expand',
        risk: 'low',
        steps: [
          ...(indexed
            ? []
            : buildIndex(given, {
                table,
                name: given.names.relation(table.name.schema, table.name.name, own.join('_'), 'idx'),
                definition: `(${columnList(own)})`,
                id: 'build_index',
                step: `Index ${columnList(own)}`,
                why: `Each delete in ${otherName} looks for the rows that refer to it.`,
              })),
          {
            step: 'No row refers to nothing',
            id: 'verify_rows',
            verify: { sql: orphans(name, otherName, own, theirs), expect: 0 },
          },
          ...addValidated(given, {
            table,
            name: constraint,
            id: 'add_foreign_key',
            what: 'the foreign key holds',
            definition,
          }),
        ],
      },
    ],
    ...(indexed ? {} : { queries: [buildProgress] }),
  };
}

function orphans(table: string, other: string, own: readonly string[], theirs: readonly string[]): string {
  const match = own.map(
    (one, at) => `parent.${quoteIdentifier(theirs[at] ?? '')} = child.${quoteIdentifier(one)}`,
  );
  const set = own.map((one) => `child.${quoteIdentifier(one)} IS NOT NULL`).join(' AND ');
  return `SELECT count(*) FROM ${table} AS child\nWHERE ${set}\n  AND NOT EXISTS (SELECT FROM ${other} AS parent WHERE ${match.join(' AND ')})`;
}

function isUniqueBy({ schema }: Facts, table: Table, columns: readonly string[]): boolean {
  return [...indexesOf(schema, relationKey(table.name))].some(
    (index) =>
      index.unique &&
      index.predicate === undefined &&
      index.deferrable !== true &&
      index.columns.length === columns.length &&
      columns.every((one) => index.columns.includes(one)),
  );
}

function isIndexed({ schema }: Facts, table: Table, columns: readonly string[]): boolean {
  return [...indexesOf(schema, relationKey(table.name))].some(
    (index) =>
      index.predicate === undefined &&
      index.valid !== false &&
      columns.every((one) => index.columns.slice(0, columns.length).includes(one)),
  );
}
