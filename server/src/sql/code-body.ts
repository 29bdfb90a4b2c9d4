// The tree of a PL/pgSQL body comes from Postgres' own PL/pgSQL parser, which `libpg-query` holds beside the grammar.
import type { CreateFunctionStmt, DefElem, DoStmt, Node, ParseResult } from '@pgsql/types';
import { parsePlPgSQLSync } from 'libpg-query';
import { parseSync } from 'pg-query-parser';
import type { Range } from '../text/range.ts';
import { createByteIndex } from '../text/utf8.ts';
import { dynamicTemplate } from './dynamic-template.ts';
import type { CodeBody, EmbeddedStatement, SqlProblem, Statement, UnreadCode } from './model.ts';
import {
  declaredNames,
  type EmbeddedSql,
  embeddedSql,
  endsTransactions,
  fieldsOfNew,
  straight,
} from './plpgsql-tree.ts';
import { createStatement, pinnedStatement, type RawStatement, statementsFrom } from './statement.ts';

/** The literal that holds a body: its value, where it stands, and where its text begins if it stands there as it is. */
interface Literal {
  readonly value: string;
  readonly range: Range;
  readonly start: number | undefined;
}

interface Found {
  readonly statements: EmbeddedStatement[];
  readonly unread: UnreadCode[];
  readonly problems: SqlProblem[];
}

/** Of a body that is not in PL/pgSQL, or does not parse. */
const nothingTold = { variables: [], newFields: undefined, endsTransactions: false };

/** Reads the body of a DO block, a function or a procedure; undefined where the statement is none of them. */
export function codeBody(statement: Statement, text: string): CodeBody | undefined {
  const { node } = statement;
  if ('DoStmt' in node) return readCode(statement, text, optionsOf(node.DoStmt), 'plpgsql');
  if (!('CreateFunctionStmt' in node)) return undefined;
  const { sql_body } = node.CreateFunctionStmt;
  if (sql_body) return atomicBody(statement, text, sql_body);
  return readCode(statement, text, optionsOf(node.CreateFunctionStmt), 'sql');
}

function optionsOf(fields: DoStmt | CreateFunctionStmt): readonly DefElem[] {
  const nodes = ('args' in fields ? fields.args : (fields as CreateFunctionStmt).options) ?? [];
  return nodes.flatMap((node) => ('DefElem' in node ? [node.DefElem] : []));
}

function readCode(
  statement: Statement,
  text: string,
  options: readonly DefElem[],
  usual: string,
): CodeBody | undefined {
  const option = (name: string) => options.find(({ defname }) => defname === name);
  const language = (stringOf(option('language')?.arg) ?? usual).toLowerCase();
  const as = option('as');
  const value = stringOf(as?.arg);
  if (!as || value === undefined) return undefined;
  const literal = literalOf(statement, text, as.location, value);
  const found: Found = { statements: [], unread: [], problems: [] };
  const done = (
    told: Pick<CodeBody, 'variables' | 'newFields' | 'endsTransactions'> = nothingTold,
  ): CodeBody => ({
    language,
    ...found,
    ...told,
  });
  if (language === 'sql') {
    readSql(found, text, literal);
    return done();
  }
  if (language !== 'plpgsql') {
    found.unread.push({ what: `code in ${language}`, range: literal.range, begins: undefined });
    return done();
  }
  const tree = parseTree(statement.text);
  if ('message' in tree) {
    found.unread.push({ what: 'a body that does not parse', range: literal.range, begins: undefined });
    // Anything but its syntax may be the parser's own limit: it knows no catalog.
    if (/^syntax error/.test(tree.message)) found.problems.push(syntaxProblem(tree.message, literal, text));
    return done();
  }
  const place = placer(literal);
  for (const one of embeddedSql(tree)) readEmbedded(found, text, literal, one, place(one));
  return done({
    variables: declaredNames(tree),
    newFields: fieldsOfNew(tree),
    endsTransactions: endsTransactions(tree),
  });
}

function parseTree(source: string): object | { readonly message: string } {
  try {
    return parsePlPgSQLSync(source);
  } catch (error) {
    return { message: messageOf(error) };
  }
}

/** At the token that the message names, where the body has it once; else at the whole body. */
function syntaxProblem(message: string, { range, start, value }: Literal, text: string): SqlProblem {
  const named = /at or near "([\s\S]*)"$/.exec(message)?.[1];
  const at = named === undefined || start === undefined ? -1 : value.indexOf(named);
  const once = named !== undefined && at >= 0 && value.indexOf(named, at + 1) < 0;
  const sentence = `${message.charAt(0).toUpperCase()}${message.slice(1)} in the body.`;
  if (!once || start === undefined) return { message: sentence, range: firstLine(text, range) };
  return { message: sentence, range: { start: start + at, end: start + at + named.length } };
}

