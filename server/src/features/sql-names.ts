import { tokenize } from '../sql/lexer.ts';
import type { Token } from '../sql/model.ts';
import type { ObjectName } from '../sql/names.ts';

/** A statement's tokens with their words. It is told by its semicolons alone, since it may not parse yet. */
export interface Words {
  readonly text: string;
  readonly tokens: readonly Token[];
}

/** A relation that a statement says the name of. */
export interface NamedRelation {
  readonly name: ObjectName;
  /** How the statement calls it; undefined for its own name. */
  readonly alias: string | undefined;
  /** The tokens of its name: the first, and the one behind the last. */
  readonly from: number;
  readonly to: number;
}

/** The statement that holds the character at `at` of an SQL text, or ends there. */
export function wordsAround(text: string, at: number): Words {
  let tokens: Token[] = [];
  for (const token of tokenize(text)) {
    const isEnd = token.kind === 'punctuation' && text[token.start] === ';';
    if (isEnd && token.start >= at) break;
    if (isEnd) tokens = [];
    else tokens.push(token);
  }
  return { text, tokens };
}

/** A token's word in lower case; empty for quoted names, strings and signs. */
export function wordAt({ text, tokens }: Words, at: number): string {
  const token = tokens[at];
  return token?.kind === 'word' ? text.slice(token.start, token.end).toLowerCase() : '';
}

export function signAt({ text, tokens }: Words, at: number): string {
  const token = tokens[at];
  return token?.kind === 'punctuation' ? text.slice(token.start, token.end) : '';
}

/** A name as Postgres reads it: folded to lower case unless it is quoted. Undefined where none stands. */
export function nameAt({ text, tokens }: Words, at: number): string | undefined {
  const token = tokens[at];
  if (!token) return undefined;
  const source = text.slice(token.start, token.end);
  if (token.kind === 'quoted') return source.slice(1, -1).replaceAll('""', '"');
  return token.kind === 'word' ? source.toLowerCase() : undefined;
}

/** Words that a relation's name follows. */
const leads: ReadonlySet<string> = new Set(
  'from join update into table only references view truncate analyze vacuum lock cluster copy'.split(' '),
);
/** Words between them and the name. */
const between: ReadonlySet<string> = new Set('if not exists only concurrently table verbose full'.split(' '));
/** Words that are no alias. */
const clauses: ReadonlySet<string> = new Set(
  (
    'set where on using values select default join left right inner full cross natural group order limit offset ' +
    'union having returning add drop alter rename to as when for window fetch with is in cascade restrict validate ' +
    'attach detach enable disable owner not and or no overriding tablesample from'
  ).split(' '),
);

/** Whether a relation's name follows the token, words such as IF EXISTS between them passed over. */
export function leadsToRelation(words: Words, at: number): boolean {
  const back = beforeFillers(words, at);
  const word = wordAt(words, back);
  if (leads.has(word)) return !isOfDistinct(words, back);
  // CREATE INDEX … ON, CREATE TRIGGER … ON, COMMENT ON TABLE; in a query ON begins a condition.
  if (word === 'on') return ddl.has(wordAt(words, 0));
  return word === 'using' && ['delete', 'merge'].includes(wordAt(words, 0));
}

const ddl: ReadonlySet<string> = new Set('create drop alter grant revoke'.split(' '));

function beforeFillers(words: Words, at: number): number {
  let back = at;
  while (between.has(wordAt(words, back)) && wordAt(words, back) !== 'table') back--;
  // VACUUM FULL users, ANALYZE VERBOSE users: the filler is all that stands before.
  return back < 0 ? at : back;
}

/** IS DISTINCT FROM; and the FROM of extract(), trim() and the like is taken for a table's, which finds none. */
function isOfDistinct(words: Words, at: number): boolean {
  return wordAt(words, at) === 'from' && wordAt(words, at - 1) === 'distinct';
}

/** The relations that a statement names, as far as its words tell. */
export function relationsIn(words: Words): readonly NamedRelation[] {
  const found: NamedRelation[] = [];
  for (let at = 0; at < words.tokens.length; at++) {
    if (nameAt(words, at) === undefined || signAt(words, at - 1) === '.') continue;
    const isListed = signAt(words, at - 1) === ',' && endsAt(found, at - 1);
    if (!isListed && !(leadsToRelation(words, at - 1) && !between.has(wordAt(words, at)))) continue;
    const named = relationFrom(words, at);
    if (named) found.push(named);
  }
  return found;
}

/** `FROM a, b` and `DROP TABLE a, b`: whether the comma follows the last relation, or its alias. */
function endsAt(found: readonly NamedRelation[], comma: number): boolean {
  const last = found.at(-1);
  if (!last) return false;
  const gap = comma - last.to;
  return gap === 0 || (last.alias !== undefined && gap <= 2);
}

function relationFrom(words: Words, at: number): NamedRelation | undefined {
  const first = nameAt(words, at);
  if (first === undefined) return undefined;
  const isQualified = signAt(words, at + 1) === '.';
  const second = isQualified ? nameAt(words, at + 2) : undefined;
  const to = at + (isQualified ? (second === undefined ? 2 : 3) : 1);
  const name = isQualified ? { schema: first, name: second ?? '' } : { schema: undefined, name: first };
  const aliasAt = wordAt(words, to) === 'as' ? to + 1 : to;
  const alias = clauses.has(wordAt(words, aliasAt)) ? undefined : nameAt(words, aliasAt);
  return { name, alias, from: at, to };
}
