import { tokenize } from '../sql/lexer.ts';
import { quoteLiteral } from '../sql/names.ts';

/** A script's text that ends its last statement, whatever comment follows it; without blank lines around. */
export function ended(sql: string): string {
  const text = sql.replaceAll('\r\n', '\n').trim();
  let last = '';
  for (const { start, end } of tokenize(text)) last = text.slice(start, end);
  if (last === ';' || last === '') return text;
  // On a line of its own where a comment at the end would swallow it.
  return endsInComment(text) ? `${text}\n;` : `${text};`;
}

function endsInComment(text: string): boolean {
  let end = 0;
  for (const token of tokenize(text)) end = token.end;
  return text.slice(end).includes('--');
}

/** `SET name = 'value';` for a time in ms; Postgres takes 0 for none. */
export function setTime(name: string, ms: number): string {
  return `SET ${name} = ${ms === 0 ? '0' : quoteLiteral(timeSetting(ms))};`;
}

/** ms as a setting's value in the largest unit that it is a whole number of. */
function timeSetting(ms: number): string {
  if (ms % 60_000 === 0) return `${ms / 60_000}min`;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${Math.max(Math.round(ms), 1)}ms`;
}

/** A string in dollar quotes, with a tag that it does not hold. */
export function dollarQuoted(text: string, tag = 'sql'): string {
  let quote = `$${tag}$`;
  for (let at = 1; text.includes(quote) || `${text}$`.includes(quote); at++) quote = `$${tag}${at}$`;
  return `${quote}${text}${quote}`;
}
