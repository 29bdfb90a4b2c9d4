import { columnOf, relationKey } from '../schema/lookup.ts';
import type { Column, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { isRequired, requiredColumns, tableStatements } from './application.ts';
import { type Belonging, belonging } from './belonging.ts';
import { withColumn } from './blocks.ts';
import { refuseDomainColumn, refuseInherited } from './bound.ts';
import { refuseBound } from './drop-column.ts';
import { type ColumnFacts, columnFacts, columnList, primaryKeyOf, sqlName } from './facts.ts';
import { defineRecipe, type Given, type PlanDraft, refuse, type VersionDraft } from './model.ts';
import { contract, expand, followers, matched, migrate } from './move-steps.ts';
import { type SyncNames, syncNames } from './table-sync.ts';
import { tablesOf } from './typed-names.ts';

export const moveColumn = defineRecipe({
  type: 'move_column',
  title: 'Move a column to another table',
  summary:
    'To a table that has one row for each at the most, by a foreign key. Triggers keep both columns in step while two versions of the application run side by side.',
  questions: [
    { id: 'table', prompt: 'From which table?', kind: 'table' },
    {
      id: 'column',
      prompt: 'Which column?',
      kind: 'column',
      validate(_, given) {
        movable(given);
        return undefined;
      },
    },
    {
      id: 'to',
      prompt: 'To which table?',
      kind: 'table',
      // Where there is but one that it can go to.
      default(given) {
        const [only, ...more] = tablesOf(given.facts).filter(
          (one) =>
            belonging(given.facts, one, given.table()) !== undefined &&
            columnOf(one, given.column().name) === undefined,
        );
        return only && more.length === 0 ? sqlName(given.facts, only) : undefined;
      },
      validate(_, given) {
        destination(given);
        return undefined;
      },
    },
  ],
  write,
});

/** A column on its way, and where to. */
export interface Move {
  readonly from: Table;
  readonly to: Table;
  readonly column: Column;
  readonly own: ColumnFacts;
  /** Pairs of columns, of `from` and of `to`, that are the same for a row. */
  readonly pairs: readonly { readonly key: string; readonly reference: string }[];
  /** Columns of `to` that are unique together, and hold the reference. */
  readonly unique: readonly string[];
  readonly next: Column;
  /** Names in SQL. */
  readonly names: {
    readonly from: string;
    readonly to: string;
    readonly column: string;
    readonly there: SyncNames;
    readonly early: SyncNames;
    readonly back: SyncNames;
    readonly aside: string;
  };
}

function write(given: Given): PlanDraft {
  const move = moveOf(given);
  const { from, to, names } = move;
  const orphans = `SELECT count(*) FROM ${names.from} WHERE ${names.column} IS NOT NULL\n  AND NOT EXISTS (SELECT FROM ${names.to} WHERE ${matched(move)})`;
  return {
    title: `Move ${names.from}.${names.column} to ${names.to}`,
    intro: [
      `Moves a column to ${names.to}, which has one row at the most for each of ${names.from}. Triggers keep both columns in step until the old one goes.`,
      '',
      `A value whose row has none in ${names.to} stays where it is, and is kept aside in the end.`,
      '',
      'While both versions run, two requests that write one value at the same moment by different tables can deadlock: Postgres ends one of them, which the application has to repeat (40P01).',
    ],
    tables: [from, to],
    versions: versionsOf(given, move),
    checklist: [
      {
        check: `Each value has a row of ${names.to} to go to`,
        sql: orphans,
        expect: 0,
      },
    ],
    phases: [
      { phase: 'Expand', risk: 'low', steps: expand(given, move) },
      { phase: 'Migrate', risk: 'medium', steps: migrate(given, move) },
      { phase: 'Contract', risk: 'medium', steps: contract(given, move) },
    ],
    queries: [{ name: `Values without a row in ${to.name.name}`, sql: orphans }],
    cleanup: [
      `Drop ${names.aside} once nobody will want what is in it`,
      ...followers(given, move).left.map(
        (one) => `See what is to come of ${one}, which reads other columns too and goes with the old one`,
      ),
    ],
  };
}

/** The column, where it can go to another table at all. */
function movable(given: Given): { readonly column: Column; readonly own: ColumnFacts } {
  const { facts } = given;
  const [from, column] = [given.table(), given.column()];
  const old = sqlName(facts, from);
  const shown = `${old}.${quoteIdentifier(column.name)}`;
  const own =
    columnFacts(facts, from, column.name) ?? refuse(`${old} has no column ${column.name}.`, 'column');
  refuseInherited(facts, from, own);
  refuseDomainColumn(facts, from, own);
  refuseBound(given, own, shown);
  if (isRequired(from, column))
    refuse(
      `${shown} is NOT NULL and has no default, so that v2 could not insert a row without it: give it a default first (switchback new set_default), or drop NOT NULL.`,
      'column',
    );
  if (column.generated)
    refuse(
      `${shown} is a generated column: add one there, and drop it (switchback new add_generated_column, drop_column).`,
      'column',
    );
  return { column, own };
}

/** The table that it goes to, and which of its rows is of which. */
function destination(given: Given): { readonly to: Table; readonly found: Belonging } {
  const { facts } = given;
  const [from, to, column] = [given.table(), given.table('to'), given.column()];
  const [old, next] = [sqlName(facts, from), sqlName(facts, to)];
  if (relationKey(from.name) === relationKey(to.name))
    refuse(`${old}.${quoteIdentifier(column.name)} is in ${next} already: name another table.`, 'to');
  if (columnOf(to, column.name))
    refuse(
      `${next} has a column ${column.name} already: rename that one first (switchback new rename_column).`,
      'to',
    );
  const found =
    belonging(facts, to, from) ??
    refuse(
      `${next} has no foreign key to the primary key of ${old} that is unique: a value of one row could go to several there, or to none. Add one first (switchback new add_foreign_key, add_unique).`,
      'to',
    );
  if (!primaryKeyOf(to))
    refuse(`${next} has no primary key: give it one first (switchback new change_primary_key).`, 'to');
  return { to, found };
}

function moveOf(given: Given): Move {
  const { facts } = given;
  const from = given.table();
  const { column, own } = movable(given);
  const { to, found } = destination(given);
  const [old, next] = [sqlName(facts, from), sqlName(facts, to)];
  const place = from.name.schema;
  return {
    from,
    to,
    column,
    own,
    pairs: found.pairs.map(({ own: reference, key }) => ({ key, reference })),
    unique: found.unique,
    next: { ...column, notNull: false, default: null },
    names: {
      from: old,
      to: next,
      column: quoteIdentifier(column.name),
      there: syncNames(given, from, 'move', column.name),
      early: syncNames(given, to, 'fetch', column.name),
      back: syncNames(given, to, 'move', column.name),
      aside: sqlName(facts, {
        name: { schema: place, name: given.names.relation(place, from.name.name, column.name, 'unmoved') },
      }),
    },
  };
}

function versionsOf(
  { facts }: Given,
  { from, to, column, next, pairs, unique, names }: Move,
): readonly VersionDraft[] {
  const reading = (table: Table) =>
    requiredColumns(table)
      .filter((one) => one !== column)
      .slice(0, 4)
      .map((one) => one.name);
  const own = { [column.name]: [] };
  // There is one row at the most: whoever writes it has to do with one that is there.
  const target = columnList(unique);
  const upsert = (statements: readonly string[], then: string) =>
    statements.map((sql) => (sql.startsWith('INSERT') ? `${sql} ON CONFLICT (${target}) DO ${then}` : sql));
  const rest: Table = { ...from, columns: from.columns.filter((one) => one.name !== column.name) };
  const whole = withColumn(to, next);
  const use = (...tables: readonly Table[]) =>
    tables.map((table) => ({ table, columns: table.columns, dual: [], reads: {}, lookup: undefined }));
  return [
    {
      name: 'v1',
      says: `finds ${column.name} in ${from.name.name}`,
      statements: [
        ...tableStatements(facts, from, { reads: [column.name, ...reading(from)], writes: own }),
        ...upsert(tableStatements(facts, to, { reads: reading(to), writes: {} }), 'NOTHING'),
      ],
      uses: use(from, to),
    },
    {
      name: 'v2',
      says: `finds ${column.name} in ${to.name.name}`,
      statements: [
        ...tableStatements(facts, rest, { reads: reading(from), writes: {} }),
        ...upsert(
          tableStatements(facts, whole, { reads: [column.name, ...reading(to)], writes: own }),
          `UPDATE SET ${names.column} = EXCLUDED.${names.column}`,
        ),
      ],
      uses: [
        ...use(rest),
        ...use(whole).map((one) => ({
          ...one,
          lookup: unique.length === 1 ? unique[0] : undefined,
          arrived: {
            from,
            columns: [column.name],
            pairs: pairs.map(({ key, reference }) => ({ own: reference, key })),
          },
        })),
      ],
    },
  ];
}
