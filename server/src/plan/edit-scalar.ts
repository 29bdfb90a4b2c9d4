import { isMap, isPair, isScalar, isSeq, type Node, type Pair, Scalar } from 'yaml';
import type { Range, TextEdit } from '../text/range.ts';
import {
  contentEnd,
  type Fragment,
  fragmentAround,
  hasAnchor,
  indentOf,
  isBlockScalar,
  lineStart,
  meaning,
  pathTo,
  scalarMeaning,
  verified,
  wholeEnd,
} from './edit-fragment.ts';
import { columnOf } from './edit-mapping.ts';
import { doubleQuoted, literal, pad, renderScalar, type Style, styleOf } from './edit-render.ts';
import type { SqlText } from './model.ts';

/**
 * Replaces `range` (offsets in the value) of an SQL text in the plan, in the style of its scalar; where that style
 * cannot hold the result, the scalar is written anew. Undefined for SQL in a file of its own, or where an anchor
 * carries the SQL elsewhere too.
 */
export function replaceStatement(
  text: string,
  sql: SqlText,
  range: Range,
  newSql: string,
): TextEdit[] | undefined {
  if (sql.file !== undefined) return undefined;
  if (sql.range.start === 0 && sql.range.end === text.length && sql.text === text)
    return replaceInFile(text, range, newSql);

  const intended = sql.text.slice(0, range.start) + newSql + sql.text.slice(range.end);
  if (intended === sql.text) return [];
  const place = placeOf(text, sql);
  if (!place) return undefined;
  const { fragment, scalar } = place;
  const expected = meaning(fragment.document.contents, new Map([[scalar, scalarMeaning(intended)]]));
  const changed = betweenLines(sql.text, changedPart(sql.text, range, newSql));
  for (const edit of candidates(text, place, sql, intended, changed)) {
    const edits = verified(fragment, [edit], expected);
    if (edits) return edits;
  }
  return undefined;
}

function replaceInFile(text: string, range: Range, newSql: string): TextEdit[] {
  const { eol } = styleOf(text);
  const changed = changedPart(text, range, newSql.replace(/\r?\n/g, eol));
  return changed.newText === text.slice(changed.range.start, changed.range.end) ? [] : [changed];
}

interface Place {
  readonly fragment: Fragment;
  readonly scalar: Scalar<string>;
  /** The key's column, or the dash's, that a block's lines are indented from; undefined in a flow collection. */
  readonly column: number | undefined;
}

function placeOf(text: string, sql: SqlText): Place | undefined {
  const fragment = fragmentAround(text, sql.range.start);
  if (!fragment) return undefined;
  const start = sql.range.start - fragment.start;
  const path = pathTo(
    fragment,
    (node) => isScalar(node) && node.range?.[0] === start && node.value === sql.text,
  );
  const scalar = path?.at(-1);
  if (!path || !isScalar(scalar) || path.some((part) => !isPair(part) && isAnchored(part))) return undefined;
  return { fragment, scalar: scalar as Scalar<string>, column: blockColumn(fragment, path) };
}

function isAnchored(node: Node | Pair): boolean {
  return hasAnchor(isScalar(node) ? node : undefined) || ('anchor' in node && node.anchor !== undefined);
}

function blockColumn({ source }: Fragment, path: readonly (Node | Pair)[]): number | undefined {
  const parent = path.findLast((part) => isMap(part) || isSeq(part));
  if (!parent || parent.flow) return undefined;
  if (isMap(parent)) return columnOf(source, parent.items[0]?.key);
  const [first] =
    (parent.srcToken as { items?: { start: { type: string; offset: number }[] }[] })?.items ?? [];
  const dash = first?.start.find(({ type }) => type === 'seq-item-ind')?.offset;
  return dash === undefined ? undefined : dash - lineStart(source, dash);
}

/** Edits in the order of preference; the first whose result reads as intended is made. */
function* candidates(
  text: string,
  place: Place,
  sql: SqlText,
  intended: string,
  changed: TextEdit,
): Generator<TextEdit> {
  const { fragment, scalar } = place;
  const style = styleOf(text, fragment.source);
  const narrow = encoded(scalar, changed.newText, fragment, style);
  // Up to where the next character stands: the indent before it goes with the line break that is replaced.
  const { start, end } = changed.range;
  const range = { start: sql.map.toDocument(start), end: sql.map.toDocument(end) };
  if (narrow !== undefined && range.start >= sql.range.start) {
    const local = { start: range.start - fragment.start, end: range.end - fragment.start };
    yield widened({ range: local, newText: narrow }, fragment, scalar);
  }
  yield* rewritten(place, intended, style);
}

