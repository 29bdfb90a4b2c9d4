import type { Token } from '../../sql/model.ts';
import type { Range } from '../../text/range.ts';
import type { StatementAnalysis } from '../model.ts';

/** The first token of a statement that says the name. */
export function tokenOf({ statement }: StatementAnalysis, name: string): Range | undefined {
  return statement.tokens().find((token) => says(statement.slice(token), token.kind, name));
}

/** The token, of those from `from` on, that says the name: a qualified one begins with its schema or alias. */
export function nameToken({ statement }: StatementAnalysis, from: Range, name: string): Range {
  const behind = statement.tokens().filter((token) => token.start >= from.start);
  return behind.find((token) => says(statement.slice(token), token.kind, name)) ?? from;
}

/** Whether a token says the name; of an enum's label, as a string. */
export function says(source: string, kind: Token['kind'], name: string): boolean {
  if (kind === 'quoted') return source.slice(1, -1).replaceAll('""', '"') === name;
  if (kind === 'string') return source === `'${name.replaceAll("'", "''")}'`;
  return kind === 'word' && source.toLowerCase() === name;
}

/** Whether a schema, or a table, stands before the name. */
export function isQualified({ statement }: StatementAnalysis, place: Range): boolean {
  const tokens = statement.tokens();
  const before = tokens[tokens.findIndex(({ start }) => start === place.start) - 1];
  return before !== undefined && statement.slice(before) === '.';
}
