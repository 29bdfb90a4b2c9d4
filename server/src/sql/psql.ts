import { tokenize } from './lexer.ts';
import type { Token } from './model.ts';

/**
 * Blanks out what only psql understands, as `pg_dump` and hands write it: lines with a meta-command (`\connect app`,
 * `\restrict …`), the data block after `COPY … FROM stdin;`, the statement included, and the colon of a variable
 * (`:name`, `:'name'`), which then stands as a name or string. `\gexec` and its like end a statement, as a semicolon
 * does. Every other character keeps its offset.
 */
export function blankPsqlParts(text: string): string {
  if (!mayHavePsqlParts(text)) return text;
  let result = '';
  let rest = 0;
  for (let part = nextPart(text, 0); part; part = nextPart(text, part.end)) {
    const blanked = text.slice(part.start, part.end).replace(/[^\n\r]/g, ' ');
    result += text.slice(rest, part.start) + (part.ends ? `;${blanked.slice(1)}` : blanked);
    rest = part.end;
  }
  return result + text.slice(rest);
}

/** Whether a script runs SQL that it does not show: files that it includes, `\gexec`, `\if`, variables. */
export function runsMoreThanItSays(text: string): boolean {
  if (!mayHavePsqlParts(text)) return false;
  for (let part = nextPart(text, 0); part; part = nextPart(text, part.end)) {
    const source = text.slice(part.start, part.end);
    if (/^(?::|\\(?:ir?|include(?:_relative)?|gexec|if|elif|else)\b)/.test(source)) return true;
  }
  return false;
}

function mayHavePsqlParts(text: string): boolean {
  return text.includes('\\') || /(?:^|[\s(,=<>.]):['"\p{L}_]/mu.test(text);
}

interface PsqlPart {
  readonly start: number;
  readonly end: number;
  /** It ends the statement before it. */
  readonly ends?: boolean;
}

/** The next part that starts at or after `from`, a statement's start or a place in one. */
function nextPart(text: string, from: number): PsqlPart | undefined {
  let statement: Token[] = [];
  for (const token of tokenize(text, from)) {
    if (text[token.start] === '\\') {
      const end = endOfLine(text, token.start);
      const sends = /^\\(?:g|gx|gset|gexec|gdesc|crosstabview)\b/.test(text.slice(token.start, end));
      const lineStart = text.lastIndexOf('\n', token.start - 1) + 1;
      if (sends) return { start: token.start, end, ends: true };
      if (text.slice(lineStart, token.start).trim() === '') return { start: token.start, end };
    }
    if (isVariable(text, token)) return { start: token.start, end: token.start + 1 };
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

/** `:name`, and not the colon of `a[1:n]` or `::`. */
function isVariable(text: string, { start, end }: Token): boolean {
  if (text[start] !== ':' || end !== start + 1) return false;
  const before = text[start - 1];
  return (before === undefined || /[\s(,=<>.]/.test(before)) && /^['"\p{L}_]/u.test(text.slice(end, end + 2));
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
