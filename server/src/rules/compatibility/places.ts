import type { Token } from '../../sql/model.ts';
import { documentRange } from '../../text/offset-map.ts';
import type { Range } from '../../text/range.ts';
import type { StatementAnalysis } from '../model.ts';

/** Words that may stand between a keyword and the name it is about. */
const between = new Set(['IF', 'NOT', 'EXISTS', 'ONLY']);

/**
 * Where a statement says a name, in the document: the last part of it where a schema stands before. With
 * `after`, only right behind one of these keywords. The whole statement where it does not say it so.
 */
export function nameRange(s: StatementAnalysis, name: string, after: readonly string[] = []): Range {
  const { statement } = s;
  const tokens = statement.tokens();
  const at = tokens.findIndex(
    (token, i) =>
      nameOf(s, token) === name &&
      !isDot(s, tokens[i + 1]) &&
      (after.length === 0 || after.includes(keywordBefore(s, tokens, i))),
  );
  const token = tokens[at];
  return token ? documentRange(s.sql.map, token) : s.range;
}

function nameOf(s: StatementAnalysis, token: Token): string | undefined {
  const text = s.statement.slice(token);
  if (token.kind === 'quoted') return text.slice(1, -1).replaceAll('""', '"');
  return token.kind === 'word' ? text.toLowerCase() : undefined;
}

function isDot(s: StatementAnalysis, token: Token | undefined): boolean {
  return token !== undefined && s.statement.slice(token) === '.';
}

function keywordBefore(s: StatementAnalysis, tokens: readonly Token[], at: number): string {
  for (let i = at - 1; i >= 0; i--) {
    const token = tokens[i];
    const word = token ? s.statement.slice(token).toUpperCase() : '';
    if (!between.has(word)) return word;
  }
  return '';
}
