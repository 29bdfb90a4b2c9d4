import type { DoStmt } from '@pgsql/types';
import { tokenize } from './lexer.ts';
import type { Token } from './model.ts';

/** Behind these words, as behind a semicolon, a PL/pgSQL statement begins. */
const opening: ReadonlySet<string> = new Set(['BEGIN', 'ELSE', 'LOOP', 'THEN']);

/**
 * Where a PL/pgSQL body says COMMIT or ROLLBACK as a statement of its own: UTF-16 offsets in the body. Postgres
 * refuses both where a transaction block is open around the call (`SPI_commit`, SQLSTATE 2D000).
 */
export function* transactionCommands(body: string): Generator<Token & { readonly word: string }> {
  let starts = true;
  for (const token of tokenize(body)) {
    const word = token.kind === 'word' ? body.slice(token.start, token.end).toUpperCase() : '';
    if (starts && (word === 'COMMIT' || word === 'ROLLBACK')) yield { ...token, word };
    starts = body[token.start] === ';' || opening.has(word);
  }
}

/** The body of a DO block in PL/pgSQL, which is its language where it names none; undefined for another. */
export function plpgsqlBody({ args = [] }: DoStmt): string | undefined {
  const texts = new Map(
    args.flatMap((node) => {
      const { defname = '', arg } = 'DefElem' in node ? node.DefElem : {};
      return arg && 'String' in arg ? [[defname, arg.String.sval ?? ''] as const] : [];
    }),
  );
  return (texts.get('language') ?? 'plpgsql').toLowerCase() === 'plpgsql' ? texts.get('as') : undefined;
}
