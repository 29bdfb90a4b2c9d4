import type { Node } from '@pgsql/types';
import type { Statement, Token } from './model.ts';

/** Words that begin the next clause of a column definition. */
const columnClauses = new Set(
  'check collate compression constraint default deferrable generated initially not null primary references storage unique'.split(
    ' ',
  ),
);

/** The source of the expression that follows `word` (DEFAULT, USING), which stands before or at the expression. */
export function sourceAfter(
  statement: Statement,
  word: string,
  expression: Node | undefined,
): string | undefined {
  const tokens = statement.tokens();
  const first = firstLocation(expression);
  if (first === undefined) return undefined;
  const start = tokens.findIndex((token) => token.end > statement.offsetOf(first));
  for (let at = start; at >= 0; at--) {
    if (wordOf(statement, tokens[at]) === word)
      return slice(statement, tokens, at + 1, endOfClause(statement, tokens, at + 1));
  }
  return undefined;
}

/** The source inside the parentheses that follow `word` (CHECK, AS) at or behind a parse-tree location. */
export function sourceInParentheses(
  statement: Statement,
  word: string,
  location: number,
): string | undefined {
  const tokens = statement.tokens();
  const from = statement.offsetOf(location);
  const at = tokens.findIndex((token) => token.end > from && wordOf(statement, token) === word);
  if (at < 0 || statement.slice(tokens[at + 1] ?? statement.range) !== '(') return undefined;
  return slice(statement, tokens, at + 2, closing(statement, tokens, at + 1));
}

/** The source from `word` at or behind a parse-tree location to the end of its item of a list, or of the statement. */
export function sourceFrom(statement: Statement, word: string, location: number): string | undefined {
  const tokens = statement.tokens();
  const from = statement.offsetOf(location);
  const start = tokens.findIndex((token) => token.end > from && wordOf(statement, token) === word);
  if (start < 0) return undefined;
  let depth = 0;
  for (let at = start; at < tokens.length; at++) {
    const token = tokens[at] as Token;
    depth += depthChange(statement, token);
    if (depth < 0 || (depth === 0 && statement.slice(token) === ','))
      return slice(statement, tokens, start, at);
  }
  return slice(statement, tokens, start, tokens.length);
}

/** The source from a parse-tree location to the parenthesis that closes the first one behind it, or the `count`th. */
export function sourceOfLists(statement: Statement, location: number, count = 1): string | undefined {
  const tokens = statement.tokens();
  const from = statement.offsetOf(location);
  const start = tokens.findIndex((token) => token.end > from);
  let end = start;
  for (let left = count; left > 0 && start >= 0; left--) {
    const open = tokens.findIndex((token, at) => at >= end && statement.slice(token) === '(');
    if (open < 0) return undefined;
    end = closing(statement, tokens, open) + 1;
  }
  return start < 0 ? undefined : slice(statement, tokens, start, end);
}

/** The source from behind the last `word` outside of parentheses to the statement's end (WHERE of an index). */
export function sourceToEnd(statement: Statement, word: string): string | undefined {
  const tokens = statement.tokens();
  let depth = 0;
  let found = -1;
  tokens.forEach((token, at) => {
    depth += depthChange(statement, token);
    if (depth === 0 && wordOf(statement, token) === word) found = at;
  });
  return found < 0 ? undefined : slice(statement, tokens, found + 1, tokens.length);
}

/** The least parse-tree location below a node: where its source starts, opening parentheses aside. */
export function firstLocation(node: unknown): number | undefined {
  let least: number | undefined;
  const stack: unknown[] = [node];
  while (stack.length > 0) {
    const value = stack.pop();
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, child] of Object.entries(value)) {
      if (key !== 'location') stack.push(child);
      else if (typeof child === 'number' && child >= 0 && (least === undefined || child < least))
        least = child;
    }
  }
  return least;
}

function wordOf(statement: Statement, token: Token | undefined): string | undefined {
  return token?.kind === 'word' ? statement.slice(token).toLowerCase() : undefined;
}

function depthChange(statement: Statement, token: Token): number {
  if (token.kind === 'word') {
    const word = wordOf(statement, token);
    return word === 'case' ? 1 : word === 'end' ? -1 : 0;
  }
  const text = token.kind === 'punctuation' ? statement.slice(token) : '';
  return text === '(' || text === '[' ? 1 : text === ')' || text === ']' ? -1 : 0;
}

function closing(statement: Statement, tokens: readonly Token[], open: number): number {
  let depth = 0;
  for (let at = open; at < tokens.length; at++) {
    depth += depthChange(statement, tokens[at] as Token);
    if (depth === 0) return at;
  }
  return tokens.length;
}

/** The token that ends an expression: a comma or closing parenthesis of the list around it, or the next clause. */
function endOfClause(statement: Statement, tokens: readonly Token[], start: number): number {
  let depth = 0;
  for (let at = start; at < tokens.length; at++) {
    const token = tokens[at] as Token;
    const change = depthChange(statement, token);
    if (depth + change < 0) return at;
    depth += change;
    if (depth > 0 || at === start) continue;
    if (token.kind === 'punctuation' && statement.slice(token) === ',') return at;
    const word = wordOf(statement, token);
    if (word === undefined || !columnClauses.has(word)) continue;
    if (!['is', 'not'].includes(wordOf(statement, tokens[at - 1]) ?? '')) return at;
  }
  return tokens.length;
}

function slice(statement: Statement, tokens: readonly Token[], from: number, to: number): string | undefined {
  const first = tokens[from];
  const last = tokens[to - 1];
  return first && last && from < to ? statement.slice({ start: first.start, end: last.end }) : undefined;
}
