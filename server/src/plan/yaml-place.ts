import { CST, Parser } from 'yaml';
import type { Range } from '../text/range.ts';
import { tooDeepAt } from './nesting.ts';
import { type PlanLayout, planLayout } from './plan-layout.ts';

/** Where in a YAML text an offset is. It is found by the tokens, so that a text that does not parse has places too. */
export interface YamlPlace {
  /** Keys and list indexes from the root to the key or the value. */
  readonly path: YamlPath;
  readonly at: 'key' | 'value';
  /** The scalar: its key without quotes, or its value as YAML reads it. */
  readonly value: string;
  /** Where it stands, quotes and a block's header included. */
  readonly range: Range;
  readonly style: 'plain' | 'single' | 'double' | 'block';
  /** It stands in braces or brackets. */
  readonly flow: boolean;
  /** The other keys of the mapping that it is in, the nearest one, with their values where these are scalars. */
  readonly beside: ReadonlyMap<string, string>;
  /** What stands at the node from the root to it, outermost first: what a selection grows by. */
  readonly around: readonly Range[];
}

export type YamlPath = readonly (string | number)[];

/** A character of no text (private use), which stands where the next one is to be typed. */
export const mark = '\uE000';

/**
 * The place at which the next character would be typed, with `mark` in its `value`: on a blank line, behind `key: ` and
 * in half a flow mapping as well. Undefined in a comment, and where nothing can stand.
 */
export function placeToType(text: string, offset: number): YamlPlace | undefined {
  if (text.includes(mark)) return undefined;
  const marked = text.slice(0, offset) + mark + text.slice(offset);
  return inPiece(marked, offset) ?? find(marked, offset);
}

/** The key or value that holds the character at `offset`, or ends there; `around` may begin with the step's. */
export function placeAt(text: string, offset: number): YamlPlace | undefined {
  return inPiece(text, offset) ?? find(text, offset);
}

/** The same with all that is around it, for which the whole text is read. */
export function placeInAll(text: string, offset: number): YamlPlace | undefined {
  return find(text, offset);
}

/**
 * The place read from its root entry, phase or step alone, which a plan of a thousand steps is not read as a whole for;
 * and a quote that is not closed yet does not swallow the steps below. Undefined where it is none of these.
 */
function inPiece(text: string, offset: number): YamlPlace | undefined {
  const piece = pieceAround(planLayout(text)?.entries ?? [], offset);
  if (!piece) return undefined;
  const { start, end } = piece.range;
  const place = find(text.slice(start, end), offset - start);
  if (!place) return undefined;
  const isItem = piece.path.length > 0;
  // The keys of the root are not in one piece.
  if (isItem ? place.path[0] !== 0 : place.path.length < 2) return undefined;
  const moved = ({ start: from, end: to }: Range) => ({ start: from + start, end: to + start });
  return {
    ...place,
    path: isItem ? [...piece.path, ...place.path.slice(1)] : place.path,
    range: moved(place.range),
    around: place.around.map(moved),
  };
}

interface TextPiece {
  readonly range: Range;
  /** Of the item that the piece is; empty for a root entry. */
  readonly path: YamlPath;
}

function pieceAround(entries: PlanLayout['entries'], offset: number): TextPiece | undefined {
  const holds = ({ start, end }: Range) => start <= offset && offset < end;
  for (const { head, phases = [] } of entries) {
    if (holds(head)) return phases.length > 0 ? undefined : { range: head, path: [] };
    for (const [i, phase] of phases.entries()) {
      if (holds(phase.head)) return { range: phase.head, path: ['phases', i] };
      const j = phase.steps?.findIndex(holds) ?? -1;
      const range = phase.steps?.[j];
      if (range) return { range, path: ['phases', i, 'steps', j] };
    }
  }
  return undefined;
}

/** Levels of mappings and lists that are followed; a plan has eight. */
const deepest = 100;

function find(text: string, offset: number): YamlPlace | undefined {
  if (tooDeepAt(text, deepest) !== undefined) return undefined;
  try {
    for (const token of new Parser().parse(text)) {
      if (token.type !== 'document' || !token.value) continue;
      const found = search(token.value, offset, { path: [], around: [], flow: false, beside: nothingBeside });
      if (found) return found;
    }
  } catch {
    // Thousands of nested brackets exhaust the stack.
  }
  return undefined;
}

interface Way {
  readonly path: YamlPath;
  readonly around: readonly Range[];
  readonly flow: boolean;
  readonly beside: ReadonlyMap<string, string>;
}

const nothingBeside: ReadonlyMap<string, string> = new Map();

