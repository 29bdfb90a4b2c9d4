import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type ParsedNode,
  parseAllDocuments,
  visit,
  type YAMLMap,
} from 'yaml';
import type { Range } from '../text/range.ts';
import type { PlanProblem } from './model.ts';
import { tooDeepAt } from './nesting.ts';

/** Characters of a plan; the longest real ones have a hundredth of it. */
export const maxPlanLength = 2_000_000;
/** Levels of mappings and lists; a plan has eight. */
const maxDepth = 200;
/** How many nodes all aliases together may stand for: an alias bomb has millions. */
const maxAliasedNodes = 10_000;
/** Each is looked up in the whole document. */
const maxAliases = 500;

export interface YamlFile {
  readonly document: Document.Parsed | undefined;
  /** The document as plain values; undefined where there is none. */
  readonly value: unknown;
  readonly problems: readonly PlanProblem[];
}

/** Reads YAML: what parses is there even where other parts do not. Never throws. */
export function readYaml(text: string, what: string): YamlFile {
  const whole = { start: 0, end: Math.min(text.length, 1) };
  const refuse = (message: string): YamlFile => ({
    document: undefined,
    value: undefined,
    problems: [{ code: 'plan-unreadable', message, range: whole }],
  });
  if (text.length > maxPlanLength) {
    return refuse(`This file is ${Math.round(text.length / 1e6)} MB long; ${what} has at most 2 MB.`);
  }
  const nul = text.indexOf('\0');
  if (nul >= 0)
    return refuse(`This file holds a NUL character: it is binary, or not UTF-8. Save it as UTF-8 text.`);
  if (text.replace(/^\uFEFF/, '').trim() === '') return refuse(`This file is empty. ${startHint(what)}`);
  const deep = tooDeepAt(text, maxDepth);
  if (deep !== undefined) {
    const message = `This is nested more than ${maxDepth} levels deep: the file is not read.`;
    return {
      ...refuse(''),
      problems: [{ code: 'plan-yaml', message, range: { start: deep, end: deep + 1 } }],
    };
  }
  const onlyComments = (): YamlFile =>
    what === 'a plan'
      ? refuse(`This file holds nothing but comments. ${startHint(what)}`)
      : { document: undefined, value: undefined, problems: [] };
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
  const documents = parseAllDocuments(text, {
    keepSourceTokens: true,
    merge: true,
    logLevel: 'silent',
    // The library compares every key with every other: thousands of keys would take minutes. See duplicateKeys.
    uniqueKeys: false,
  });
  const [document, second] = Array.isArray(documents) ? documents : [];
  if (!document) return undefined;
  const problems = yamlProblems(text, document);
  if (second) {
    const start = second.range[0];
    problems.push({
      code: 'plan-yaml',
      message: `A second document starts here: ${what} is one YAML document. Remove the --- line and what follows, or move it to a file of its own.`,
      range: { start: Math.max(0, text.lastIndexOf('---', start)), end: start },
    });
  }
  const bomb = aliasBomb(document);
  if (bomb) return { document: undefined, value: undefined, problems: [...problems, bomb] };
  return { document, value: document.toJS({ maxAliasCount: -1 }), problems };
}

function yamlProblems(text: string, document: Document.Parsed): PlanProblem[] {
  const problems: PlanProblem[] = [];
  let syntax = false;
  for (const error of document.errors) {
    // After the first syntax error the others are mostly its echoes.
    if (syntax) break;
    syntax = true;
    const start = Math.min(error.pos[0], text.length);
    const end = Math.min(error.pos[1], text.length);
    problems.push({
      code: 'plan-yaml',
      message: explain(error.code, error.message),
      range: { start, end: Math.max(end, Math.min(start + 1, text.length)) },
    });
  }
  return [...problems, ...duplicateKeys(document)];
}

function explain(code: string, message: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'A tab as indent: YAML indents with spaces. Replace the tab by spaces.';
    case 'BAD_INDENT':
      return 'The indent does not fit: keys of one mapping, and the items of one list, start in the same column.';
    case 'MISSING_CHAR':
      return `${firstSentence(message)} A quote, bracket, comma or colon is missing here or shortly before.`;
    case 'MULTILINE_IMPLICIT_KEY':
    case 'BLOCK_AS_IMPLICIT_KEY':
      return `${firstSentence(message)} Check the indent, or quote the text if it holds a colon.`;
    default:
      return message.includes('call stack') ? 'It is nested too deeply to be read.' : firstSentence(message);
  }
}

function duplicateKeys(document: Document.Parsed): PlanProblem[] {
  const problems: PlanProblem[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        if (!isScalar(key) || key.source === '<<') continue;
        if (seen.has(key.value)) {
          const message = `The key ${key.value} stands here a second time: the first one would be lost. Merge the two or remove one.`;
          problems.push({ code: 'plan-yaml', message, range: rangeOf(key) });
        }
        seen.add(key.value);
      }
    },
  });
  return problems;
}

function firstSentence(message: string): string {
  const first = (message.split(/ at line \d+|\n/)[0] ?? message).trim();
  return /[.!?]$/.test(first) ? first : `${first}.`;
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
  const written = text(document);
  if (size(document.contents, 0) - written <= maxAliasedNodes) return undefined;
  return {
    code: 'plan-yaml',
    message: `The aliases of this file stand for more than ${maxAliasedNodes.toLocaleString('en')} values: it is not read. Write the values out.`,
    range: rangeOf(first),
  };
}

/** How many nodes are written in the file. */
function text(document: Document.Parsed): number {
  let count = 0;
  visit(document, { Node: () => void count++ });
  return count;
}

/** A node's value without what follows it. */
export function rangeOf(node: unknown): Range {
  const range = (node as ParsedNode | null | undefined)?.range;
  return range ? { start: range[0], end: range[1] } : { start: 0, end: 0 };
}

/** Through an alias to what it stands for. */
export function resolved(node: unknown, document: Document.Parsed): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

/** The pair of a key in a mapping; what `<<` merges in counts after its own keys. */
export function pairOf(map: YAMLMap, key: string, document: Document.Parsed): Pair | undefined {
  for (const pair of map.items) if (isScalar(pair.key) && String(pair.key.value) === key) return pair;
  for (const pair of map.items) {
    if (!isScalar(pair.key) || pair.key.source !== '<<') continue;
    const merged = resolved(pair.value, document);
    for (const source of isSeq(merged) ? merged.items : [merged]) {
      const target = resolved(source, document);
      const found = isMap(target) ? pairOf(target, key, document) : undefined;
      if (found) return found;
    }
  }
  return undefined;
}
