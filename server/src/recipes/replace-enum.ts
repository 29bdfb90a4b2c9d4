import { indexesOf, relationKey } from '../schema/lookup.ts';
import type { Column, Table, UserType } from '../schema/model.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/names.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { alterTable, wait } from './blocks.ts';
import { enumAnswered, enumColumns, saysType } from './enums.ts';
import { columnFacts, primaryKeyOf, sqlName } from './facts.ts';
import { script } from './finish.ts';
import {
  defineRecipe,
  type Given,
  type PlanDraft,
  refuse,
  type SqlDraft,
  type VersionDraft,
} from './model.ts';
import { contractRetyped, expandRetyped, type Retyped, retyped, swapRetyped } from './retype.ts';
import { staleStatements, staleStatementsAlert, staleStatementsCheck } from './stale-statements.ts';
import { namesIn } from './typed-names.ts';

export const replaceEnum = defineRecipe({
  type: 'replace_enum',
  title: 'Take values out of an enum, or reorder them',
  summary:
    'Takes values out of an enum, or puts them in another order: a new type, a column of it that a trigger keeps in step, and one transaction in which column and type get the old names.',
  questions: [
    { id: 'enum', prompt: 'Which enum?', kind: 'enum' },
    {
      id: 'values',
      prompt: 'Which values does it keep? (in their new order, with commas)',
      kind: 'text',
      validate(text, given) {
        const labels = labelsIn(text);
        const twice = labels.find((one, at) => labels.indexOf(one) !== at);
        if (labels.length === 0) return 'An enum without values is of no use: name at least one.';
        if (twice !== undefined) return `${twice} is there twice.`;
        const type = enumAnswered(given);
        const strange = labels.find((one) => !type.labels.includes(one));
        if (strange !== undefined)
          return `${sqlName(given.facts, type)} has no value ${strange}. There are ${type.labels.join(', ')}. A new one needs no new type: switchback new add_enum_value first.`;
        const same = labels.join('\0') === type.labels.join('\0');
        return same ? 'Those are the values that it has, in that order.' : undefined;
      },
    },
    {
      id: 'map',
      prompt: 'What becomes of the values that go? (old=new, with commas)',
      kind: 'text',
      optional: true,
      validate: (text, given) =>
        problemOfPairs(text, enumAnswered(given).labels, labelsIn(given.answer('values'))),
    },
  ],
  write,
});

function labelsIn(text: string): readonly string[] {
  return namesIn(text).flatMap((one) => {
    const label = /^".*"$/.test(one) ? one.slice(1, -1).replaceAll('""', '"') : one;
    return label === '' ? [] : [label];
  });
}

function pairsIn(text: string | undefined): ReadonlyMap<string, string> {
  return new Map(
    labelsIn(text ?? '').map((pair) => {
      const at = pair.indexOf('=');
      return [pair.slice(0, Math.max(at, 0)).trim(), pair.slice(at + 1).trim()];
    }),
  );
}

function problemOfPairs(text: string, from: readonly string[], to: readonly string[]): string | undefined {
  for (const [old, next] of pairsIn(text)) {
    if (!from.includes(old)) return `${old || text} is none of ${from.join(', ')}: write pairs as old=new.`;
    if (!to.includes(next)) return `${next} is none of ${to.join(', ')}.`;
  }
  return undefined;
}

interface Replaced {
  readonly type: UserType;
  readonly labels: readonly string[];
  readonly table: Table;
  readonly column: Column;
  /** What becomes of values that go. */
  readonly there: ReadonlyMap<string, string>;
  readonly own: Retyped;
  /** Names in SQL: of the new type until the swap, of the old one from then on. */
  readonly next: string;
  readonly last: string;
}

