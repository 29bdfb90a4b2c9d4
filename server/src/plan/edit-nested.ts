import { isMap, isScalar } from 'yaml';
import type { TextEdit } from '../text/range.ts';
import { setInFlow } from './edit-flow.ts';
import { hasAnchor, parseFragment } from './edit-fragment.ts';
import { pairOf, setEntry } from './edit-mapping.ts';
import { styleOf } from './edit-render.ts';

/**
 * Sets a key of a mapping that stands in the plan at `path` (keys from the root). A new key goes last. Undefined
 * where there is no such mapping, or where that cannot be done without touching something else.
 */
export function setNested(
  text: string,
  path: readonly string[],
  key: string,
  value: unknown,
): TextEdit[] | undefined {
  const fragment = parseFragment(text, 0, text.length);
  let map: unknown = fragment?.document.contents;
  for (const name of path) map = isMap(map) ? pairOf(map, name)?.value : undefined;
  if (!fragment || !isMap(map) || hasAnchor(map)) return undefined;
  const isPlain = typeof value === 'string' || typeof value === 'number';
  if (map.flow) return isPlain ? setInFlow(fragment, map, key, value) : undefined;
  const after = map.items.flatMap((pair) => (isScalar(pair.key) ? [String(pair.key.value)] : []));
  return setEntry(fragment, map, key, value, { after }, styleOf(text));
}
