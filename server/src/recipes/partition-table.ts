import { descendantsOf, indexesOf, relationKey } from '../schema/lookup.ts';
import type { Column, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { alterTable, wait } from './blocks.ts';
import { expressionsIn } from './expressions.ts';
import { columnList, primaryKeyOf, sqlName } from './facts.ts';
import { defineRecipe, type Given, type PlanDraft, refuse } from './model.ts';
import { boundToTable } from './partition-bound.ts';
import { type Partitioning, prepare, references, swap, validated } from './partition-steps.ts';
import { unchanged } from './unchanged.ts';

/**
 * The old table becomes the first partition as it is: no row is copied, no trigger has to keep two tables in step, the
 * disk need not hold everything twice, and no version of the application need change. A CHECK that is valid already
 * spares ATTACH its look at every row. The price is that the old rows stay together in one partition, until they are moved
 * on or dropped with it; a copy into a new table would cost each row twice, and be wrong wherever the trigger is.
 */
export const partitionTable = defineRecipe({
  type: 'partition_table',
  title: 'Partition a table',
  summary:
    'The table becomes the first partition of a new one that has its name: rows from a bound on go to partitions of their own. Nothing is copied, and the change is a matter of a moment.',
  questions: [
    { id: 'table', prompt: 'Which table?', kind: 'table' },
    {
      id: 'column',
      prompt: 'By which column? (a time, or a number that grows)',
      kind: 'column',
      validate(name, given) {
        const column = given.column();
        return /^(?:smallint|integer|bigint|numeric|date|timestamp)/.test(column.type ?? '')
          ? undefined
          : `${name} is ${column.type}: a range is of numbers or times.`;
      },
    },
    {
      id: 'bounds',
      prompt:
        "Where do the partitions end? (with commas: where the rows of today's table end, then each partition after it: 2027-01-01,2027-02-01)",
      kind: 'text',
      validate(text, given) {
        const bounds = boundsIn(text, given.column());
        if (bounds.length < 2)
          return 'Two bounds at least: where the rows of the table of today end, which is to be in the future, and where the partition after it ends.';
        if (!expressionsIn(bounds.join(';'))) return `${text} is not values with commas between them.`;
        const isSorted = bounds.every((one, at) => at === 0 || compare(bounds[at - 1] ?? '', one) < 0);
        return isSorted ? undefined : `${text} does not go up from bound to bound.`;
      },
    },
  ],
  write,
});

/** As SQL constants: `'2027-01-01'`, `100000000`. */
function boundsIn(text: string, column: Column): readonly string[] {
  const isNumber = /^(?:smallint|integer|bigint|numeric)/.test(column.type ?? '');
  return text.split(',').flatMap((part) => {
    const value = part.trim().replace(/^'(.*)'$/, '$1');
    const isRight = isNumber ? /^-?\d+(?:\.\d+)?$/.test(value) : /^\d{4}-\d\d-\d\d[\d:. +TZ-]*$/.test(value);
    if (!isRight)
      refuse(
        `${value === '' ? text : value} is no ${isNumber ? 'number' : 'date such as 2027-01-01'}.`,
        'bounds',
      );
    return isNumber ? [value] : [`'${value}'`];
  });
}

function compare(a: string, b: string): number {
  return a.startsWith("'") ? (a < b ? -1 : a > b ? 1 : 0) : Number(a) - Number(b);
}

function write(given: Given): PlanDraft {
  const made = partitioningOf(given);
  const { table, column, name, old, key, index, bounds, parts } = made;
  const { facts } = given;
  const quoted = quoteIdentifier(column.name);
  const first = bounds[0] ?? '';
  const was = primaryKeyOf(table)?.columns ?? [];
  return {
    title: `Partition ${name} by ${quoted}`,
    intro: [
      `Makes ${name} a table that is partitioned by ${quoted}. The rows of today stay where they are, in a partition up to ${first}; those from there on go to partitions of their own. Nothing is copied.`,
      ...(index === undefined
        ? []
        : [
            '',
            `Across partitions Postgres keeps only such keys unique that ${quoted} is in: the new one is (${columnList(key)}). That (${columnList(was)}) alone is unique is then up to what gives it its values.`,
          ]),
    ],
    tables: [table],
    versions: [unchanged(given, table, [])],
    checklist: [
      `${first} is in the future until this plan is done, with days to spare: until then no row may be written from there on`,
      ...(index === undefined
        ? []
        : [`No statement says ON CONFLICT (${columnList(was)}): it has to name ${quoted} too`]),
      'A job makes further partitions, well before they are needed',
    ],
    phases: [
      { phase: 'Prepare', risk: 'low', steps: prepare(given, made) },
      {
        phase: 'Change',
        risk: 'high',
        steps: [
          swap(given, made),
          ...validated(given, made),
          ...references(made),
          wait('watch', 'Watch it for a day', '24h'),
        ],
      },
      {
        phase: 'Contract',
        risk: 'low',
        steps: [
          {
            step: 'The proof has done its work',
            id: 'drop_proof',
            why: 'The bound of the partition says the same.',
            sql: [alterTable(facts, old, `DROP CONSTRAINT ${quoteIdentifier(made.check)}`)],
          },
        ],
      },
    ],
    queries: [
      {
        name: 'Rows by partition (those of the default one are to be none)',
        sql: `SELECT relid::regclass AS partition, n_live_tup FROM pg_stat_user_tables\nWHERE relid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = '${name.replaceAll("'", "''")}'::regclass)`,
      },
    ],
    cleanup: [
      `Make partitions after ${parts.at(-1)?.bound} in time (CREATE TABLE … PARTITION OF ${name}): what has none goes to the default one, and has to be moved before it gets one`,
      ...table.constraints
        .filter(({ kind }) => kind === 'foreign key')
        .map((one) => `Give each further partition ${one.name}, while it is empty: ${one.definition}`),
      `Drop ${sqlName(facts, old)}, or split it, when its rows are old enough`,
    ],
  };
}

function partitioningOf(given: Given): Partitioning {
  const { facts, names } = given;
  const table = given.table();
  const column = given.column();
  const name = sqlName(facts, table);
  refuseBound(given, table, column, name);
  const primary = primaryKeyOf(table);
  if (!primary)
    refuse(`${name} has no primary key: give it one first (switchback new change_primary_key).`, 'table');
  const key = primary.columns.includes(column.name) ? primary.columns : [...primary.columns, column.name];
  const bound = boundToTable(given, table, column, key);
  const unique = [...indexesOf(facts.schema, relationKey(table.name))].find(
    (one) => one.unique && one.constraint !== primary.name && !one.columns.includes(column.name),
  );
  if (unique)
    refuse(
      `${unique.name.name} keeps ${unique.columns.join(', ')} unique, and across partitions Postgres does so only where ${column.name} is in the key: drop it first, or keep those values in a table of their own.`,
      'column',
    );
  const { schema } = table.name;
  const relation = (label: string) => names.relation(schema, table.name.name, undefined, label);
  const bounds = boundsIn(given.answer('bounds'), column);
  return {
    table,
    column,
    bounds,
    bound,
    name,
    old: { ...table, name: { schema, name: relation('first') } },
    key,
    index: key === primary.columns ? undefined : names.constraint(table, key.join('_'), 'key'),
    check: names.constraint(table, column.name, 'bound'),
    rest: sqlName(facts, { name: { schema, name: relation('default') } }),
    parts: bounds.slice(1).map((bound) => ({
      bound,
      name: sqlName(facts, {
        name: {
          schema,
          name: names.relation(
            schema,
            table.name.name,
            undefined,
            `to_${bound.replace(/[^0-9]+/g, '_').replace(/^_+|_+$/g, '')}`,
          ),
        },
      }),
    })),
  };
}

function refuseBound({ facts }: Given, table: Table, column: Column, name: string): void {
  const stop = (message: string): never => refuse(message, 'table');
  const key = relationKey(table.name);
  if (table.foreign) stop(`${name} is a foreign table: change it on the server that has it.`);
  if (table.partitioned) stop(`${name} is partitioned already.`);
  if (table.parents.length > 0 || descendantsOf(facts.schema, key).length > 0)
    stop(
      `${name} inherits from another table, or others from it: end that first (ALTER TABLE … NO INHERIT).`,
    );
  if ((table.rules ?? []).length > 0) stop(`${name} has rules: replace them by triggers first.`);
  const published = [...facts.schema.objects.values()].find((one) =>
    one.publication?.tables?.some((each) => each.table === key),
  );
  if (published)
    stop(
      `The publication ${published.name.name} has ${name}: take it out first, and put the new one in after the plan.`,
    );
  const exclusion = table.constraints.find(({ kind }) => kind === 'exclusion');
  if (exclusion)
    stop(
      `${exclusion.name} excludes rows, which Postgres does not do across partitions before 17: drop it first.`,
    );
  if (column.generated)
    refuse(`${column.name} is a generated column, and no table is partitioned by one.`, 'column');
  if (column.notNull !== true && column.default === null)
    refuse(
      `${column.name} may be NULL and has no default, and is to be in the primary key: fill it and require it first (switchback new set_not_null).`,
      'column',
    );
}
