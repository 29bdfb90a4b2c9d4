import { isMap, isSeq, type YAMLMap, type YAMLSeq } from 'yaml';
import type { TextEdit } from '../text/range.ts';
import { setInFlow } from './edit-flow.ts';
import {
  afterTrailingComment,
  contentEnd,
  type Fragment,
  fragmentAround,
  indentOf,
  isAliased,
  lineEnd,
  lineStart,
  meaning,
  parseFragment,
  pathTo,
  verified,
} from './edit-fragment.ts';
import { pairOf, rangeStart, replaceEntry, setEntry } from './edit-mapping.ts';
import { meaningOf, normalised, renderItem, styleOf } from './edit-render.ts';
import type { Step } from './model.ts';

/** A step as it will be written: its keys in this order. */
export type StepSource = Readonly<Record<string, unknown>>;

const actions = ['sql', 'backfill', 'deploy', 'verify', 'wait'];
const stepKeys = [
  ['step'],
  ['id'],
  ['transaction'],
  actions,
  ['code'],
  ['estimate'],
  ['took'],
  ['expect'],
  ['rollback'],
  ['allow'],
];

/**
 * Sets a key of a step: replaces its value, or adds it where it usually stands. Undefined where that cannot be
 * done without touching something else: an alias names the step or the old value.
 */
export function setStepKey(
  text: string,
  step: Pick<Step, 'range'>,
  key: string,
  value: unknown,
): TextEdit[] | undefined {
  const place = placeOf(text, step) ?? flowPlaceOf(text, step);
  if (!place) return undefined;
  const { fragment, map } = place;
  const rank = stepKeys.findIndex((keys) => keys.includes(key));
  const order = {
    after: (rank < 0 ? stepKeys : stepKeys.slice(0, rank)).flat(),
    ...(key === 'transaction' ? { above: actions } : {}),
  };
  if (map.flow) return setInFlow(fragment, map, key, value, order.after);
  return setEntry(fragment, map, key, value, order, styleOf(text, fragment.source));
}

/**
 * Gives a step another action in the place of the one it has. Undefined where that cannot be done without
 * touching something else.
 */
export function replaceAction(
  text: string,
  step: Pick<Step, 'range'>,
  key: string,
  value: unknown,
): TextEdit[] | undefined {
  const place = placeOf(text, step);
  const old = place && actions.find((action) => pairOf(place.map, action));
  if (!place || old === undefined) return undefined;
  return replaceEntry(place.fragment, place.map, old, [key, value], styleOf(text, place.fragment.source));
}

/**
 * Adds steps beside a step, in its indent; comments right above a step stay with it. Undefined where the steps
 * are in flow style or an anchor names the step.
 */
export function insertSteps(
  text: string,
  step: Pick<Step, 'range'>,
  side: 'before' | 'after',
  steps: readonly StepSource[],
): TextEdit[] | undefined {
  const place = placeOf(text, step);
  if (!place) return undefined;
  const { map, seq, dash, fragment } = place;
  const { source } = fragment;
  const column = dash - lineStart(source, dash);
  const dashGap = Math.max(1, rangeStart(map) - lineStart(source, rangeStart(map)) - column - 1);
  const style = { ...styleOf(text, source), dashGap };
  const wanted = steps.map((one) => normalised(one));
  const items = wanted.map((one) => renderItem(one, column, style).join(style.eol));

  const own = seq.items.map((item) => meaning(item));
  const index = seq.items.indexOf(map) + (side === 'after' ? 1 : 0);
  const after = [...own.slice(0, index), ...wanted.map(meaningOf), ...own.slice(index)].join();
  const expected = meaning(fragment.document.contents, new Map([[seq, `[${after}]`]]));

  const apart = apartInFile(text, fragment.start + lineStart(source, dash), fragment, map) ? style.eol : '';
  for (const gap of apart === '' ? [''] : [apart, '']) {
    const between = `${style.eol}${gap}`;
    const block = items.join(between);
    const edit =
      side === 'before'
        ? insertion(aboveStep(source, dash, column), `${block}${between}`)
        : below(source, map, column, block, between, style.eol);
    const edits = verified(fragment, edit && [edit], expected);
    if (edits) return edits;
  }
  return undefined;
}

interface Place {
  readonly fragment: Fragment;
  readonly map: YAMLMap;
  readonly seq: YAMLSeq;
  /** The offset of the step's dash in the fragment. */
  readonly dash: number;
}

