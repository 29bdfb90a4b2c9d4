import { type Document, isMap, isScalar, isSeq, type Pair, type YAMLMap } from 'yaml';
import type { Located, Range } from '../text/range.ts';
import { scalarMap } from '../text/scalar-map.ts';
import type { SqlText } from './model.ts';
import { pairOf, rangeOf, resolved } from './yaml-document.ts';

/** Reads typed values out of YAML nodes. What has the wrong type is absent: the schema's check reports it. */
export interface Nodes {
  readonly text: string;
  map(node: unknown): YAMLMap | undefined;
  /** A mapping's pairs with text keys, in order. */
  entries(
    node: unknown,
  ): readonly { readonly key: Located<string>; readonly value: unknown; readonly range: Range }[];
  items(node: unknown): readonly unknown[];
  pair(map: YAMLMap | undefined, key: string): Pair | undefined;
  /** The value of a key; undefined where the key is absent. */
  get(map: YAMLMap | undefined, key: string): unknown;
  string(node: unknown): Located<string> | undefined;
  /** The scalar's plain value through a reader of values. */
  scalar<T>(node: unknown, read: (value: unknown) => T | undefined): Located<T> | undefined;
  /** The plain value of any node. */
  plain(node: unknown): unknown;
  sql(node: unknown): SqlText | undefined;
  range(node: unknown): Range;
}

export function createNodes(text: string, document: Document.Parsed): Nodes {
  const map = (node: unknown) => {
    const target = resolved(node, document);
    return isMap(target) ? target : undefined;
  };
  const pair = (of: YAMLMap | undefined, key: string) => of && pairOf(of, key, document);
  const scalarOf = (node: unknown) => {
    const target = resolved(node, document);
    return isScalar(target) ? target : undefined;
  };
  const string = (node: unknown): Located<string> | undefined => {
    const scalar = scalarOf(node);
    return typeof scalar?.value === 'string' ? { value: scalar.value, range: rangeOf(scalar) } : undefined;
  };
  return {
    text,
    map,
    pair,
    string,
    get: (of, key) => pair(of, key)?.value,
    entries: (node) =>
      (map(node)?.items ?? []).flatMap((item) => {
        if (!isScalar(item.key) || item.key.source === '<<') return [];
        const key = { value: String(item.key.value), range: rangeOf(item.key) };
        const end = item.value ? rangeOf(item.value).end : key.range.end;
        return [{ key, value: item.value, range: { start: key.range.start, end } }];
      }),
    items: (node) => {
      const target = resolved(node, document);
      return isSeq(target) ? target.items : [];
    },
    scalar: (node, read) => {
      const scalar = scalarOf(node);
      const value = scalar && read(scalar.value);
      return value === undefined || !scalar ? undefined : { value, range: rangeOf(scalar) };
    },
    plain: (node) => {
      const target = resolved(node, document);
      return target && typeof target === 'object' && 'toJS' in target
        ? (target as { toJS(document: Document.Parsed): unknown }).toJS(document)
        : undefined;
    },
    sql: (node) => {
      const scalar = scalarOf(node);
      if (typeof scalar?.value !== 'string') return undefined;
      return { text: scalar.value, range: rangeOf(scalar), map: scalarMap(text, scalar), file: undefined };
    },
    range: rangeOf,
  };
}
