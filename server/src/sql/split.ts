import type { Range } from '../text/range.ts';
import { tokenize } from './lexer.ts';
import type { Token } from './model.ts';

/**
 * Cuts SQL that does not parse as a whole into its statements, at the semicolons outside of strings, comments
 * and bodies. Ranges run from the first token to the last, the semicolon left out; empty statements are left
 * out too.
 */
export function splitStatements(text: string): readonly Range[] {
  const ranges: Range[] = [];
  let current: Token[] = [];
  const body = bodyTracker(text);
  for (const token of tokenize(text)) {
    if (text[token.start] === ';' && token.kind === 'punctuation' && !body.inside(current)) {
      pushRange(ranges, current);
      current = [];
      body.reset();
    } else {
      body.see(token);
      current.push(token);
    }
  }
  pushRange(ranges, current);
  return ranges;
}

function pushRange(ranges: Range[], tokens: readonly Token[]): void {
  const first = tokens[0];
  const last = tokens.at(-1);
  if (first && last) ranges.push({ start: first.start, end: last.end });
}

/** Semicolons are part of a statement inside BEGIN ATOMIC … END, and inside the parentheses of CREATE RULE. */
function bodyTracker(text: string) {
  let previous = '';
  let atomic = 0;
  let parentheses = 0;
  return {
    see(token: Token): void {
      const word =
        token.kind === 'word' ? text.slice(token.start, token.end).toLowerCase() : (text[token.start] ?? '');
      if (token.kind === 'punctuation' && word === '(') parentheses++;
      if (token.kind === 'punctuation' && word === ')') parentheses--;
      if (previous === 'begin' && word === 'atomic') atomic = 1;
      else if (atomic > 0 && word === 'case') atomic++;
      else if (atomic > 0 && word === 'end') atomic--;
      previous = word;
    },
    inside(statement: readonly Token[]): boolean {
      return atomic > 0 || (parentheses > 0 && startsRule(text, statement));
    },
    reset(): void {
      previous = '';
      atomic = 0;
      parentheses = 0;
    },
  };
}

function startsRule(text: string, statement: readonly Token[]): boolean {
  const words = statement.slice(0, 4).map((token) => text.slice(token.start, token.end).toLowerCase());
  return words[0] === 'create' && (words[1] === 'rule' || (words[1] === 'or' && words[3] === 'rule'));
}