/** The step's mapping as an item of a block list. */
function placeOf(text: string, step: Pick<Step, 'range'>): Place | undefined {
  const around = fragmentAround(text, step.range.start);
  const fragment = around && withCommentsAbove(text, around);
  if (!fragment) return undefined;
  const start = step.range.start - fragment.start;
  const path = pathTo(fragment, (node) => isMap(node) && node.range?.[0] === start);
  const map = path?.at(-1);
  const seq = path?.at(-2);
  if (!path || !isMap(map) || !isSeq(seq) || map.flow || seq.flow) return undefined;
  if (path.some((part) => isAliased(text, part))) return undefined;
  const item = (seq.srcToken as { items?: { start: { type: string; offset: number }[] }[] } | undefined)
    ?.items?.[seq.items.indexOf(map)];
  const dash = item?.start.find(({ type }) => type === 'seq-item-ind')?.offset;
  if (dash === undefined || source(fragment, lineStart(fragment.source, dash), dash).trim() !== '')
    return undefined;
  return { fragment, map, seq, dash };
}

/** The step's mapping where it stands in braces. */
function flowPlaceOf(text: string, step: Pick<Step, 'range'>): Pick<Place, 'fragment' | 'map'> | undefined {
  const fragment = fragmentAround(text, step.range.start);
  const start = fragment && step.range.start - fragment.start;
  const path = fragment && pathTo(fragment, (node) => isMap(node) && node.range?.[0] === start);
  const map = path?.at(-1);
  if (!fragment || !isMap(map) || !map.flow || path?.some((part) => isAliased(text, part))) return undefined;
  return { fragment, map };
}

function source(fragment: Fragment, start: number, end: number): string {
  return fragment.source.slice(start, end);
}

/** The fragment from the comments on that stand right above it. */
function withCommentsAbove(text: string, fragment: Fragment): Fragment | undefined {
  const column = indentOf(fragment.source);
  const start = aboveStep(text, fragment.start, column);
  return start === fragment.start
    ? fragment
    : parseFragment(text, start, fragment.start + fragment.source.length);
}

/** The start of the first of the comment lines right above a line, in its column; else of the line itself. */
function aboveStep(text: string, offset: number, column: number): number {
  let start = lineStart(text, offset);
  while (start > 0) {
    const previous = lineStart(text, start - 1);
    const line = text.slice(previous, start);
    if (indentOf(line) !== column || line[column] !== '#') break;
    start = previous;
  }
  return start;
}

function below(
  text: string,
  map: YAMLMap,
  column: number,
  block: string,
  between: string,
  eol: string,
): TextEdit | undefined {
  const end = endWithComments(text, map, column);
  if (end === undefined) return undefined;
  const gap = between.slice(eol.length);
  if (end >= text.length) return insertion(text.length, `${eol}${gap}${block}`);
  return insertion(lineEnd(text, end) + 1, `${gap}${block}${eol}`);
}

/** The end of the step's last line; comments right below that are indented into the step belong to it. */
function endWithComments(text: string, map: YAMLMap, column: number): number | undefined {
  let end = afterTrailingComment(text, contentEnd(text, map));
  while (end !== undefined) {
    const next = lineEnd(text, end) + 1;
    if (next >= text.length) break;
    const line = text.slice(next, lineEnd(text, next)).replace(/\r$/, '');
    if (!line.trimStart().startsWith('#') || indentOf(line) <= column) break;
    end = next + line.length;
  }
  return end;
}

function insertion(offset: number, newText: string): TextEdit {
  return { range: { start: offset, end: offset }, newText };
}

/** Whether a blank line stands between this step and its neighbour; where it has none, between others. */
function apartInFile(text: string, dashLine: number, fragment: Fragment, map: YAMLMap): boolean {
  const column = indentOf(text.slice(dashLine, lineEnd(text, dashLine)));
  const end = endWithComments(fragment.source, map, column) ?? fragment.source.length;
  const isItem = (line: string) => indentOf(line) === column && line[column] === '-';

  const below = text.slice(lineEnd(text, fragment.start + end) + 1);
  const next = firstContent(below.split('\n', 200));
  if (next && isItem(next.line)) return next.blanks > 0;

  const above = text
    .slice(0, aboveStep(text, dashLine, column))
    .split('\n')
    .slice(0, -1)
    .slice(-200);
  const previous = firstContent(above.reverse());
  if (previous && (indentOf(previous.line) > column || isItem(previous.line))) return previous.blanks > 0;

  return /\n[ \t]*\r?\n(?:[ \t]*#.*\r?\n)* *- +step *:/.test(text);
}

function firstContent(lines: readonly string[]): { line: string; blanks: number } | undefined {
  let blanks = 0;
  for (const line of lines) {
    const content = line.trim();
    if (content !== '' && !content.startsWith('#')) return { line, blanks };
    if (content === '') blanks++;
  }
  return undefined;
}
