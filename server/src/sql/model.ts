import type { Node } from '@pgsql/types';
import type { Range } from '../text/range.ts';

/** The name of the one key of a parse tree's node: `AlterTableStmt`, `IndexStmt`, … */
export type StatementKind = Node extends infer N ? (N extends unknown ? keyof N : never) : never;

/** One statement of an SQL text. Offsets are UTF-16, relative to that text. */
export interface Statement {
  readonly kind: StatementKind;
  /** The parse tree as the parser gives it: byte offsets, false booleans absent. */
  readonly node: Node;
  /** The source without leading blanks, comments and the closing semicolon. */
  readonly text: string;
  /** Where `text` stands. */
  readonly range: Range;
  /** Turns a `location` of the parse tree (UTF-8 bytes) into an offset of the SQL text. */
  offsetOf(location: number): number;
  /** The token that starts at a parse-tree `location`: the narrowest range that shows a fault. */
  tokenAt(location: number): Range;
  /** The statement's tokens, comments left out. */
  tokens(): readonly Token[];
  /** The source of a range of the SQL text. */
  slice(range: Range): string;
  /** What a DO block, a function or a procedure in PL/pgSQL or SQL holds; undefined for every other statement. */
  body(): CodeBody | undefined;
  /** What `find`, a function of the module, makes of the statement alone: found once. */
  once<T>(find: (statement: Statement) => T): T;
}

/** The SQL inside a code body. Ranges are those of the SQL text around it. */
export interface CodeBody {
  readonly language: string;
  /** In the order of the source. */
  readonly statements: readonly EmbeddedStatement[];
  /** What cannot be read from the text: dynamic SQL, another language, a body that does not parse. */
  readonly unread: readonly UnreadCode[];
  /** SQL in it that does not parse. */
  readonly problems: readonly SqlProblem[];
  /** Names that the body declares: in its queries they may stand for columns. Lower case where not quoted. */
  readonly variables: readonly string[];
  /** Fields of NEW that a trigger's function gives values to; undefined where the text does not tell all of them. */
  readonly newFields: readonly string[] | undefined;
  /** It says COMMIT or ROLLBACK, which Postgres refuses inside a transaction block (SQLSTATE 2D000). */
  readonly endsTransactions: boolean;
}

export interface EmbeddedStatement {
  readonly statement: Statement;
  /** It runs once the body does, unless an error ends that first: no condition or empty loop stands before it. */
  readonly certain: boolean;
  /** It stands in a loop. */
  readonly repeats: boolean;
  /** Whether it runs may hang on what is there, or an EXCEPTION takes its error: that it would fail is no fault. */
  readonly guarded: boolean;
  /** Its range is that of the whole body: the source spells it in another way, with doubled quotes or so. */
  readonly pinned: boolean;
}

export interface UnreadCode {
  /** In words, e.g. `the SQL that EXECUTE puts together`. */
  readonly what: string;
  readonly range: Range;
  /** The text that the SQL begins with, where that is constant: it tells the kind of statement. */
  readonly begins: string | undefined;
  /**
   * The statements, with stand-ins where names and values come in that are quoted as such (`%I`, `%L`, `quote_ident`):
   * whatever these are, it stays the same statements. Undefined where anything else comes in.
   */
  readonly template?: readonly Statement[] | undefined;
}

/** A lexical token; a range of the SQL text. */
export interface Token extends Range {
  readonly kind:
    | 'word' // a keyword or an unquoted name
    | 'quoted' // a name in double quotes
    | 'string' // any string constant, dollar quoted ones too
    | 'number'
    | 'parameter'
    | 'punctuation' // ( ) [ ] , ; : . :: := ..
    | 'operator'
    | 'unterminated'; // an opened string, quoted name or comment that is never closed
}

export interface SqlProblem {
  readonly message: string;
  readonly range: Range;
}

/** `{ statements, problems }`: a syntax error in one statement leaves the others readable. */
export interface ParsedSql {
  readonly statements: readonly Statement[];
  readonly problems: readonly SqlProblem[];
}

/** The Postgres parser, loaded. A text is parsed once: the same text gives the same object. */
export interface SqlParser {
  parse(text: string): ParsedSql;
  /**
   * Like `parse`, for text that psql reads: a dump's meta-commands and COPY data blocks are passed over. What
   * a baseline file wants.
   */
  parseScript(text: string): ParsedSql;
}
