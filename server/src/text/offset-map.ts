/**
 * Where the characters of a scalar's value stand in the document.
 *
 * A YAML scalar's value differs from its source: block scalars lose their indent, folded ones their line
 * breaks, quoted ones their escapes. Offsets are UTF-16 code units on both sides.
 */
export interface OffsetMap {
	/** The document offset of the value's character at `valueOffset`; the value's end for its length. */
	toDocument(valueOffset: number): number;
	/** The value offset that stands at `documentOffset`, or undefined where no character of the value does. */
	toValue(documentOffset: number): number | undefined;
}
