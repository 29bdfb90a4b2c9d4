import { isMap, isScalar } from 'yaml';
import type { TextEdit } from '../text/range.ts';
import { setInFlow } from './edit-flow.ts';
import { hasAnchor, meaning, parseFragment } from './edit-fragment.ts';
import { pairOf, setEntry } from './edit-mapping.ts';
import { meaningOf, styleOf } from './edit-render.ts';
import type { Severity } from './settings.ts';

/**
 * Sets how a rule reports in the text of a `.switchback.yaml`, comments and layout kept; an empty text gets its
 * first entry. Undefined where the file is no such settings, or an anchor is in the way.
 */
export function setRuleLevel(text: string, rule: string, level: Severity | 'off'): TextEdit[] | undefined {
  const fragment = parseFragment(text, 0, text.length);
  if (!fragment || fragment.document.errors.length > 0) return undefined;
  const root = fragment.document.contents;
  const style = styleOf(text);
  if (root === null || (isScalar(root) && root.value === null)) return firstEntry(text, rule, level);
  if (!isMap(root)) return undefined;
  const rules = pairOf(root, 'rules')?.value;
  if (!isMap(rules)) {
    if (rules && !(isScalar(rules) && rules.value === null)) return undefined;
    return root.flow
      ? setInFlow(fragment, root, 'rules', { [rule]: level })
      : setEntry(fragment, root, 'rules', { [rule]: level }, { after: [] }, style);
  }
  if (hasAnchor(rules)) return undefined;
  if (rules.flow) return setInFlow(fragment, rules, rule, level);
  const known = rules.items.flatMap(({ key }) => (isScalar(key) ? [String(key.value)] : []));
  return setEntry(fragment, rules, rule, level, { after: known }, style);
}

/** For a file that is empty, or all comments. */
function firstEntry(text: string, rule: string, level: string): TextEdit[] | undefined {
  const { eol, unit } = styleOf(text);
  const apart = text === '' || text.endsWith('\n') ? '' : eol;
  const newText = `${apart}rules:${eol}${' '.repeat(unit)}${rule}: ${level}${eol}`;
  const after = parseFragment(text + newText, 0, text.length + newText.length);
  // Behind an explicit `null` or the end of the document there is no room for keys.
  const fits =
    after?.document.errors.length === 0 &&
    meaning(after.document.contents) === meaningOf({ rules: { [rule]: level } });
  return fits ? [{ range: { start: text.length, end: text.length }, newText }] : undefined;
}
