/** A half-open span of offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** One edit of a document: `length` characters from `offset` on became `inserted` characters. */
export interface Edit {
  readonly offset: number;
  readonly length: number;
  readonly inserted: number;
}

/** Where a span of text stands after an edit; undefined when the edit reached into the text itself. */
export function shift({ start, end }: Span, { offset, length, inserted }: Edit): Span | undefined {
  if (offset + length <= start) {
    const by = inserted - length;
    return { start: start + by, end: end + by };
  }
  return offset >= end ? { start, end } : undefined;
}
