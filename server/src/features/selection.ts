import type { Analysis } from '../analyze.ts';
import { placeInAll } from '../plan/yaml-place.ts';
import { contains, type Range } from '../text/range.ts';
import { statementAt } from './hover.ts';

/** What a selection at an offset grows by, the smallest first: a word, a statement, its value, the entry, the step … */
export function selectionRanges(analysis: Analysis, offset: number): readonly Range[] {
  const { text, kind } = analysis;
  const around = kind === 'sql' ? [] : (placeInAll(text, offset)?.around ?? []);
  const statement = statementAt(analysis, offset)?.s.range;
  const all = [
    { start: 0, end: text.length },
    ...around,
    ...(statement ? [statement] : []),
    wordAt(text, offset),
  ].filter(({ start, end }) => end > start);
  const sorted = all.sort((a, b) => a.end - a.start - (b.end - b.start));
  const nested: Range[] = [];
  for (const range of sorted) {
    const last = nested.at(-1);
    const isLarger = !last || (contains(range, last) && range.end - range.start > last.end - last.start);
    if (isLarger && range.start <= offset && offset <= range.end) nested.push(range);
  }
  return nested;
}

function wordAt(text: string, offset: number): Range {
  const before = /\w*$/.exec(text.slice(Math.max(0, offset - 200), offset))?.[0].length ?? 0;
  const after = /^\w*/.exec(text.slice(offset, offset + 200))?.[0].length ?? 0;
  return { start: offset - before, end: offset + after };
}