function search(token: CST.Token, offset: number, way: Way): YamlPlace | undefined {
  if (way.path.length > deepest) return undefined;
  if (isScalarToken(token)) return scalarPlace(token, offset, 'value', way);
  if (token.type !== 'block-map' && token.type !== 'block-seq' && token.type !== 'flow-collection')
    return undefined;
  const range = rangeOfToken(token);
  if (offset < range.start || offset > range.end) return undefined;
  const isMap =
    token.type === 'block-map' || (token.type === 'flow-collection' && token.start.source === '{');
  const around = [...way.around, range];
  const flow = way.flow || token.type === 'flow-collection';
  for (const [index, item] of token.items.entries()) {
    const { key, value } = item as { key?: CST.Token | null; value?: CST.Token };
    const ends = Math.max(key ? rangeOfToken(key).end : 0, value ? rangeOfToken(value).end : 0);
    if (ends < offset) continue;
    const here: Way = {
      path: [...way.path, isMap ? (isScalarToken(key) ? readValue(key) : '') : index],
      around: [...around, ...pairRange(key, value)],
      flow,
      beside: isMap ? othersOf(token.items, item) : way.beside,
    };
    const place = isScalarToken(key) ? scalarPlace(key, offset, 'key', here) : undefined;
    const found = place ?? (value && search(value, offset, here));
    if (found) return found;
  }
  return undefined;
}

function othersOf(
  items: readonly CST.CollectionItem[],
  own: CST.CollectionItem,
): ReadonlyMap<string, string> {
  const others = items.filter((item) => item !== own);
  return new Map(
    others.flatMap(({ key, value }) =>
      key && isScalarToken(key)
        ? [[readValue(key), value && isScalarToken(value) ? readValue(value) : ''] as const]
        : [],
    ),
  );
}

function pairRange(key: CST.Token | null | undefined, value: CST.Token | undefined): readonly Range[] {
  if (!key) return [];
  const start = key.offset;
  return [{ start, end: Math.max(rangeOfToken(key).end, value ? rangeOfToken(value).end : 0) }];
}

type ScalarToken = (CST.FlowScalar & { type: Exclude<CST.FlowScalar['type'], 'alias'> }) | CST.BlockScalar;

function isScalarToken(token: CST.Token | null | undefined): token is ScalarToken {
  return (
    token?.type === 'scalar' ||
    token?.type === 'single-quoted-scalar' ||
    token?.type === 'double-quoted-scalar' ||
    token?.type === 'block-scalar'
  );
}

function scalarPlace(
  token: ScalarToken,
  offset: number,
  at: YamlPlace['at'],
  { path, around, flow, beside }: Way,
): YamlPlace | undefined {
  const range = rangeOfToken(token);
  if (offset < range.start || offset > range.end) return undefined;
  // The line that follows a block is not the block's.
  if (token.type === 'block-scalar' && offset === range.end && token.source.endsWith('\n')) return undefined;
  const style = styles[token.type];
  return { path, at, value: readValue(token), range, style, flow, beside, around: [...around, range] };
}

const styles = {
  scalar: 'plain',
  'single-quoted-scalar': 'single',
  'double-quoted-scalar': 'double',
  'block-scalar': 'block',
} as const;

function readValue(token: ScalarToken): string {
  return CST.resolveAsScalar(closed(token), false, () => undefined)?.value ?? '';
}

/** A quote that is not closed yet ends where the text does. */
function closed(token: ScalarToken): ScalarToken {
  const quote =
    token.type === 'single-quoted-scalar' ? "'" : token.type === 'double-quoted-scalar' ? '"' : '';
  const isOpen = quote !== '' && (token.source.length < 2 || !token.source.endsWith(quote));
  return isOpen ? { ...token, source: token.source + quote } : token;
}

function rangeOfToken(token: CST.Token): Range {
  const start = token.offset;
  if (token.type === 'block-scalar') {
    const head = token.props.reduce((sum, prop) => sum + ('source' in prop ? prop.source.length : 0), 0);
    return { start, end: start + head + token.source.length };
  }
  if ('source' in token) return { start, end: start + token.source.length };
  if (token.type === 'flow-collection') {
    const [close] = token.end;
    const last = token.items.at(-1);
    const end =
      close?.type === 'flow-map-end' || close?.type === 'flow-seq-end' ? close.offset + 1 : undefined;
    return { start, end: end ?? Math.max(start + 1, endOfItem(last)) };
  }
  if (token.type === 'block-map' || token.type === 'block-seq')
    return { start, end: Math.max(start, endOfItem(token.items.at(-1))) };
  return { start, end: start };
}

function endOfItem(item: CST.CollectionItem | undefined): number {
  if (!item) return 0;
  const { start, key, sep, value } = item;
  if (value) return rangeOfToken(value).end;
  const tokens = [...start, ...(key ? [key] : []), ...(sep ?? [])];
  return tokens.reduce((end, token) => Math.max(end, isBlank(token) ? 0 : rangeOfToken(token).end), 0);
}

function isBlank({ type }: CST.Token): boolean {
  return type === 'newline' || type === 'space' || type === 'comment';
}
