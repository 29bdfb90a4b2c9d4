import type { Range } from './range.ts';

/**
 * Where the characters of a scalar's value stand in the document.
 *
 * A YAML scalar's value differs from its source: block scalars lose their indent, folded ones their line
 * breaks, quoted ones their escapes. Offsets are UTF-16 code units on both sides.
 */
export interface OffsetMap {
  /** The document offset of the value's character at `valueOffset`; the value's end for its length. */
  toDocument(valueOffset: number): number;
  /** The value offset that stands at `documentOffset`, its length at its end; undefined where no character does. */
  toValue(documentOffset: number): number | undefined;
  /**
   * The document offset after the character before `valueOffset`: where a range that ends there ends, without
   * the indent or line break that may follow. Absent: the same as `toDocument`.
   */
  endInDocument?(valueOffset: number): number;
}

/** The document range of the value's range `[start, end)`; an empty one stays empty. */
export function documentRange(map: OffsetMap, { start, end }: Range): Range {
  const from = map.toDocument(start);
  if (end <= start) return { start: from, end: from };
  const to = map.endInDocument ? map.endInDocument(end) : map.toDocument(end);
  return { start: from, end: Math.max(from, to) };
}

/** A value that stands in the document as it is, from `start` on: a plain .sql file. */
export function identityMap(length: number, start = 0): OffsetMap {
  return {
    toDocument: (valueOffset) => start + Math.max(0, Math.min(valueOffset, length)),
    toValue: (documentOffset) => {
      const offset = documentOffset - start;
      return offset >= 0 && offset <= length ? offset : undefined;
    },
  };
}

/**
 * A value whose characters stand elsewhere (a file that the document names): everything lies in `range`. The
 * value's start is the range's start and any later offset its end, so that every non-empty range of the value
 * covers the whole of it.
 */
export function pinnedMap(range: Range, length: number): OffsetMap {
  return {
    toDocument: () => range.start,
    endInDocument: () => range.end,
    toValue: (documentOffset) =>
      length > 0 && documentOffset >= range.start && documentOffset < range.end ? 0 : undefined,
  };
}
