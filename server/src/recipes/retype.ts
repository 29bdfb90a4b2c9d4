import { castBack } from '../inverse/type-survival.ts';
import { syncName, syncTrigger } from '../rules/locks/sync-trigger.ts';
import type { RollbackSource } from '../rules/new-steps.ts';
import { indexesOf, relationKey } from '../schema/lookup.ts';
import type { Column, Constraint, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { alterTable, buildIndex, copyValues, requireColumn, wait } from './blocks.ts';
import { checkedDomain } from './bound.ts';
import { isOther } from './compare.ts';
import { counting } from './counting.ts';
import { columnsRead, inRow } from './expressions.ts';
import { primaryKeyOf, rangeVar, sqlName } from './facts.ts';
import { backfillSource, script } from './finish.ts';
import { statisticsTwins } from './followers.ts';
import { type Given, refuse, type SqlDraft, type StepDraft } from './model.ts';
import { rebound } from './rebound.ts';
import { staleStatements } from './stale-statements.ts';
import { addTwin, dropOldIndexes, indexDefinition, indexTwins, isSteady, type Twin, twinOf } from './twin.ts';
import { constraintTwins } from './twin-constraints.ts';

/** A column that becomes one of another type, under its old name. */
export interface Retyped {
  readonly twin: Twin;
  /** The old column's name once the new one has taken its place. Unquoted. */
  readonly last: string;
  /** SQL of the value in the new type, from a row's columns with this before them: empty, or `NEW.`. */
  readonly value: (row: string) => string;
  /** The same of the way back; undefined where there is none. */
  readonly back: ((row: string) => string) | undefined;
  /** Beginning of the steps' ids. */
  readonly id: string;
  /** Foreign keys to a column that gets another type too: they are moved on their own. */
  readonly apart: readonly Constraint[];
  /** The unique index on the new column that becomes the primary key; undefined where the column is in none. */
  readonly key:
    | { readonly constraint: Constraint; readonly name: string; readonly definition: string }
    | undefined;
}

/** Refuses what cannot be moved from one column to another. */
export function retyped(
  given: Given,
  table: Table,
  column: Column,
  type: string,
  {
    using,
    id,
    apart = [],
  }: { readonly using?: string | undefined; readonly id: string; readonly apart?: readonly Constraint[] },
): Retyped {
  const { facts, names } = given;
  const name = sqlName(facts, table);
  const next = names.column(table, column.name, 'new');
  const twin = twinOf(given, table, column, next, type, { keepsName: true });
  if (twin.facts.publications.length > 0)
    refuse(`A publication lists ${name}.${column.name}: publish the table whole first.`, 'column');
  const quoted = quoteIdentifier(column.name);
  const primary = primaryKeyOf(table);
  const isKey = primary?.columns.includes(column.name) === true;
  if (isKey && table.partitioned)
    refuse(
      `${column.name} is in the primary key of the partitioned table ${name}, and Postgres builds such a key only while writers wait: copy the table into a new one.`,
      'column',
    );
  const index = isKey
    ? [...indexesOf(facts.schema, relationKey(table.name))].find(
        ({ constraint }) => constraint === primary?.name,
      )
    : undefined;
  return {
    twin,
    last: names.column(table, column.name, 'old'),
    value:
      using === undefined
        ? (row) => `${row}${quoted}::${type}`
        : (row) => usingIn(using, table, column.name, row),
    // A value that the domain refuses would stop whoever writes it.
    back: checkedDomain(facts, column.type) === undefined ? backOf(column, type, using) : undefined,
    id,
    apart,
    key:
      primary && index
        ? {
            constraint: primary,
            name: names.successor(table, index.name.name, column.name, `${column.name}_new`),
            definition: indexDefinition(given, twin, index),
          }
        : undefined,
  };
}

/** The expression with the columns as those of a row; refused where it does not name the one that it is of. */
function usingIn(using: string, table: Table, column: string, row: string): string {
  if (!columnsRead(using, table, 'using').includes(column))
    refuse(
      `The expression ${using} does not name ${column}: say how a value of it becomes one of the new type.`,
      'using',
    );
  return `(${inRow(using, table, row)})`;
}

const integers: Readonly<Record<string, readonly [string, string]>> = {
  smallint: ['-32768', '32767'],
  integer: ['-2147483648', '2147483647'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
};

/** Texts that are values of a type, as `~` matches them. */
const texts: Readonly<Record<string, string>> = {
  boolean: '^(true|false)$',
  uuid: '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$',
};

/**
 * Of the new type what is a value of the old one still: what is none is no reason to refuse a row. Undefined where that
 * cannot be told.
 */
function backOf(column: Column, type: string, using: string | undefined): Retyped['back'] {
  if (using !== undefined) return undefined;
  const name = quoteIdentifier(column.name);
  const from = column.type ?? '';
  const range = integers[from];
  const within = (value: string, cast: string) =>
    range ? `CASE WHEN ${value} BETWEEN ${range[0]} AND ${range[1]} THEN ${cast} END` : cast;
  const isText = /^(?:text|varchar|character varying|citext)\b/.test(type);
  if (!isText || /^(?:text|character)/.test(from))
    return (row) => within(`${row}${name}`, castBack(`${row}${name}`, type, column.type));
  // By then there may be rows of which the old column could only be NULL.
  if (column.notNull) return undefined;
  if (range)
    return (row) =>
      `CASE WHEN ${row}${name} ~ '^-?[0-9]{1,19}$' THEN ${within(`${row}${name}::numeric`, `${row}${name}::${from}`)} END`;
  const pattern = texts[from];
  return pattern === undefined
    ? undefined
    : (row) => `CASE WHEN ${row}${name} ~ '${pattern}' THEN ${row}${name}::${from} END`;
}

function forward(given: Given, { twin, value }: Retyped) {
  const { table, from, to } = twin;
  const target = rangeVar(table);
  return syncTrigger(target, syncName(given.facts.schema, target, from.name, 'sync'), [
    `NEW.${quoteIdentifier(to)} := ${value('NEW.')};`,
  ]);
}

function backward(given: Given, { twin, last, back }: Retyped) {
  const { table, from } = twin;
  const target = rangeVar(table);
  const name = syncName(given.facts.schema, target, from.name, 'back');
  return back && syncTrigger(target, name, [`NEW.${quoteIdentifier(last)} := ${back('NEW.')};`]);
}

/** A column of the new type beside the old one, kept in step by a trigger, filled, and bound as that is. */
export function expandRetyped(given: Given, one: Retyped): readonly StepDraft[] {
  const { twin, id, key, value } = one;
  const { table, from, to } = twin;
  const { create, drop } = forward(given, one);
  return [
    { ...addTwin(given, twin, `${id}_add`), step: `Add a column of the new type beside ${from.name}` },
    {
      step: `Whatever is written to ${from.name} is written to both`,
      id: `${id}_sync`,
      why: 'By a trigger: the application goes on as it is.',
      sql: [create],
      rollback: drop,
    },
    ...copyValues(given, {
      table,
      column: to,
      value: value(''),
      type: twin.type,
      id: `${id}_copy`,
      step: `Copy the old values of ${from.name}`,
    }).map((step) =>
      'backfill' in step
        ? { ...step, rollback: { not_needed: `the rollback of ${id}_add drops the column` } }
        : step,
    ),
    ...indexTwins(given, twin),
    ...constraintTwins(given, twin, { without: one.apart, id: `${id}_new` }),
    ...(key
      ? buildIndex(given, {
          table,
          name: key.name,
          unique: true,
          definition: key.definition,
          id: `${id}_key`,
          step: 'Build what the primary key will stand on',
        })
      : []),
    ...statisticsTwins(given, twin),
  ];
}

/** What stands on the new key: on the way back it lets go before, and is bound again after. */
export interface Bound {
  readonly release: readonly RollbackSource[];
  readonly bind: readonly RollbackSource[];
}

/** In one transaction, so that no query ever finds the name gone. The old column goes on being written, by a trigger. */
export function swapRetyped(given: Given, one: Retyped, bound: Bound = { release: [], bind: [] }): SqlDraft {
  const { facts } = given;
  const { twin, last, id, key } = one;
  const { table, from, to } = twin;
  const [name, next, old] = [from.name, to, last].map(quoteIdentifier);
  const alter = (...changes: readonly string[]) => alterTable(facts, table, ...changes);
  const there = forward(given, one);
  const back = backward(given, one);
  const primary = key && quoteIdentifier(key.constraint.name);
  const rename = (a = '', b = '') => alter(`RENAME COLUMN ${a} TO ${b}`);
  const { release, bind } = rebound(given, twin);
  const sql = [
    ...release,
    there.drop,
    ...(primary ? [alter(`DROP CONSTRAINT ${primary}`)] : []),
    rename(name, old),
    rename(next, name),
    ...(key && primary
      ? [alter(`ADD CONSTRAINT ${primary} PRIMARY KEY USING INDEX ${quoteIdentifier(key.name)}`)]
      : []),
    ...handOver(given, one, 'there'),
    // Nobody writes the old column any more, and a check of it would refuse rows without it.
    ...(back ? [] : checksOf(one).map((each) => alter(`DROP CONSTRAINT ${quoteIdentifier(each.name)}`))),
    // An identity holds on to its NOT NULL.
    ...(from.notNull ? [alter(`ALTER COLUMN ${old} DROP NOT NULL`)] : []),
    ...bind,
    ...(back ? [back.create] : []),
  ];
  return {
    step: `The new column takes the name ${from.name}`,
    id: `${id}_swap`,
    why: `In one transaction, so that no query ever finds the name gone. A trigger goes on writing the old column. ${staleStatements}`,
    sql,
    rollback: back
      ? wayBack(given, one, back.drop, there.create, bound)
      : { impossible: `what was written to ${from.name} since then cannot be told in its old type` },
  };
}

/** A steady default both columns have; the rest, and an identity, only one at a time. */
function handOver(given: Given, { twin, last }: Retyped, way: 'there' | 'back'): readonly string[] {
  const { from } = twin;
  if (!from.identity && isSteady(from)) return [];
  return way === 'there'
    ? counting(given, { twin, giver: last, taker: from.name, type: twin.type })
    : counting(given, { twin, giver: from.name, taker: last, type: from.type });
}

/** The old column is bound again, then the names change back. What the new one stood on is built again. */
function wayBack(
  given: Given,
  one: Retyped,
  dropBack: string,
  createThere: string,
  bound: Bound,
): readonly RollbackSource[] {
  const { facts } = given;
  const { twin, last, key } = one;
  const { table, from, to } = twin;
  const [name, next, old] = [from.name, to, last].map(quoteIdentifier);
  const alter = (...changes: readonly string[]) => alterTable(facts, table, ...changes);
  const { release, bind } = rebound(given, twin);
  const index = key && indexOn(given, one, last);
  const proof = from.notNull ? requireColumn(given, { table, column: last, id: `${one.id}_back` }) : [];
  const proofs = proof.flatMap((step): readonly RollbackSource[] =>
    'sql' in step ? [{ sql: script(step.sql) }] : [],
  );
  const primary = key && quoteIdentifier(key.constraint.name);
  const required = facts.pgVersion >= 18 && from.notNull ? requiredNames(one, proof) : undefined;
  return [
    ...(index ? [{ transaction: false as const, sql: script([index.sql], false) }] : []),
    ...proofs,
    ...bound.release,
    {
      sql: script([
        ...release,
        dropBack,
        ...(primary ? [alter(`DROP CONSTRAINT ${primary}`)] : []),
        ...handOver(given, one, 'back'),
        alter(`RENAME COLUMN ${name} TO ${next}`),
        alter(`RENAME COLUMN ${old} TO ${name}`),
        ...(primary && index
          ? [alter(`ADD CONSTRAINT ${primary} PRIMARY KEY USING INDEX ${quoteIdentifier(index.name)}`)]
          : []),
        ...(required ? [alter(`RENAME CONSTRAINT ${required.from} TO ${required.to}`)] : []),
        ...bind,
        createThere,
      ]),
    },
    ...(key
      ? [
          {
            transaction: false as const,
            sql: script(
              [
                `CREATE UNIQUE INDEX CONCURRENTLY ${quoteIdentifier(key.name)} ON ${sqlName(facts, table)} ${key.definition}`,
              ],
              false,
            ),
          },
        ]
      : []),
    ...bound.bind,
  ];
}

/** Since 18 NOT NULL has a name: the old column's gets its own again. */
function requiredNames({ twin }: Retyped, proof: readonly StepDraft[]) {
  const [first] = proof;
  const made =
    first && 'sql' in first ? /ADD CONSTRAINT (\S+) NOT NULL/.exec(first.sql[0] ?? '')?.[1] : undefined;
  const own = twin.facts.notNull?.name;
  return made !== undefined && own !== undefined ? { from: made, to: quoteIdentifier(own) } : undefined;
}

function indexOn(
  given: Given,
  { twin, key }: Retyped,
  column: string,
): { readonly name: string; readonly sql: string } | undefined {
  if (!key) return undefined;
  const { facts, names } = given;
  const { table, to } = twin;
  const name = names.successor(table, key.constraint.name, '\0', 'old');
  const definition = key.definition.replaceAll(quoteIdentifier(to), quoteIdentifier(column));
  return {
    name,
    sql: `CREATE UNIQUE INDEX CONCURRENTLY ${quoteIdentifier(name)} ON ${sqlName(facts, table)} ${definition}`,
  };
}

/** The old column goes, and what was made for the new one gets the names of what it took the place of. */
export function contractRetyped(given: Given, one: Retyped): readonly StepDraft[] {
  const { facts } = given;
  const { twin, last, id } = one;
  const { table, from } = twin;
  const old = quoteIdentifier(last);
  const back = backward(given, one);
  const own = twin.facts.constraints.filter(
    ({ kind, parent, local }) => kind !== 'primary key' && parent === undefined && local !== false,
  );
  const gone = back ? one.apart : [...one.apart, ...checksOf(one)];
  const constraints = own.filter((each) => !gone.includes(each));
  const statistics = twin.facts.statistics.map(
    (each) =>
      `DROP STATISTICS ${sqlName(facts, { name: { schema: each.name.schema ?? 'public', name: each.name.name } })}`,
  );
  const unwritten = [...(back ? [back.drop] : []), ...statistics];
  return [
    wait(`${id}_last_look`, `A week with ${from.name} of the new type`, '7d'),
    ...(constraints.length > 0
      ? [
          {
            step: `Nothing binds the old ${from.name}`,
            id: `${id}_unbind`,
            // Back again they hold on rows that the trigger has filled by then: it goes after them, and comes before.
            sql: [
              alterTable(
                facts,
                table,
                ...constraints.map((each) => `DROP CONSTRAINT ${quoteIdentifier(each.name)}`),
              ),
            ],
          },
        ]
      : []),
    ...(unwritten.length > 0
      ? [
          {
            step: `The old ${from.name} is written no longer`,
            id: `${id}_unwrite`,
            sql: unwritten,
            ...unbindBack(given, one),
          },
        ]
      : []),
    ...dropOldIndexes(given, twin).map((step) => ({ ...step, id: `${id}_${step.id}` })),
    {
      step: `Drop the old ${from.name}`,
      id: `${id}_drop`,
      sql: [alterTable(facts, table, `DROP COLUMN ${old}`), ...renamed(given, one, own)],
      ...(one.back
        ? {
            rollbackWhy: 'the old column is rebuilt from the new one',
            rollbackThen: [refill(given, one)],
          }
        : { rollback: { impossible: 'the values of the old type are gone' } }),
    },
  ];
}

function checksOf({ twin }: Retyped): readonly Constraint[] {
  return twin.facts.constraints.filter(
    ({ kind, parent, local }) => kind === 'check' && parent === undefined && local !== false,
  );
}

/** What was made for the new column gets the names of what it took the place of. */
function renamed(given: Given, { twin }: Retyped, constraints: readonly Constraint[]): readonly string[] {
  const { facts, names } = given;
  const { table, from, to } = twin;
  return [
    ...constraints.map((one) => {
      const made = quoteIdentifier(names.successor(table, one.name, from.name, to));
      return alterTable(facts, table, `RENAME CONSTRAINT ${made} TO ${quoteIdentifier(one.name)}`);
    }),
    ...twin.facts.indexes.map((index) => {
      const made = names.successor(table, index.name.name, from.name, to);
      const name = sqlName(facts, { name: { schema: table.name.schema, name: made } });
      return `ALTER INDEX ${name} RENAME TO ${quoteIdentifier(index.name.name)}`;
    }),
  ];
}

function refill(given: Given, { twin, last, back }: Retyped): RollbackSource {
  const { table, from } = twin;
  const value = back?.('') ?? quoteIdentifier(from.name);
  const old = quoteIdentifier(last);
  return {
    backfill: backfillSource(given, {
      table,
      set: `${old} = ${value}`,
      where: isOther(given.facts, from.type, old, value),
    }),
  };
}

function unbindBack(given: Given, one: Retyped): Pick<SqlDraft, 'rollbackThen'> {
  return one.back ? { rollbackThen: [refill(given, one)] } : {};
}
