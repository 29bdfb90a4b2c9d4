import { tokenize } from '../sql/lexer.ts';

/**
 * Whether two sources of an expression say the same: the author's, or what Postgres prints of it, with its casts and
 * parentheses. Undefined where they read differently but may mean the same, `now()` and `CURRENT_TIMESTAMP`: only
 * other constants and other names are sure to be another expression.
 */
export function isSameExpression(one: string, other: string): boolean | undefined {
  if (one === other) return true;
  const [a, b] = [wordsOf(one), wordsOf(other)];
  if (a.join('\0') === b.join('\0')) return true;
  const constants = (words: readonly string[]) =>
    [...new Set(words.filter((word) => /^['\d.]/.test(word)))].sort().join('\0');
  return constants(a) === constants(b) ? undefined : false;
}

/** Tokens without parentheses and casts, names and keywords as Postgres folds them. */
function wordsOf(source: string): readonly string[] {
  const words: string[] = [];
  let inCast = false;
  for (const { kind, start, end } of tokenize(source)) {
    const text = source.slice(start, end);
    if (text === '::') inCast = true;
    // `'a'::character varying(10)[]`: what follows a cast is its type, as far as words, numbers and brackets go.
    else if (inCast && (kind === 'word' || kind === 'quoted' || isOfType(text))) continue;
    else if (inCast && kind === 'number' && source[start - 1] === '(') continue;
    else {
      inCast = false;
      if (text !== '(' && text !== ')') words.push(folded(kind, text));
    }
  }
  return words;
}

function isOfType(text: string): boolean {
  return text === '.' || text === '[' || text === ']' || text === '(' || text === ')';
}

function folded(kind: string, text: string): string {
  if (kind === 'word') return text.toLowerCase();
  return kind === 'quoted' ? text.slice(1, -1).replaceAll('""', '"') : text;
}
