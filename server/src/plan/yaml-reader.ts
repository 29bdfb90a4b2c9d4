import { isMap, isScalar, isSeq, Pair, type YAMLMap } from 'yaml';
import { detached } from '../text/detached.ts';
import type { Range } from '../text/range.ts';
import { createRecent, type Recent } from '../text/recent.ts';
import { type EntryLayout, type PhaseLayout, type PlanLayout, planLayout } from './plan-layout.ts';
import { readWhole, refusal, type YamlFile } from './yaml-document.ts';
import {
  documentOf,
  isPlain,
  isWithin,
  listOf,
  mappingOf,
  movePiece,
  type Piece,
  readPiece,
  withLastValue,
} from './yaml-pieces.ts';

/** Characters of plans kept as nodes, over all files. */
const keptCharacters = 4_000_000;
/** With more new pieces than these the whole text is parsed: each piece has a price of its own. */
const maxNewPieces = 24;

/**
 * Reads plans as `readYaml` does, with the same result; of a text that differs little from one read before, only the
 * root entry, phase or step that changed is parsed. What is faulty or links its parts by aliases is parsed as a whole.
 */
export function createYamlReader(): (text: string) => YamlFile {
  const known = createRecent<Piece>(keptCharacters);
  return (text) => {
    const refused = refusal(text, 'a plan');
    if (refused) return refused;
    const layout = planLayout(text);
    if (!layout) return readWhole(text, 'a plan');
    const composed = compose(text, layout, known);
    if (composed) return composed;
    const whole = readWhole(text, 'a plan');
    keepPieces(text, layout, whole, known);
    return whole;
  };
}

/** The file put together from its pieces; undefined where too many are new, or one cannot be read by itself. */
function compose(text: string, { entries }: PlanLayout, known: Recent<Piece>): YamlFile | undefined {
  let newPieces = 0;
  const pieceAt = (range: Range): Piece | undefined => {
    const source = text.slice(range.start, range.end);
    const kept = known.get(source);
    if (!kept && ++newPieces > maxNewPieces) return undefined;
    const own = detached(source);
    const piece = kept ? movePiece(kept, range.start) : readPiece(own, range.start);
    if (piece && piece !== kept) known.set(kept ? source : own, piece);
    return piece;
  };
  const pairs: Pair[] = [];
  const value: Record<string, unknown> = {};
  for (const entry of entries) {
    const composed = composeEntry(text, entry, pieceAt);
    const key = composed?.pair.key;
    if (!composed || !isScalar(key) || Object.hasOwn(value, String(key.value))) return undefined;
    pairs.push(composed.pair);
    value[String(key.value)] = composed.value;
  }
  return { document: documentOf(mappingOf(pairs)), value, problems: [], damages: [], source: text };
}

type PieceAt = (range: Range) => Piece | undefined;

function composeEntry(text: string, { head, phases }: EntryLayout, pieceAt: PieceAt) {
  const piece = pieceAt(head);
  const [pair] = piece?.node.items ?? [];
  if (!piece || !pair || !isEntry(text, head)) return undefined;
  if (!phases) return { pair, value: piece.value[String((pair.key as { value: unknown }).value)] };
  const nodes: YAMLMap[] = [];
  const values: unknown[] = [];
  for (const phase of phases) {
    const composed = composePhase(text, phase, pieceAt);
    if (!composed) return undefined;
    nodes.push(composed.node);
    values.push(composed.value);
  }
  return { pair: new Pair(pair.key, listOf(nodes, dashAt(text, phases[0]?.head))), value: values };
}

function composePhase(text: string, { head, steps }: PhaseLayout, pieceAt: PieceAt) {
  const piece = pieceAt(head);
  if (!piece || !steps) return piece;
  const pieces: Piece[] = [];
  for (const step of steps) {
    const one = pieceAt(step);
    if (!one) return undefined;
    pieces.push(one);
  }
  if (!endsWithSteps(piece.node)) return undefined;
  const list = listOf(
    pieces.map(({ node }) => node),
    dashAt(text, steps[0]),
  );
  const value = { ...piece.value, steps: pieces.map((one) => one.value) };
  return { node: withLastValue(piece.node, list), value };
}

/** An entry starts in the first column; what stands above the first one are comments. */
function isEntry(text: string, { start }: Range): boolean {
  return text[start] !== '-' && text[start] !== ' ';
}

function endsWithSteps({ items, flow }: YAMLMap): boolean {
  const key = items.at(-1)?.key;
  return !flow && isScalar(key) && key.value === 'steps';
}

/** Where the first dash stands in a range that starts with its line. */
function dashAt(text: string, range: Range | undefined): number {
  return text.indexOf('-', range?.start ?? 0);
}

/** Keeps the pieces of a text that was parsed as a whole, where all of it is plain and stands where it looks to. */
function keepPieces(text: string, layout: PlanLayout, file: YamlFile, known: Recent<Piece>): void {
  const contents = file.document?.contents;
  if (!isMap(contents) || contents.flow || file.problems.length > 0 || !isPlain(contents)) return;
  const value = file.value as Readonly<Record<string, unknown>>;
  if (contents.items.length !== layout.entries.length) return;
  const keep = ({ start, end }: Range, node: YAMLMap, ownValue: unknown) =>
    known.set(detached(text.slice(start, end)), { start, node, value: ownValue as Piece['value'] });
  layout.entries.forEach(({ head, phases }, at) => {
    const pair = contents.items[at];
    if (!pair || !isWithin(pair.key, head)) return;
    const key = String((pair.key as { value: unknown }).value);
    if (!phases) {
      if (pair.value === null || isWithin(pair.value, head))
        keep(head, mappingOf([pair]), { [key]: value[key] });
      return;
    }
    keep(head, mappingOf([new Pair(pair.key, null)]), { [key]: null });
    keepPhases(phases, pair.value, value[key] as readonly unknown[], keep);
  });
}

function keepPhases(
  phases: readonly PhaseLayout[],
  node: unknown,
  values: readonly unknown[],
  keep: (range: Range, node: YAMLMap, value: unknown) => void,
): void {
  if (!isSeq(node) || node.flow || node.items.length !== phases.length) return;
  phases.forEach(({ head, steps }, at) => {
    const phase = node.items[at];
    const value = values[at] as Readonly<Record<string, unknown>>;
    if (!isMap(phase)) return;
    if (!steps) {
      if (isWithin(phase, head)) keep(head, phase, value);
      return;
    }
    const list = phase.items.at(-1);
    if (!endsWithSteps(phase) || !list || !isWithin(list.key, head)) return;
    if (!isSeq(list.value) || list.value.flow || list.value.items.length !== steps.length) return;
    keep(head, mappingOf([...phase.items.slice(0, -1), new Pair(list.key, null)]), { ...value, steps: null });
    const stepValues = value.steps as readonly unknown[];
    list.value.items.forEach((step, i) => {
      const range = steps[i];
      if (range && isMap(step) && isWithin(step, range)) keep(range, step, stepValues[i]);
    });
  });
}
