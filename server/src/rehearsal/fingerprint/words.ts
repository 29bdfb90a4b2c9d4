import type { Drift } from './model.ts';
import { shortType, withoutPublic } from './names.ts';

export function schemaDrift(object: string, words: string): Drift {
  return { kind: 'schema', object, message: `${object}: ${words}` };
}

/** Facts whose values say what they are of: `was valid, is INVALID`. */
const adjectives = new Set([
  'nullability',
  'status',
  'validity',
  'readiness',
  'persistence',
  'deferrability',
  'cycling',
  'contents',
  'security',
  'NULL input',
  'leakproofness',
  'volatility',
  'determinism',
  'kind',
  'trust',
  'inheritance',
  'attachment',
]);

/** Facts that every object has, and that are noted where they are not as usual. */
const usual = new Set([
  'storage',
  'compression',
  'statistics target',
  'collation',
  'replica identity',
  'tablespace',
  'minimum',
  'maximum',
  'statistics targets',
  'target',
]);

/** Facts that are a person's words, not Postgres'. */
const isVerbatim = (fact: string) => /comment|label of|body/.test(fact);

export function wordsOfChange(fact: string, was: string | undefined, is: string | undefined): string {
  const [old, now] = values(fact, was, is);
  if (adjectives.has(fact) && was !== undefined && is !== undefined) return `was ${old}, is ${now}`;
  const [past, present] = /[^s]s$/.test(fact) ? ['were', 'are'] : ['was', 'is'];
  return `${fact} ${past} ${old}, ${present} ${now}`;
}

/** The longest value that is shown in full. */
const longest = 100;

function values(fact: string, was: string | undefined, is: string | undefined): readonly [string, string] {
  const [old, now] = [shown(fact, was), shown(fact, is)];
  // A name that differs in nothing but `public` is another one.
  const [a, b] = old === now ? [was ?? 'none', is ?? 'none'] : [old, now];
  return was !== undefined && is !== undefined && Math.max(a.length, b.length) > longest
    ? excerpts(a, b)
    : [a, b];
}

function shown(fact: string, value: string | undefined): string {
  if (value === undefined) return usual.has(fact) ? 'the default' : 'none';
  const line = value.replace(/\s+/g, ' ').trim();
  return isVerbatim(fact) ? `'${line}'` : withoutPublic(shortType(line));
}

/** What is between a beginning and an end that both have, with a few words around it. */
function excerpts(a: string, b: string): readonly [string, string] {
  const around = 24;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  const cut = (text: string) => {
    const [from, to] = [Math.max(0, start - around), Math.min(text.length, text.length - end + around)];
    const middle = text.slice(from, to);
    const shown = middle.length > 2 * longest ? `${middle.slice(0, 2 * longest)}…` : middle;
    return `${from > 0 ? '…' : ''}${shown}${to < text.length ? '…' : ''}`;
  };
  return [cut(a), cut(b)];
}
