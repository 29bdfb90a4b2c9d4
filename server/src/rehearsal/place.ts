import type { SqlText } from '../plan/model.ts';
import { documentRange } from '../rules/context.ts';
import type { Statement } from '../sql/model.ts';
import type { Range } from '../text/range.ts';
import { codePointToUtf16 } from '../text/utf8.ts';
import type { DatabaseError, StatementError } from './model.ts';

/** A Postgres error with the narrowest place in the plan that shows its cause. */
export function placedError(error: DatabaseError, statement: Statement, sql: SqlText): StatementError {
  return withRange(error, documentRange(sql, faultIn(statement, error)));
}

/** A Postgres error at a place that is already known. */
export function withRange(error: DatabaseError, range: Range | undefined): StatementError {
  const { message, code, detail, hint } = error;
  return { message, code, detail, hint, range };
}

/** An error of Switchback's own. */
export function ownError(message: string, range: Range | undefined, hint?: string): StatementError {
  return { message, code: undefined, detail: undefined, hint, range };
}

/** The token that Postgres points at; else the one that its message names; else the whole statement. */
function faultIn(statement: Statement, { message, position }: DatabaseError): Range {
  const tokens = statement.tokens();
  if (position !== undefined) {
    const offset = statement.range.start + codePointToUtf16(statement.text, position - 1);
    const token = tokens.find(({ start, end }) => start <= offset && offset < end);
    return token ?? { start: offset, end: Math.min(offset + 1, statement.range.end) };
  }
  // `column "handle" of relation "users" contains null values`: the first name that stands in the statement.
  for (const [, name = ''] of message.matchAll(/"([^"]+)"/g)) {
    const token = tokens.find((candidate) => nameOf(statement.slice(candidate)) === name);
    if (token) return token;
  }
  return statement.range;
}

function nameOf(source: string): string {
  return source.startsWith('"') ? source.slice(1, -1).replaceAll('""', '"') : source.toLowerCase();
}
