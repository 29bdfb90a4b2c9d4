import type { Node } from '@pgsql/types';
import type { Range } from '../text/range.ts';
import { createByteIndex } from '../text/utf8.ts';
import { skipBlank, tokenize } from './lexer.ts';
import type { CodeBody, Statement, StatementKind, Token } from './model.ts';

export interface RawStatement {
  readonly stmt?: Node;
  readonly stmt_location?: number;
  readonly stmt_len?: number;
}

/** Reads the code that a statement of `text` holds. */
export type ReadBody = (statement: Statement, text: string) => CodeBody | undefined;

interface Tree {
  readonly stmts?: readonly RawStatement[];
}

/** The statements of a parse tree of `part`, which stands in `text` at `base`. */
export function statementsFrom(
  tree: Tree,
  text: string,
  base: number,
  part: string,
  readBody?: ReadBody,
): readonly Statement[] {
  const bytes = createByteIndex(part);
  const toText = (byte: number) => base + bytes.toUtf16(byte);
  return (tree.stmts ?? []).flatMap((raw) => {
    if (!raw.stmt) return [];
    const from = raw.stmt_location ?? 0;
    const end = raw.stmt_len ? toText(from + raw.stmt_len) : base + part.length;
    return [createStatement(raw.stmt, text, trim(text, toText(from), end), toText, readBody)];
  });
}

/** A statement whose source stands in `range` of `text`; `offsetOf` leads from its parse tree into `text`. */
export function createStatement(
  node: Node,
  text: string,
  range: Range,
  offsetOf: (location: number) => number,
  readBody: ReadBody = () => undefined,
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
  let found: Map<unknown, unknown> | undefined;
  let body: { readonly read: CodeBody | undefined } | undefined;
  const statement: Statement = {
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
    body() {
      // Most statements have none, and most bodies are never asked for.
      body ??= { read: readBody(statement, text) };
      return body.read;
    },
    once<T>(find: (statement: Statement) => T): T {
      found ??= new Map();
      if (!found.has(find)) found.set(find, find(statement));
      return found.get(find) as T;
    },
  };
  return statement;
}

/** A statement of which the source shows only that it stands somewhere in `range` of `text`. */
export function pinnedStatement(node: Node, text: string, range: Range, source: string): Statement {
  return {
    ...createStatement(node, text, range, () => range.start),
    text: source,
    tokens: () => [],
    tokenAt: () => range,
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
