import {
  type Alias,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type ParsedNode,
  Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Range } from '../text/range.ts';
import type { PlanProblem } from './model.ts';
import { tooDeepAt } from './nesting.ts';
import { duplicateKeys } from './yaml-duplicates.ts';
import { type Damage, parseRecovering } from './yaml-recovery.ts';

/** Characters of a plan; the longest real ones have a hundredth of it. */
export const maxPlanLength = 2_000_000;
/** Levels of mappings and lists; a plan has eight. */
const maxDepth = 200;
/** How many nodes all aliases together may stand for: an alias bomb has millions. */
const maxAliasedNodes = 10_000;
const maxAliases = 500;
/** Unknown tags that are reported; a file with more has one cause. */
const maxTags = 50;
/** Each alias is looked up in the whole document: aliases times nodes. */
const maxAliasLookups = 3_000_000;

/** What an alias or a merge key looks like: a file without it need not be searched node by node. */
const mayAlias = /(?:^|[\s,[{:?-])\*[^\s,[\]{}]|<</;

export interface YamlFile {
  readonly document: Document.Parsed | undefined;
  /** The document as plain values; undefined where there is none. */
  readonly value: unknown;
  readonly problems: readonly PlanProblem[];
  /** Where it does not parse; `document` is read as if that were blank. */
  readonly damages: readonly Damage[];
  /** The text of `document`: the file's, with blanks in the place of what does not parse. */
  readonly source: string;
}

/** Reads YAML: what parses is there even where other parts do not. Never throws. */
export function readYaml(text: string, what: string): YamlFile {
  return refusal(text, what) ?? readWhole(text, what);
}

/** Why a text is not even looked at as YAML; undefined where it is. */
export function refusal(text: string, what: string): YamlFile | undefined {
  const whole = { start: 0, end: Math.min(text.length, 1) };
  if (text.length > maxPlanLength) {
    const message = `This file is ${Math.round(text.length / 1e6)} MB long; ${what} has at most 2 MB.`;
    return refused(text, 'plan-unreadable', message, whole);
  }
  const nul = text.indexOf('\0');
  if (nul >= 0) {
    const message = `This file holds a NUL character: it is binary, or not UTF-8. Save it as UTF-8 text.`;
    return refused(text, 'plan-unreadable', message, whole);
  }
  if (text.replace(/^\uFEFF/, '').trim() === '')
    return refused(text, 'plan-unreadable', `This file is empty. ${startHint(what)}`, whole);
  const deep = tooDeepAt(text, maxDepth);
  if (deep === undefined) return undefined;
  const message = `This is nested more than ${maxDepth} levels deep: the file is not read.`;
  return refused(text, 'plan-yaml', message, { start: deep, end: deep + 1 });
}

function refused(text: string, code: PlanProblem['code'], message: string, range: Range): YamlFile {
  const problems = [{ code, message, range }];
  return { document: undefined, value: undefined, damages: [], source: text, problems };
}

/** Reads a text that `refusal` lets pass. */
export function readWhole(text: string, what: string): YamlFile {
  const whole = { start: 0, end: Math.min(text.length, 1) };
  const refuse = (message: string) => refused(text, 'plan-unreadable', message, whole);
  const onlyComments = (): YamlFile =>
    what === 'a plan'
      ? refuse(`This file holds nothing but comments. ${startHint(what)}`)
      : { ...refuse(''), problems: [] };
  try {
    return readDocument(text, what) ?? onlyComments();
  } catch (error) {
    // The parser recurses: thousands of nested brackets exhaust its stack.
    return refuse(
      `This file cannot be read as YAML: ${error instanceof RangeError ? 'it is nested too deeply' : String(error)}.`,
    );
  }
}

function startHint(what: string): string {
  return what === 'a plan' ? 'A plan starts with "migration:" and what it does.' : '';
}

/** Undefined where there is no document: comments alone. */
function readDocument(text: string, what: string): YamlFile | undefined {
  const { source, documents, damages } = parseRecovering(text);
  const [document, second] = documents;
  if (!document) return undefined;
  const problems: PlanProblem[] = damages.map(({ fault: { message, range } }) => ({
    code: 'plan-yaml',
    message,
    range,
  }));
  problems.push(...duplicateKeys(document), ...oddKeys(document), ...unknownTags(document, source));
  if (second) {
    const start = second.range[0];
    problems.push({
      code: 'plan-yaml',
      message: `A second document starts here: ${what} is one YAML document. Remove the --- line and what follows, or move it to a file of its own.`,
      range: { start: Math.max(0, text.lastIndexOf('---', start)), end: start },
    });
  }
  const bomb = mayAlias.test(source) ? aliasBomb(document) : undefined;
  if (bomb) return { document: undefined, value: undefined, damages, source, problems: [...problems, bomb] };
  const lost = mayAlias.test(source) ? cutUnknownAliases(document) : [];
  const value: unknown = document.toJS({ maxAliasCount: -1 });
  return { source, document, value, damages, problems: [...problems, ...lost] };
}

/** `!= 0` without quotes, or a tag of some other program: YAML takes what follows a `!` for a type. */
function unknownTags(document: Document.Parsed, source: string): PlanProblem[] {
  return document.warnings
    .filter(({ code }) => code === 'TAG_RESOLVE_FAILED')
    .slice(0, maxTags)
    .map(({ pos: [start, end] }) => {
      const tag = source.slice(start, end);
      const line = (/^[^\r\n#]{1,60}/.exec(source.slice(start)) ?? [tag])[0].trim();
      const message = tag.startsWith('!=')
        ? `YAML takes ${tag} for a tag and drops it: put the comparison in quotes, "${line}".`
        : `The YAML tag ${tag} means nothing in a plan: remove it, or put the text in quotes.`;
      return { code: 'plan-yaml', message, range: { start, end } };
    });
}

/** Keys that are no words: `[a]: b`, or `: b`. */
function oddKeys(document: Document.Parsed): PlanProblem[] {
  const problems: PlanProblem[] = [];
  visit(document, {
    Pair(_, { key, value }) {
      if (isAlias(key) || (isScalar(key) && key.value !== null)) return;
      const range = rangeOf(key);
      const at = range.end > range.start ? range : rangeOf(value);
      problems.push({ code: 'plan-yaml', message: 'A key is a plain word here, such as "step".', range: at });
    },
  });
  return problems;
}

/** An alias of nothing, and what cannot be merged in, is taken out so that the rest can be read. */
function cutUnknownAliases(document: Document.Parsed): PlanProblem[] {
  const problems: PlanProblem[] = [];
  const anchors = new Set<string>();
  const report = (node: unknown, message: string) =>
    problems.push({ code: 'plan-yaml', message, range: rangeOf(node) });
  const isUnknown = (node: unknown): node is Alias => isAlias(node) && !anchors.has(node.source);
  const reportUnknown = (alias: Alias) =>
    report(
      alias,
      `There is no anchor &${alias.source} above this alias: name the value it stands for, or write it out.`,
    );
  visit(document, {
    Pair(_, { key, value }) {
      if (isUnknown(key)) {
        reportUnknown(key);
        return visit.REMOVE;
      }
      if (!isMergeKey(key) || mergesMappings(value, document)) return undefined;
      if (isUnknown(value)) reportUnknown(value);
      else report(value, 'Only mappings can be merged in by <<, and this is none.');
      return visit.REMOVE;
    },
    Alias(_, alias) {
      if (!isUnknown(alias)) return undefined;
      reportUnknown(alias);
      const empty = new Scalar(null);
      empty.range = alias.range ?? null;
      return empty;
    },
    Value(_, node) {
      if (node.anchor !== undefined) anchors.add(node.anchor);
    },
  });
  return problems;
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.source === '<<';
}

function mergesMappings(value: unknown, document: Document.Parsed): boolean {
  const target = resolved(value, document);
  const sources = isSeq(target) ? target.items : [target];
  return sources.every((source) => isMap(resolved(source, document)));
}

/** The first alias of a file whose aliases together stand for too much. Counts without expanding. */
function aliasBomb(document: Document.Parsed): PlanProblem | undefined {
  const sizes = new Map<unknown, number>();
  let first: Node | undefined;
  let aliases = 0;
  visit(document, {
    Alias(_, alias) {
      first ??= alias;
      aliases++;
    },
  });
  if (!first) return undefined;
  if (aliases > maxAliases) {
    const message = `This file has ${aliases} aliases, more than ${maxAliases}: it is not read. Write the values out.`;
    return { code: 'plan-yaml', message, range: rangeOf(first) };
  }
  const written = countNodes(document);
  if (aliases * written > maxAliasLookups) {
    const message = `This file has ${aliases} aliases, too many for one so long: it is not read. Write the values out.`;
    return { code: 'plan-yaml', message, range: rangeOf(first) };
  }
  const size = (node: unknown, depth: number): number => {
    if (depth > 100) return maxAliasedNodes + 1;
    if (isAlias(node)) return size(node.resolve(document), depth + 1);
    const known = sizes.get(node);
    if (known !== undefined) return known;
    let total = 1;
    // A node that contains itself through an alias never ends: count it as too much until it is known.
    sizes.set(node, Number.POSITIVE_INFINITY);
    if (isMap(node))
      for (const pair of node.items) total += size(pair.key, depth + 1) + size(pair.value, depth + 1);
    else if (isSeq(node)) for (const item of node.items) total += size(item, depth + 1);
    sizes.set(node, total);
    return total;
  };
  if (size(document.contents, 0) - written <= maxAliasedNodes) return undefined;
  return {
    code: 'plan-yaml',
    message: `The aliases of this file stand for more than ${maxAliasedNodes.toLocaleString('en')} values: it is not read. Write the values out.`,
    range: rangeOf(first),
  };
}

/** How many nodes are written in the file. */
function countNodes(document: Document.Parsed): number {
  let count = 0;
  visit(document, { Node: () => void count++ });
  return count;
}

/**
 * A node's value without what follows it. The parser ends a block collection behind the blanks and comments below
 * it, and which of them depends on what comes then.
 */
export function rangeOf(node: unknown): Range {
  const range = (node as ParsedNode | null | undefined)?.range;
  if (!range) return { start: 0, end: 0 };
  return { start: range[0], end: blockEnd(node) ?? range[1] };
}

/** Where the last key, item or value of a block collection ends; undefined for other nodes. */
function blockEnd(node: unknown): number | undefined {
  if (!isCollection(node) || node.flow) return undefined;
  const last: unknown = node.items.at(-1);
  if (!isPair(last)) return last ? rangeOf(last).end : undefined;
  return Math.max(rangeOf(last.key).end, isWritten(last.value) ? rangeOf(last.value).end : 0);
}

/** Not the empty node that stands for a missing value. */
function isWritten(node: unknown): boolean {
  const { start, end } = rangeOf(node);
  return end > start;
}

/** Through an alias to what it stands for. */
export function resolved(node: unknown, document: Document.Parsed): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

/** The pair of a key in a mapping; what `<<` merges in counts after its own keys. */
export function pairOf(map: YAMLMap, key: string, document: Document.Parsed): Pair | undefined {
  for (const pair of map.items) if (isScalar(pair.key) && String(pair.key.value) === key) return pair;
  for (const pair of map.items) {
    if (!isMergeKey(pair.key)) continue;
    const merged = resolved(pair.value, document);
    for (const source of isSeq(merged) ? merged.items : [merged]) {
      const target = resolved(source, document);
      const found = isMap(target) ? pairOf(target, key, document) : undefined;
      if (found) return found;
    }
  }
  return undefined;
}
