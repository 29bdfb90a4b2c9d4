import type { Node } from '@pgsql/types';
import type { Range } from '../text/range.ts';
import { createByteIndex } from '../text/utf8.ts';
import { skipBlank, tokenize } from './lexer.ts';
import type { Statement, StatementKind, Token } from './model.ts';

interface Tree {
  readonly stmts?: readonly {
    readonly stmt?: Node;
    readonly stmt_location?: number;
    readonly stmt_len?: number;
  }[];
}

/** The statements of a parse tree of `part`, which stands in `text` at `base`. */
export function statementsFrom(tree: Tree, text: string, base: number, part: string): readonly Statement[] {
  const bytes = createByteIndex(part);
  const toText = (byte: number) => base + bytes.toUtf16(byte);
  return (tree.stmts ?? []).flatMap((raw) => {
    if (!raw.stmt) return [];
    const from = raw.stmt_location ?? 0;
    const end = raw.stmt_len ? toText(from + raw.stmt_len) : base + part.length;
    return [createStatement(raw.stmt, text, trim(text, toText(from), end), toText)];
  });
}

function createStatement(
  node: Node,
  text: string,
  range: Range,
  offsetOf: (location: number) => number,
): Statement {
  let cached: readonly Token[] | undefined;
  const source = text.slice(range.start, range.end);
  const tokens = () => {
    cached ??= [...tokenize(source)].map((token) => ({
      ...token,
      start: token.start + range.start,
      end: token.end + range.start,
    }));
    return cached;
  };
  return {
    kind: Object.keys(node)[0] as StatementKind,
    node,
    text: source,
    range,
    offsetOf,
    tokens,
    slice: ({ start, end }) => text.slice(start, end),
    tokenAt(location) {
      const offset = offsetOf(location);
      return tokens().find((token) => token.end > offset) ?? range;
    },
  };
}

/** From the first token to the end of the last. */
function trim(text: string, from: number, to: number): Range {
  const start = Math.min(skipBlank(text, from), to);
  const source = text.slice(start, to);
  const end = start + source.trimEnd().length;
  if (!/--|\/\*/.test(source)) return { start, end };
  let last = start;
  for (const token of tokenize(source)) last = start + token.end;
  return { start, end: Math.min(last, end) };
}
