import { isMap, isPair, isScalar } from 'yaml';
import type { Range, TextEdit } from '../text/range.ts';
import { setInFlow } from './edit-flow.ts';
import { type Fragment, fragmentAround, hasAnchor, parseFragment, pathTo } from './edit-fragment.ts';
import { pairOf, removeEntryAt, setEntry } from './edit-mapping.ts';
import { styleOf } from './edit-render.ts';
import { addRootKey } from './edit-root.ts';
import type { Plan } from './model.ts';

export { type AllowPlace, insertAllow } from './edit-allow.ts';
export { replaceStatement } from './edit-scalar.ts';
export { insertSteps, replaceAction, type StepSource, setStepKey } from './edit-steps.ts';

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
  if (start === undefined) return addRootKey(text, plan, 'session', { [key]: value });
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
