import { type CST, isMap, isPair, isScalar, type Node, type Pair, type YAMLMap } from 'yaml';
import type { TextEdit } from '../text/range.ts';
import {
  afterTrailingComment,
  contentEnd,
  entryEnd,
  entryMeanings,
  type Fragment,
  hasAnchor,
  isBlockScalar,
  lineStart,
  mappingMeaning,
  meaning,
  meaningWith,
  scalarMeaning,
  verified,
  wholeEnd,
} from './edit-fragment.ts';
import { meaningOf, normalised, pad, renderEntry, renderValue, type Style } from './edit-render.ts';

/** Where a new key of a mapping goes. */
export interface KeyOrder {
  /** Keys that stand before it: it goes after the last of them that is there. */
  readonly after: readonly string[];
  /** Keys that it stands right above, wherever they are. */
  readonly above?: readonly string[];
}

/** Sets a key of a block mapping: replaces its value, or adds it in its place. */
export function setEntry(
  fragment: Fragment,
  map: YAMLMap,
  key: string,
  value: unknown,
  order: KeyOrder,
  style: Style,
): TextEdit[] | undefined {
  if (map.flow) return undefined;
  const wanted = normalised(value);
  const present = pairOf(map, key);
  const edit = present
    ? replaceValue(fragment, map, present, wanted, style)
    : addEntry(fragment, map, key, wanted, order, style);
  const entries = entryMeanings(map).filter(([name]) => name !== scalarMeaning(key));
  const after = meaningWith(map, [...entries, [scalarMeaning(key), meaningOf(wanted)]]);
  return verified(fragment, edit && [edit], meaning(fragment.document.contents, new Map([[map, after]])));
}

/** Puts another entry in a key's place, in the same lines. Undefined where the key is not there or in the way. */
export function replaceEntry(
  fragment: Fragment,
  map: YAMLMap,
  old: string,
  [key, value]: readonly [string, unknown],
  style: Style,
): TextEdit[] | undefined {
  const present = pairOf(map, old);
  if (map.flow || !present || pairOf(map, key)) return undefined;
  const wanted = normalised(value);
  const edit = replaceValue(fragment, map, present, wanted, style);
  const start = rangeStart(present.key);
  const whole = edit && {
    range: { start, end: edit.range.end },
    newText: `${key}:${edit.newText}`,
  };
  const entries = map.items.map(
    (pair) =>
      (pair === present
        ? [scalarMeaning(key), meaningOf(wanted)]
        : [meaning(pair.key), meaning(pair.value)]) as [string, string],
  );
  const expected = meaning(fragment.document.contents, new Map([[map, meaningWith(map, entries)]]));
  return verified(fragment, whole && [whole], expected);
}

export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => isScalar(pair.key) && pair.key.value === key);
}

function addEntry(
  { source }: Fragment,
  map: YAMLMap,
  key: string,
  value: unknown,
  order: KeyOrder,
  style: Style,
): TextEdit | undefined {
  const first = map.items[0];
  if (!first) return undefined;
  const column = columnOf(source, first.key);
  const lines = renderEntry(key, value, column, style);
  const above = map.items.find((pair) => order.above?.includes(keyOf(pair)));
  const previous = map.items.filter((pair) => order.after.includes(keyOf(pair))).at(-1);
  if (above || !previous) {
    const start = rangeStart((above ?? first).key);
    const newText = `${lines.join(style.eol).trimStart()}${style.eol}${pad(column)}`;
    return { range: { start, end: start }, newText };
  }
  const end = afterTrailingComment(source, entryEnd(source, previous));
  if (end === undefined) return undefined;
  return { range: { start: end, end }, newText: style.eol + lines.join(style.eol) };
}

function replaceValue(
  { source }: Fragment,
  map: YAMLMap,
  pair: Pair,
  value: unknown,
  style: Style,
): TextEdit | undefined {
  const token = pair.srcToken as CST.CollectionItem | undefined;
  const colon = token?.sep?.find(({ type }) => type === 'map-value-ind');
  const named = token?.sep?.some(({ type }) => type === 'anchor');
  const explicit = token?.start.some(({ type }) => type === 'explicit-key-ind');
  if (!colon || named || explicit || hasAnchor(pair.value)) return undefined;
  const start = colon.offset + 1;
  const old = extent(source, start, pair.value);
  if (!old) return undefined;
  const { head, body } = renderValue(value, columnOf(source, map.items[0]?.key), style);
  const gap = head === '' ? '' : old.gap || ' ';
  const newText = `${gap}${head}${old.comment}${body.map((line) => style.eol + line).join('')}`;
  return { range: { start, end: old.end }, newText };
}

