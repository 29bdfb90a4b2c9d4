import { oneLine } from './names.ts';

/**
 * Markdown whose parts hold text of a plan: none of it may become markup. `text` and `code` give one line each; a `fence`
 * keeps its lines. Rules are CommonMark's: every ASCII punctuation mark may stand behind a backslash, and a fence ends at
 * a run of backticks that is at least as long as the one it began with.
 * Source: https://spec.commonmark.org/0.31.2/#backslash-escapes, #fenced-code-blocks.
 */

/** Text on one line, for a heading, a list item, a paragraph or a table's cell. */
export function text(plain: string): string {
  return oneLine(plain)
    .replaceAll(/[\\`*[\]<|~&#$]|_(?![A-Za-z0-9])|(?<![A-Za-z0-9])_/g, '\\$&')
    .replace(/^\d{1,9}(?=[.)])/, '$&\\')
    .replace(/^[-+=>]/, '\\$&');
}

/** Code on one line. In a table, a pipe would end its cell, so it has to be told. */
export function code(plain: string, where: 'text' | 'table' = 'text'): string {
  const line = oneLine(plain);
  if (line === '') return '';
  const longest = longestRun(line);
  const ticks = '`'.repeat(longest + 1);
  const padding = /^`|`$|^ .* $/.test(line) ? ' ' : '';
  const span = `${ticks}${padding}${line}${padding}${ticks}`;
  return where === 'table' ? span.replaceAll('|', '\\|') : span;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A block of code, its text untouched but for line ends, and for what a terminal would act on or nobody would see: where
 * there is that, it says not to paste it.
 */
export function fence(language: string, body: string): string {
  const lines = withoutLastLineEnds(body.replaceAll(/\r\n?/g, '\n'));
  const shown = lines.replaceAll(hidden, '\ufffd');
  const ticks = '`'.repeat(Math.max(3, longestRun(shown) + 1));
  const info = /^[A-Za-z0-9+#-]{1,20}$/.test(language) ? language : '';
  const block = `${ticks}${info}\n${shown}\n${ticks}`;
  return shown === lines
    ? block
    : `${block}\n\n**Do not paste this: it holds characters that cannot be seen, here \ufffd. Take it from the plan itself.**`;
}

function longestRun(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}

/** By hand: a pattern that looks for line ends before the end goes over a long run of them again and again. */
function withoutLastLineEnds(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\n') end--;
  return text.slice(0, end);
}

/** Rows of cells that are Markdown already. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** A level-n heading; the title is Markdown already. */
export function heading(level: number, title: string): string {
  return `${'#'.repeat(level)} ${title}`;
}

/** An entry to tick off; what belongs to it is indented into it. */
export function task(title: string, ...more: readonly string[]): string {
  return [`- [ ] ${title}`, ...more.map((block) => `\n${indent(block)}`)].join('\n');
}

function indent(block: string): string {
  return block.replaceAll(/^(?=.)/gm, '  ');
}
