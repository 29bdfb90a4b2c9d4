import { quoteIdentifier } from '../sql/names.ts';
import { alterTable, buildIndex, copyBack, copyValues, stepId } from './blocks.ts';
import { sqlName } from './facts.ts';
import type { Given, StepDraft } from './model.ts';
import { type Called, type Copy, changeNames, triggerSql } from './name-copy.ts';
import { addTwin } from './twin.ts';
import { checkTwin } from './twin-constraints.ts';

/** How they are called before the names change places, and after. */
function calledBefore({ twin }: Copy): Called {
  return { column: twin.from.name, copy: twin.to };
}

function calledAfter({ twin }: Copy): Called {
  return { column: twin.to, copy: twin.from.name };
}

/** The copy, kept like the column, filled, and found by as that is. */
export function addCopy(given: Given, copy: Copy): readonly StepDraft[] {
  const { table, from, to } = copy.twin;
  const triggers = triggerSql(given, copy, calledBefore(copy));
  return [
    { ...addTwin(given, copy.twin, 'add_column'), step: 'Add a column of the new name' },
    {
      step: `What is written to ${from.name} or ${to} is written to both`,
      id: 'sync',
      why: copy.triggers.first
        ? 'By triggers: the application goes on as it is. One fires before the others, so that they find what was written to either; one after them.'
        : 'By a trigger: the application goes on as it is.',
      sql: triggers.create,
      rollback: triggers.drop.map((sql) => `${sql};`).join('\n'),
    },
    ...copyValues(given, {
      table,
      column: to,
      value: quoteIdentifier(from.name),
      type: from.type,
      id: 'copy_values',
      step: 'Copy the old values',
    }).map((step) =>
      'backfill' in step
        ? { ...step, rollback: { not_needed: 'the rollback of add_column drops the column' } }
        : step,
    ),
    ...copy.indexes.flatMap((index) =>
      buildIndex(given, {
        table: index.table,
        name: index.name,
        unique: index.unique,
        definition: index.definition,
        id: stepId('index', index.name),
        step: `Index it like ${quoteIdentifier(index.like)}, without blocking writes`,
      }),
    ),
    ...copy.constraints.flatMap(({ like, name }) => checkTwin(given, copy.twin, like, name)),
  ];
}

export function swapNames(given: Given, copy: Copy): StepDraft {
  const { from, to, code } = copy.twin;
  return {
    step: `The column and its copy change names: ${from.name} is ${to}`,
    id: 'swap_names',
    why: 'In one transaction, and both hold the same: nobody sees a difference. What is bound to the column follows it to the new name.',
    sql: [...changeNames(given, copy), ...triggerSql(given, copy, calledAfter(copy)).replace, ...code],
    expect: { rewrite: false },
  };
}

export function dropCopy(given: Given, copy: Copy): readonly StepDraft[] {
  const { facts } = given;
  const { table, from, to, renamed } = copy.twin;
  // The copy is empty when it is there again: the table is walked by the column.
  const back = copyBack(given, table, from.name, quoteIdentifier(to), { type: from.type, schema: renamed });
  const named = (partitioned: boolean) =>
    copy.indexes
      .filter((index) => index.table.partitioned === partitioned)
      .map(({ table: of, name }) => sqlName(facts, { name: { schema: of.name.schema, name } }));
  const [whole, plain] = [named(true), named(false)];
  return [
    ...(copy.constraints.length > 0
      ? [
          {
            step: 'The copy is free of constraints',
            id: 'free_copy',
            why: `The column has them: nothing is lost.`,
            sql: [
              alterTable(
                facts,
                table,
                ...copy.constraints.map(({ name }) => `DROP CONSTRAINT ${quoteIdentifier(name)}`),
              ),
            ],
          },
        ]
      : []),
    {
      step: `${from.name} is written no longer`,
      id: 'stop_sync',
      sql: triggerSql(given, copy, calledAfter(copy)).drop,
      rollbackThen: [back],
    },
    ...(plain.length > 0
      ? [
          {
            step: 'Drop the indexes on the copy',
            id: 'drop_indexes',
            why: 'By name, so that what goes with the column is seen to be meant.',
            transaction: false as const,
            sql: plain.map((name) => `DROP INDEX CONCURRENTLY ${name}`),
          },
        ]
      : []),
    ...(whole.length > 0
      ? [
          {
            step: 'Drop the partitioned indexes on the copy',
            id: 'drop_partitioned_indexes',
            sql: whole.map((name) => `DROP INDEX ${name}`),
          },
        ]
      : []),
    {
      step: 'Drop the copy of the old name',
      id: 'drop_copy',
      sql: [alterTable(facts, table, `DROP COLUMN ${quoteIdentifier(from.name)}`)],
      rollbackWhy: 'the copy is made again from the column',
      rollbackThen: [back],
    },
  ];
}
