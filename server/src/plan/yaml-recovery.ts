import { type Document, parseAllDocuments } from 'yaml';
import type { Range } from '../text/range.ts';
import { countDuplicates } from './yaml-duplicates.ts';
import { type Fault, faultsOf } from './yaml-faults.ts';

/** How often, and how many characters in all, may be parsed again to read on behind syntax errors. */
const maxAttempts = 20;
const maxCharacters = 1_000_000;

/** A syntax error, and what around it is in doubt because of it. */
export interface Damage {
  readonly fault: Fault;
  /** The list item or root entry that it stands in: what seems to be missing there may only be unreadable. */
  readonly region: Range;
}

export interface RecoveredYaml {
  /** The text that `document` was read from: as long as the file, with blanks where it could not be read. */
  readonly source: string;
  readonly documents: readonly Document.Parsed[];
  readonly damages: readonly Damage[];
}

interface Attempt {
  readonly source: string;
  readonly documents: readonly Document.Parsed[];
  readonly faults: readonly Fault[];
}

/**
 * Parses YAML past its syntax errors. One that derails the parser is blanked out, with as little around it as
 * makes the rest readable (its line, its key's value, its list item, its root entry), and the text parsed again.
 */
export function parseRecovering(text: string): RecoveredYaml {
  const damages: Damage[] = [];
  let attempts = Math.min(maxAttempts, Math.floor(maxCharacters / text.length));
  let attempt = parse(text);
  while (true) {
    const { source, documents, faults } = attempt;
    const fault = faults.find(({ local }) => !local);
    if (!fault) {
      const local = faults.map((one) => ({ fault: one, region: lineAround(source, one.range.start) }));
      return { source, documents, damages: inOrder([...damages, ...local]) };
    }
    let next: Attempt | undefined;
    for (const region of regionsAround(source, fault.range.start)) {
      if (attempts-- <= 0) break;
      const without = parse(blanked(source, region));
      if (!mends(without, attempt, region)) continue;
      next = without;
      break;
    }
    const doubtful = next
      ? widest(source, fault)
      : { start: lineAround(source, fault.range.start).start, end: source.length };
    damages.push({ fault, region: doubtful });
    if (!next) return { source, documents, damages: inOrder(damages) };
    attempt = next;
  }
}

function parse(source: string): Attempt {
  const documents = parseDocuments(source);
  const [first] = documents;
  return { source, documents, faults: first ? faultsOf(source, first) : [] };
}

/** The documents of a text with their errors; none for comments alone. */
export function parseDocuments(source: string): readonly Document.Parsed[] {
  const parsed = withoutStackTraces(() =>
    parseAllDocuments(source, {
      merge: true,
      logLevel: 'silent',
      // Lines and columns of an error are searched from the text's start, for each error.
      prettyErrors: false,
      // The library compares every key with every other: thousands of keys would take minutes.
      uniqueKeys: false,
    }),
  );
  return Array.isArray(parsed) ? parsed : [];
}

/** The library makes an Error of each syntax error; taking its stack, which nobody sees, is most of the time. */
function withoutStackTraces<T>(run: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** The fault is gone, none came before it, and what is left did not run together. */
function mends(after: Attempt, before: Attempt, region: Range): boolean {
  const left = after.faults.find(({ local }) => !local);
  if (left && left.range.start < region.end) return false;
  const count = ({ documents: [first] }: Attempt) => (first ? countDuplicates(first) : 0);
  return count(after) <= count(before);
}

function blanked(source: string, { start, end }: Range): string {
  return source.slice(0, start) + source.slice(start, end).replace(/[^\r\n]/g, ' ') + source.slice(end);
}

function inOrder(damages: Damage[]): Damage[] {
  return damages.sort((a, b) => a.fault.range.start - b.fault.range.start);
}

/** The innermost list item around the fault; the root entry where it stands in none. */
function widest(source: string, fault: Fault): Range {
  const regions = [...blocksAround(source, fault.range.start)];
  return regions.find(({ start }) => isDash(lineText(source, start))) ?? regions.at(-1) ?? fault.range;
}

/** The value of the key on the fault's line, the line, and the blocks around it: each larger than the one before. */
function* regionsAround(source: string, offset: number): Generator<Range> {
  const line = lineAround(source, offset);
  const before = /^( *(?:- +)*)[\w-]+:(?=[ \t])/.exec(source.slice(line.start, line.end));
  const value = line.start + (before?.[0].length ?? 0);
  if (before && offset >= value) yield { start: value, end: blockEnd(source, line, before[1]?.length ?? 0) };
  yield line;
  yield* blocksAround(source, offset);
}

/** The fault's line with the deeper ones below it, then the list items and the root entry around that. */
function* blocksAround(source: string, offset: number): Generator<Range> {
  const line = lineAround(source, offset);
  let column = columnAt(source, line.start);
  yield { start: line.start, end: blockEnd(source, line, column) };
  for (let { start } = line; start > 0 && column > 0; ) {
    start = lineAround(source, start - 1).start;
    const text = lineText(source, start);
    if (isEmpty(text)) continue;
    const own = indentOf(text);
    if (own >= column) continue;
    column = own;
    if (isDash(text) || own === 0) yield { start, end: blockEnd(source, lineAround(source, start), own) };
  }
}

/** A line that starts with a tab is meant to stand where the line above it does. */
function columnAt(source: string, start: number): number {
  let at = start;
  while (at > 0 && /^ *\t|^\s*$/.test(lineText(source, at))) at = lineAround(source, at - 1).start;
  return indentOf(lineText(source, at));
}

/** The end of the lines below that are indented deeper than `column`; a key's list may stand in its own column. */
function blockEnd(source: string, line: Range, column: number): number {
  const list = /:[ \t]*(?:#.*)?\r?$/.test(lineText(source, line.start));
  let end = line.end;
  while (end < source.length) {
    const next = lineAround(source, end);
    const text = lineText(source, next.start);
    const deeper = indentOf(text) > column || (list && indentOf(text) === column && isDash(text));
    if (!isEmpty(text) && !deeper) return end;
    end = next.end;
  }
  return end;
}

/** The line around an offset, its break included. */
function lineAround(source: string, offset: number): Range {
  const start = offset === 0 ? 0 : source.lastIndexOf('\n', offset - 1) + 1;
  const feed = source.indexOf('\n', offset);
  return { start, end: feed < 0 ? source.length : feed + 1 };
}

function lineText(source: string, start: number): string {
  const feed = source.indexOf('\n', start);
  return source.slice(start, feed < 0 ? source.length : feed);
}

function indentOf(line: string): number {
  let indent = 0;
  while (line[indent] === ' ') indent++;
  return indent;
}

function isDash(line: string): boolean {
  return /^ *-(?=\s|$)/.test(line);
}

function isEmpty(line: string): boolean {
  return /^\s*(#|$)/.test(line);
}
