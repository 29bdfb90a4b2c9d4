import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import type { TextEdit } from '../text/range.ts';

/**
 * A part of a document that is YAML on its own: one list item, or one entry of the root mapping. Edits are found
 * and verified in it, so that a fix costs the same in a long plan as in a short one. All offsets of its nodes are
 * offsets in `source`.
 */
export interface Fragment {
  /** Where `source` stands in the document. */
  readonly start: number;
  readonly source: string;
  readonly document: Document.Parsed;
}

const blank = /^[ \t\r]*$/;
const comment = /^[ \t]*#/;

/** The smallest fragment around an offset; the whole document where no smaller one parses. */
export function fragmentAround(text: string, offset: number): Fragment | undefined {
  const whole = { start: 0, end: text.length };
  // Directives change how everything after them reads.
  const range = /^%/m.test(text) ? whole : (itemAround(text, offset) ?? rootEntryAround(text, offset));
  const fragment = range && parseFragment(text, range.start, range.end);
  if (fragment && fragment.document.errors.length === 0 && nodeStartsAt(fragment, offset)) return fragment;
  return parseFragment(text, 0, text.length);
}

/** The list item around an offset, from the start of its dash's line to before the next thing at its level. */
function itemAround(text: string, offset: number): { start: number; end: number } | undefined {
  const dash = dashAround(text, offset);
  if (dash === undefined) return undefined;
  const start = lineStart(text, dash);
  return { start, end: regionEnd(text, start, dash - start, false) };
}

/** The offset of the dash of the innermost block list item around an offset, as the indents of lines tell it. */
function dashAround(text: string, offset: number): number | undefined {
  let line = lineStart(text, offset);
  let indent = Number.POSITIVE_INFINITY;
  while (true) {
    const end = lineEnd(text, line);
    const content = text.slice(line, end);
    if (!blank.test(content) && !comment.test(content)) {
      const own = indentOf(content);
      if (own < indent) {
        if (/^ *-(?=[ \t\r]|$)/.test(content) && line + own < offset) return line + own;
        indent = own;
      }
    }
    if (line === 0 || indent === 0) return undefined;
    line = lineStart(text, line - 1);
  }
}

function rootEntryAround(text: string, offset: number): { start: number; end: number } | undefined {
  let line = lineStart(text, offset);
  while (true) {
    const content = text.slice(line, lineEnd(text, line));
    const root = !blank.test(content) && !comment.test(content) && !/^( |-([ \t\r]|$))/.test(content);
    if (root) return { start: line, end: regionEnd(text, line, 0, true) };
    if (line === 0) return undefined;
    line = lineStart(text, line - 1);
  }
}

/** The end of the lines below `line` that are indented deeper than `column`; blank lines and comments go along. */
function regionEnd(text: string, line: number, column: number, dashesToo: boolean): number {
  let next = lineEnd(text, line);
  while (next < text.length) {
    const start = next + 1;
    const end = lineEnd(text, start);
    const content = text.slice(start, end);
    const inside =
      blank.test(content) ||
      comment.test(content) ||
      indentOf(content) > column ||
      (dashesToo && /^-([ \t\r]|$)/.test(content));
    if (!inside) return start;
    next = end;
  }
  return text.length;
}

export function parseFragment(text: string, start: number, end: number): Fragment | undefined {
  const source = text.slice(start, end);
  try {
    const document = parseDocument(source, { keepSourceTokens: true, merge: true, logLevel: 'silent' });
    return { start, source, document };
  } catch {
    // The parser recurses: thousands of nested brackets exhaust its stack.
    return undefined;
  }
}

function nodeStartsAt(fragment: Fragment, offset: number): boolean {
  return pathTo(fragment, (node) => node.range?.[0] === offset - fragment.start) !== undefined;
}

/** From the root to the first node that matches: nodes and the pairs between them. */
export function pathTo(
  { document }: Fragment,
  matches: (node: Node) => boolean,
): readonly (Node | Pair)[] | undefined {
  let found: readonly (Node | Pair)[] | undefined;
  visit(document, {
    Node(_, node, path) {
      if (!matches(node)) return undefined;
      found = [...path.filter((part) => isNode(part) || isPair(part)), node];
      return visit.BREAK;
    },
  });
  return found;
}

/** Whether a node, or one inside it, is named for aliases elsewhere: an edit would reach those too. */
export function hasAnchor(node: unknown): boolean {
  let found = false;
  if (isMap(node) || isSeq(node) || isScalar(node))
    visit(node as Node, {
      Node(_, inner) {
        if (!isAlias(inner) && inner.anchor !== undefined) found = true;
        return found ? visit.BREAK : undefined;
      },
    });
  return found;
}

/** What a node means, without style, order of keys, comments; `instead` stands for what it names. */
export function meaning(node: unknown, instead?: ReadonlyMap<unknown, string>): string {
  const given = instead?.get(node);
  if (given !== undefined) return given;
  if (isAlias(node)) return `*${node.source}`;
  if (isMap(node)) return named(node.anchor, mappingMeaning(entryMeanings(node, instead)));
  if (isSeq(node)) return named(node.anchor, `[${node.items.map((item) => meaning(item, instead)).join()}]`);
  if (isScalar(node)) return named(node.anchor, scalarMeaning(node.value));
  return 'null';
}