function firstLine(text: string, { start, end }: Range): Range {
  const lineEnd = text.indexOf('\n', start);
  return { start, end: lineEnd > start ? Math.min(lineEnd, end) : end };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A string, or the one string of a list: `AS 'body'` of a function is a list of one. */
function stringOf(node: Node | undefined): string | undefined {
  if (!node) return undefined;
  if ('String' in node) return node.String.sval ?? '';
  return 'List' in node && node.List.items?.length === 1 ? stringOf(node.List.items[0]) : undefined;
}

function literalOf(statement: Statement, text: string, location: number | undefined, value: string): Literal {
  const from = location === undefined ? statement.range.start : statement.offsetOf(location);
  const token = statement.tokens().find(({ kind, start }) => kind === 'string' && start >= from);
  const range = token ? { start: token.start, end: token.end } : statement.range;
  const source = text.slice(range.start, range.end);
  const opening = /^(?:\$[^$]*\$|')/.exec(source)?.[0].length ?? 0;
  const same = opening > 0 && source.slice(opening, source.length - opening) === value;
  return { value, range, start: same ? range.start + opening : undefined };
}

/** A body in SQL: its statements run one after the other. */
function readSql(found: Found, text: string, literal: Literal): void {
  const trees = parsed(literal.value);
  if ('message' in trees) {
    // In an old-style body `$1` and the names of arguments are understood; anything else is an error at creation.
    found.problems.push({ message: trees.message, range: literal.range });
    return;
  }
  const statements =
    literal.start === undefined
      ? trees.stmts.flatMap(({ stmt }) =>
          stmt ? [pinnedStatement(stmt, text, literal.range, literal.value)] : [],
        )
      : statementsFrom(trees, text, literal.start, literal.value);
  for (const statement of statements)
    found.statements.push({ statement, ...straight, pinned: literal.start === undefined });
}

/** `BEGIN ATOMIC … END` or `RETURN …`: parsed with the statement itself. */
function atomicBody(statement: Statement, text: string, body: Node): CodeBody {
  const nodes: Node[] = [];
  const gather = (node: Node) => {
    if ('List' in node) for (const one of node.List.items ?? []) gather(one);
    else if ('ReturnStmt' in node && node.ReturnStmt.returnval)
      nodes.push({ SelectStmt: { targetList: [{ ResTarget: { val: node.ReturnStmt.returnval } }] } });
    else nodes.push(node);
  };
  gather(body);
  const statements = nodes.map((node) => ({
    statement: pinnedStatement(node, text, statement.range, statement.text),
    ...straight,
    pinned: true,
  }));
  return { language: 'sql', statements, unread: [], problems: [], ...nothingTold };
}

/** Where a piece's query stands in `text`; undefined where the source spells it otherwise. */
type Place = (piece: EmbeddedSql) => number | undefined;

function placer(literal: Literal): Place {
  if (literal.start === undefined) return () => undefined;
  const { start, value } = literal;
  const lines = [0];
  for (const match of value.matchAll(/\n/g)) lines.push(match.index + 1);
  let cursor = 0;
  return (piece) => {
    const query = piece.form === 'perform' ? piece.query.slice('SELECT'.length) : piece.query;
    const line = lines[piece.line - 1] ?? 0;
    const at = findText(value, query, Math.max(line, cursor)) ?? findText(value, query, line);
    if (at === undefined) return undefined;
    cursor = at + query.length;
    return start + at - (piece.query.length - query.length);
  };
}

/** The first place at or after `from` where `wanted` stands; its blanks stand for anything. */
function findText(text: string, wanted: string, from: number): number | undefined {
  const [head = ''] = /^\s*[^\s]*/.exec(wanted) ?? [];
  for (let at = text.indexOf(head, from); at >= 0; at = text.indexOf(head, at + 1)) {
    if (matches(text, wanted, at)) return at;
    if (head === '') return undefined;
  }
  return undefined;
}

function matches(text: string, wanted: string, at: number): boolean {
  for (let i = 0; i < wanted.length; i++) if (wanted[i] !== ' ' && wanted[i] !== text[at + i]) return false;
  return true;
}

function readEmbedded(
  found: Found,
  text: string,
  literal: Literal,
  piece: EmbeddedSql,
  at: number | undefined,
): void {
  if (piece.form === 'dynamic') {
    readDynamic(found, text, literal, piece, at);
    return;
  }
  const statement = piece.form === 'statement' || piece.form === 'perform';
  // An expression that reads no table and calls nothing does nothing that matters here.
  if (!statement && !/\bselect\b|\(/i.test(piece.query)) return;
  const skipped = piece.form === 'assignment' ? (/^[^=]*=/.exec(piece.query)?.[0].length ?? 0) : 0;
  const prefix = statement ? '' : 'SELECT ';
  addSql(found, text, literal, {
    sql: prefix + piece.query.slice(skipped),
    shift: prefix.length,
    start: at === undefined ? undefined : at + skipped,
    piece,
  });
}

/** `EXECUTE 'constant'` can be read; what is put together while it runs cannot, but for how it begins. */
function readDynamic(
  found: Found,
  text: string,
  literal: Literal,
  piece: EmbeddedSql,
  at: number | undefined,
): void {
  const range = at === undefined ? literal.range : { start: at, end: at + piece.query.trimEnd().length };
  const trees = parsed(`SELECT ${piece.query}`);
  const target = 'stmts' in trees ? trees.stmts[0]?.stmt : undefined;
  const value = target && 'SelectStmt' in target ? target.SelectStmt.targetList?.[0] : undefined;
  const expression = value && 'ResTarget' in value ? value.ResTarget.val : undefined;
  const constant = constantText(expression);
  if (constant === undefined) {
    found.unread.push({
      what: 'the SQL that EXECUTE puts together',
      range,
      begins: firstText(expression),
      template: templateOf(expression, text, range),
    });
    return;
  }
  const quote = piece.query.indexOf(constant);
  const start = at === undefined || quote < 0 ? undefined : at + quote;
  addSql(found, text, literal, { sql: constant, shift: 0, start, piece });
}

function constantText(node: Node | undefined): string | undefined {
  return node && 'A_Const' in node ? node.A_Const.sval?.sval : undefined;
}

/** The constant that a concatenation or a `format` begins with, up to the first thing put in. */
function firstText(node: Node | undefined): string | undefined {
  if (!node) return undefined;
  if ('A_Expr' in node) return firstText(node.A_Expr.lexpr);
  if ('FuncCall' in node) {
    const name = node.FuncCall.funcname?.at(-1);
    const known = name && 'String' in name && ['format', 'concat'].includes(name.String.sval ?? '');
    return known ? firstText(node.FuncCall.args?.[0])?.split('%')[0] : undefined;
  }
  return constantText(node);
}

function templateOf(expression: Node | undefined, text: string, range: Range): Statement[] | undefined {
  const sql = dynamicTemplate(expression);
  const trees = sql === undefined ? undefined : parsed(sql);
  if (sql === undefined || !trees || 'message' in trees) return undefined;
  return trees.stmts.flatMap(({ stmt }) => (stmt ? [pinnedStatement(stmt, text, range, sql)] : []));
}

interface Piece {
  readonly sql: string;
  /** Characters put before the source, so that it parses. */
  readonly shift: number;
  /** Where the source stands in the text around the body. */
  readonly start: number | undefined;
  readonly piece: EmbeddedSql;
}

function addSql(found: Found, text: string, literal: Literal, { sql, shift, start, piece }: Piece): void {
  const { certain, repeats, guarded } = piece;
  const source = sql.slice(shift).trimEnd();
  const lead = source.length - source.trimStart().length;
  // PERFORM is a letter longer than the SELECT that it is read as.
  const word = piece.form === 'perform' ? -1 : lead;
  const range = start === undefined ? literal.range : { start: start + word, end: start + source.length };
  const trees = parsed(sql);
  if ('message' in trees) {
    found.problems.push({ message: trees.message, range });
    return;
  }
  const bytes = createByteIndex(sql);
  for (const { stmt } of trees.stmts) {
    if (!stmt) continue;
    const statement =
      start === undefined
        ? pinnedStatement(stmt, text, range, source.trim())
        : createStatement(stmt, text, range, (location) => start - shift + bytes.toUtf16(location));
    found.statements.push({ statement, certain, repeats, guarded, pinned: start === undefined });
  }
}

function parsed(sql: string): { readonly stmts: readonly RawStatement[] } | { readonly message: string } {
  if (sql.trim() === '' || sql.includes('\0')) return { stmts: [] };
  try {
    return { stmts: ((parseSync(sql) as ParseResult).stmts ?? []) as readonly RawStatement[] };
  } catch (error) {
    return { message: messageOf(error) };
  }
}
