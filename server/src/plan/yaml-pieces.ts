import { Document, isMap, isScalar, isSeq, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import type { Range } from '../text/range.ts';
import { rangeOf } from './yaml-document.ts';
import { parseDocuments } from './yaml-recovery.ts';

/** A root entry, a phase or a step as YAML nodes, where it stood last. */
export interface Piece {
  readonly start: number;
  /** A root entry is a mapping of one pair. */
  readonly node: YAMLMap;
  readonly value: Readonly<Record<string, unknown>>;
}

/**
 * Reads a piece of a plan by itself. Undefined where it is not exactly one entry of a mapping or one item of a list,
 * in plain YAML without a fault: it is then not known what it means to the rest of the file.
 */
export function readPiece(text: string, start: number): Piece | undefined {
  const [document, second] = parseDocuments(text);
  if (!document || second || document.errors.length > 0 || document.warnings.length > 0) return undefined;
  const { contents } = document;
  const node =
    isSeq(contents) && !contents.flow && contents.items.length === 1 ? contents.items[0] : contents;
  if (!isMap(node) || !isPlain(contents)) return undefined;
  if (node === contents && (node.flow || node.items.length !== 1)) return undefined;
  const value = node.toJS(document, { maxAliasCount: -1 }) as Piece['value'];
  return { start, node: start === 0 ? node : moved(node, start), value };
}

/** The piece at another place. */
export function movePiece(piece: Piece, start: number): Piece {
  return piece.start === start ? piece : { ...piece, start, node: moved(piece.node, start - piece.start) };
}

/** Whether there is nothing that links one place of the file with another, and no fault of its own. */
export function isPlain(node: unknown): boolean {
  if (node === null) return true;
  if (isScalar(node)) return node.anchor === undefined && node.tag === undefined;
  if (isSeq(node)) return isUnmarked(node) && node.items.every(isPlain);
  if (!isMap(node) || !isUnmarked(node)) return false;
  const keys = new Set<unknown>();
  for (const { key, value } of node.items) {
    if (!isScalar(key) || key.value === null || key.source === '<<' || key.value === '__proto__')
      return false;
    keys.add(key.value);
    if (!isPlain(key) || !isPlain(value)) return false;
  }
  return keys.size === node.items.length;
}

function isUnmarked({ anchor, tag }: { anchor?: string; tag?: string }): boolean {
  return anchor === undefined && tag === undefined;
}

/** The same nodes `by` characters further on. */
function moved<T>(node: T, by: number): T {
  return copy(node, by) as T;
}

function copy(node: unknown, by: number): unknown {
  if (isScalar(node)) {
    const scalar = new Scalar(node.value);
    if (node.type) scalar.type = node.type;
    if (node.source !== undefined) scalar.source = node.source;
    return placed(scalar, node, by);
  }
  if (isMap(node)) {
    const map = new YAMLMap();
    map.items = node.items.map(({ key, value }) => new Pair(copy(key, by), copy(value, by)));
    if (node.flow) map.flow = true;
    return placed(map, node, by);
  }
  if (isSeq(node)) {
    const seq = new YAMLSeq();
    seq.items = node.items.map((item) => copy(item, by));
    if (node.flow) seq.flow = true;
    return placed(seq, node, by);
  }
  return node;
}

function placed<T extends YAMLMap | YAMLSeq | Scalar>(node: T, from: T, by: number): T {
  const [start, value, end] = from.range ?? [0, 0, 0];
  node.range = [start + by, value + by, end + by];
  return node;
}

/** A list of items that begins at `start`. Where block collections end is told by what is in them: see `rangeOf`. */
export function listOf(items: readonly YAMLMap[], start: number): YAMLSeq {
  const seq = new YAMLSeq();
  seq.items = [...items];
  seq.range = [start, start, start];
  return seq;
}

/** The mapping with the value of its last key replaced. */
export function withLastValue(map: YAMLMap, value: YAMLSeq): YAMLMap {
  const last = map.items.at(-1);
  return mappingOf([...map.items.slice(0, -1), ...(last ? [new Pair(last.key, value)] : [])]);
}

/** A mapping of these pairs, of which there is at least one. */
export function mappingOf(pairs: readonly Pair[]): YAMLMap {
  const map = new YAMLMap();
  map.items = [...pairs];
  const { start } = rangeOf(pairs[0]?.key);
  map.range = [start, start, start];
  return map;
}

/** A document with these contents, as if it had been parsed. */
export function documentOf(contents: YAMLMap): Document.Parsed {
  const document = new Document();
  document.contents = contents as unknown as typeof document.contents;
  return document as unknown as Document.Parsed;
}

/** Whether the node stands wholly in the range. */
export function isWithin(node: unknown, { start, end }: Range): boolean {
  const range = rangeOf(node);
  return range.start >= start && range.end <= end;
}
