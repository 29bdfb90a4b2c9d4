import type { RollbackSource } from '../rules/new-steps.ts';
import type { Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { addValidated, alterTable, buildIndex, copyBack, copyValues, stepId, wait } from './blocks.ts';
import { counting } from './counting.ts';
import { after, sqlName } from './facts.ts';
import { script } from './finish.ts';
import { followers, statisticsTwins } from './followers.ts';
import type { Given, StepDraft } from './model.ts';
import { type Key, type Reference, type Renamed, sync, syncCode } from './rename-key-parts.ts';
import { addTwin, dropOldIndexes, freeOld, indexTwins } from './twin.ts';
import { constraintTwins, referenceTwin } from './twin-constraints.ts';

/** A column of the new name that a trigger keeps like the old one, filled and bound as that is. */
export function expand(given: Given, one: Renamed): readonly StepDraft[] {
  const { twin, key, references } = one;
  const { table, from, to } = twin;
  const old = quoteIdentifier(from.name);
  const { create, drop } = sync(one, 'old');
  return [
    addTwin(given, twin, 'add_column', { withDefault: false }),
    {
      step: `What is written to ${from.name} or ${to} is written to both`,
      id: 'sync',
      why: 'By a trigger: the application goes on as it is.',
      sql: [create],
      rollback: drop,
    },
    ...copyValues(given, {
      table,
      column: to,
      value: old,
      id: 'copy_values',
      step: 'Copy the old values',
    }).map((step) =>
      'backfill' in step
        ? { ...step, rollback: { not_needed: 'the rollback of add_column drops the column' } }
        : step,
    ),
    ...indexTwins(given, twin),
    ...constraintTwins(given, twin),
    ...(key
      ? [
          ...uniqueIndex(
            given,
            table,
            key.next,
            key.onNext,
            'build_key',
            'Build what the primary key will stand on',
          ),
          ...uniqueIndex(
            given,
            table,
            key.last,
            key.onLast,
            'keep_old_key',
            `${from.name} gets an index that is not the primary key's`,
            'Rows are found by it, and it stays unique, until no version knows it any more; and the way back is a matter of a moment.',
          ),
        ]
      : []),
    ...references.flatMap((reference) => refer(given, one, reference)),
    ...statisticsTwins(given, twin),
  ];
}

function uniqueIndex(
  given: Given,
  table: Table,
  name: string,
  definition: string,
  id: string,
  step: string,
  why?: string,
): readonly StepDraft[] {
  return buildIndex(given, {
    table,
    name,
    unique: true,
    definition,
    id,
    step,
    ...(why === undefined ? {} : { why }),
  });
}

function uniqueSql({ facts }: Given, table: Table, name: string, definition: string): string {
  return `CREATE UNIQUE INDEX CONCURRENTLY ${quoteIdentifier(name)} ON ${sqlName(facts, table)} ${definition}`;
}

function refer(
  given: Given,
  { twin }: Renamed,
  { table, constraint, next }: Reference,
): readonly StepDraft[] {
  return referenceTwin(given, twin, { table, constraint }, next);
}

/** Statements of steps, as actions of a rollback. */
function actions(steps: readonly StepDraft[]): readonly RollbackSource[] {
  return steps.flatMap((step) => ('sql' in step ? [{ sql: script(step.sql) }] : []));
}

/** The foreign key on the old column, valid in the end, under a name. */
function asBefore(given: Given, { table, constraint }: Reference, name: string): readonly RollbackSource[] {
  const definition = constraint.definition.replace(/ NOT VALID$/, '');
  return actions(addValidated(given, { table, name, id: 'back', what: '', definition })).slice(
    0,
    constraint.validated ? 2 : 1,
  );
}

export function takeOver(given: Given, reference: Reference): StepDraft {
  const { facts } = given;
  const { table, constraint, next } = reference;
  const [name, made] = [constraint.name, next].map(quoteIdentifier);
  return {
    step: `The foreign key of ${sqlName(facts, table)} on the new column takes over`,
    id: stepId('take_over', constraint.name),
    why: 'The two say the same; this one goes with the primary key.',
    sql: [
      alterTable(facts, table, `DROP CONSTRAINT ${name}`),
      alterTable(facts, table, `RENAME CONSTRAINT ${made} TO ${name}`),
    ],
    rollback: [
      { sql: script([alterTable(facts, table, `RENAME CONSTRAINT ${name} TO ${made}`)]) },
      ...asBefore(given, reference, constraint.name),
    ],
  };
}

/** Key and numbers go to the new column, in one transaction. Both versions find what they need before and after. */
export function swap(given: Given, one: Renamed): StepDraft {
  const { facts } = given;
  const { twin, key, references } = one;
  const { table, from, to } = twin;
  const isMade = from.identity !== undefined || from.default != null;
  const there = { twin, giver: from.name, taker: to, type: from.type };
  const back = { twin, giver: to, taker: from.name, type: from.type };
  const keyed = (index: string, is: Key) => {
    const primary = quoteIdentifier(is.constraint.name);
    return [
      alterTable(facts, table, `DROP CONSTRAINT ${primary}`),
      alterTable(
        facts,
        table,
        `ADD CONSTRAINT ${primary} PRIMARY KEY USING INDEX ${quoteIdentifier(index)}${is.suffix}`,
      ),
    ];
  };
  const rebuild = (is: Key) => ({
    transaction: false as const,
    sql: script(
      [uniqueSql(given, table, is.next, is.onNext), uniqueSql(given, table, is.last, is.onLast)],
      false,
    ),
  });
  const drop = (child: Table, name: string) => ({
    sql: script([alterTable(facts, child, `DROP CONSTRAINT ${quoteIdentifier(name)}`)]),
  });
  return {
    step: key ? `${to} is the key` : `${to} gets the numbers`,
    id: 'swap',
    why: 'In one transaction. The trigger goes on writing both columns, so that the version which knows the old one goes on as well.',
    sql: [
      ...(key ? keyed(key.next, key) : []),
      ...(isMade ? [...counting(given, there), syncCode(one, 'next')] : []),
    ],
    expect: { rewrite: false },
    rollback: [
      ...references.flatMap((each) => [
        ...asBefore(given, each, each.back),
        drop(each.table, each.constraint.name),
      ]),
      {
        sql: script([
          ...(key ? keyed(key.last, key) : []),
          ...(isMade ? [...counting(given, back), syncCode(one, 'old')] : []),
        ]),
      },
      ...(key ? [rebuild(key)] : []),
      ...references.flatMap((each) => [
        ...actions(refer(given, one, { ...each, next: each.constraint.name })),
        drop(each.table, each.back),
      ]),
    ],
    ...(references.length > 0
      ? { rollbackWhy: 'at every moment of it one foreign key or the other holds' }
      : {}),
  };
}

/** The database reads the new column alone, and the old one goes. */
export function contract(given: Given, one: Renamed): readonly StepDraft[] {
  const { facts } = given;
  const { twin, key } = one;
  const { table, from, to } = twin;
  const name = sqlName(facts, table);
  const [old, next] = [from.name, to].map(quoteIdentifier);
  const now = after(facts.schema, `ALTER TABLE ${name} ADD COLUMN ${next} ${from.type}`);
  const follow = followers(given, twin, now);
  const free = freeOld(given, twin);
  const back = copyBack(given, table, from.name, next ?? '');
  return [
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
    wait('last_look', 'A week without a wish to go back', '7d'),
    ...(free.length > 0
      ? [
          {
            step: 'Free the old column',
            id: 'free_old',
            why: `The new one has all of it.`,
            sql: free,
          },
        ]
      : []),
    {
      step: `${from.name} is written no longer`,
      id: 'stop_sync',
      sql: [sync(one, 'next').drop],
      rollbackThen: [back],
    },
    ...dropOldIndexes(given, twin, key ? [{ schema: table.name.schema, name: key.last }] : []),
    {
      step: 'Drop the old column',
      id: 'drop_old',
      sql: [alterTable(facts, table, `DROP COLUMN ${old}`)],
      rollbackWhy: 'the old column is rebuilt from the new one',
      rollbackThen: [back],
    },
  ];
}
