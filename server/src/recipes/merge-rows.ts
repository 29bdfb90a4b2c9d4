import { indexesOf, keyOf, relationKey, sequencesOf } from '../schema/lookup.ts';
import type { Column, Constraint, Index, Table } from '../schema/model.ts';
import { grantsOf, ownerRole } from '../schema/privileges.ts';
import { triggersOf } from '../schema/triggers.ts';
import { parseName, quoteIdentifier } from '../sql/names.ts';
import { isRequired, requiredColumns, tableStatements } from './application.ts';
import { columnList, type Facts, primaryKeyOf, sqlName } from './facts.ts';
import { isNeverNull, refuseBound } from './merge-facts.ts';
import { contract, migrate, prepare } from './merge-rows-steps.ts';
import { type CheckDraft, type Given, type PlanDraft, refuse, type VersionDraft } from './model.ts';
import { type SyncNames, syncNames } from './table-sync.ts';

/** A table whose rows move into another one of the same columns. */
export interface RowMerge {
  readonly table: Table;
  readonly into: Table;
  readonly key: readonly string[];
  /** Columns that a row is written by: not the generated ones. Unquoted. */
  readonly columns: readonly string[];
  /** Names in SQL. */
  readonly names: {
    readonly table: string;
    readonly into: string;
    /** The column that says of a row that it is to move. */
    readonly mark: string;
    readonly there: SyncNames;
    readonly back: SyncNames;
    /** Keys of the rows that have moved. */
    readonly moved: string;
    /** What could not move. */
    readonly left: string;
  };
  /** What `table` is called for its last week. */
  readonly away: Table;
}

/** By name and type, in whatever order. */
export function sameColumns(table: Table, into: Table): boolean {
  return firstDifference(table, into) === undefined;
}

function firstDifference(table: Table, into: Table): Column | undefined {
  const has = (other: Table, { name, type }: Column) =>
    other.columns.some((one) => one.name === name && one.type === type);
  return table.columns.find((one) => !has(into, one)) ?? into.columns.find((one) => !has(table, one));
}

/** Refuses tables whose rows do not fit into one another. */
export function refuseDifference(given: Given): void {
  const { facts } = given;
  const [table, into] = [given.table(), given.table('into')];
  const different = firstDifference(table, into);
  if (!different) return;
  refuse(
    `${quoteIdentifier(different.name)} ${different.type ?? ''} is not in both ${sqlName(facts, table)} and ${sqlName(facts, into)}: rows move where both have the same columns. Add, drop or change it first (switchback new add_required_column, drop_column, change_column_type).`,
    'moves',
  );
}

/**
 * Rows move and are in one of the tables at each moment: were they copied, and both kept in step, the version that knows
 * both would find them twice wherever it looks at all of `into`.
 */
export function mergeRows(given: Given): PlanDraft {
  const merge = rowMergeOf(given);
  const { table, into, names } = merge;
  return {
    title: `Merge the rows of ${names.table} into ${names.into}`,
    intro: [
      `Moves the rows of ${names.table} into ${names.into}, which has the same columns. Each row is in one of the two at any moment: v2 and v3 look for it in both, in one statement or one snapshot, and v4 knows ${names.into} alone.`,
      '',
      `A row whose key is in ${names.into} already does not move, and is kept aside in the end: the checklist expects none.`,
      `Until the drop the plan can be rolled back, with the rows that moved, but for those that other tables refer to by then; what v3 wrote into ${names.into} stays there.`,
    ],
    tables: [table, into],
    versions: versionsOf(given, merge),
    checklist: [
      ...collisions(given, merge),
      ...counters(given, merge),
      `v2 and v3 change and delete rows in one transaction in ${names.table} first, then in ${names.into}: a row that is on its way meanwhile is found in the second. While the plan is rolled back rows go the other way: they try once more where neither table had it`,
      ...missingThere(given, merge),
    ],
    phases: [
      { phase: 'Prepare', risk: 'low', steps: prepare(merge) },
      { phase: 'Migrate', risk: 'medium', steps: migrate(given, merge) },
      { phase: 'Contract', risk: 'high', steps: contract(given, merge) },
    ],
    queries: [{ name: 'Rows that are yet to move, or cannot', sql: `SELECT count(*) FROM ${names.table}` }],
    cleanup: [
      `See what is in ${names.left}, which is to be empty, and drop it`,
      `Drop ${names.moved} once nobody will want to know which rows came from ${names.table}`,
      `Take ${names.table} from exports, backups of single tables and documentation`,
    ],
  };
}

