import type { Position } from './range.ts';

/** Offsets to line and character, and back, for one text. */
export interface LineIndex {
  /** The position of an offset (UTF-16); offsets outside the text are brought to its nearest end. */
  positionAt(offset: number): Position;
  /** The offset of a position; a character beyond the line's end is the line's end (before its break). */
  offsetAt(position: Position): number;
}

/** Indexes the lines of `text`; `\n`, `\r\n` and a lone `\r` each end one, as the Language Server Protocol says. */
export function createLineIndex(text: string): LineIndex {
  const starts = lineStarts(text);
  return {
    positionAt(offset) {
      const at = clamp(offset, text.length);
      const line = lastAtOrBefore(starts, at);
      return { line, character: at - (starts[line] ?? 0) };
    },
    offsetAt({ line, character }) {
      if (line < 0) return 0;
      const start = starts[line];
      if (start === undefined) return text.length;
      let end = starts[line + 1] ?? text.length;
      if (end > start && text[end - 1] === '\n') end--;
      if (end > start && text[end - 1] === '\r') end--;
      return Math.min(start + Math.max(0, character), end);
    },
  };
}

/** The index of the last element that is not greater than `wanted`; 0 where all are. `sorted` ascends. */
export function lastAtOrBefore(sorted: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = sorted.length;
  while (low + 1 < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) <= wanted) low = middle;
    else high = middle;
  }
  return low;
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 10 || (code === 13 && text.charCodeAt(i + 1) !== 10)) starts.push(i + 1);
  }
  return starts;
}

function clamp(offset: number, length: number): number {
  return Math.max(0, Math.min(offset, length));
}
