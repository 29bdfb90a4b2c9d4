import { type Collector, createCollector } from './flow-scalar.ts';
import type { Decoded } from './scalar-map.ts';

interface Line {
  /** Of the line's first character, indent included. */
  readonly start: number;
  /** Spaces that it begins with. */
  readonly indent: number;
  /** Behind its last character, before the line break. */
  readonly end: number;
  /** Where its line break stands; its end where the text ends. */
  readonly lineBreak: number;
  readonly terminated: boolean;
}

/**
 * A block scalar, `|` or `>`, with every header. The indent that the header leaves open is that of the first line
 * with content, or of the longest blank line before it. `value` is what the YAML parser read; where the document's
 * end cuts the last line break off, it tells whether one counts.
 */
export function readBlock(text: string, start: number, end: number, value: string): Decoded | undefined {
  const header = /^[|>]([-+]?)([1-9]?)([-+]?)[ \t]*(?:#[^\r\n]*)?\r?(?:\n|$)/.exec(text.slice(start, end));
  const headerOnly = header ?? /^[|>]([-+]?)([1-9]?)([-+]?)/.exec(text.slice(start, end));
  if (!headerOnly) return undefined;
  const folded = text[start] === '>';
  const chomp = headerOnly[1] || headerOnly[3] || '';
  const bodyStart = start + headerOnly[0].length;
  const lines = splitLines(text, bodyStart, end);
  const content = contentLines(lines);
  const explicit = headerOnly[2] ? Number(headerOnly[2]) : 0;
  for (const indent of explicit ? explicitIndents(lines, explicit) : [detectIndent(lines, content)]) {
    const decoded = readLines(text, lines, { indent, folded, chomp, end, value });
    if (decoded.value === value) return decoded;
  }
  return undefined;
}

/** The parent's indent is not in the scalar: whichever gives the value that was read is the right one. */
function explicitIndents(lines: readonly Line[], explicit: number): readonly number[] {
  const longest = Math.max(0, ...lines.map((line) => line.indent));
  return Array.from({ length: Math.max(0, longest - explicit) + 1 }, (_, parent) => parent + explicit).concat(
    explicit,
  );
}

function splitLines(text: string, start: number, end: number): Line[] {
  const lines: Line[] = [];
  let at = start;
  while (at < end) {
    const feed = text.indexOf('\n', at);
    const terminated = feed >= 0 && feed < end;
    const stop = terminated ? feed : end;
    const lineEnd = text[stop - 1] === '\r' && stop > at ? stop - 1 : stop;
    let indent = 0;
    while (at + indent < lineEnd && text[at + indent] === ' ') indent++;
    lines.push({ start: at, indent, end: lineEnd, lineBreak: lineEnd, terminated });
    at = stop + 1;
  }
  return lines;
}

const isBlank = (line: Line) => line.start + line.indent === line.end;

/** How many lines there are up to the last one with content. */
function contentLines(lines: readonly Line[]): number {
  let count = lines.length;
  while (count > 0 && isBlank(lines[count - 1] as Line)) count--;
  return count;
}

function detectIndent(lines: readonly Line[], content: number): number {
  let longest = 0;
  for (const line of lines.slice(0, content)) {
    if (!isBlank(line)) return line.indent;
    longest = Math.max(longest, line.indent);
  }
  return longest;
}

interface Reading {
  readonly indent: number;
  readonly folded: boolean;
  readonly chomp: string;
  readonly end: number;
  readonly value: string;
}

function readLines(
  text: string,
  lines: readonly Line[],
  { indent, folded, chomp, end, value }: Reading,
): Decoded {
  const out = createCollector();
  let count = contentLines(lines);
  // Blank lines at the end that are longer than the indent have content: the spaces beyond it.
  if (count > 0)
    for (let i = lines.length; i > count; i--) if ((lines[i - 1]?.indent ?? 0) > indent) count = i;
  if (count === 0) return readOnlyBlank(lines, chomp, end, value);
  if (folded) pushFolded(out, text, lines.slice(0, count), indent);
  else pushLiteral(out, text, lines.slice(0, count), indent);
  const last = lines[count - 1] as Line;
  let stop = last.end;
  if (chomp !== '-') {
    out.push('\n', last.lineBreak, last.lineBreak + 1);
    stop = Math.min(end, text[last.lineBreak] === '\r' ? last.lineBreak + 2 : last.lineBreak + 1);
  }
  if (chomp === '+') {
    for (const line of lines.slice(count)) {
      pushText(out, text, line, indent);
      if (line.terminated) out.push('\n', line.lineBreak, line.lineBreak + 1);
    }
    stop = end;
  }
  return out.finish(Math.max(stop, last.end));
}

/** A last line of nothing but spaces, without a line break, may count as a line all the same: the value tells. */
function readOnlyBlank(lines: readonly Line[], chomp: string, end: number, value: string): Decoded {
  const out = createCollector();
  if (chomp === '+') {
    const broken = lines.filter(({ terminated }) => terminated);
    for (const line of broken) out.push('\n', line.lineBreak, line.lineBreak + 1);
    if (broken.length < lines.length && value.length > broken.length) out.push('\n', end, end);
  }
  return out.finish(end);
}

function pushText(out: Collector, text: string, line: Line, indent: number): void {
  for (let at = line.start + Math.min(indent, line.indent); at < line.end; at++) {
    out.push(text[at] ?? '', at, at + 1);
  }
}

function pushLiteral(out: Collector, text: string, lines: readonly Line[], indent: number): void {
  for (const [i, line] of lines.entries()) {
    pushText(out, text, line, indent);
    if (i < lines.length - 1) out.push('\n', line.lineBreak, line.lineBreak + 1);
  }
}

/** One line break between two lines of text is a space; more-indented lines and the breaks around them stay. */
function pushFolded(out: Collector, text: string, lines: readonly Line[], indent: number): void {
  let breaks: number[] = [];
  let separator = '';
  let indented = false;
  let leading = true;
  for (const line of lines) {
    const more = !isBlank(line) && (line.indent > indent || text[line.start + line.indent] === '\t');
    if (isBlank(line) && line.indent <= indent) {
      if (leading) out.push('\n', line.lineBreak, line.lineBreak + 1);
      else if (separator === '\n') {
        const place = breaks.shift() ?? line.lineBreak;
        out.push('\n', place, place + 1);
        breaks.push(line.lineBreak);
      } else {
        separator = '\n';
        breaks.push(line.lineBreak);
      }
      continue;
    }
    if (more || isBlank(line)) {
      if (separator === ' ') separator = '\n';
      else if (!indented && separator === '\n') separator = '\n\n';
    }
    for (let i = 0; i < separator.length; i++) {
      const place = breaks[i] ?? line.start;
      out.push(separator[i] ?? '', place, place + 1);
    }
    pushText(out, text, line, indent);
    breaks = [line.lineBreak];
    separator = more || isBlank(line) ? '\n' : ' ';
    indented = more || isBlank(line);
    leading = false;
  }
}
