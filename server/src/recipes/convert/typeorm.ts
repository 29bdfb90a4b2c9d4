/** What a method of a TypeORM migration runs, and what of it cannot be read. */
export interface MethodSql {
  readonly sql: readonly string[];
  /** Calls that are no SQL, as written: `queryRunner.createTable`. */
  readonly unread: readonly string[];
}

/** The SQL of `up` and `down` of a TypeORM migration; undefined where the file is none. */
export function typeormMigration(
  text: string,
): { readonly up: MethodSql; readonly down: MethodSql } | undefined {
  if (!/\bMigrationInterface\b/.test(text)) return undefined;
  const up = methodBody(text, 'up');
  const down = methodBody(text, 'down');
  if (up === undefined) return undefined;
  return { up: queriesOf(up), down: queriesOf(down ?? []) };
}

/** A piece of JavaScript: a word, a string with the value that it has (undefined: not constant), or one other character. */
type Piece =
  | { readonly kind: 'word' | 'mark'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string | undefined };

/** The pieces between the braces of a method's body; undefined where there is no such method. */
function methodBody(text: string, name: string): readonly Piece[] | undefined {
  const pieces = [...piecesOf(text)];
  const at = pieces.findIndex(
    (piece, index) =>
      isWord(piece, name) && isMark(pieces[index + 1], '(') && !isMark(pieces[index - 1], '.'),
  );
  if (at < 0) return undefined;
  const afterParameters = matching(pieces, at + 1);
  // A return type may hold braces of its own: `Promise<{ … }>` is not written in migrations.
  const open = pieces.findIndex((piece, index) => index > afterParameters && isMark(piece, '{'));
  return open < 0 ? undefined : pieces.slice(open + 1, matching(pieces, open));
}

function queriesOf(body: readonly Piece[]): MethodSql {
  const sql: string[] = [];
  const unread: string[] = [];
  for (const [at, piece] of body.entries()) {
    if (piece.kind !== 'word' || isMark(body[at - 1], '.')) continue;
    const { path, open } = callAt(body, at);
    const method = path.at(-1) ?? '';
    if (open === undefined || ofTheLanguage.has(method)) continue;
    const given = body.slice(open + 1, matching(body, open));
    // Others' calls change nothing here: console.log, Promise.all; but those that are handed the runner may.
    if (!path.slice(0, -1).some(isRunner)) {
      if (given.some((one, index) => handsOn(given, one, index))) unread.push(path.join('.'));
      continue;
    }
    if (ofTransactions.has(method)) continue;
    const value = method === 'query' ? constant(given) : undefined;
    if (value !== undefined) sql.push(value);
    else unread.push(path.join('.'));
  }
  return { sql, unread };
}

/** What stands before brackets that are no call's arguments. */
const ofTheLanguage = new Set([
  'if',
  'for',
  'while',
  'switch',
  'catch',
  'function',
  'return',
  'await',
  'of',
  'in',
]);
/** A plan's steps have transactions of their own. */
const ofTransactions = new Set(['startTransaction', 'commitTransaction', 'rollbackTransaction']);

/** `queryRunner.manager.query<Row>(`: its words, and where its arguments begin; undefined where nothing is called. */
function callAt(
  body: readonly Piece[],
  start: number,
): { readonly path: readonly string[]; readonly open?: number } {
  const path: string[] = [];
  let at = start;
  for (; ; at++) {
    const word = body[at];
    if (word?.kind !== 'word') return { path };
    path.push(word.text);
    at++;
    while (isMark(body[at], '?') || isMark(body[at], '!')) at++;
    if (!isMark(body[at], '.')) break;
  }
  if (isMark(body[at], '<')) {
    const end = body.findIndex(
      (one, index) => index > at && isMark(one, '(') && isMark(body[index - 1], '>'),
    );
    at = end < 0 ? at : end;
  }
  return isMark(body[at], '(') ? { path, open: at } : { path };
}

function isRunner(word: string): boolean {
  return /runner|manager|connection|datasource/i.test(word);
}

/** Whether an argument is the runner itself, or its manager, and not what a call of it gives. */
function handsOn(given: readonly Piece[], piece: Piece, at: number): boolean {
  return piece.kind === 'word' && isRunner(piece.text) && callAt(given, at).open === undefined;
}

/** The string that an argument list consists of: one, or several joined with `+`. */
function constant(given: readonly Piece[]): string | undefined {
  const written = isMark(given.at(-1), ',') ? given.slice(0, -1) : given;
  let value = '';
  for (const [at, piece] of written.entries()) {
    if (at % 2 === 1) {
      if (!isMark(piece, '+')) return undefined;
      continue;
    }
    if (piece.kind !== 'string' || piece.value === undefined) return undefined;
    value += piece.value;
  }
  return written.length % 2 === 1 ? value : undefined;
}

function isWord(piece: Piece | undefined, text: string): boolean {
  return piece?.kind === 'word' && piece.text === text;
}

function isMark(piece: Piece | undefined, text: string): boolean {
  return piece?.kind === 'mark' && piece.text === text;
}

const closing: Readonly<Record<string, string>> = { '(': ')', '{': '}', '[': ']' };

/** The index of the bracket that closes the one at `open`; the end where none does. */
function matching(pieces: readonly Piece[], open: number): number {
  const expected: string[] = [];
  for (let at = open; at < pieces.length; at++) {
    const piece = pieces[at];
    if (piece?.kind !== 'mark') continue;
    const close = closing[piece.text];
    if (close) expected.push(close);
    else if (piece.text === expected.at(-1)) {
      expected.pop();
      if (expected.length === 0) return at;
    }
  }
  return pieces.length;
}

function* piecesOf(text: string): Generator<Piece> {
  const next = /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|[\p{L}_$][\p{L}\p{N}_$]*|(["'`])|[^\s]/gu;
  for (let found = next.exec(text); found; found = next.exec(text)) {
    const [source, quote] = found;
    if (source.startsWith('//') || source.startsWith('/*')) continue;
    if (quote !== undefined) {
      const end = endOfString(text, next.lastIndex, quote);
      yield { kind: 'string', value: stringValue(text.slice(next.lastIndex, end), quote) };
      next.lastIndex = end + 1;
    } else yield { kind: /^[\p{L}_$]/u.test(source) ? 'word' : 'mark', text: source };
  }
}

function endOfString(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === quote) return at;
  }
  return text.length;
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  0: '\0',
};

/** Undefined for a template with something in it that is worked out when it runs. */
function stringValue(source: string, quote: string): string | undefined {
  if (quote === '`' && /(?<!\\)(?:\\\\)*\$\{/.test(source)) return undefined;
  return source.replace(
    /\\(?:u\{([\da-f]+)\}|u([\da-f]{4})|x([\da-f]{2})|(\r?\n)|([\s\S]))/gi,
    (_, a, b, c, line, one) => {
      const code = a ?? b ?? c;
      if (code !== undefined) return codePoint(Number.parseInt(code, 16));
      return line !== undefined ? '' : (escapes[one as string] ?? (one as string));
    },
  );
}

function codePoint(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : '';
}
