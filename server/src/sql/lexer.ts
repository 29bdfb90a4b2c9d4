import type { Token } from './model.ts';

/**
 * Splits SQL into tokens as Postgres' scanner does (`standard_conforming_strings` on), blanks and comments
 * left out. Never throws: what is not closed (a string, a quoted name, a comment) becomes one token of kind
 * `unterminated` that reaches to the end of the text. Offsets are UTF-16.
 */
export function* tokenize(text: string, from = 0): Generator<Token> {
  let at = skipBlank(text, from);
  while (at < text.length) {
    const token = tokenFrom(text, at);
    yield token;
    at = skipBlank(text, token.end);
  }
}

/** The first offset at or after `from` that is neither blank nor comment; an unclosed comment is neither. */
export function skipBlank(text: string, from: number): number {
  let at = from;
  for (;;) {
    blanks.lastIndex = at;
    at += blanks.exec(text)?.[0].length ?? 0;
    if (text.startsWith('--', at)) {
      const lineEnd = indexOfLineEnd(text, at);
      at = lineEnd;
    } else if (text.startsWith('/*', at)) {
      const end = commentEnd(text, at);
      if (end === undefined) return at;
      at = end;
    } else {
      return at;
    }
  }
}

const blanks = /[ \t\n\r\f\v]*/y;
const lineEnd = /[\n\r]/g;
const word = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const number =
  /0[xX](_?[\da-fA-F])+|0[oO](_?[0-7])+|0[bB](_?[01])+|(\d(_?\d)*(\.(?!\.)(\d(_?\d)*)?)?|\.\d(_?\d)*)([eE][+-]?\d(_?\d)*)?/y;
const parameter = /\$\d+/y;
const dollarTag = /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const fixedOperator = /::|\.\.|:=|[()[\],;:.]/y;
const operatorCharacters = /[-+*/<>=~!@#%^&|`?]+/y;

function tokenFrom(text: string, at: number): Token {
  const quoted = quotedFrom(text, at);
  if (quoted) return quoted;
  return (
    match(text, at, word, 'word') ??
    match(text, at, number, 'number') ??
    match(text, at, parameter, 'parameter') ??
    match(text, at, fixedOperator, 'punctuation') ??
    operatorFrom(text, at) ?? { kind: 'operator', start: at, end: at + 1 }
  );
}

function match(text: string, at: number, pattern: RegExp, kind: Token['kind']): Token | undefined {
  pattern.lastIndex = at;
  const found = pattern.exec(text);
  return found && found[0].length > 0 ? { kind, start: at, end: at + found[0].length } : undefined;
}

function quotedFrom(text: string, at: number): Token | undefined {
  const prefix = /^(?:[eE](?=')|[bBxX](?=')|[uU]&(?=['"]))/.exec(text.slice(at, at + 3))?.[0] ?? '';
  const open = at + prefix.length;
  const quote = text[open];
  if (quote === "'") return stringFrom(text, at, open, prefix.toLowerCase() === 'e');
  if (quote === '"') {
    const end = closingQuote(text, open, '"', false);
    return end === undefined ? unterminated(text, at) : { kind: 'quoted', start: at, end };
  }
  if (quote === '$') return dollarQuoted(text, at);
  return text.startsWith('/*', at) ? unterminated(text, at) : undefined;
}

function stringFrom(text: string, start: number, open: number, escapes: boolean): Token {
  let end = closingQuote(text, open, "'", escapes);
  while (end !== undefined) {
    // Two strings with a line break between them are one.
    const next = /^[ \t\f\v]*(?:--[^\n\r]*)?[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*[\n\r])*'/.exec(
      text.slice(end, end + 400),
    );
    if (!next) return { kind: 'string', start, end };
    end = closingQuote(text, end + next[0].length - 1, "'", escapes);
  }
  return unterminated(text, start);
}

function closingQuote(text: string, open: number, quote: string, escapes: boolean): number | undefined {
  for (let at = open + 1; at < text.length; at++) {
    if (escapes && text[at] === '\\') at++;
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at + 1;
      at++;
    }
  }
  return undefined;
}

function dollarQuoted(text: string, at: number): Token | undefined {
  dollarTag.lastIndex = at;
  const tag = dollarTag.exec(text)?.[0];
  if (tag === undefined) return undefined;
  const close = text.indexOf(tag, at + tag.length);
  return close < 0 ? unterminated(text, at) : { kind: 'string', start: at, end: close + tag.length };
}

function operatorFrom(text: string, at: number): Token | undefined {
  operatorCharacters.lastIndex = at;
  const run = operatorCharacters.exec(text)?.[0];
  if (run === undefined) return undefined;
  const comment = run.search(/--|\/\*/);
  let operator = comment > 0 ? run.slice(0, comment) : run;
  // As Postgres does: a trailing + or - belongs to the operand unless the operator has a special character.
  if (!/[~!@#%^&|`?]/.test(operator)) operator = operator.replace(/(?<=.)[-+]+$/, '');
  return { kind: 'operator', start: at, end: at + operator.length };
}

function unterminated(text: string, start: number): Token {
  return { kind: 'unterminated', start, end: text.length };
}

function indexOfLineEnd(text: string, from: number): number {
  lineEnd.lastIndex = from;
  return lineEnd.exec(text)?.index ?? text.length;
}

/** Comments nest. */
function commentEnd(text: string, open: number): number | undefined {
  let depth = 1;
  for (let at = open + 2; at < text.length; at++) {
    if (text.startsWith('/*', at)) {
      depth++;
      at++;
    } else if (text.startsWith('*/', at)) {
      depth--;
      at++;
      if (depth === 0) return at + 1;
    }
  }
  return undefined;
}
