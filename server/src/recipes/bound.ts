import { domainChain } from '../schema/lookup.ts';
import type { Constraint, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { type ColumnFacts, type Facts, sqlName } from './facts.ts';
import { refuse } from './model.ts';

/** What no plan of a single table can change: a column that its parent has, too. */
export function refuseInherited(facts: Facts, table: Table, { column }: Pick<ColumnFacts, 'column'>): void {
  const parent = table.parents
    .map((key) => facts.schema.relations.get(key))
    .find((one) => one?.kind === 'table' && one.columns.some(({ name }) => name === column.name));
  if (parent)
    refuse(
      `${sqlName(facts, table)} has ${quoteIdentifier(column.name)} from ${sqlName(facts, parent)}, and Postgres changes it there alone, for all that inherit it: ask for that table${table.partition ? '' : `, or end the inheritance first (ALTER TABLE … NO INHERIT)`}.`,
      'column',
    );
}

/** A trigger that is told the column's name by a string goes on asking for that name: Postgres tracks no strings. */
export function refusePassed({ column, passing: [trigger] }: ColumnFacts): void {
  if (trigger)
    refuse(
      `The trigger ${trigger.name} passes the name ${column.name} to its function, and would fail once there is no such column: make it without that name first.`,
      'column',
    );
}

/**
 * A column of a domain with constraints cannot be added but by writing the table anew (`ATExecAddColumn` of tablecmds.c:
 * "we must have a full table rewrite so that the constraints are checked").
 *
 * @param type as `format_type` prints it
 */
export function checkedDomain({ schema }: Facts, type: string | undefined): string | undefined {
  const chain = type === undefined ? [] : domainChain(schema, type);
  return chain.some(({ constraints }) => constraints.length > 0) ? type : undefined;
}

/** The type below a domain; the type itself where it is none. */
export function baseTypeOf({ schema }: Facts, type: string): string {
  return domainChain(schema, type).at(-1)?.baseType ?? type;
}

/** Refuses to add a column of a domain with constraints. */
export function refuseCheckedDomain(
  facts: Facts,
  type: string | undefined,
  shown: string,
  question: string,
): void {
  const domain = checkedDomain(facts, type);
  if (domain === undefined) return;
  const base = baseTypeOf(facts, domain);
  refuse(
    `${shown} would be of the domain ${domain}, and Postgres tests the constraints of a domain on each row of a new column: it writes the whole table anew while everybody waits. Take ${base}, and add what the domain asks as a check (switchback new add_check).`,
    question,
  );
}

/** Refuses what has to be added again on the way back. */
export function refuseDomainColumn(
  facts: Facts,
  table: Table,
  { column }: Pick<ColumnFacts, 'column'>,
): void {
  const domain = checkedDomain(facts, column.type);
  if (domain === undefined) return;
  const name = sqlName(facts, table);
  refuse(
    `${name}.${quoteIdentifier(column.name)} is of the domain ${domain}, and Postgres tests the constraints of a domain on each row of a new column: it would write ${name} anew while everybody waits. Change its type first: switchback new change_column_type --table ${name} --column ${quoteIdentifier(column.name)} --type ${baseTypeOf(facts, domain)}.`,
    'column',
  );
}

/** Refuses to make again what old rows are not known to keep to: whether that succeeds is not known either. */
export function refuseUnproven(facts: Facts, table: Table, one: Constraint): void {
  if (one.validated) return;
  const [name, shown] = [quoteIdentifier(one.name), sqlName(facts, table)];
  refuse(
    `${name} of ${shown} is NOT VALID, and would have to be made again: prove it first (ALTER TABLE ${shown} VALIDATE CONSTRAINT ${name}), or drop it.`,
    'table',
  );
}