function rowMergeOf(given: Given): RowMerge {
  const { facts, names } = given;
  const [table, into] = [given.table(), given.table('into')];
  const [old, next] = [sqlName(facts, table), sqlName(facts, into)];
  refuseBound(
    given,
    table,
    into,
    (name) => `drop it first, and let it refer to ${name} after the plan (switchback new add_foreign_key).`,
  );
  const key = primaryKeyOf(into)?.columns ?? [];
  const own = primaryKeyOf(table)?.columns ?? [];
  if ([...own].sort().join('\0') !== [...key].sort().join('\0'))
    refuse(
      `${old} has another primary key than ${next}: give it (${columnList(key)}) first (switchback new change_primary_key).`,
      'table',
    );
  for (const one of into.columns) refuseColumn(given, table, into, one);
  refuseAsked(given, table, into);
  const columns = into.columns.filter((one) => !one.generated && !generatedIn(table, one.name));
  const { schema, name } = table.name;
  const inPlace = (label: string) =>
    sqlName(facts, { name: { schema, name: names.relation(schema, name, undefined, label) } });
  return {
    table,
    into,
    key,
    columns: columns.map((one) => one.name),
    names: {
      table: old,
      into: next,
      mark: quoteIdentifier(names.column(table, 'to', 'move')),
      there: syncNames(given, table, 'move'),
      back: syncNames(given, table, 'return'),
      moved: inPlace('moved'),
      left: inPlace('left'),
    },
    away: { ...table, name: { schema, name: names.relation(schema, name, undefined, 'merged') } },
  };
}

function generatedIn(table: Table, name: string): boolean {
  return table.columns.some((one) => one.name === name && one.generated !== undefined);
}

function refuseColumn({ facts }: Given, table: Table, into: Table, there: Column): void {
  const here = table.columns.find(({ name }) => name === there.name) ?? there;
  const [old, next] = [sqlName(facts, table), sqlName(facts, into)];
  const name = quoteIdentifier(there.name);
  if (here.generated !== there.generated || (there.generated && here.default !== there.default))
    refuse(
      `${name} is not generated in the same way in ${old} and in ${next}, so that a row would be another one there: make both alike first.`,
      'table',
    );
  if (there.notNull && !isNeverNull(table, here))
    refuse(
      `${name} may be NULL in ${old}, and may not in ${next}: require it first (switchback new set_not_null).`,
      'table',
    );
  const [own, other] = [counterOf(facts, table, here), counterOf(facts, into, there)];
  if (own !== undefined && other !== undefined && own !== other)
    refuse(
      `${old}.${name} and ${next}.${name} are numbered by two counters, so that both have rows of the same number: give those of ${old} numbers that ${next} will never have, and let it take new ones from the sequence of ${next} (ALTER COLUMN … SET DEFAULT nextval), first.`,
      'table',
    );
}

/** The key of the sequence that a column takes its numbers from; undefined where nothing counts. */
function counterOf({ schema }: Facts, table: Table, column: Column): string | undefined {
  if (column.identity) {
    const [own] = sequencesOf(schema, relationKey(table.name), column.name);
    return own ? relationKey(own.name) : JSON.stringify([table.name, column.name]);
  }
  const written = /\bnextval\s*\(\s*'((?:[^']|'')+)'/i.exec(column.default ?? '')?.[1];
  const name = written === undefined ? undefined : parseName(written.replaceAll("''", "'"));
  return name && keyOf(schema, name);
}

