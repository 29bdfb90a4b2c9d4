import type { Node } from '@pgsql/types';
import { walk } from '../schema/expressions.ts';
import type { Table } from '../schema/model.ts';
import { tokenize } from '../sql/lexer.ts';
import { parseName, stringsOf } from '../sql/names.ts';
import { parseWritten } from '../sql/parser.ts';
import { refuse } from './model.ts';
import { hint } from './typed-names.ts';

/** The expression with `row` (`NEW.`) before each column of the table that it names by itself. */
export function inRow(expression: string, table: Table, row: string): string {
  const columns = new Set(table.columns.map(({ name }) => name));
  const tokens = [...tokenize(expression)];
  const text = (at: number) => {
    const token = tokens[at];
    return token ? expression.slice(token.start, token.end) : '';
  };
  let written = '';
  let done = 0;
  for (const [at, token] of tokens.entries()) {
    if (token.kind !== 'word' && token.kind !== 'quoted') continue;
    const name = parseName(text(at))?.name;
    if (name === undefined || !columns.has(name) || text(at - 1) === '.' || text(at + 1) === '(') continue;
    written += `${expression.slice(done, token.start)}${row}`;
    done = token.start;
  }
  return written + expression.slice(done);
}

/** Expressions with `;` between them; undefined where they are none. */
export function expressionsIn(text: string): readonly string[] | undefined {
  const parts: string[] = [];
  let from = 0;
  for (const token of tokenize(text))
    if (text.slice(token.start, token.end) === ';') {
      parts.push(text.slice(from, token.start).trim());
      from = token.end;
    }
  parts.push(text.slice(from).trim());
  const all = parts.filter((part, at) => part !== '' || at < parts.length - 1);
  const isRead = all.every((part) => {
    const statements = parseWritten(`SELECT (${part})`);
    return statements.length === 1 && statements.every(({ node }) => 'SelectStmt' in node);
  });
  return isRead ? all : undefined;
}

/** The parse tree of an expression; undefined where it is none. */
export function expressionOf(text: string): Node | undefined {
  const [only] = parseWritten(`SELECT (${text})`);
  const [target] = only && 'SelectStmt' in only.node ? (only.node.SelectStmt.targetList ?? []) : [];
  return target && 'ResTarget' in target ? target.ResTarget.val : undefined;
}

/**
 * The columns of a table that an expression names, in the order of the table. That it is an expression was checked when
 * it was answered.
 *
 * @throws {RecipeProblem} at `question`, where it names a column that the table does not have.
 */
export function columnsRead(expression: string, table: Table, question: string): readonly string[] {
  const [only] = parseWritten(`SELECT (${expression})`);
  if (!only) return [];
  const found = new Set<string>();
  for (const [kind, fields] of walk(only.node)) {
    if (kind !== 'ColumnRef' || !Array.isArray(fields.fields)) continue;
    const name = stringsOf(fields.fields).at(-1);
    if (name !== undefined) found.add(name);
  }
  const columns = table.columns.map(({ name }) => name);
  const missing = [...found].find((name) => !columns.includes(name));
  if (missing !== undefined)
    refuse(
      `"${expression}" names ${missing}, and ${table.name.name} has no such column.${hint(missing, columns)}`,
      question,
    );
  return columns.filter((name) => found.has(name));
}
