import type { Scalar } from 'yaml';
import { readBlock } from './block-scalar.ts';
import { readDoubleQuoted, readPlain, readSingleQuoted } from './flow-scalar.ts';
import { type OffsetMap, pinnedMap } from './offset-map.ts';

/**
 * A scalar's value as it is read from the document, character by character: where each UTF-16 unit of it starts
 * and ends there. `starts` ascends strictly.
 */
export interface Decoded {
  readonly value: string;
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** Where the value ends in the document: before the closing quote, after the last character. */
  readonly end: number;
}

/**
 * The map of a scalar of any style, from the document's own characters. Should what this reads ever differ from
 * the value that the YAML parser read, the map pins to the scalar rather than point at a wrong place.
 */
export function scalarMap(text: string, scalar: Scalar): OffsetMap {
  const [start, end] = scalar.range ?? [0, 0];
  const decoded = decode(text, scalar, start, end);
  const value = typeof scalar.value === 'string' ? scalar.value : '';
  if (decoded?.value !== value) return pinnedMap({ start, end }, value.length);
  return {
    toDocument(valueOffset) {
      const at = Math.max(0, valueOffset);
      return at < value.length ? (decoded.starts[at] ?? decoded.end) : decoded.end;
    },
    endInDocument: (valueOffset) =>
      // A line break that the document's end cuts off stands nowhere.
      Math.min(decoded.ends[Math.min(valueOffset, value.length) - 1] ?? decoded.end, end),
    toValue(documentOffset) {
      const at = lastStart(decoded.starts, documentOffset);
      if (at >= 0 && documentOffset < (decoded.ends[at] ?? 0)) return at;
      return documentOffset === decoded.end ? value.length : undefined;
    },
  };
}

function decode(text: string, scalar: Scalar, start: number, end: number): Decoded | undefined {
  switch (scalar.type) {
    case 'PLAIN':
      return readPlain(text, start, end);
    case 'QUOTE_SINGLE':
      return readSingleQuoted(text, start, end);
    case 'QUOTE_DOUBLE':
      return readDoubleQuoted(text, start, end);
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      return readBlock(text, start, end, typeof scalar.value === 'string' ? scalar.value : '');
    default:
      return undefined;
  }
}

function lastStart(starts: readonly number[], wanted: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((starts[middle] ?? 0) <= wanted) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
