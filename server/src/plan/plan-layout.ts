import type { Range } from '../text/range.ts';

/** A plan's text cut where its root entries, phases and steps begin; the pieces together are the whole text. */
export interface PlanLayout {
  readonly entries: readonly EntryLayout[];
}

export interface EntryLayout {
  /** The entry; of a divided one its head alone, which is `phases:` and the comments below it. */
  readonly head: Range;
  /** Undefined for an entry that is one piece. */
  readonly phases: readonly PhaseLayout[] | undefined;
}

export interface PhaseLayout {
  /** The phase from its dash on; of a divided one what stands before its first step. */
  readonly head: Range;
  /** Undefined for a phase that is one piece. */
  readonly steps: readonly Range[] | undefined;
}

/** A line with something on it that is no comment. */
interface Line {
  readonly start: number;
  readonly indent: number;
  readonly dash: boolean;
}

/**
 * Cuts a plan by its indents, without reading it as YAML: whether the pieces are what they look like shows when
 * they are read. Undefined where the text does not start like a mapping.
 */
export function planLayout(text: string): PlanLayout | undefined {
  const lines = significantLines(text);
  const starts = lines.flatMap(({ indent, dash }, at) => (indent === 0 && !dash ? [at] : []));
  if (starts[0] !== 0) return undefined;
  const entries = starts.map((first, i) => {
    const after = starts[i + 1] ?? lines.length;
    // What stands above the first entry, which is comments, belongs to it.
    const range = {
      start: i === 0 ? 0 : startOf(lines, first, text),
      end: startOf(lines, after, text),
    };
    return entryLayout(text, lines, { first, after }, range);
  });
  return { entries };
}

function significantLines(text: string): readonly Line[] {
  const lines: Line[] = [];
  for (let start = 0; start < text.length; ) {
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed;
    let at = start;
    while (at < end && text.charCodeAt(at) === space) at++;
    const unit = text.charCodeAt(at);
    if (unit !== hash && !isBlankLine(text, at, end))
      lines.push({ start, indent: at - start, dash: unit === minus && isBlank(text.charCodeAt(at + 1)) });
    start = end + 1;
  }
  return lines;
}

/** Whether only blanks follow up to the line's end. */
function isBlankLine(text: string, from: number, end: number): boolean {
  let at = from;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  return at === end;
}

const space = 0x20;
const tab = 0x09;
const hash = 0x23;
const minus = 0x2d;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** NaN stands behind the text's end. */
function isBlank(unit: number): boolean {
  return unit === space || unit === tab || unit === lineFeed || unit === carriageReturn || Number.isNaN(unit);
}

function startOf(lines: readonly Line[], at: number, text: string): number {
  return lines[at]?.start ?? text.length;
}

interface Lines {
  readonly first: number;
  readonly after: number;
}

function entryLayout(
  text: string,
  lines: readonly Line[],
  { first, after }: Lines,
  range: Range,
): EntryLayout {
  const whole = { head: range, phases: undefined };
  if (!isKey(text, lines[first]?.start ?? 0, 'phases')) return whole;
  const items = itemsOf(lines, { first: first + 1, after });
  const [firstItem] = items ?? [];
  if (!items || !firstItem) return whole;
  return {
    head: { start: range.start, end: startOf(lines, firstItem.first, text) },
    phases: items.map((item) => phaseLayout(text, lines, item)),
  };
}

/** The items of a list that takes up all these lines; undefined where it does not. */
function itemsOf(lines: readonly Line[], { first, after }: Lines): readonly Lines[] | undefined {
  const column = lines[first]?.indent ?? 0;
  const starts: number[] = [];
  for (let at = first; at < after; at++) {
    const line = lines[at];
    if (!line || line.indent < column) return undefined;
    if (line.indent > column) continue;
    if (!line.dash) return undefined;
    starts.push(at);
  }
  return starts.map((start, i) => ({ first: start, after: starts[i + 1] ?? after }));
}

function phaseLayout(text: string, lines: readonly Line[], { first, after }: Lines): PhaseLayout {
  const start = startOf(lines, first, text);
  const end = startOf(lines, after, text);
  const whole = { head: { start, end }, steps: undefined };
  const line = lines[first];
  if (!line) return whole;
  const key = /- +/y;
  key.lastIndex = line.start + line.indent;
  const column = line.indent + (key.exec(text)?.[0].length ?? 0);
  for (let at = first; at < after; at++) {
    const one = lines[at];
    if (!one || (at > first && one.indent !== column)) continue;
    if (!isKey(text, one.start + column, 'steps')) continue;
    // Further keys below the steps would make two pieces of the phase's own part.
    const items = itemsOf(lines, { first: at + 1, after });
    const [firstItem] = items ?? [];
    if (!items || !firstItem || (lines[firstItem.first]?.indent ?? 0) < column) return whole;
    return {
      head: { start, end: startOf(lines, firstItem.first, text) },
      steps: items.map((item) => ({
        start: startOf(lines, item.first, text),
        end: startOf(lines, item.after, text),
      })),
    };
  }
  return whole;
}

/** Whether nothing but this key stands on the rest of the line. */
function isKey(text: string, at: number, key: string): boolean {
  if (!text.startsWith(`${key}:`, at)) return false;
  const rest = /[ \t]*(?:[ \t]#[^\n]*)?\r?(?:\n|$)/y;
  rest.lastIndex = at + key.length + 1;
  return rest.test(text);
}
