/**
 * The same text in memory of its own. A slice keeps the whole text that it was cut from: whoever keeps a line of
 * every version of a document keeps every version.
 */
export function detached(text: string): string {
  // Joining copies the characters; the slice is cut from that copy.
  return ` ${text}`.slice(1);
}
