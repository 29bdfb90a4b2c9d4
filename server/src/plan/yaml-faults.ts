import { type Document, isCollection, isScalar, visit, type YAMLParseError } from 'yaml';
import type { Range } from '../text/range.ts';

/** One syntax error, where a person would look for it. */
export interface Fault {
  readonly message: string;
  readonly range: Range;
  /** The YAML parser made sense of all that surrounds it: nothing else is in doubt. */
  readonly local: boolean;
}

const localCodes: ReadonlySet<string> = new Set([
  'BAD_DQ_ESCAPE',
  'BAD_SCALAR_START',
  'TAG_RESOLVE_FAILED',
  'KEY_OVER_1024_CHARS',
]);

/** The syntax errors of a document in the order of their places; at most one on a line. */
export function faultsOf(source: string, document: Document.Parsed): readonly Fault[] {
  // A broken text of megabytes has an error for each character; nobody reads more than these.
  const faults = document.errors.slice(0, 100).map((error) => faultOf(source, document, error));
  faults.sort((a, b) => a.range.start - b.range.start);
  const lines = new Set<number>();
  return faults.filter(({ range }) => {
    const line = source.lastIndexOf('\n', range.start - 1);
    if (lines.has(line)) return false;
    lines.add(line);
    return true;
  });
}

function faultOf(source: string, document: Document.Parsed, error: YAMLParseError): Fault {
  const at = Math.min(error.pos[0], source.length);
  const end = Math.max(Math.min(error.pos[1], source.length), Math.min(at + 1, source.length));
  const local = localCodes.has(error.code);
  const opened = unclosed(source, document, error, at);
  if (opened !== undefined) {
    const range = { start: opened, end: opened + 1 };
    return { message: `This ${source[opened]} is never closed.`, range, local };
  }
  const range = narrowed(source, error.code, { start: at, end });
  return { message: explain(error, source, at), range, local };
}

/** The quote or bracket that the error misses the end of: the parser only complains where it gave up. */
function unclosed(
  source: string,
  document: Document.Parsed,
  { message }: YAMLParseError,
  at: number,
): number | undefined {
  const quote = message.startsWith('Missing closing');
  const flow = /^flow (map|sequence) .*end with/i.test(message);
  if (!quote && !flow) return undefined;
  let opened: number | undefined;
  visit(document, {
    Node(_, node) {
      const [start = 0, end = 0] = (node as { range?: readonly number[] }).range ?? [];
      if (start >= at) return undefined;
      if (quote && isScalar(node) && /^['"]$/.test(source[start] ?? '') && end >= at) opened = start;
      if (flow && isCollection(node) && end >= at && isOpen(source, start, end)) opened = start;
      return undefined;
    },
  });
  return opened;
}

function isOpen(source: string, start: number, end: number): boolean {
  const close = { '{': '}', '[': ']' }[source[start] ?? ''];
  return close !== undefined && source[end - 1] !== close;
}

/** Within one line; of a text that a colon makes a mapping of the colon, and of an indent the word behind it. */
function narrowed(source: string, code: string, { start, end }: Range): Range {
  const rest = /[^\r\n]*/y;
  rest.lastIndex = start;
  const line = rest.exec(source)?.[0] ?? '';
  if (code === 'BLOCK_AS_IMPLICIT_KEY') {
    const colon = line.search(/:(?=[ \t]|$)/);
    if (colon >= 0) return { start: start + colon, end: start + colon + 1 };
    return { start, end: start + line.trimEnd().length };
  }
  const indented = /^( +)(\S+)/.exec(line);
  if (indented && source.slice(start, end).trim() === '' && source[start] !== '\t') {
    const word = start + (indented[1]?.length ?? 0);
    return { start: word, end: word + (indented[2]?.length ?? 0) };
  }
  return { start, end: line === '' ? end : Math.min(end, start + line.length) };
}

/** In the words of somebody who never read the YAML specification. */
function explain({ code, message }: YAMLParseError, source: string, at: number): string {
  if (message.includes('call stack')) return 'It is nested too deeply to be read.';
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'A tab as indent: YAML indents with spaces. Replace the tab by spaces.';
    case 'BAD_INDENT':
      return 'The indent does not fit: keys of one mapping, and the items of one list, start in the same column.';
    case 'BLOCK_AS_IMPLICIT_KEY':
      return 'This colon makes a mapping of a text: put the text in quotes or in a | block; a key of its own starts in the column of the others.';
    case 'MULTILINE_IMPLICIT_KEY':
      return 'This runs into the key on a line below: a colon is missing here, or the indent does not fit.';
    case 'BAD_SCALAR_START':
      return `A text cannot start with ${source[at] ?? 'this'} unless it is quoted: put it in quotes.`;
    case 'BAD_DQ_ESCAPE':
      return `${source.slice(at, at + 2)} means nothing between double quotes: write \\\\ for a backslash, or use single quotes.`;
    case 'UNEXPECTED_TOKEN':
      return unexpected(message, source, at);
    case 'MISSING_CHAR':
      return missing(message);
    default:
      return sentence(message);
  }
}

function unexpected(message: string, source: string, at: number): string {
  if (/flow-(map|seq)-end/.test(message)) return `This ${source[at] ?? 'bracket'} closes nothing.`;
  if (/: +[|>][-+0-9]*[ \t]+$/.test(source.slice(source.lastIndexOf('\n', at) + 1, at)))
    return 'The text of a | or > block starts on the line below it; a comparison stands in quotes: "> 0".';
  const found = /^[^\r\n]{1,40}/.exec(source.slice(at, at + 40))?.[0].trim();
  return found ? `"${found}" does not belong here.` : 'Something is missing here.';
}

function missing(message: string): string {
  if (/Implicit (map )?keys need/.test(message))
    return 'This line is no "key: value": a colon and a blank are missing after the key.';
  if (message.startsWith('Comments must be'))
    return 'A comment needs a blank before its #; a text that holds # goes in quotes.';
  if (message.startsWith('Sequence item without'))
    return 'This line fits neither the list nor the mapping around it: its indent is off, or a "- " is missing.';
  if (message.startsWith('Missing ,')) return 'A comma is missing before this.';
  if (message.startsWith('Block scalars with more-indented'))
    return 'The first lines of this block are blank but longer than its indent: shorten them.';
  return sentence(message);
}

function sentence(message: string): string {
  const first = (message.split('\n')[0] ?? message).trim();
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
