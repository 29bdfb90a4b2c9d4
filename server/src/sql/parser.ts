// `libpg-query` is Postgres' own scanner and grammar in WebAssembly; `pg-query-parser` is its front, installed
// under the name of the 2015 original from that project's maintained successor, `pgsql-parser` 18.
import type { ParseResult } from '@pgsql/types';
import { hasSqlDetails } from 'libpg-query';
import { loadModule, parseSync } from 'pg-query-parser';
import { codePointToUtf16 } from '../text/utf8.ts';
import { codeBody } from './code-body.ts';
import { tokenize } from './lexer.ts';
import type { ParsedSql, SqlParser, SqlProblem, Statement } from './model.ts';
import { blankPsqlParts } from './psql.ts';
import { splitStatements } from './split.ts';
import { type RawStatement, statementsFrom } from './statement.ts';

export { blankPsqlParts } from './psql.ts';

/** Characters of SQL kept parsed, the least recently used given up first. */
const cachedCharacters = 4_000_000;

/** Loads the WebAssembly grammar (about 30 ms, once per process). The parser caches by text. */
export async function loadSqlParser(): Promise<SqlParser> {
  await loadModule();
  const remember = rememberer();
  const parse = (text: string) => remember(text, () => parseText(text));
  const parseScript = (text: string) => {
    const plain = blankPsqlParts(text);
    return plain === text ? parse(text) : remember(`psql\0${text}`, () => parseText(plain, text));
  };
  return { parse, parseScript };
}

/** Statements of SQL that the library itself has written. A `Statement` is at hand, so the grammar is loaded. */
export function parseWritten(text: string): readonly Statement[] {
  const { statements, problems } = parseText(text);
  return problems.length > 0 ? [] : statements;
}

function rememberer() {
  const parsed = new Map<string, ParsedSql>();
  let characters = 0;
  return (text: string, make: () => ParsedSql): ParsedSql => {
    const known = parsed.get(text);
    if (known) {
      parsed.delete(text);
      parsed.set(text, known);
      return known;
    }
    const made = make();
    parsed.set(text, made);
    characters += text.length;
    for (const [oldest] of parsed) {
      if (characters <= cachedCharacters || parsed.size === 1) break;
      parsed.delete(oldest);
      characters -= oldest.length;
    }
    return made;
  };
}

/** `source` is what statements quote: the text with its psql parts, where those are blanked out in `text`. */
function parseText(text: string, source = text): ParsedSql {
  const whole = parseOnce(text, source);
  if ('statements' in whole) return { statements: whole.statements, problems: [] };
  const statements: Statement[] = [];
  const problems: SqlProblem[] = [];
  for (const range of splitStatements(text)) {
    const part = parseOnce(text, source, range.start, range.end);
    if ('statements' in part) statements.push(...part.statements);
    else problems.push(part.problem);
  }
  // The whole failed and no part did: the fault lies between them, say so rather than nothing.
  return {
    statements,
    problems: problems.length > 0 ? problems : [whole.problem],
  };
}

/** Parses the text, or the one statement at `[start, end)`; offsets are those of the text. */
function parseOnce(
  text: string,
  source: string,
  start = 0,
  end = text.length,
): { statements: readonly Statement[] } | { problem: SqlProblem } {
  const part = text.slice(start, end);
  const nul = part.indexOf('\0');
  if (nul >= 0) {
    const message = 'A NUL character cannot stand in SQL: remove it.';
    return {
      problem: { message, range: { start: start + nul, end: start + nul + 1 } },
    };
  }
  // The grammar refuses an empty string, though not a blank one.
  if (part === '') return { statements: [] };
  try {
    return {
      statements: statementsFrom(
        parseSync(part) as ParseResult as { stmts?: RawStatement[] },
        source,
        start,
        part,
        codeBody,
      ),
    };
  } catch (error) {
    return { problem: problemFrom(error, start, part) };
  }
}

function problemFrom(error: unknown, base: number, part: string): SqlProblem {
  if (!hasSqlDetails(error) || !error.sqlDetails) {
    const message = 'This SQL is nested too deeply to be read: split it into smaller statements.';
    return { message, range: { start: base, end: base + part.length } };
  }
  const { message, cursorPosition } = error.sqlDetails;
  const at = codePointToUtf16(part, Math.max(cursorPosition, 0));
  return {
    message: explain(message, part, at),
    range: tokenRange(part, at, base),
  };
}

/** The token at the fault; to the line's end where it is never closed; the last token where the text ends too early. */
function tokenRange(part: string, at: number, base: number): { start: number; end: number } {
  let last = { start: 0, end: Math.min(1, part.length) };
  for (const token of tokenize(part)) {
    if (token.end > at) {
      const lineEnd = part.indexOf('\n', token.start);
      const end = token.kind === 'unterminated' && lineEnd > 0 ? Math.min(lineEnd, token.end) : token.end;
      return { start: base + Math.max(token.start, 0), end: base + end };
    }
    last = token;
  }
  return { start: base + last.start, end: base + last.end };
}

const statementStart =
  /^(alter|analyze|begin|comment|commit|create|delete|drop|grant|insert|reindex|revoke|select|truncate|update|vacuum|with)\b/i;

function explain(message: string, part: string, at: number): string {
  const sentence = message[0] === undefined ? message : message[0].toUpperCase() + message.slice(1);
  if (/at end of input$/.test(message)) return `${sentence}: the statement is not finished.`;
  const lineStart = part.lastIndexOf('\n', at - 1) + 1;
  const opensLine = at > 0 && part.slice(lineStart, at).trim() === '' && part.slice(0, at).trim() !== '';
  return opensLine && statementStart.test(part.slice(at))
    ? `${sentence}: a semicolon may be missing before it.`
    : `${sentence}.`;
}
