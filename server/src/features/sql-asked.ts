import { leadsToRelation, relationsIn, signAt, type Words, wordAt } from './sql-names.ts';
import type { SqlRole } from './sql-places.ts';

/** The token before the word that is typed; -1 for the first of a statement. Undefined in strings and comments. */
export function tokenBefore({ text, tokens }: Words, at: number): number | undefined {
  const inside = tokens.find(({ start, end }) => start < at && at <= end);
  if (
    inside &&
    (inside.kind === 'string' || inside.kind === 'unterminated') &&
    !(inside.kind === 'string' && at === inside.end)
  )
    return undefined;
  const before = tokens.findLastIndex(({ start }) => start < at);
  const from = before < 0 ? 0 : (tokens[before]?.end ?? 0);
  // Comments are no tokens.
  if (from < at && /--[^\n\r]*$|\/\*/.test(text.slice(from, at))) return undefined;
  const isTyped = inside !== undefined && (inside.kind === 'word' || inside.kind === 'quoted');
  return isTyped ? before - 1 : before;
}

export interface Asked {
  readonly what:
    | 'relation'
    | 'index'
    | 'view'
    | 'sequence'
    | 'constraint'
    | 'own column'
    | 'type'
    | 'qualified'
    | 'expression'
    | 'nothing';
  /** A name of that kind has to follow. */
  readonly named: boolean;
}

/** What may follow a token. */
export function askedFor(words: Words, before: number, role: SqlRole): Asked {
  const strict = (what: Asked['what']): Asked => ({ what, named: true });
  if (role === 'columns') return strict('own column');
  if (signAt(words, before) === '.') return strict('qualified');
  if (signAt(words, before) === '::') return strict('type');
  const last = lastMeant(words, before);
  const word = wordAt(words, last);
  const verb = wordAt(words, 0);
  const second = wordAt(words, last - 1);
  if (word === 'index' && (second === 'using' || ['drop', 'alter', 'reindex'].includes(verb)))
    return strict('index');
  if (word === 'index' && verb === 'create') return { what: 'nothing', named: false };
  if (word === 'view' && ['drop', 'alter', 'refresh'].includes(verb)) return strict('view');
  if (word === 'sequence' && ['drop', 'alter'].includes(verb)) return strict('sequence');
  if (
    verb === 'create' &&
    ['table', 'view', 'sequence', 'type', 'schema', 'function', 'trigger'].includes(word)
  )
    return { what: 'nothing', named: false };
  if (verb === 'alter') {
    const altered = askedInAlter(words, last, word, second);
    if (altered) return altered;
  }
  if (role === 'statements' && leadsToRelation(words, before)) return strict('relation');
  if (signAt(words, before) === '(' && isColumnList(words, before)) return strict('own column');
  if (word === 'set' && verb === 'update') return strict('own column');
  return { what: 'expression', named: role !== 'statements' && before < 0 };
}

/** IF EXISTS and CONCURRENTLY stand before the name that is meant. */
function lastMeant(words: Words, before: number): number {
  let at = before;
  while (['if', 'not', 'exists', 'concurrently', 'only'].includes(wordAt(words, at))) {
    if (wordAt(words, at) === 'not' && wordAt(words, at - 1) !== 'if') break;
    at--;
  }
  return at;
}

function askedInAlter(words: Words, last: number, word: string, second: string): Asked | undefined {
  if (wordAt(words, 1) !== 'table') return undefined;
  if (word === 'column') {
    return ['alter', 'drop', 'rename'].includes(second)
      ? { what: 'own column', named: true }
      : { what: 'nothing', named: false };
  }
  if (word === 'constraint')
    return second === 'add' ? { what: 'nothing', named: false } : { what: 'constraint', named: true };
  if (word === 'type') return { what: 'type', named: true };
  if (word === 'to') return { what: 'nothing', named: false };
  // ADD COLUMN name |
  const isNew = wordAt(words, last - 1) === 'column' && wordAt(words, last - 2) === 'add';
  return isNew || (wordAt(words, last - 1) === 'exists' && wordAt(words, last - 4) === 'column')
    ? { what: 'type', named: true }
    : undefined;
}

/** `INSERT INTO t (`, `CREATE INDEX … ON t (`, `REFERENCES t (`, `UNIQUE (`. */
function isColumnList(words: Words, open: number): boolean {
  const verb = wordAt(words, 0);
  if (['unique', 'key'].includes(wordAt(words, open - 1))) return true;
  const named = relationsIn(words).some(({ to }) => to === open);
  return named ? verb !== 'select' : verb === 'create' && wordAt(words, open - 2) === 'using';
}
