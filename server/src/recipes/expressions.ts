import type { Table } from '../schema/model.ts';
import { tokenize } from '../sql/lexer.ts';
import { parseName } from '../sql/names.ts';
import { parseWritten } from '../sql/parser.ts';

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
