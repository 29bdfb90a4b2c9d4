import { Document, isMap, isScalar, isSeq, type Pair, Scalar, visit, type YAMLMap } from 'yaml';
import type { TextEdit } from '../text/range.ts';
import {
  contentEnd,
  entryEnd,
  entryMeanings,
  type Fragment,
  hasAnchor,
  lineStart,
  meaning,
  meaningWith,
  scalarMeaning,
  verified,
} from './edit-fragment.ts';
import { pairOf, rangeStart } from './edit-mapping.ts';
import { meaningOf, normalised } from './edit-render.ts';

/**
 * Sets a key of a mapping in braces: replaces its value, or adds it behind the last of the keys named by `after`, else at
 * the end. It is written as JSON where the mapping is.
 */
export function setInFlow(
  fragment: Fragment,
  map: YAMLMap,
  key: string,
  value: unknown,
  after: readonly string[] = [],
): TextEdit[] | undefined {
  const wanted = normalised(value);
  const entries = entryMeanings(map).filter(([name]) => name !== scalarMeaning(key));
  const meant = meaningWith(map, [...entries, [scalarMeaning(key), meaningOf(wanted)]]);
  const expected = meaning(fragment.document.contents, new Map([[map, meant]]));
  return verified(fragment, flowEdits(fragment.source, map, key, wanted, after), expected);
}

function flowEdits(
  source: string,
  map: YAMLMap,
  key: string,
  value: unknown,
  after: readonly string[],
): readonly TextEdit[] | undefined {
  const entry = isJson(map) ? `${JSON.stringify(key)}: ${jsonOf(value)}` : flowEntry(key, value);
  const present = pairOf(map, key);
  if (present) {
    const range = replaceable(source, present);
    return range && [{ range, newText: entry.slice(entry.indexOf(': ') + 2) }];
  }
  const last = map.items.at(-1);
  if (!last) {
    const inside = { start: rangeStart(map) + 1, end: contentEnd(source, map) - 1 };
    const bare = source.slice(inside.start, inside.end).trim() === '';
    return bare ? [{ range: inside, newText: ` ${entry} ` }] : undefined;
  }
  const named = map.items.findLast(({ key: own }) => isScalar(own) && after.includes(String(own.value)));
  const previous = named ?? last;
  const end = entryEnd(source, previous);
  const gap = gapBefore(source, previous);
  const rest = source.slice(end);
  const noted = gap === ' ' ? null : /^[ \t]*(,?)[ \t]*#[^\r\n]*/.exec(rest);
  if (noted) {
    // A comment on the entry before stays with it.
    const at = end + noted[0].length;
    const comma = noted[1] === '' ? [insertion(end, ',')] : [];
    return [...comma, insertion(at, `${gap}${entry}${previous === last ? '' : ','}`)];
  }
  const comma = previous === last ? /^[ \t]*,/.exec(rest)?.[0].length : undefined;
  return [comma === undefined ? insertion(end, `,${gap}${entry}`) : insertion(end + comma, `${gap}${entry}`)];
}

function insertion(at: number, newText: string): TextEdit {
  return { range: { start: at, end: at }, newText };
}

/** Where the value stands that a key has in braces; none where it has none, or an alias names it. */
function replaceable(source: string, { value }: Pair): { start: number; end: number } | undefined {
  const inFlow = (isMap(value) || isSeq(value)) && value.flow === true;
  if ((!isScalar(value) && !inFlow) || hasAnchor(value)) return undefined;
  const range = { start: rangeStart(value), end: contentEnd(source, value) };
  return range.end > range.start ? range : undefined;
}

/** A line of its own for each entry, or a blank between them: as the entry before has it. */
function gapBefore(source: string, { key }: Pair): string {
  const start = rangeStart(key);
  const line = lineStart(source, start);
  const indent = source.slice(line, start);
  if (indent.trim() !== '') return ' ';
  return `${source[line - 2] === '\r' ? '\r' : ''}\n${indent}`;
}

function isJson(map: YAMLMap): boolean {
  const [first] = map.items;
  return isScalar(first?.key) && first.key.type === Scalar.QUOTE_DOUBLE;
}

function jsonOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, of]) => `${JSON.stringify(key)}: ${jsonOf(of)}`);
  return `{${entries.join(', ')}}`;
}

/** `key: value` as it stands between braces, in one line. */
function flowEntry(key: string, value: unknown): string {
  const document = new Document({ [key]: value });
  if (isMap(document.contents)) document.contents.flow = true;
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && node.value.includes('\n')) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  const options = { lineWidth: 0, doubleQuotedMinMultiLineLength: Number.POSITIVE_INFINITY };
  return document.toString(options).trim().slice(1, -1).trim();
}