export function scalarMeaning(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

export function entryMeanings(map: YAMLMap, instead?: ReadonlyMap<unknown, string>): [string, string][] {
  return map.items.map(({ key, value }) => [meaning(key, instead), meaning(value, instead)]);
}

export function mappingMeaning(entries: readonly (readonly [string, string])[]): string {
  const parts = entries.map(([key, value]) => `${key}:${value}`);
  return `{${parts.sort().join()}}`;
}

/** What a mapping means with these entries in the place of its own. */
export function meaningWith(map: YAMLMap, entries: readonly (readonly [string, string])[]): string {
  return named(map.anchor, mappingMeaning(entries));
}

/** Whether a node is named for an alias somewhere in the text: an edit of it would reach there too. */
export function isAliased(text: string, node: Node | Pair): boolean {
  const anchor = 'anchor' in node ? node.anchor : undefined;
  if (anchor === undefined) return false;
  // In SQL or a comment it may be something else: then nothing is edited.
  return text
    .split(`*${anchor}`)
    .slice(1)
    .some((rest) => /^(?:[\s,\]}:]|$)/.test(rest));
}

function named(anchor: string | undefined, text: string): string {
  return anchor === undefined ? text : `&${anchor} ${text}`;
}

/** The edits, placed in the document, if the fragment means what it should once they are made. */
export function verified(
  fragment: Fragment,
  edits: readonly TextEdit[] | undefined,
  expected: string,
): TextEdit[] | undefined {
  if (!edits) return undefined;
  let result = '';
  let rest = 0;
  for (const { range, newText } of [...edits].sort((a, b) => a.range.start - b.range.start)) {
    if (range.start < rest || range.end > fragment.source.length) return undefined;
    result += fragment.source.slice(rest, range.start) + newText;
    rest = range.end;
  }
  result += fragment.source.slice(rest);
  const after = parseFragment(result, 0, result.length);
  if (!after || after.document.errors.length > fragment.document.errors.length) return undefined;
  if (meaning(after.document.contents) !== expected) return undefined;
  return edits.map(({ range, newText }) => ({
    range: { start: fragment.start + range.start, end: fragment.start + range.end },
    newText,
  }));
}

/** Where a node's text ends: after its last character, before the line break and what follows. */
export function contentEnd(source: string, node: unknown): number {
  if ((isMap(node) || isSeq(node)) && !node.flow && node.items.length > 0) {
    return entryEnd(source, node.items.at(-1));
  }
  if (isBlockScalar(node)) return blockScalarEnd(source, node);
  return (node as Node | null)?.range?.[1] ?? 0;
}

/** Where a mapping's pair or a list's item ends. */
export function entryEnd(source: string, entry: unknown): number {
  if (!isPair(entry)) return contentEnd(source, entry);
  return Math.max(contentEnd(source, entry.key), entry.value ? contentEnd(source, entry.value) : 0);
}

export function isBlockScalar(node: unknown): node is Scalar & { type: 'BLOCK_LITERAL' | 'BLOCK_FOLDED' } {
  return isScalar(node) && (node.type === Scalar.BLOCK_LITERAL || node.type === Scalar.BLOCK_FOLDED);
}

function blockScalarEnd(source: string, node: Scalar): number {
  const start = node.range?.[0] ?? 0;
  const text = source.slice(start, wholeEnd(source, node));
  const lines = text.split('\n');
  const first = lines.slice(1).find((line) => /[^ \r]/.test(line));
  // Under "keep" blank lines at the end are part of the value.
  if (first === undefined || /^[|>][-0-9]*\+/.test(text)) return start + text.length;
  let { length } = text;
  for (let last = lines.pop(); last !== undefined && lines.length > 0; last = lines.pop()) {
    const bare = last.replace(/\r$/, '');
    if (/[^ ]/.test(bare) || bare.length > indentOf(first)) break;
    length -= last.length + 1;
  }
  return start + text.slice(0, length).replace(/\r$/, '').length;
}

/** The end of all of a scalar's lines, but for the last line break. */
export function wholeEnd(source: string, scalar: Scalar): number {
  const [start = 0, end = 0] = scalar.range ?? [];
  return isBlockScalar(scalar) ? start + source.slice(start, end).replace(/\r?\n$/, '').length : end;
}

/** The end of the line's text after `offset`, a trailing comment included; undefined if anything else follows. */
export function afterTrailingComment(source: string, offset: number): number | undefined {
  const rest = /[ \t]*(?:(?<=[ \t])#[^\r\n]*)?(?=\r?\n|$)/y;
  rest.lastIndex = offset;
  return rest.test(source) ? rest.lastIndex : undefined;
}

export function lineStart(text: string, offset: number): number {
  return offset <= 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
}

/** The offset of the line's `\n`, or the text's end. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end < 0 ? text.length : end;
}

export function indentOf(line: string): number {
  return /^ */.exec(line)?.[0].length ?? 0;
}
