import type { Statement, Token } from '../../sql/model.ts';
import type { Range } from '../../text/range.ts';

/** The tokens of a statement, by where its parse tree points; undefined where its source is not at hand. */
export interface Tokens {
  readonly all: readonly Token[];
  readonly statement: Statement;
  /** The word at an index in lower case, or the punctuation. */
  word(at: number): string;
  /** The index of the token at a parse-tree location. */
  at(location: number | undefined): number;
  /** The index behind the name that begins at an index: `app.t` has three tokens. */
  afterName(at: number): number;
  /** The first index at or behind `from` of one of the words, outside of parentheses; the number of tokens where there is none. */
  find(from: number, ...words: readonly string[]): number;
  /** The index of the parenthesis that closes the one at an index. */
  closing(at: number): number;
  /** The place of the tokens from one index up to another. */
  range(from: number, to: number): Range;
}

export function tokensOf(statement: Statement): Tokens | undefined {
  const all = statement.tokens();
  if (all.length === 0) return undefined;
  const text = all.map((token) => statement.slice(token));
  const word = (at: number) => (all[at]?.kind === 'quoted' ? '' : (text[at] ?? '').toLowerCase());
  const depth = (at: number) => {
    const kind = all[at]?.kind;
    if (kind !== 'punctuation') return 0;
    return /^[([]$/.test(text[at] ?? '') ? 1 : /^[)\]]$/.test(text[at] ?? '') ? -1 : 0;
  };
  return {
    all,
    statement,
    word,
    at(location) {
      if (location === undefined || location < 0) return -1;
      const offset = statement.offsetOf(location);
      return all.findIndex((token) => token.end > offset);
    },
    afterName(at) {
      let end = at + 1;
      while (text[end] === '.') end += 2;
      return end;
    },
    find(from, ...words) {
      let level = 0;
      for (let at = from; at < all.length; at++) {
        if (level === 0 && words.includes(word(at))) return at;
        level += depth(at);
      }
      return all.length;
    },
    closing(at) {
      let level = 0;
      for (let each = at; each < all.length; each++) {
        level += depth(each);
        if (level === 0) return each;
      }
      return all.length;
    },
    range(from, to) {
      const start = all[from]?.start ?? statement.range.end;
      return { start, end: all[to - 1]?.end ?? start };
    },
  };
}
