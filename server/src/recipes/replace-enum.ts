import type { RollbackSource } from '../rules/new-steps.ts';
import { indexesOf, relationKey } from '../schema/lookup.ts';
import type { Column, Table, UserType } from '../schema/model.ts';
import { quoteIdentifier, quoteLiteral } from '../sql/names.ts';
import { requiredColumns, tableStatements } from './application.ts';
import { alterTable, stepId, wait } from './blocks.ts';
import { defaultOf, kept, labelsIn, mapped, pairsIn, problemOfPairs } from './enum-values.ts';
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
import { refuseShared } from './shared.ts';
import { staleStatements, staleStatementsAlert, staleStatementsCheck } from './stale-statements.ts';

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

interface Replaced {
  readonly type: UserType;
  readonly labels: readonly string[];
  /** All columns of the type: those of a table stand together. */
  readonly columns: readonly ReplacedColumn[];
  /** Names in SQL: of the new type until the swap, of the old one from then on. */
  readonly next: string;
  readonly last: string;
}

interface ReplacedColumn {
  readonly table: Table;
  readonly column: Column;
  readonly own: Retyped;
}

function write(given: Given): PlanDraft {
  const { facts } = given;
  const one = replaced(given);
  const { type, labels, columns, next, last } = one;
  const name = sqlName(facts, type);
  const gone = type.labels.filter((label) => !labels.includes(label));
  const shown = listed(columns.map((each) => shownColumn(given, each)));
  const [merged] = gone;
  const isOne = columns.length === 1;
  const contracted = columns.map(({ own }) => contractRetyped(given, own));
  return {
    title: `Replace the enum ${name}`,
    intro: [
      `Gives ${shown} an enum of other values${gone.length > 0 ? `, without ${gone.join(', ')}` : ''}. Postgres takes none out of a type, and would write the table anew, locked, to give ${isOne ? 'the column' : 'a column'} another one.`,
      '',
      `So a column of the new type stands beside ${isOne ? 'the old one' : 'each'}, and a trigger writes both; once ${isOne ? 'it is' : 'they are'} filled, ${isOne ? 'column' : 'columns'} and type get the old names in one transaction. For a week a trigger then goes the other way, so that there is a way back.`,
    ],
    tables: tablesOf(one),
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
          ...columns.flatMap(({ own }) => expandRetyped(given, own)),
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
          // They have changed in one moment: one week is for all.
          ...contracted.flatMap((steps, at) =>
            steps
              .filter((step) => at === 0 || !('wait' in step))
              .map((step, place, all) =>
                place === all.length - 1 && merged !== undefined
                  ? {
                      ...step,
                      rollback: {
                        impossible: `${merged} is no value of its own any more: which rows had it is gone with the old column`,
                      },
                      rollbackThen: undefined,
                    }
                  : step,
              ),
          ),
          { step: 'Drop the old type', id: 'drop_type', sql: [`DROP TYPE ${last}`] },
        ],
      },
    ],
    alerts: [staleStatementsAlert],
    queries: columns.map(({ table, column }) => ({
      name: isOne ? 'Rows by value' : `Rows of ${sqlName(facts, table)} by ${column.name}`,
      sql: `SELECT ${quoteIdentifier(column.name)}, count(*) FROM ${sqlName(facts, table)} GROUP BY 1 ORDER BY 1`,
    })),
    cleanup: ['Tell other services, exports and dashboards that read the value'],
  };
}

function shownColumn({ facts }: Given, { table, column }: Pick<ReplacedColumn, 'table' | 'column'>): string {
  return `${sqlName(facts, table)}.${quoteIdentifier(column.name)}`;
}

function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function tablesOf({ columns }: Replaced): readonly Table[] {
  return [...new Set(columns.map(({ table }) => table))];
}

function replaced(given: Given): Replaced {
  const { facts } = given;
  const type = enumAnswered(given);
  const labels = labelsIn(given.answer('values'));
  const all = columnsOf(given, type);
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
  const columns = all.map(({ table, column }) => {
    const quoted = quoteIdentifier(column.name);
    const id = all.length === 1 ? 'column' : stepId(table.name.name, column.name);
    const made = retyped(given, table, { ...column, ...defaultOf(column, there) }, next, { id });
    return {
      table,
      column,
      own: {
        ...made,
        value: (row: string) => mapped(`${row}${quoted}`, there, next),
        back: (row: string) => kept(row, made.last, column.name, there, `${row}${quoted}::text::${last}`),
      },
    };
  });
  return { type, labels, columns, next, last };
}

