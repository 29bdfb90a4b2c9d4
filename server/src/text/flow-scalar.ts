import type { Decoded } from './scalar-map.ts';

/** Collects a value with the place of each of its UTF-16 units. */
export interface Collector {
  /** `unit`s stand at `[start, end)`; the further ones of an escape count up within it. */
  push(units: string, start: number, end: number): void;
  finish(end: number): Decoded;
}

export function createCollector(): Collector {
  let value = '';
  const starts: number[] = [];
  const ends: number[] = [];
  return {
    push(units, start, end) {
      for (let i = 0; i < units.length; i++) {
        const last = i === units.length - 1;
        starts.push(start + i);
        ends.push(last ? Math.max(end, start + i + 1) : start + i + 1);
      }
      value += units;
    },
    finish: (end) => ({ value, starts, ends, end }),
  };
}

/** A plain scalar: its characters, with line breaks folded. */
export function readPlain(text: string, start: number, end: number): Decoded {
  const out = createCollector();
  let at = start;
  while (at < end) {
    if (isBlank(text[at])) at = pushBlanks(out, text, at, end);
    else at = pushUnit(out, text, at);
  }
  return out.finish(end);
}

/** A single-quoted scalar: `''` is one quote. */
export function readSingleQuoted(text: string, start: number, end: number): Decoded {
  const out = createCollector();
  const last = text[end - 1] === "'" && end - 1 > start ? end - 1 : end;
  let at = start + 1;
  while (at < last) {
    if (isBlank(text[at])) at = pushBlanks(out, text, at, last);
    else if (text[at] === "'" && text[at + 1] === "'") {
      out.push("'", at, at + 2);
      at += 2;
    } else at = pushUnit(out, text, at);
  }
  return out.finish(last);
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  N: '\x85',
  _: '\xa0',
  L: '\u2028',
  P: '\u2029',
};
const hexEscapes: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

/** A double-quoted scalar with its escapes, line breaks folded or escaped. */
export function readDoubleQuoted(text: string, start: number, end: number): Decoded {
  const out = createCollector();
  const last = text[end - 1] === '"' && end - 1 > start ? end - 1 : end;
  let at = start + 1;
  while (at < last) {
    if (isBlank(text[at])) at = pushBlanks(out, text, at, last);
    else if (text[at] === '\\') at = pushEscape(out, text, at, last);
    else at = pushUnit(out, text, at);
  }
  return out.finish(last);
}

function pushEscape(out: Collector, text: string, at: number, last: number): number {
  const letter = text[at + 1] ?? '';
  const digits = hexEscapes[letter];
  if (digits !== undefined) {
    const code = Number.parseInt(text.slice(at + 2, at + 2 + digits), 16);
    const end = at + 2 + digits;
    out.push(code <= 0x10ffff ? String.fromCodePoint(code) : '', at, end);
    return end;
  }
  if (letter === '\n' || letter === '\r') {
    // An escaped line break joins the lines; the next one's indent is not part of the value.
    let next = at + (letter === '\r' && text[at + 2] === '\n' ? 3 : 2);
    while (next < last && (text[next] === ' ' || text[next] === '\t')) next++;
    return next;
  }
  out.push(escapes[letter] ?? `\\${letter}`, at, at + 2);
  return at + 2;
}

function isBlank(unit: string | undefined): boolean {
  return unit === ' ' || unit === '\t' || unit === '\n' || unit === '\r';
}

/**
 * Blanks from `at` on. With line breaks among them they are folded: a space, or one line feed a blank line, each
 * standing at a line break. Else they are themselves.
 */
function pushBlanks(out: Collector, text: string, at: number, last: number): number {
  const breaks: number[] = [];
  let next = at;
  for (; next < last; next++) {
    const unit = text[next];
    if (unit === '\n') breaks.push(text[next - 1] === '\r' && next - 1 >= at ? next - 1 : next);
    else if (unit !== ' ' && unit !== '\t' && !(unit === '\r' && text[next + 1] === '\n')) break;
  }
  if (breaks.length === 0) {
    // A lone carriage return is a character like others.
    const end = Math.max(next, at + 1);
    for (let i = at; i < end; i++) pushUnit(out, text, i);
    return end;
  }
  const value = breaks.length === 1 ? ' ' : '\n'.repeat(breaks.length - 1);
  for (let i = 0; i < value.length; i++) {
    const place = breaks[i] ?? next;
    out.push(value[i] ?? '', place, place + 1);
  }
  return next;
}

function pushUnit(out: Collector, text: string, at: number): number {
  out.push(text[at] ?? '', at, at + 1);
  return at + 1;
}