/** Only the characters that differ between the old text in `range` and the new. */
function changedPart(text: string, range: Range, newText: string): TextEdit {
  const old = text.slice(range.start, range.end);
  const shorter = Math.min(old.length, newText.length);
  let prefix = 0;
  while (prefix < shorter && old[prefix] === newText[prefix]) prefix++;
  if (isHighSurrogate(old, prefix - 1)) prefix--;
  let suffix = 0;
  while (suffix < shorter - prefix && old.at(-1 - suffix) === newText.at(-1 - suffix)) suffix++;
  if (suffix > 0 && isHighSurrogate(old, old.length - suffix - 1)) suffix--;
  return {
    range: { start: range.start + prefix, end: range.end - suffix },
    newText: newText.slice(prefix, newText.length - suffix),
  };
}

/** The same change, whole lines with the line break before them and not the one after: indents stay in place. */
function betweenLines(text: string, { range, newText }: TextEdit): TextEdit {
  const old = text.slice(range.start, range.end);
  const wholeLines = /(^|\n)$/.test(old) && /(^|\n)$/.test(newText) && text[range.start - 1] === '\n';
  if (!wholeLines) return { range, newText };
  const moved = { start: range.start - 1, end: range.end - 1 };
  return { range: moved, newText: newText === '' ? '' : `\n${newText.slice(0, -1)}` };
}

function isHighSurrogate(text: string, at: number): boolean {
  return /^[\ud800-\udbff]$/.test(text[at] ?? '');
}

/** A part of a value as it stands inside a scalar of this style. */
function encoded(scalar: Scalar, part: string, { source }: Fragment, style: Style): string | undefined {
  switch (scalar.type) {
    case Scalar.QUOTE_DOUBLE:
      return doubleQuoted(part).slice(1, -1);
    case Scalar.QUOTE_SINGLE:
      return part.includes('\n') ? undefined : part.replaceAll("'", "''");
    case Scalar.BLOCK_LITERAL:
      return linesIn(source, scalar, part, style.eol);
    case Scalar.BLOCK_FOLDED:
      return linesIn(source, scalar, part, style.eol + style.eol);
    default:
      return part.includes('\n') ? undefined : part;
  }
}

function linesIn(source: string, scalar: Scalar, part: string, eol: string): string {
  const [start = 0, end = 0] = scalar.range ?? [];
  const lines = source.slice(start, end).split('\n').slice(1);
  const indent = pad(indentOf(lines.find((line) => /[^ \r]/.test(line)) ?? ''));
  return part.replace(/\n(?!\n)/g, `${eol}${indent}`).replace(/\n(?=\n)/g, eol);
}

/** An insertion at a scalar's end would meet what other edits add there: it takes the character before along. */
function widened(edit: TextEdit, { source }: Fragment, scalar: Scalar): TextEdit {
  const { start, end } = edit.range;
  if (start !== end || start !== contentEnd(source, scalar) || start === 0) return edit;
  const from = isHighSurrogate(source, start - 2) ? start - 2 : start - 1;
  return { range: { start: from, end }, newText: source.slice(from, start) + edit.newText };
}

/** The whole scalar: in its own style where that can be, else as a block, else in double quotes. */
function* rewritten({ fragment, scalar, column }: Place, value: string, style: Style): Generator<TextEdit> {
  const { source } = fragment;
  const start = scalar.range?.[0] ?? 0;
  const range = { start, end: wholeEnd(source, scalar) };
  const header = /^[|>][-+0-9]*([ \t]+#[^\r\n]*)?/.exec(source.slice(start));
  const comment = isBlockScalar(scalar) ? (header?.[1] ?? '') : '';
  const oneLine = !value.includes('\n');
  if (oneLine && scalar.type === Scalar.QUOTE_SINGLE)
    yield { range, newText: `'${value.replaceAll("'", "''")}'` };
  if (oneLine && !isBlockScalar(scalar) && scalar.type !== Scalar.QUOTE_DOUBLE)
    yield { range, newText: renderScalar(value) };
  const block = column === undefined ? undefined : literal(value, column, style.unit);
  const asBlock = block && {
    range,
    newText: `${block.head}${comment}${block.body.map((line) => style.eol + line).join('')}`,
  };
  const asQuoted = { range, newText: `${doubleQuoted(value)}${comment}` };
  const blockFirst = isBlockScalar(scalar) || (!oneLine && scalar.type !== Scalar.QUOTE_DOUBLE);
  if (blockFirst && asBlock) yield asBlock;
  yield asQuoted;
  if (!blockFirst && asBlock) yield asBlock;
}
