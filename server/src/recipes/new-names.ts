import { columnOf } from '../schema/lookup.ts';
import type { Table } from '../schema/model.ts';
import { sqlName } from './facts.ts';
import type { Given, Question } from './model.ts';

/** Asks for the name of a column that the plan adds. */
export const newColumnName: Question = {
  id: 'name',
  prompt: 'What is the column to be called?',
  kind: 'name',
  validate: (name, given) =>
    columnOf(given.table(), name)
      ? `${sqlName(given.facts, given.table())} has a column ${name} already: give another name.`
      : undefined,
};

/** Asks for the name of a constraint that the plan adds. */
export const constraintName: Question = {
  id: 'name',
  prompt: 'What is it to be called?',
  kind: 'name',
  optional: true,
  validate: (name, given) =>
    given.table().constraints.some((one) => one.name === name)
      ? `${sqlName(given.facts, given.table())} has a constraint ${name} already: give another name.`
      : undefined,
};

/** The name that was given, or one as Postgres makes them. */
export function nameOfConstraint(
  given: Given,
  table: Table,
  second: string | undefined,
  label: string,
): string {
  return given.optional('name') ?? given.names.constraint(table, second, label);
}
