import { createLineIndex } from '../../text/line-index.ts';
import type { Range } from '../../text/range.ts';
import { displayWidth, printable } from '../../text/terminal.ts';

export interface CodeFrame {
  /** One-based, as editors show them. */
  readonly line: number;
  /** One-based, in UTF-16 characters. */
  readonly column: number;
  readonly lines: readonly FrameLine[];
  /** Lines of the range that are left out. */
  readonly hidden: number;
}

export interface FrameLine {
  /** One-based. */
  readonly number: number;
  /** Ready for a terminal: tabs are spaces, control characters pictures, cut to the width. */
  readonly source: string;
  /** Columns before the mark. */
  readonly before: number;
  /** Columns of the mark, at least one. */
  readonly marked: number;
}

const tab = '    ';
const shownLines = 3;
const leastWidth = 40;

/** The source lines of `range`, with where to mark them. Lines are cut to `width` columns around the mark. */
export function codeFrame(text: string, range: Range, width: number): CodeFrame {
  const index = createLineIndex(text);
  const first = index.positionAt(range.start);
  // A range that ends with a line break does not reach the next line.
  const last = index.positionAt(Math.max(range.start, range.end - (endsLine(text, range.end) ? 1 : 0)));
  const lines: FrameLine[] = [];
  const shown = Math.min(last.line, first.line + shownLines - 1);
  for (let line = first.line; line <= shown; line++) {
    const start = index.offsetAt({ line, character: 0 });
    const end = index.offsetAt({ line, character: Number.MAX_SAFE_INTEGER });
    const source = text.slice(start, end);
    const from = line === first.line ? range.start - start : source.length - source.trimStart().length;
    const to = line === last.line ? range.end - start : source.length;
    lines.push({
      number: line + 1,
      ...cutLine(source, from, Math.min(to, source.length), Math.max(width, leastWidth)),
    });
  }
  return { line: first.line + 1, column: first.character + 1, lines, hidden: last.line - shown };
}

function endsLine(text: string, offset: number): boolean {
  return offset > 0 && (text[offset - 1] === '\n' || text[offset - 1] === '\r');
}

/** Cuts a long line to a window that shows the start of the mark; an ellipsis stands for what is gone. */
function cutLine(source: string, from: number, to: number, width: number): Omit<FrameLine, 'number'> {
  let start = 0;
  if (displayWidth(shown(source.slice(0, to))) > width) start = Math.max(0, from - Math.floor(width / 3));
  start = characterStart(source, start);
  const end = characterStart(source, start + width);
  const left = start > 0 ? '…' : '';
  const right = end < source.length ? '…' : '';
  const before = displayWidth(left + shown(source.slice(start, Math.max(from, start))));
  const marked = displayWidth(shown(source.slice(Math.max(from, start), Math.min(to, end))));
  return { source: left + shown(source.slice(start, end)) + right, before, marked: Math.max(1, marked) };
}

/** The offset, or the one before it where it would split a surrogate pair. */
function characterStart(text: string, offset: number): number {
  const inPair = /[\ud800-\udbff]/.test(text[offset - 1] ?? '') && /[\udc00-\udfff]/.test(text[offset] ?? '');
  return inPair ? offset - 1 : Math.min(offset, text.length);
}

function shown(source: string): string {
  return printable(source).replaceAll('\t', tab);
}
