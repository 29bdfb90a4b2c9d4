import { printable, printableLines } from '../text/terminal.ts';

/** Text of a plan as Markdown that shows it and means nothing more: no link, no picture, no HTML. */
export function plainText(text: string): string {
  return printable(text.replace(/\s+/g, ' ')).replace(/[\\`*_{}[\]<>()#+.!|~&$-]/g, '\\$&');
}

/** A name or value in a code span. */
export function code(text: string): string {
  const shown = printable(text.replace(/\s+/g, ' '));
  const ticks = '`'.repeat(longestRun(shown) + 1);
  const pad = shown.startsWith('`') || shown.endsWith('`') ? ' ' : '';
  return `${ticks}${pad}${shown}${pad}${ticks}`;
}

/** SQL as a block of at most `lines` lines. */
export function sqlBlock(sql: string, lines = 30): string {
  const all = printableLines(sql.trim().replaceAll('\r', '').replaceAll('\t', '  ')).split('\n');
  const shown = all.length > lines ? [...all.slice(0, lines), `-- ${all.length - lines} more lines`] : all;
  const fence = '`'.repeat(Math.max(3, longestRun(sql) + 1));
  return `${fence}sql\n${shown.join('\n')}\n${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}