/** Refuses where a row that is right here could be wrong there, or would set something off. */
function refuseAsked({ facts }: Given, table: Table, into: Table): void {
  const [old, next] = [sqlName(facts, table), sqlName(facts, into)];
  const missing = into.constraints.find(
    (one) =>
      (one.kind === 'check' || one.kind === 'foreign key') &&
      one.enforced !== false &&
      !table.constraints.some((other) => asksTheSame(one, other)),
  );
  if (missing)
    refuse(
      `${missing.name} asks of ${next} what nothing asks of ${old}, whose rows may fail it: add the same there first (switchback new ${missing.kind === 'check' ? 'add_check' : 'add_foreign_key'}).`,
      'table',
    );
  const trigger = triggersOf(into).find((one) => {
    const node = one.definition?.read().node;
    const events = node && 'CreateTrigStmt' in node ? node.CreateTrigStmt.events : undefined;
    return events === undefined || (events & onInsert) !== 0;
  });
  if (trigger)
    refuse(
      `${next} has the trigger ${trigger.name}, which would fire for each row that moves as for a new one: let the application do what it does, and drop it first.`,
      'into',
    );
}

/** Of a trigger's events, as Postgres' catalog has them (TRIGGER_TYPE_INSERT). */
const onInsert = 4;

function asksTheSame(one: Constraint, other: Constraint): boolean {
  return (
    one.kind === other.kind &&
    other.validated &&
    other.enforced !== false &&
    one.definition.replace(/ NOT VALID$/, '') === other.definition
  );
}

/** Columns that are unique there, in full and by themselves: what may be in both tables, and then cannot move. */
export function uniqueThere({ facts }: Given, into: Table): readonly (readonly string[])[] {
  return [...indexesOf(facts.schema, relationKey(into.name))].flatMap((index) => {
    const columns = index.columns.flatMap((name) => name ?? []);
    const isPlain = columns.length === index.columns.length && index.predicate === undefined;
    return index.unique && isPlain && index.parent === undefined ? [columns] : [];
  });
}

/** How often what is unique there is in both tables, or twice in one. */
function collisions(given: Given, { into, names }: RowMerge): readonly CheckDraft[] {
  return uniqueThere(given, into).map((columns) => {
    const list = columnList(columns);
    const isGiven = columns.map((name) => `${quoteIdentifier(name)} IS NOT NULL`).join(' AND ');
    return {
      check: `No (${list}) is in both tables, or twice in one: such a row does not move`,
      sql: `SELECT count(*) FROM (\n  SELECT ${list} FROM (SELECT ${list} FROM ${names.table} UNION ALL SELECT ${list} FROM ${names.into}) AS both_tables\n  WHERE ${isGiven} GROUP BY ${list} HAVING count(*) > 1) AS twice`,
      expect: 0,
    };
  });
}

/** New rows there must not get a number that a row brings along. */
function counters({ facts }: Given, { table, into, columns, names }: RowMerge): readonly CheckDraft[] {
  return into.columns.flatMap((there) => {
    const here = table.columns.find(({ name }) => name === there.name);
    const key = counterOf(facts, into, there);
    const sequence = key === undefined ? undefined : facts.schema.relations.get(key);
    if (!here || !sequence || !columns.includes(there.name) || counterOf(facts, table, here) === key)
      return [];
    const [name, last] = [quoteIdentifier(there.name), sqlName(facts, sequence)];
    return [
      {
        check: `${last} is past each ${name} of ${names.table}, and gives no row that number again: else set it there (setval) first`,
        sql: `SELECT count(*) FROM ${names.table} WHERE ${name} > (SELECT last_value FROM ${last})`,
        expect: 0,
      },
    ];
  });
}

