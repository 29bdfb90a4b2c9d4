import type { Scalar } from 'yaml';
import { readBlock } from './block-scalar.ts';
import { detached } from './detached.ts';
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
 * the value that the YAML parser read, the map pins to the scalar rather than point at a wrong place. The
 * characters are read when a place is first asked for, which few scalars are.
 */
export function scalarMap(text: string, scalar: Scalar): OffsetMap {
  const [start, end] = scalar.range ?? [0, 0];
  const { type } = scalar;
  const source = detached(text.slice(start, end));
  const value = typeof scalar.value === 'string' ? scalar.value : '';
  let read: OffsetMap | undefined;
  const map = () => {
    read ??= readMap(source, type, value, start);
    return read;
  };
  return {
    toDocument: (valueOffset) => map().toDocument(valueOffset),
    endInDocument: (valueOffset) => (map().endInDocument ?? map().toDocument)(valueOffset),
    toValue: (documentOffset) => map().toValue(documentOffset),
  };
}

/** The map of a scalar with this source, which stands in the document at `at`. */
function readMap(source: string, type: Scalar['type'], value: string, at: number): OffsetMap {
  const decoded = decode(source, type, value);
  if (decoded?.value !== value) return pinnedMap({ start: at, end: at + source.length }, value.length);
  const { starts, ends, end } = decoded;
  return {
    toDocument(valueOffset) {
      const place = Math.max(0, valueOffset);
      return at + (place < value.length ? (starts[place] ?? end) : end);
    },
    endInDocument: (valueOffset) =>
      // A line break that the document's end cuts off stands nowhere.
      at + Math.min(ends[Math.min(valueOffset, value.length) - 1] ?? end, source.length),
    toValue(documentOffset) {
      const wanted = documentOffset - at;
      const place = lastStart(starts, wanted);
      if (place >= 0 && wanted < (ends[place] ?? 0)) return place;
      return wanted === end ? value.length : undefined;
    },
  };
}

function decode(source: string, type: Scalar['type'], value: string): Decoded | undefined {
  switch (type) {
    case 'PLAIN':
      return readPlain(source, 0, source.length);
    case 'QUOTE_SINGLE':
      return readSingleQuoted(source, 0, source.length);
    case 'QUOTE_DOUBLE':
      return readDoubleQuoted(source, 0, source.length);
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      return readBlock(source, 0, source.length, value);
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
