import { relationKey } from '../schema/lookup.ts';
import type { Table, UserFunction } from '../schema/model.ts';
import { triggersOf } from '../schema/triggers.ts';
import { tokenize } from '../sql/lexer.ts';
import { quoteIdentifier } from '../sql/names.ts';
import { type Facts, sqlName } from './facts.ts';

export interface OtherName {
  readonly from: string;
  readonly to: string;
  /** It is the same column by another name: what gives it a value goes on to. */
  readonly isSame: boolean;
}

/**
 * A trigger's function with another column in the place of one: `NEW.a` and `OLD.a` become those of the other. Why not,
 * in words, where it says the name in another way, gives the column values, or serves other tables too.
 */
export function withOtherColumn(
  facts: Facts,
  table: Table,
  code: UserFunction,
  names: OtherName,
): { readonly sql: string } | { readonly reason: string } {
  const key = relationKey(code.name);
  const calls = `function ${key}()`;
  const users = [...facts.schema.relations.values()].filter(
    (one): one is Table =>
      one.kind === 'table' && triggersOf(one).some(({ dependsOn = [] }) => dependsOn.includes(calls)),
  );
  if (users.length === 0) return { reason: 'it is not that of a trigger' };
  const other = users.find((one) => relationKey(one.name) !== relationKey(table.name) && !one.partition);
  if (other) return { reason: `${sqlName(facts, other)} calls it too` };
  const [overload] = code.overloads ?? [];
  const source = overload?.source?.text;
  const body = source === undefined ? undefined : bodyIn(source);
  if (source === undefined || !body) return { reason: 'its body is not known' };
  const rows = replaceRows(body.text, names);
  if ('reason' in rows) return rows;
  const text = source.slice(0, body.start) + rows.text + source.slice(body.end);
  return { sql: text.replace(/^\s*create\s+(?:or\s+replace\s+)?function/i, 'CREATE OR REPLACE FUNCTION') };
}

/** The one dollar-quoted string of a CREATE FUNCTION. */
function bodyIn(
  source: string,
): { readonly text: string; readonly start: number; readonly end: number } | undefined {
  const bodies = [...tokenize(source)].filter(
    (token) => token.kind === 'string' && source[token.start] === '$',
  );
  const [only, ...more] = bodies;
  if (!only || more.length > 0) return undefined;
  const quote = /^\$[^$]*\$/.exec(source.slice(only.start, only.end))?.[0] ?? '';
  const [start, end] = [only.start + quote.length, only.end - quote.length];
  return { text: source.slice(start, end), start, end };
}

function replaceRows(
  body: string,
  { from, to, isSame }: OtherName,
): { readonly text: string } | { readonly reason: string } {
  const tokens = [...tokenize(body)];
  const word = (at: number) => {
    const token = tokens[at];
    if (!token) return '';
    const text = body.slice(token.start, token.end);
    return token.kind === 'quoted' ? text.slice(1, -1).replaceAll('""', '"') : text.toLowerCase();
  };
  let text = '';
  let done = 0;
  for (const [at, token] of tokens.entries()) {
    if (token.kind === 'string' && saysWord(body.slice(token.start, token.end), from))
      return { reason: `it has ${from} in a string` };
    if ((token.kind !== 'word' && token.kind !== 'quoted') || word(at) !== from) continue;
    const isRow = word(at - 1) === '.' && (word(at - 2) === 'new' || word(at - 2) === 'old');
    if (!isRow) return { reason: `it says ${from} by itself` };
    const isGiven =
      word(at + 1) === ':=' || (word(at + 1) === '=' && /^(?:;|begin|then|else|loop|)$/.test(word(at - 3)));
    if (isGiven && !isSame)
      return { reason: `it gives ${from} a value, which both columns would have to get` };
    text += body.slice(done, token.start) + quoteIdentifier(to);
    done = token.end;
  }
  return { text: text + body.slice(done) };
}

function saysWord(text: string, name: string): boolean {
  return (
    text.split(/[^\p{L}\p{N}_$]+/u).some((one) => one.toLowerCase() === name.toLowerCase()) ||
    (/[^\p{L}\p{N}_$]/u.test(name) && text.includes(name))
  );
}