interface Extent {
  /** Blanks between the colon and the value on its line. */
  readonly gap: string;
  /** A comment on the key's line (or after a value of one line), with the blanks before it. */
  readonly comment: string;
  readonly end: number;
}

/** What belongs to a value after its key's colon. */
function extent(source: string, start: number, value: unknown): Extent | undefined {
  const [gap = ''] = /^[ \t]*/.exec(source.slice(start)) ?? [];
  const onKeyLine = commentAt(source, start);
  const written = isPresent(source, value);
  if (!written) {
    const end = afterTrailingComment(source, start);
    return end === undefined ? undefined : { gap: '', comment: onKeyLine, end };
  }
  if (isBlockScalar(value)) {
    const header = /^[|>][-+0-9]*([ \t]+#[^\r\n]*)?/.exec(source.slice(rangeStart(value)));
    return { gap, comment: header?.[1] ?? '', end: wholeEnd(source, value) };
  }
  const valueEnd = contentEnd(source, value);
  const end = afterTrailingComment(source, valueEnd);
  if (end === undefined) return undefined;
  const isCollection = !isScalar(value) && !(value as { flow?: boolean }).flow;
  const trailing = isCollection ? '' : commentAt(source, valueEnd);
  return { gap: onKeyLine === '' ? gap : '', comment: onKeyLine || trailing, end };
}

function isPresent(source: string, value: unknown): boolean {
  if (!value) return false;
  return !isScalar(value) || value.value !== null || contentEnd(source, value) > rangeStart(value);
}

function commentAt(source: string, offset: number): string {
  const found = /[ \t]+#[^\r\n]*/y;
  found.lastIndex = offset;
  return found.exec(source)?.[0] ?? '';
}

/**
 * Removes the entry that stands at `start`, with its line; with it the key above it where it was the only entry.
 * `path` leads from the root to the entry's key.
 */
export function removeEntryAt(fragment: Fragment, path: readonly (Node | Pair)[]): TextEdit[] | undefined {
  const pair = path.findLast((part) => isPair(part));
  const map = pair && path[path.lastIndexOf(pair) - 1];
  if (!pair || !isMap(map) || map.anchor !== undefined || hasAnchor(pair.value)) return undefined;
  if (map.items.length === 1) {
    const outer = path.slice(0, path.lastIndexOf(map));
    return isPair(outer.at(-1)) ? removeEntryAt(fragment, outer) : undefined;
  }
  const edit = map.flow ? cutFromFlow(fragment, map, pair) : cutFromBlock(fragment, map, pair);
  const rest = map.items.filter((other) => other !== pair);
  const after = mappingMeaning(rest.map(({ key, value }) => [meaning(key), meaning(value)]));
  return verified(fragment, edit && [edit], meaning(fragment.document.contents, new Map([[map, after]])));
}

function cutFromFlow({ source }: Fragment, map: YAMLMap, pair: Pair): TextEdit | undefined {
  const index = map.items.indexOf(pair);
  const next = map.items[index + 1];
  const previous = map.items[index - 1];
  const range = next
    ? { start: rangeStart(pair.key), end: rangeStart(next.key) }
    : { start: previous ? entryEnd(source, previous) : 0, end: entryEnd(source, pair) };
  const between = next
    ? source.slice(entryEnd(source, pair), range.end)
    : source.slice(range.start, rangeStart(pair.key));
  // A comment between the two may be about either.
  return between.includes('#') ? undefined : { range, newText: '' };
}

function cutFromBlock({ source }: Fragment, map: YAMLMap, pair: Pair): TextEdit | undefined {
  const end = afterTrailingComment(source, entryEnd(source, pair));
  const start = rangeStart(pair.key);
  if (end === undefined) return undefined;
  const line = lineStart(source, start);
  const next = map.items[map.items.indexOf(pair) + 1];
  if (source.slice(line, start).trim() !== '') {
    // The first entry beside a dash: the next one moves up to it, unless comments stand between.
    const clear = next && source.slice(end, rangeStart(next.key)).trim() === '';
    return clear ? { range: { start, end: rangeStart(next.key) }, newText: '' } : undefined;
  }
  const atEnd = end >= source.length;
  if (!atEnd) return { range: { start: line, end: source.indexOf('\n', end) + 1 }, newText: '' };
  return { range: { start: source.slice(0, line).replace(/\r?\n$/, '').length, end }, newText: '' };
}

function keyOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

export function columnOf(source: string, node: unknown): number {
  const start = rangeStart(node);
  return start - lineStart(source, start);
}

export function rangeStart(node: unknown): number {
  return (node as Node | null | undefined)?.range?.[0] ?? 0;
}
