import assert from 'node:assert/strict';
import fc from 'fast-check';
import { loadModule, scanSync } from 'libpg-query';
import { tokenize } from '../../../server/src/sql/lexer.ts';

/** Comments are tokens to the scanner and none to the lexer. */
const comments = new Set(['SQL_COMMENT', 'C_COMMENT']);

describe('sql lexer', () => {
  before(() => loadModule());

  const own = (sql: string) => [...tokenize(sql)].map(({ start, end }) => sql.slice(start, end));
  const theirs = (sql: string) => {
    const bytes = Buffer.from(sql);
    return scanSync(sql)
      .tokens.filter(({ tokenName }) => !comments.has(tokenName))
      .map(({ start, end }) => bytes.subarray(start, end).toString());
  };

  it('cuts as the scanner of Postgres does', () => {
    for (const sql of [
      "SELECT 'it''s', E'a\\'b', $$x;y$$, $t$ $$ $t$, U&'d\\0061', B'01', X'ff', N'x', \"Q\"\"x\"",
      'a::int, b[1:2], f(x => 1), c := 2, d <> e != f, 1.5e-3 .5 1..2 0xff 1_000 $1 a.b',
      "a-- comment\n+b /* c /* nested */ d */ - -1, a<-1, a@-1, @-b, a*-b, x->>'y' #>> z",
      "SELECT 'a'\n 'b', 'c' 'd' FROM é WHERE \"日本\" = '😀' -- end",
      'x!=-1 AND y%-2 OR NOT a>=b ? c',
    ]) {
      assert.deepEqual(own(sql), theirs(sql), sql);
    }
  });

  it('cuts as the scanner does for any row of pieces', () => {
    const piece = fc.constantFrom(
      ...[
        "'a''b'",
        "E'\\''",
        '$$;$$',
        '$x$ $$ $x$',
        '"q""x"',
        'abc',
        'é_1',
        '1',
        '1.5',
        '2e5',
        '$3',
        '(',
        ')',
        ',',
        ';',
        '::',
        '.',
        ':=',
        '+',
        '-',
        '<',
        '>=',
        '@',
        '*',
        '/',
        ' ',
        '\n',
        '-- c\n',
        '/* ; */',
        '!',
        '~',
        '[',
        ']',
        ':',
        '=>',
        '%',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), (pieces) => {
        const sql = pieces.join('');
        // Postgres goes on with a string behind a comment and a new line; the scanner of this build cuts there.
        if (/'\s*--[^\n]*\n\s*'/.test(sql)) return;
        let expected: readonly string[];
        try {
          expected = theirs(sql);
        } catch {
          // The scanner gives up on what is not closed or no token at all.
          return;
        }
        assert.deepEqual(own(sql), expected, JSON.stringify(sql));
      }),
      { numRuns: 1000 },
    );
  });

  it('gives what is not closed as one token to the end', () => {
    for (const open of ["'abc ; d", '"abc ; d', '$t$ a ; $$ b', '/* a ; /* b */', "E'a\\'"]) {
      const tokens = [...tokenize(`a ${open}`)];
      assert.deepEqual(
        tokens.map(({ kind }) => kind),
        ['word', 'unterminated'],
        open,
      );
      assert.equal(tokens.at(-1)?.end, open.length + 2);
    }
  });
});