function write(given: Given): PlanDraft {
  const { facts } = given;
  const one = replaced(given);
  const { type, labels, table, column, next, last } = one;
  const name = sqlName(facts, type);
  const gone = type.labels.filter((label) => !labels.includes(label));
  const shown = `${sqlName(facts, table)}.${quoteIdentifier(column.name)}`;
  const [merged] = gone;
  return {
    title: `Replace the enum ${name}`,
    intro: [
      `Gives ${shown} an enum of other values${gone.length > 0 ? `, without ${gone.join(', ')}` : ''}. Postgres takes none out of a type, and would write the table anew, locked, to give the column another one.`,
      '',
      'So a column of the new type stands beside the old one, and a trigger writes both; once it is filled, column and type get the old names in one transaction. For a week a trigger then goes the other way, so that there is a way back.',
    ],
    tables: [table],
    versions: versionsOf(given, one, gone),
    checklist: [
      staleStatementsCheck,
      'Every service that writes the column is known: after the swap a value that is gone is refused',
    ],
    phases: [
      {
        phase: 'Expand',
        risk: 'medium',
        steps: [
          {
            step: 'Make the new type',
            id: 'create_type',
            sql: [`CREATE TYPE ${next} AS ENUM (${labels.map(quoteLiteral).join(', ')})`],
          },
          ...expandRetyped(given, one.own),
        ],
      },
      {
        phase: 'Migrate',
        risk: 'high',
        steps: [
          {
            step: gone.length > 0 ? `Write ${gone.join(' and ')} no more` : 'Do not go by the old order',
            id: 'deploy_v2',
            deploy: 'v2',
          },
          wait('watch_v2', 'Watch v2 for a day', '24h'),
          swap(given, one),
        ],
      },
      {
        phase: 'Contract',
        risk: 'medium',
        steps: [
          ...contractRetyped(given, one.own).map((step, at, all) =>
            at === all.length - 1 && merged !== undefined
              ? {
                  ...step,
                  rollback: {
                    impossible: `${merged} is no value of its own any more: which rows had it is gone with the old column`,
                  },
                  rollbackThen: undefined,
                }
              : step,
          ),
          { step: 'Drop the old type', id: 'drop_type', sql: [`DROP TYPE ${last}`] },
        ],
      },
    ],
    alerts: [staleStatementsAlert],
    queries: [
      {
        name: 'Rows by value',
        sql: `SELECT ${quoteIdentifier(column.name)}, count(*) FROM ${sqlName(facts, table)} GROUP BY 1 ORDER BY 1`,
      },
    ],
    cleanup: ['Tell other services, exports and dashboards that read the value'],
  };
}

function replaced(given: Given): Replaced {
  const { facts } = given;
  const type = enumAnswered(given);
  const labels = labelsIn(given.answer('values'));
  const { table, column } = onlyColumn(given, type);
  const there = pairsIn(given.optional('map'));
  const lost = type.labels.find((label) => !labels.includes(label) && !there.has(label));
  if (lost !== undefined)
    refuse(
      `${lost} goes, and rows may have it: say which value they get, --map '${lost}=${labels[0]}'.`,
      'map',
    );
  const place = type.name.schema;
  const named = (label: string) =>
    sqlName(facts, {
      name: { schema: place, name: given.names.relation(place, type.name.name, undefined, label) },
    });
  const [next, last] = [named('new'), named('old')];
  const quoted = quoteIdentifier(column.name);
  const made = retyped(given, table, { ...column, ...defaultOf(column, there) }, next, { id: 'column' });
  return {
    type,
    labels,
    table,
    column,
    there,
    next,
    last,
    own: {
      ...made,
      value: (row) => mapped(`${row}${quoted}`, there, next),
      back: (row) => kept(row, made.last, column.name, there, `${row}${quoted}::text::${last}`),
    },
  };
}

/** `CASE status::text WHEN 'a' THEN 'b' ELSE status::text END::other`: no cast leads from one enum to another. */
function mapped(value: string, pairs: ReadonlyMap<string, string>, type: string): string {
  return pairs.size === 0 ? `${value}::text::${type}` : `(${textOf(value, pairs)})::${type}`;
}

/** What the old column has already stays, where it is what the new value was made from: two may have become one. */
function kept(
  row: string,
  old: string,
  column: string,
  there: ReadonlyMap<string, string>,
  value: string,
): string {
  const own = `${row}${quoteIdentifier(old)}`;
  const made = textOf(own, there);
  return `CASE WHEN ${made} = ${row}${quoteIdentifier(column)}::text THEN ${own} ELSE ${value} END`;
}

function textOf(value: string, pairs: ReadonlyMap<string, string>): string {
  if (pairs.size === 0) return `${value}::text`;
  const whens = [...pairs].map(([from, to]) => `WHEN ${quoteLiteral(from)} THEN ${quoteLiteral(to)}`);
  return `CASE ${value}::text ${whens.join(' ')} ELSE ${value}::text END`;
}

/** The default as one of the new type: a cast to the old one would be refused. */
function defaultOf(column: Column, there: ReadonlyMap<string, string>): Pick<Column, 'default'> {
  if (column.default == null) return { default: column.default };
  const label = /^'((?:[^']|'')*)'(?:::.*)?$/s.exec(column.default)?.[1]?.replaceAll("''", "'");
  if (label === undefined)
    refuse(
      `The default of ${column.name} is ${column.default}, and what it is in the new type is not known: give it a plain value first.`,
      'enum',
    );
  return { default: quoteLiteral(there.get(label) ?? label) };
}

