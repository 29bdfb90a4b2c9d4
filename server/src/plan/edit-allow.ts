import { isMap, isScalar, type YAMLMap } from 'yaml';
import type { TextEdit } from '../text/range.ts';
import { setInFlow } from './edit-flow.ts';
import { type Fragment, fragmentAround, hasAnchor, pathTo } from './edit-fragment.ts';
import { pairOf, setEntry } from './edit-mapping.ts';
import { type Style, styleOf } from './edit-render.ts';
import { addRootKey } from './edit-root.ts';
import type { Phase, Plan, Step } from './model.ts';

/** What an `allow` speaks for. */
export type AllowPlace =
  | { readonly kind: 'step'; readonly of: Pick<Step, 'range'> }
  | { readonly kind: 'phase'; readonly of: Pick<Phase, 'range'> }
  | { readonly kind: 'plan'; readonly of: Plan };

/** Where a mapping's own `allow` goes: last in a step, before a phase's steps. */
const orders = {
  step: {
    after: [
      ...['step', 'id', 'transaction', 'sql', 'backfill', 'deploy', 'verify', 'wait', 'code'],
      ...['estimate', 'took', 'expect', 'rollback'],
    ],
  },
  phase: { after: ['phase', 'risk'] },
};

/**
 * Allows a rule with a reason at a place: beside the entries that its `allow` has, or in one that is made.
 * Undefined where that cannot be done without touching something else, e.g. an anchor in the way.
 */
export function insertAllow(
  text: string,
  place: AllowPlace,
  rule: string,
  reason: string,
): TextEdit[] | undefined {
  return place.kind === 'plan'
    ? allowInPlan(text, place.of, rule, reason)
    : allowInItem(text, place, rule, reason);
}

function allowInPlan(text: string, plan: Plan, rule: string, reason: string): TextEdit[] | undefined {
  const start = plan.allow[0]?.range.start ?? /^allow[ \t]*:/m.exec(text)?.index;
  if (start === undefined) return addRootKey(text, plan, 'allow', { [rule]: reason });
  const fragment = fragmentAround(text, start);
  const root = fragment?.document.contents;
  if (!fragment || !isMap(root)) return undefined;
  return setAllow(fragment, root, rule, reason, { after: [] }, styleOf(text));
}

function allowInItem(
  text: string,
  { kind, of }: Exclude<AllowPlace, { kind: 'plan' }>,
  rule: string,
  reason: string,
): TextEdit[] | undefined {
  const fragment = fragmentAround(text, of.range.start);
  if (!fragment) return undefined;
  const start = of.range.start - fragment.start;
  const path = pathTo(fragment, (node) => isMap(node) && node.range?.[0] === start);
  const map = path?.at(-1);
  if (!isMap(map) || path?.some((part) => 'anchor' in part && part.anchor !== undefined)) return undefined;
  return setAllow(fragment, map, rule, reason, orders[kind], styleOf(text, fragment.source));
}

function setAllow(
  fragment: Fragment,
  map: YAMLMap,
  rule: string,
  reason: string,
  order: { readonly after: readonly string[] },
  style: Style,
): TextEdit[] | undefined {
  const allow = pairOf(map, 'allow')?.value;
  if (isMap(allow)) {
    if (hasAnchor(allow)) return undefined;
    if (allow.flow) return setInFlow(fragment, allow, rule, reason);
    const known = allow.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : []));
    return setEntry(fragment, allow, rule, reason, { after: known }, style);
  }
  if (allow !== undefined && allow !== null && !(isScalar(allow) && allow.value === null)) return undefined;
  return map.flow
    ? setInFlow(fragment, map, 'allow', { [rule]: reason })
    : setEntry(fragment, map, 'allow', { [rule]: reason }, order, style);
}
