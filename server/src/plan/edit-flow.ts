import { Document, isMap, isScalar, type YAMLMap } from 'yaml';
import type { TextEdit } from '../text/range.ts';
import {
  contentEnd,
  entryEnd,
  entryMeanings,
  type Fragment,
  mappingMeaning,
  meaning,
  scalarMeaning,
  verified,
} from './edit-fragment.ts';
import { pairOf, rangeStart } from './edit-mapping.ts';
import { meaningOf } from './edit-render.ts';

/** Sets a key of a mapping in braces: replaces its value, or adds it at the end. */
export function setInFlow(
  fragment: Fragment,
  map: YAMLMap,
  key: string,
  value: unknown,
): TextEdit[] | undefined {
  const entries = entryMeanings(map).filter(([name]) => name !== scalarMeaning(key));
  const after = mappingMeaning([...entries, [scalarMeaning(key), meaningOf(value)]]);
  const expected = meaning(fragment.document.contents, new Map([[map, after]]));
  const edit = flowEdit(fragment.source, map, key, value);
  return verified(fragment, edit && [edit], expected);
}

function flowEdit(source: string, map: YAMLMap, key: string, value: unknown): TextEdit | undefined {
  const entry = flowEntry(key, value);
  const present = pairOf(map, key);
  if (present) {
    if (!isScalar(present.value) || present.value.value === null) return undefined;
    const range = { start: rangeStart(present.value), end: contentEnd(source, present.value) };
    return { range, newText: entry.slice(entry.indexOf(': ') + 2) };
  }
  const last = map.items.at(-1);
  if (!last) {
    const inside = { start: rangeStart(map) + 1, end: contentEnd(source, map) - 1 };
    const bare = source.slice(inside.start, inside.end).trim() === '';
    return bare ? { range: inside, newText: ` ${entry} ` } : undefined;
  }
  const end = entryEnd(source, last);
  const comma = /^[ \t]*,/.exec(source.slice(end))?.[0].length;
  const at = end + (comma ?? 0);
  return { range: { start: at, end: at }, newText: comma === undefined ? `, ${entry}` : ` ${entry}` };
}

/** `key: value` as it stands between braces. */
function flowEntry(key: string, value: unknown): string {
  const document = new Document({ [key]: value });
  if (isMap(document.contents)) document.contents.flow = true;
  return document.toString({ lineWidth: 0 }).trim().slice(1, -1).trim();
}
