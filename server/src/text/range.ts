/** A half-open span `[start, end)` of a text, in UTF-16 code units (JavaScript string offsets). */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A value together with the place in the document where it stands. */
export interface Located<T> {
  readonly value: T;
  readonly range: Range;
}

/** Zero-based line and UTF-16 character, as the Language Server Protocol counts them. */
export interface Position {
  readonly line: number;
  readonly character: number;
}

/** Replaces `range` of the document by `newText`. The edits of one fix never overlap. */
export interface TextEdit {
  readonly range: Range;
  readonly newText: string;
}

/** Whether all of `inner` lies in `outer`. */
export function contains(outer: Range, inner: Range): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}