function onlyColumn(given: Given, type: UserType): { readonly table: Table; readonly column: Column } {
  const { facts } = given;
  const name = sqlName(facts, type);
  const [first, second] = enumColumns(facts, type);
  if (!first)
    refuse(
      `No column is of the type ${name}: make the new type, and drop this one, when nothing else says its name.`,
      'enum',
    );
  const shown = (one: { readonly table: Table; readonly column: Column }) =>
    `${sqlName(facts, one.table)}.${quoteIdentifier(one.column.name)}`;
  if (second)
    refuse(
      `${shown(first)} and ${shown(second)} are both ${name}, and the type can take its new form for one column at a time: give each a type of its own first (CREATE TYPE, then switchback new change_column_type).`,
      'enum',
    );
  const other = saysType(facts, type, first.column);
  if (other !== undefined)
    refuse(
      `${other} is made with ${name}, and would go on with the old type: change or drop it first.`,
      'enum',
    );
  refuseBound(given, type, first.table, first.column);
  return first;
}

/** What is bound to the column has to hold for the new type just as it is written. */
function refuseBound({ facts }: Given, type: UserType, table: Table, column: Column): void {
  const own = columnFacts(facts, table, column.name);
  const reference =
    own?.referencedBy[0]?.constraint ?? own?.constraints.find(({ kind }) => kind === 'foreign key');
  if (reference)
    refuse(
      `The foreign key ${reference.name} compares ${column.name} with a column of the old type: drop it first, replace the type on both sides, and add it again.`,
      'enum',
    );
  const bound = [
    ...(own?.constraints ?? []).flatMap(({ name, kind, definition }) =>
      kind === 'check' ? [{ name, definition }] : [],
    ),
    ...[...indexesOf(facts.schema, relationKey(table.name))].flatMap((index) =>
      index.reads.includes(column.name) ? [{ name: index.name.name, definition: index.definition }] : [],
    ),
  ];
  const typed = bound.find(
    ({ definition }) => definition.includes('::') && definition.includes(type.name.name),
  );
  if (typed)
    refuse(
      `${typed.name} says the name of the type: ${typed.definition}. Write it without the cast first, for it has to hold for a column of either type.`,
      'enum',
    );
}

function swap(given: Given, { type, table, column, own, next, last }: Replaced): SqlDraft {
  const { facts } = given;
  const name = sqlName(facts, type);
  const plain = quoteIdentifier(type.name.name);
  const draft = swapRetyped(given, own);
  const { rollback } = draft;
  const types = (from: string, to: string) => [
    `ALTER TYPE ${name} RENAME TO ${bareName(from)}`,
    `ALTER TYPE ${to} RENAME TO ${plain}`,
  ];
  // The trigger writes the old column, so that a default is of no use there; it would only hold on to the old type's name.
  const isGiven = column.default != null;
  const dropped = `ALTER COLUMN ${quoteIdentifier(own.last)} DROP DEFAULT`;
  const set = `ALTER COLUMN ${quoteIdentifier(column.name)} SET DEFAULT ${column.default}`;
  const back = (sql: string) =>
    [script(types(next, last)), sql, ...(isGiven ? [script([alterTable(facts, table, set)])] : [])].join(
      '\n',
    );
  return {
    ...draft,
    step: 'The new column and the new type take the old names',
    why: `In one transaction, so that no query ever finds a name gone, nor a cast to the type the wrong one. A trigger goes on writing the old column. ${staleStatements}`,
    sql: [...draft.sql, ...(isGiven ? [alterTable(facts, table, dropped)] : []), ...types(last, next)],
    ...(Array.isArray(rollback)
      ? {
          rollback: rollback.map((one) =>
            typeof one === 'object' && 'sql' in one && one.sql.includes('RENAME COLUMN')
              ? { ...one, sql: back(one.sql) }
              : one,
          ),
        }
      : {}),
  };
}

/** The name without its schema, as RENAME TO wants it. */
function bareName(name: string): string {
  const found = /(?:"(?:[^"]|"")*"|[^".]+)$/.exec(name);
  return found?.[0] ?? name;
}

function versionsOf(
  given: Given,
  { table, column }: Replaced,
  gone: readonly string[],
): readonly VersionDraft[] {
  const { facts } = given;
  const key = primaryKeyOf(table)?.columns ?? [];
  const reading = [column.name, ...requiredColumns(table).map((one) => one.name)];
  const plain = tableStatements(facts, table, {
    reads: [...new Set(reading)].slice(0, 6),
    writes: key.includes(column.name) ? {} : { [column.name]: [] },
  });
  const uses = [{ table, columns: table.columns, dual: [], reads: {}, lookup: undefined }];
  return [
    { name: 'v1', says: 'writes the old values', statements: plain, uses },
    {
      name: 'v2',
      says: gone.length > 0 ? `writes ${gone.join(' and ')} no more` : 'does not go by the order',
      statements: plain,
      uses,
    },
  ];
}
