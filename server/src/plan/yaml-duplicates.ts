import { type Document, isScalar, type Scalar, visit } from 'yaml';
import type { PlanProblem } from './model.ts';

/**
 * Keys that stand a second time in their mapping. Where a mapping starts over from its first key, the dash of a
 * new list item is missing, which is one mistake and not one for each key.
 */
export function duplicateKeys(document: Document.Parsed): PlanProblem[] {
  const problems: PlanProblem[] = [];
  eachDuplicate(document, ({ value, range }, count) => {
    const [start = 0, end = 0] = range ?? [];
    const message =
      count > 1
        ? `The mapping starts over here with the key ${value}: a "- " is missing before it, or the lines stand twice.`
        : `The key ${value} stands here a second time: the first one would be lost. Merge the two or remove one.`;
    problems.push({ code: 'plan-yaml', message, range: { start, end } });
  });
  return problems;
}

/** How many keys stand a second time. */
export function countDuplicates(document: Document.Parsed): number {
  let total = 0;
  eachDuplicate(document, (_, count) => {
    total += count;
  });
  return total;
}

/** `count` keys in one: all the second ones of a mapping that starts over, else 1. */
function eachDuplicate(document: Document.Parsed, report: (key: Scalar, count: number) => void): void {
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      const again: Scalar[] = [];
      for (const { key } of map.items) {
        if (!isScalar(key) || key.source === '<<') continue;
        if (seen.has(key.value)) again.push(key);
        seen.add(key.value);
      }
      const [head] = map.items;
      const [first] = again;
      if (!first) return;
      const startsOver = isScalar(head?.key) && first.value === head.key.value;
      if (startsOver && again.length > 1) report(first, again.length);
      else for (const key of again) report(key, 1);
    },
  });
}