/** What the old table has and the other one lacks, in words. */
function missingThere({ facts }: Given, { table, into, names }: RowMerge): readonly string[] {
  const [own, there] = [table, into].map((one) => [...indexesOf(facts.schema, relationKey(one.name))]);
  const shape = (one: Index) =>
    JSON.stringify([one.unique, one.method, one.columns, one.include, one.signature ?? one.predicate]);
  const indexes = (own ?? []).filter(
    (one) => one.constraint === undefined && !(there ?? []).some((other) => shape(other) === shape(one)),
  );
  const asked = table.constraints.filter(
    (one) =>
      (one.kind === 'check' || one.kind === 'foreign key') &&
      !into.constraints.some((other) => asksTheSame(one, other)),
  );
  const granted = grantsOf(table, 'table').filter(
    (one) =>
      one.role !== ownerRole &&
      !grantsOf(into, 'table').some((other) => other.role === one.role && other.privilege === one.privilege),
  );
  const roles = [...new Set(granted.map(({ role = 'PUBLIC' }) => role))];
  return [
    ...(indexes.length > 0
      ? [
          `${names.into} has indexes such as ${indexes.map((one) => quoteIdentifier(one.name.name)).join(', ')}, or its queries can do without (switchback new add_index)`,
        ]
      : []),
    ...(asked.length > 0
      ? [
          `Rows may be without what ${asked.map((one) => quoteIdentifier(one.name)).join(', ')} asked of ${names.table}: nothing asks it of ${names.into}`,
        ]
      : []),
    ...(roles.length > 0
      ? [
          `It is decided what ${roles.join(', ')}, who may do more with ${names.table} than with ${names.into}, is to be granted there: rights on all its rows`,
        ]
      : []),
    ...(into.partitioned ? [`Each row of ${names.table} fits a partition of ${names.into}`] : []),
  ];
}

function versionsOf({ facts }: Given, { table, into, key, names }: RowMerge): readonly VersionDraft[] {
  const optional = into.columns.find(
    (one) => !key.includes(one.name) && !isRequired(into, one) && !one.generated && !one.identity,
  );
  const reads = requiredColumns(into)
    .slice(0, 5)
    .map(({ name }) => name);
  const written = optional?.name ?? reads.find((name) => !key.includes(name));
  const uses = {
    reads: [...reads, ...(optional ? [optional.name] : [])],
    writes: written === undefined ? {} : { [written]: [] },
  };
  const [here, there] = [table, into].map((one) => statementsOf(facts, one, uses, key));
  const both = `${here?.select}\nUNION ALL\n${there?.select}`;
  const use = (...tables: readonly Table[]) =>
    tables.map((one) => ({ table: one, columns: one.columns, dual: [], reads: {}, lookup: undefined }));
  const besides = (creates: boolean) => [
    ...use(table),
    ...use(into).map((one) => ({ ...one, beside: { table, creates } })),
  ];
  const change = [...(here?.change ?? []), ...(there?.change ?? [])];
  const insert = { here: here?.insert ?? [], there: there?.insert ?? [] };
  return [
    {
      name: 'v1',
      says: `knows ${table.name.name} and ${into.name.name} apart`,
      statements: [here?.select ?? '', there?.select ?? '', ...insert.here, ...insert.there, ...change],
      uses: use(table, into),
    },
    {
      name: 'v2',
      says: 'finds rows in both, and writes new ones as before',
      statements: [both, ...insert.here, ...insert.there, ...change],
      uses: besides(true),
    },
    {
      name: 'v3',
      says: `writes new rows into ${into.name.name} alone`,
      statements: [both, ...insert.there, ...change],
      uses: besides(false),
    },
    {
      name: 'v4',
      says: `has forgotten ${table.name.name}`,
      statements: [there?.select ?? '', ...insert.there, ...(there?.change ?? [])],
      uses: use(into),
    },
  ];

  function statementsOf(of: Facts, one: Table, what: typeof uses, found: readonly string[]) {
    const all = tableStatements(of, one, what);
    const where = found.map((name, at) => `${quoteIdentifier(name)} = $${at + 1}`).join(' AND ');
    return {
      select: all.find((sql) => sql.startsWith('SELECT')) ?? '',
      insert: all.filter((sql) => sql.startsWith('INSERT')),
      change: [
        ...all.filter((sql) => sql.startsWith('UPDATE')),
        `DELETE FROM ${one === table ? names.table : names.into} WHERE ${where}`,
      ],
    };
  }
}
