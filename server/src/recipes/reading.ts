import { walk } from '../schema/expressions.ts';
import type { Table } from '../schema/model.ts';
import { stringsOf } from '../sql/names.ts';
import { parseWritten } from '../sql/parser.ts';
import { refuse } from './model.ts';

/**
 * The columns of a table that an SQL expression names, in the order of the table.
 *
 * @throws {RecipeProblem} at `question`, where it names a column that the table does not have.
 */
export function namesIn(expression: string, table: Table, question: string): readonly string[] {
  // That it is one was checked when it was answered.
  const [only] = parseWritten(`SELECT (${expression})`);
  if (!only) return [];
  const found = new Set<string>();
  for (const [kind, fields] of walk(only.node)) {
    if (kind !== 'ColumnRef' || !Array.isArray(fields.fields)) continue;
    const name = stringsOf(fields.fields).at(-1);
    if (name !== undefined) found.add(name);
  }
  const missing = [...found].find((name) => !table.columns.some((one) => one.name === name));
  if (missing !== undefined)
    refuse(
      `"${expression}" names ${missing}, and ${table.name.name} has no such column. There are ${table.columns.map(({ name }) => name).join(', ')}.`,
      question,
    );
  return table.columns.map(({ name }) => name).filter((name) => found.has(name));
}
