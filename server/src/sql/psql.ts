import { tokenize } from './lexer.ts';
import type { Token } from './model.ts';

/**
 * Blanks out what only psql understands, as `pg_dump` writes it: lines with a meta-command (`\connect app`,
 * `\restrict …`) and the data block after `COPY … FROM stdin;`, the statement included. Every other character
 * keeps its offset.
 */
export function blankPsqlParts(text: string): string {
  if (!text.includes('\\')) return text;
  let result = '';
  let rest = 0;
  for (let part = nextPart(text, 0); part; part = nextPart(text, part.end)) {
    result += text.slice(rest, part.start) + text.slice(part.start, part.end).replace(/[^\n\r]/g, ' ');
    rest = part.end;
  }
  return result + text.slice(rest);
}

/** The next meta-command line or COPY block that starts at or after `from`, a statement's start. */
function nextPart(text: string, from: number): { start: number; end: number } | undefined {
  let statement: Token[] = [];
  for (const token of tokenize(text, from)) {
    const lineStart = text.lastIndexOf('\n', token.start - 1) + 1;
    if (text[token.start] === '\\' && text.slice(lineStart, token.start).trim() === '') {
      return { start: token.start, end: endOfLine(text, token.start) };
    }
    if (text[token.start] !== ';') {
      statement.push(token);
      continue;
    }
    if (isCopyFromStdin(text, statement)) {
      return {
        start: statement[0]?.start ?? token.start,
        end: endOfData(text, token.end),
      };
    }
    statement = [];
  }
  return undefined;
}

function isCopyFromStdin(text: string, statement: readonly Token[]): boolean {
  const words = statement.map((token) => text.slice(token.start, token.end).toLowerCase());
  return words[0] === 'copy' && words.some((word, at) => word === 'from' && words[at + 1] === 'stdin');
}

/** Behind the `\.` line; the text's end where it is missing, as psql reads on. */
function endOfData(text: string, from: number): number {
  const mark = /^\\\.[ \t\r]*$/gm;
  mark.lastIndex = from;
  const found = mark.exec(text);
  return found ? found.index + found[0].length : text.length;
}

function endOfLine(text: string, from: number): number {
  const at = text.indexOf('\n', from);
  return at < 0 ? text.length : at;
}
