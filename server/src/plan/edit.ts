import { Document, isMap, isPair, isScalar, type YAMLMap } from 'yaml';
import type { Range, TextEdit } from '../text/range.ts';
import {
  contentEnd,
  entryEnd,
  entryMeanings,
  type Fragment,
  fragmentAround,
  hasAnchor,
  mappingMeaning,
  meaning,
  parseFragment,
  pathTo,
  scalarMeaning,
  verified,
} from './edit-fragment.ts';
import { pairOf, rangeStart, removeEntryAt, setEntry } from './edit-mapping.ts';
import { meaningOf, styleOf } from './edit-render.ts';
import type { Plan } from './model.ts';

export { replaceStatement } from './edit-scalar.ts';
export { insertSteps, type StepSource, setStepKey } from './edit-steps.ts';

/**
 * Sets a setting under the plan's `session`, which is made where the plan has none. Undefined where that cannot
 * be done without touching something else.
 */
export function insertSessionSetting(
  text: string,
  plan: Plan,
  key: string,
  value: string | number,
): TextEdit[] | undefined {
  // An empty `session:` has no range in the model.
  const start = plan.session.range?.start ?? /^session[ \t]*:/m.exec(text)?.index;
  if (start === undefined) return addSession(text, plan, { [key]: value });
  const fragment = fragmentAround(text, start);
  const root = fragment?.document.contents;
  if (!fragment || !isMap(root)) return undefined;
  const session = pairOf(root, 'session')?.value;
  if (isMap(session) && hasAnchor(session)) return undefined;
  if (isMap(session) && session.flow) return setInFlow(fragment, session, key, value);
  const style = styleOf(text, fragment.source);
  if (isMap(session)) {
    const after = key === 'lock_timeout' ? [] : ['lock_timeout', 'statement_timeout'];
    return setEntry(fragment, session, key, value, { after }, style);
  }
  const isEmpty = isScalar(session) && session.value === null;
  return isEmpty ? setEntry(fragment, root, 'session', { [key]: value }, { after: [] }, style) : undefined;
}

/** After the last of the keys that say what the database is and bears. */
function addSession(
  text: string,
  plan: Plan,
  session: Readonly<Record<string, unknown>>,
): TextEdit[] | undefined {
  const neighbour =
    plan.traffic?.range ?? plan.tables.at(-1)?.name.range ?? plan.database.range ?? plan.range;
  const fragment = fragmentAround(text, neighbour.start);
  const root = fragment?.document.contents;
  if (!fragment || !isMap(root)) return undefined;
  const key = root.items.findLast((pair) => rangeStart(pair.key) + fragment.start <= neighbour.start)?.key;
  const after = isScalar(key) ? [String(key.value)] : [];
  return setEntry(fragment, root, 'session', session, { after }, styleOf(text));
}

function setInFlow(
  fragment: Fragment,
  map: YAMLMap,
  key: string,
  value: string | number,
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

/**
 * Removes the mapping entry whose key starts where `range` does, with its lines; with it the key above, where it
 * was the only entry. Undefined where that cannot be done without touching something else.
 */
export function removeEntry(text: string, range: Range): TextEdit[] | undefined {
  const fragment = fragmentAround(text, range.start);
  const edits = fragment && removeAt(fragment, range.start);
  if (edits || !fragment || fragment.source.length === text.length) return edits;
  // The entry and the keys above it may be all there is in the fragment, but not in the file.
  const whole = parseFragment(text, 0, text.length);
  return whole && removeAt(whole, range.start);
}

function removeAt(fragment: Fragment, offset: number): TextEdit[] | undefined {
  const start = offset - fragment.start;
  const path = pathTo(fragment, (node) => isScalar(node) && node.range?.[0] === start);
  const pair = path?.at(-2);
  if (!path || !isPair(pair) || pair.key !== path.at(-1)) return undefined;
  return removeEntryAt(fragment, path);
}
