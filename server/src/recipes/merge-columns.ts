import { columnOf, domainChain } from '../schema/lookup.ts';
import type { Column, Schema, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { isRequired, refusesNull, requiredColumns, tableStatements } from './application.ts';
import { type Belonging, belonging } from './belonging.ts';
import { withColumn } from './blocks.ts';
import { after, columnList, primaryKeyOf, sqlName } from './facts.ts';
import { contract, expand, migrate } from './merge-columns-steps.ts';
import { isNeverNull, newNamesIn, refuseBound } from './merge-facts.ts';
import { type Given, type PlanDraft, refuse, type VersionDraft } from './model.ts';
import { type SyncNames, syncNames } from './table-sync.ts';

/** A table whose rows belong to one row each of another one, whose columns its own become. */
export interface Merge extends Belonging {
  readonly table: Table;
  readonly into: Table;
  /** Each column that moves, and what it is there: it may be NULL, for rows that have none. */
  readonly moved: readonly { readonly own: Column; readonly next: Column }[];
  /** Columns that stay behind: kept aside in the end. */
  readonly left: readonly Column[];
  /** Columns there that have a value where there was a row in `table`, and nowhere else: its NOT NULL ones. Unquoted. */
  readonly required: readonly string[];
  /** `into` with the columns. */
  readonly whole: Table;
  /** The schema as it would be if the columns of `table` had the names that they have in `into`. */
  readonly renamed: Schema;
  /** Names in SQL. */
  readonly names: {
    readonly table: string;
    readonly into: string;
    /** From `table` to `into`, and back. */
    readonly there: SyncNames;
    readonly back: SyncNames;
    /** The view by which `table` is written from there: a name that stays when the table gets another one. */
    readonly view: string;
  };
  /** What `table` is called for its last week. */
  readonly away: Table;
}

export function mergeColumns(given: Given): PlanDraft {
  const merge = mergeOf(given);
  const { table, into, moved, left, required, names } = merge;
  const defaulted = moved.filter(({ own }) => own.default != null).map(({ next }) => next.name);
  return {
    title: `Merge ${names.table} into ${names.into}`,
    intro: [
      `Moves ${columnList(moved.map(({ own }) => own.name))} of ${names.table} to ${names.into}, each of whose rows has one at the most there. Triggers keep both tables in step until the old one goes, so that v1 and v2 each find what the other wrote.`,
      '',
      required.length > 0
        ? `A row of ${names.into} that had none in ${names.table} has NULL in all of them. To take one away, v2 writes NULL into all of them; to make one, it writes ${columnList(required)} at least.`
        : `A row of ${names.into} that had none in ${names.table} has NULL in all of them, and so has one that had nothing but NULLs: the two are the same from then on.`,
    ],
    tables: [table, into],
    versions: versionsOf(given, merge),
    checklist: [
      `v1 and v2 bear it that one of two requests which write the same row of both tables in the same moment fails with a deadlock (40P01), and try again`,
      ...(defaulted.length > 0
        ? [
            `v2 gives ${columnList(defaulted)} a value itself: as a default of ${names.into}, what ${names.table} had would be for rows without one too`,
          ]
        : []),
    ],
    phases: [
      { phase: 'Expand', risk: 'low', steps: expand(given, merge) },
      { phase: 'Migrate', risk: 'medium', steps: migrate(given, merge) },
      { phase: 'Contract', risk: 'high', steps: contract(given, merge) },
    ],
    cleanup: [
      ...(left.length > 0
        ? [`Drop what was kept of ${columnList(left.map(({ name }) => name))} once nobody will want it`]
        : []),
      `Take ${names.table} from exports, backups of single tables and documentation`,
    ],
  };
}

/** Which row each row belongs to; refuses tables of which that is not known. */
export function belongingRows(given: Given): Belonging {
  const { facts } = given;
  const [table, into] = [given.table(), given.table('into')];
  const old = sqlName(facts, table);
  return (
    belonging(facts, table, into) ??
    refuse(
      `${old} has no foreign key to the primary key of ${sqlName(facts, into)} that is unique, so that it is not known which of its rows each row belongs to. Add one first (switchback new add_foreign_key, add_unique)${table.columns.length === into.columns.length ? ', or move the rows (--moves rows) where both have the same columns' : ''}.`,
      'moves',
    )
  );
}

function mergeOf(given: Given): Merge {
  const { facts, names } = given;
  const [table, into] = [given.table(), given.table('into')];
  const [old, next] = [sqlName(facts, table), sqlName(facts, into)];
  const found = belongingRows(given);
  refuseBound(
    given,
    table,
    into,
    (name) => `let it refer to ${name} first (switchback new add_foreign_key), and drop this one.`,
  );
  const own = found.pairs.map((one) => one.own);
  const empty = own.find((name) => columnOf(table, name)?.notNull !== true);
  if (empty !== undefined)
    refuse(
      `${old}.${quoteIdentifier(empty)} may be NULL, and such a row belongs to none of ${next}: delete those, and require it first (switchback new set_not_null).`,
      'table',
    );
  const rest = table.columns.filter(({ name }) => !own.includes(name));
  const chosen = given.optional('columns') === undefined ? undefined : given.columns();
  const key = chosen?.find(({ name }) => own.includes(name));
  if (key) refuse(`${key.name} is the key of ${next}, which has it already: leave it out.`, 'columns');
  const columns = chosen
    ? rest.filter((one) => chosen.includes(one))
    : rest.filter((one) => !isOwnKey(table, one));
  const left = rest.filter((one) => !columns.includes(one));
  if (columns.length === 0)
    refuse(
      `${old} has no column that could move, and says no more than which rows of ${next} have one there: add a column that says so first (switchback new add_required_column), or drop it (switchback new drop_table).`,
      'table',
    );
  for (const one of columns) refuseColumn(given, old, next, one);
  const missing = left.find((one) => isRequired(table, one));
  if (missing)
    refuse(
      `${missing.name} is NOT NULL and has no default, so that no row could be written to ${old} without it meanwhile: name it among the columns, or give it a default first (switchback new set_default).`,
      'columns',
    );
  const asked = newNamesIn(facts, given.optional('names') ?? '', table);
  if (typeof asked === 'string') refuse(asked, 'names');
  const stays = [...asked.keys()].find((name) => !columns.some((one) => one.name === name));
  if (stays !== undefined) refuse(`${stays} does not move: it needs no other name.`, 'names');
  const moved: { own: Column; next: Column }[] = [];
  let whole = into;
  for (const one of columns) {
    const name = asked.get(one.name) ?? freeName(given, whole, table, one.name, [...asked.values()]);
    if (columnOf(whole, name))
      refuse(`Two columns would be called ${name}: give one of them another name.`, 'names');
    moved.push({ own: one, next: { ...one, name, notNull: false, default: null, local: true } });
    whole = withColumn(whole, { ...one, name, notNull: false, default: null });
  }
  const away = names.relation(table.name.schema, table.name.name, undefined, 'merged');
  return {
    ...found,
    table,
    into,
    moved,
    left,
    required: moved.filter((one) => isNeverNull(table, one.own)).map((one) => one.next.name),
    whole,
    renamed: renamed(given, table, found, moved),
    names: {
      table: old,
      into: next,
      there: syncNames(given, table, 'merge'),
      back: syncNames(given, into, 'split'),
      view: sqlName(facts, {
        name: {
          schema: table.name.schema,
          name: names.relation(table.name.schema, table.name.name, undefined, 'rows'),
        },
      }),
    },
    away: { ...table, name: { schema: table.name.schema, name: away } },
  };
}

/** The primary key, where the database makes it, and what numbers rows. */
function isOwnKey(table: Table, column: Column): boolean {
  const key = table.constraints.find(({ kind }) => kind === 'primary key');
  return numbersRows(column) || (key?.columns.join() === column.name && column.default != null);
}

function numbersRows({ identity, default: value }: Column): boolean {
  return identity !== undefined || (value != null && /\bnextval\s*\(/i.test(value));
}

function refuseColumn({ facts }: Given, old: string, next: string, column: Column): void {
  const shown = `${old}.${quoteIdentifier(column.name)}`;
  if (column.generated)
    refuse(
      `${shown} is a generated column, and Postgres would write ${next} anew to add it: drop it first, and add it there after the plan (switchback new add_generated_column), or leave it out (--columns).`,
      'columns',
    );
  if (numbersRows(column))
    refuse(
      `${shown} numbers the rows of ${old}, which are rows of ${next} then, and have its key: leave it out. It is kept aside.`,
      'columns',
    );
  const domain = domainChain(facts.schema, column.type ?? '').find(
    ({ constraints }) => constraints.length > 0,
  );
  if (domain)
    refuse(
      `${shown} is of the domain ${domain.name.name}, whose constraint Postgres would check by writing ${next} anew: give it a plain type first (switchback new change_column_type).`,
      'columns',
    );
}

/** Its own where it is free; else with the table's before it. */
function freeName(
  { names }: Given,
  whole: Table,
  table: Table,
  name: string,
  asked: readonly string[],
): string {
  if (columnOf(whole, name) === undefined && !asked.includes(name)) return name;
  const isLong = new TextEncoder().encode(`${table.name.name}_${name}`).length > 63;
  return isLong ? names.column(whole, name, 'merged') : names.column(whole, table.name.name, name);
}

/** By way of names that nobody has, since a column may take a name that another one gives up. */
function renamed({ facts }: Given, table: Table, { pairs }: Belonging, moved: Merge['moved']): Schema {
  const name = sqlName(facts, table);
  const next = new Map([
    ...pairs.map((one) => [one.own, one.key] as const),
    ...moved.map((one) => [one.own.name, one.next.name] as const),
  ]);
  const rename = (from: string, to: string) =>
    `ALTER TABLE ${name} RENAME COLUMN ${quoteIdentifier(from)} TO ${quoteIdentifier(to)}`;
  const away = table.columns.map((one, at) => rename(one.name, `\u0001${at}`));
  const back = table.columns.flatMap((one, at) => {
    const to = next.get(one.name);
    return to === undefined ? [] : [rename(`\u0001${at}`, to)];
  });
  return [...away, ...back].reduce((schema, sql) => after(schema, sql), facts.schema);
}

function versionsOf({ facts }: Given, merge: Merge): readonly VersionDraft[] {
  const { table, into, moved, required, whole, pairs, unique, names } = merge;
  const reading = requiredColumns(into)
    .slice(0, 4)
    .map(({ name }) => name);
  // What a row needs, and one that it may be without.
  const optional = moved.find(({ own }) => !refusesNull(table, own));
  const written = moved.filter((one) => refusesNull(table, one.own) || one === optional);
  const own = written.map((one) => one.own.name);
  const fixed = new Set([...unique, ...(primaryKeyOf(table)?.columns ?? [])]);
  const free = own.filter((name) => !fixed.has(name)).slice(0, 4);
  const place = (list: readonly string[], from: number, by = ' = ', join = ', ') =>
    list.map((name, at) => `${quoteIdentifier(name)}${by}$${from + at}`).join(join);
  const key = pairs.map((one) => one.own);
  const [found, foundThere] = [key, pairs.map((one) => one.key)].map(
    (list) => (from: number) => place(list, from, ' = ', ' AND '),
  );
  const row = [...key, ...own];
  const there = written.map((one) => one.next.name);
  // What rows were told by is given once.
  const set = written.map(({ own: { name }, next }, at) => {
    const column = quoteIdentifier(next.name);
    return `${column} = ${fixed.has(name) ? `coalesce(${column}, $${at + 1})` : `$${at + 1}`}`;
  });
  const plain = tableStatements(facts, into, { reads: reading, writes: {} });
  const insert = plain.find((sql) => sql.startsWith('INSERT')) ?? '';
  const use = (...tables: readonly Table[]) =>
    tables.map((one) => ({ table: one, columns: one.columns, dual: [], reads: {}, lookup: undefined }));
  const none = moved.map(({ next }) => `${quoteIdentifier(next.name)} = NULL`).join(', ');
  return [
    {
      name: 'v1',
      says: `finds them in ${table.name.name}`,
      statements: [
        `SELECT ${columnList([...key, ...moved.map((one) => one.own.name)])} FROM ${names.table} WHERE ${found?.(1)}`,
        // With a row to belong to, which is new as well: of those that are there, most have one.
        `WITH made AS (${numbered(insert, own.length)} RETURNING ${columnList(pairs.map((one) => one.key))})\nINSERT INTO ${names.table} (${columnList(row)}) SELECT ${columnList(pairs.map((one) => one.key))}, ${own.map((_, at) => `$${at + 1}`).join(', ')} FROM made`,
        ...(free.length === 0
          ? []
          : [`UPDATE ${names.table} SET ${place(free, 1)} WHERE ${found?.(free.length + 1)}`]),
        `DELETE FROM ${names.table} WHERE ${found?.(1)}`,
        ...plain,
      ],
      uses: use(table, into),
    },
    {
      name: 'v2',
      says: `finds them in ${into.name.name}`,
      statements: [
        ...tableStatements(facts, whole, {
          reads: [...moved.map((one) => one.next.name), ...reading],
          writes: Object.fromEntries(there.map((name) => [name, []])),
          fixed: true,
        }),
        `UPDATE ${names.into} SET ${set.join(', ')} WHERE ${foundThere?.(there.length + 1)}`,
        `UPDATE ${names.into} SET ${none} WHERE ${foundThere?.(1)}`,
      ],
      uses: use(whole).map((one) => ({
        ...one,
        merged: { table, columns: moved.map(({ next }) => next.name), required },
      })),
    },
  ];
}

/** A statement whose parameters come after others. */
function numbered(sql: string, from: number): string {
  return sql.replace(/\$(\d+)/g, (_, number) => `$${Number(number) + from}`);
}
