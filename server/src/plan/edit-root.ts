import { isMap, isScalar } from 'yaml';
import type { TextEdit } from '../text/range.ts';
import { fragmentAround } from './edit-fragment.ts';
import { rangeStart, setEntry } from './edit-mapping.ts';
import { styleOf } from './edit-render.ts';
import type { Plan } from './model.ts';

/** Adds a key to the plan's root mapping, after the last of the keys that say what the database is and bears. */
export function addRootKey(text: string, plan: Plan, key: string, value: unknown): TextEdit[] | undefined {
  const session = key === 'session' ? undefined : plan.session.range;
  const neighbour =
    session ?? plan.traffic?.range ?? plan.tables.at(-1)?.name.range ?? plan.database.range ?? plan.range;
  const fragment = fragmentAround(text, neighbour.start);
  const root = fragment?.document.contents;
  if (!fragment || !isMap(root)) return undefined;
  const last = root.items.findLast((pair) => rangeStart(pair.key) + fragment.start <= neighbour.start)?.key;
  const after = isScalar(last) ? [String(last.value)] : [];
  return setEntry(fragment, root, key, value, { after }, styleOf(text));
}