function columnsOf(
  given: Given,
  type: UserType,
): readonly { readonly table: Table; readonly column: Column }[] {
  const { facts } = given;
  const name = sqlName(facts, type);
  const all = enumColumns(facts, type);
  if (all.length === 0)
    refuse(
      `No column is of the type ${name}: make the new type, and drop this one, when nothing else says its name.`,
      'enum',
    );
  const other = saysType(facts, type);
  if (other !== undefined)
    refuse(
      `${other} is made with ${name}, and would go on with the old type: change or drop it first.`,
      'enum',
    );
  for (const [at, { table, column }] of all.entries()) {
    refuseBound(given, type, table, column);
    for (const before of all.slice(0, at))
      if (before.table === table) refuseShared(given, table, before.column, column);
  }
  return all;
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

function swap(given: Given, { type, columns, next, last }: Replaced): SqlDraft {
  const { facts } = given;
  const name = sqlName(facts, type);
  const plain = quoteIdentifier(type.name.name);
  const drafts = columns.map(({ own }) => swapRetyped(given, own));
  const types = (from: string, to: string) => [
    `ALTER TYPE ${name} RENAME TO ${bareName(from)}`,
    `ALTER TYPE ${to} RENAME TO ${plain}`,
  ];
  // The trigger writes the old column, so that a default is of no use there; it would only hold on to the old type's name.
  const defaults = columns.filter(({ column }) => column.default != null);
  const dropped = defaults.map(({ table, own }) =>
    alterTable(facts, table, `ALTER COLUMN ${quoteIdentifier(own.last)} DROP DEFAULT`),
  );
  const set = defaults.map(({ table, column }) =>
    alterTable(facts, table, `ALTER COLUMN ${quoteIdentifier(column.name)} SET DEFAULT ${column.default}`),
  );
  const isOne = columns.length === 1;
  const ways = drafts.map(({ rollback }) => partsOf(rollback));
  return {
    step: `The new ${isOne ? 'column' : 'columns'} and the new type take the old names`,
    id: 'column_swap',
    why: `In one transaction, so that no query ever finds a name gone, nor a cast to the type the wrong one. A trigger goes on writing the old column. ${staleStatements}`,
    sql: [...drafts.flatMap(({ sql }) => sql), ...dropped, ...types(last, next)],
    rollback: [
      ...ways.flatMap(({ before }) => before),
      {
        sql: [
          script(types(next, last)),
          ...ways.map(({ swapped }) => swapped),
          ...(set.length > 0 ? [script(set)] : []),
        ].join('\n'),
      },
      ...ways.flatMap(({ after }) => after),
    ],
  };
}

/** The one transaction in which the names change back, with what is done before and after it. */
function partsOf(rollback: SqlDraft['rollback']): {
  readonly before: readonly RollbackSource[];
  readonly swapped: string;
  readonly after: readonly RollbackSource[];
} {
  const all: readonly RollbackSource[] = Array.isArray(rollback) ? rollback : [];
  const at = all.findIndex(
    (one) => typeof one === 'object' && 'sql' in one && one.sql.includes('RENAME COLUMN'),
  );
  const found = all[at];
  const swapped =
    typeof found === 'object' && 'sql' in found && typeof found.sql === 'string' ? found.sql : '';
  return { before: all.slice(0, Math.max(at, 0)), swapped, after: all.slice(at + 1) };
}

/** The name without its schema, as RENAME TO wants it. */
function bareName(name: string): string {
  const found = /(?:"(?:[^"]|"")*"|[^".]+)$/.exec(name);
  return found?.[0] ?? name;
}

function versionsOf(given: Given, one: Replaced, gone: readonly string[]): readonly VersionDraft[] {
  const { facts } = given;
  const tables = tablesOf(one).map((table) => ({
    table,
    own: one.columns.filter((each) => each.table === table).map(({ column }) => column.name),
  }));
  const plain = tables.flatMap(({ table, own }) => {
    const key = primaryKeyOf(table)?.columns ?? [];
    const reading = [...own, ...requiredColumns(table).map(({ name }) => name)];
    const written = own.filter((name) => !key.includes(name));
    return tableStatements(facts, table, {
      reads: [...new Set(reading)].slice(0, 6),
      writes: Object.fromEntries(written.map((name) => [name, []])),
    });
  });
  const uses = tables.map(({ table }) => ({
    table,
    columns: table.columns,
    dual: [],
    reads: {},
    lookup: undefined,
  }));
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
