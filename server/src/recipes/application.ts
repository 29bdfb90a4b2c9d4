import { columnOf, indexesOf, relationKey } from '../schema/lookup.ts';
import type { Column, Table } from '../schema/model.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { columnList, type Facts, primaryKeyOf, sqlName } from './facts.ts';
import { isSteady } from './twin.ts';

/** What a version does to a table: enough for every name that it uses to be read and written. */
export interface Uses {
  /** Columns that it reads, besides the key. */
  readonly reads: readonly string[];
  /** Columns that it writes, each with those that get the same value: `{ username: ['handle'] }`. */
  readonly writes: Readonly<Record<string, readonly string[]>>;
  /** Columns that it does not know any more, or not yet: no row of its own gets a value for them. */
  readonly without?: readonly string[];
  /** The column that it finds rows by; the primary key where absent. */
  readonly lookup?: string | undefined;
  /** What it writes stays as it was written once: other rows refer to it. */
  readonly fixed?: boolean;
  /** SQL for a column's value in the place of its parameter, made of that: `$1::bigint`. By column. */
  readonly values?: Readonly<Record<string, (parameter: string) => string>>;
}

/**
 * Statements of an application's version for a table: a look-up, an INSERT that gives all that a row needs, and an UPDATE.
 * The same parameter stands where the same value is written, so that a dry run gives both columns one value.
 */
export function tableStatements(facts: Facts, table: Table, uses: Uses): readonly string[] {
  const name = sqlName(facts, table);
  const key = primaryKeyOf(table)?.columns ?? [];
  const found = uses.lookup === undefined ? key : [uses.lookup];
  const where = (from: number) =>
    found.map((column, at) => `${quoteIdentifier(column)} = $${from + at}`).join(' AND ');
  // Where nothing finds a row, no application reads all of a large table for it either.
  const some = found.length > 0 ? `WHERE ${where(1)}` : 'LIMIT 100';
  const statements = [`SELECT ${columnList([...new Set([...key, ...uses.reads])])} FROM ${name} ${some}`];
  const insert = insertOf(facts, table, uses);
  if (insert) statements.push(insert);
  const own = Object.entries(uses.writes).filter(([column]) => isWritable(columnOf(table, column)));
  if (!uses.fixed && own.length > 0 && found.length > 0) {
    const set = own.flatMap(([column, also], at) =>
      [column, ...also].map((one) => `${quoteIdentifier(one)} = ${writtenValue(uses, one, `$${at + 1}`)}`),
    );
    statements.push(`UPDATE ${name} SET ${set.join(', ')} WHERE ${where(own.length + 1)}`);
  }
  return statements;
}

function insertOf(facts: Facts, table: Table, uses: Uses): string | undefined {
  const twins = new Set([...Object.values(uses.writes).flat(), ...(uses.without ?? [])]);
  const required = table.columns.filter(
    (column) => !twins.has(column.name) && (isRequired(table, column) || isGivenOnce(facts, table, column)),
  );
  const written = Object.keys(uses.writes).filter((name) => isWritable(columnOf(table, name)));
  const columns = [...new Set([...written, ...required.map((one) => one.name)])];
  const ordered = orderedAs(table, columns);
  const all = ordered.flatMap((column, at) =>
    [column, ...(uses.writes[column] ?? [])].map((one) => ({
      one,
      value: writtenValue(uses, one, `$${at + 1}`),
    })),
  );
  if (all.length === 0) return `INSERT INTO ${sqlName(facts, table)} DEFAULT VALUES`;
  return `INSERT INTO ${sqlName(facts, table)} (${columnList(all.map(({ one }) => one))}) VALUES (${all
    .map(({ value }) => value)
    .join(', ')})`;
}

function writtenValue({ values }: Uses, column: string, parameter: string): string {
  return values?.[column]?.(parameter) ?? parameter;
}

function orderedAs(table: Table, names: readonly string[]): readonly string[] {
  const place = (name: string) => {
    const at = table.columns.findIndex((one) => one.name === name);
    return at < 0 ? table.columns.length : at;
  };
  return [...names].sort((a, b) => place(a) - place(b));
}

/** Columns that a row cannot be without, and that nothing but the statement gives. */
export function requiredColumns(table: Table): readonly Column[] {
  return table.columns.filter((column) => isRequired(table, column));
}

/** A row cannot be without it, and nothing but the statement gives it. */
export function isRequired(table: Table, column: Column): boolean {
  const { default: value, identity, generated } = column;
  const isGiven = value !== null || identity !== undefined || generated !== undefined;
  return refusesNull(table, column) && !isGiven;
}

/** Its default is one value, and it is unique: a second row could not do with that. */
function isGivenOnce({ schema }: Facts, table: Table, column: Column): boolean {
  if (column.default == null || column.generated || !isSteady(column)) return false;
  return [...indexesOf(schema, relationKey(table.name))].some(
    ({ unique, predicate, columns }) =>
      unique && predicate === undefined && columns.join('\0') === column.name,
  );
}

/** By NOT NULL, or by a check that says the same. */
export function refusesNull({ constraints }: Table, { name, notNull }: Column): boolean {
  return (
    notNull === true ||
    constraints.some(({ provesNotNull, enforced }) => enforced !== false && provesNotNull.includes(name))
  );
}

function isWritable(column: Column | undefined): boolean {
  return column === undefined || (column.generated === undefined && column.identity !== 'always');
}

/** The column that an application most likely finds rows by: one that is unique by itself. */
export function isLookup({ schema }: Facts, table: Table, column: string): boolean {
  const key = relationKey(table.name);
  for (const one of schema.relations.values())
    if (one.kind === 'index' && one.table === key && one.columns[0] === column) return true;
  return false;
}
