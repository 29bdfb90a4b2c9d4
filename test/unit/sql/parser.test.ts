import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { SqlParser } from '../../../server/src/sql/model.ts';
import { loadSqlParser } from '../../../server/src/sql/parser.ts';

describe('sql parser', () => {
  let parser: SqlParser;
  before(async () => {
    parser = await loadSqlParser();
  });

  const texts = (sql: string) => parser.parse(sql).statements.map(({ text }) => text);
  const faults = (sql: string) =>
    parser
      .parse(sql)
      .problems.map(({ message, range }) => `${sql.slice(range.start, range.end)}: ${message}`);

  describe('statements', () => {
    it('stand without blanks, comments and the semicolon', () => {
      const sql = '-- first\n  ALTER TABLE a ADD x int -- why\n /* not yet */ ;\n\tSELECT 1 /* last */';
      assert.deepEqual(texts(sql), ['ALTER TABLE a ADD x int', 'SELECT 1']);
      const [first] = parser.parse(sql).statements;
      assert.deepEqual(first?.range, { start: 11, end: 34 });
    });

    it('are none in blanks, comments and lone semicolons', () => {
      for (const sql of ['', '  \n', '-- only a comment', ';;', '/* */;']) {
        assert.deepEqual(parser.parse(sql), { statements: [], problems: [] });
      }
    });

    it('have their offsets in UTF-16, whatever stands before them', () => {
      const sql = "SELECT 'é', '日本', '😀'; ALTER TABLE \"Ünïcode\" DROP COLUMN \"😀\"";
      const [, second] = parser.parse(sql).statements;
      assert.equal(second?.text, 'ALTER TABLE "Ünïcode" DROP COLUMN "😀"');
      assert.ok(second && 'AlterTableStmt' in second.node);
      const location = second.node.AlterTableStmt.relation?.location ?? -1;
      assert.equal(sql.slice(second.offsetOf(location)).startsWith('"Ünïcode"'), true);
      const token = second.tokenAt(location);
      assert.equal(sql.slice(token.start, token.end), '"Ünïcode"');
    });

    it('are the same objects when the same text comes again', () => {
      assert.equal(parser.parse('SELECT 42'), parser.parse('SELECT 42'));
    });
  });

  describe('faults', () => {
    it('are shown at the offending token, and leave the other statements readable', () => {
      const sql = "SELECT 'ü';\nALTER TABEL a ADD x int;\nSELECT 2";
      assert.deepEqual(texts(sql), ["SELECT 'ü'", 'SELECT 2']);
      assert.deepEqual(faults(sql), ['TABEL: Syntax error at or near "TABEL".']);
    });

    it('suspect a missing semicolon where a statement starts a line', () => {
      assert.deepEqual(faults('ALTER TABLE a ADD x int\nALTER TABLE b ADD x int'), [
        'ALTER: Syntax error at or near "ALTER": a semicolon may be missing before it.',
      ]);
    });

    it('at the end of the text are shown at its last token', () => {
      assert.deepEqual(faults('SELECT 1 +'), [
        '+: Syntax error at end of input: the statement is not finished.',
      ]);
    });

    it('of what is never closed are shown from its opening to the end of the line', () => {
      const sql = "SELECT 1;\nSELECT 'abc\nmore";
      assert.deepEqual(texts(sql), ['SELECT 1']);
      assert.deepEqual(
        faults(sql).map((fault) => fault.slice(0, 6)),
        ["'abc: "],
      );
      for (const open of ['"abc', '$tag$ abc', '/* abc', "E'abc\\'"]) {
        assert.equal(faults(`SELECT 1; SELECT ${open}`).length, 1, open);
      }
    });

    it('do not split a function body or a rule', () => {
      const atomic =
        'CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END';
      assert.deepEqual(texts(`SELEC; ${atomic}; SELECT 1`), [atomic, 'SELECT 1']);
      const rule = 'CREATE RULE r AS ON INSERT TO t DO ALSO (DELETE FROM a; DELETE FROM b)';
      assert.deepEqual(texts(`SELEC; ${rule}; SELECT 1`), [rule, 'SELECT 1']);
      assert.deepEqual(texts('CREATE TABLE t (a int; SELECT 1'), ['SELECT 1']);
    });

    it('are named for NUL characters and for nesting beyond reading', () => {
      assert.match(faults('SELECT 1; SELECT \0 2')[0] ?? '', /NUL character/);
      assert.match(faults(`SELECT ${'1+'.repeat(30_000)}1`)[0] ?? '', /nested too deeply/);
      assert.match(faults(`SELECT ${'('.repeat(30_000)}1`)[0] ?? '', /memory exhausted/i);
      assert.deepEqual(texts('SELECT 1'), ['SELECT 1']);
    });

    it('never throw, and lie within the text', () => {
      const piece = fc.oneof(
        fc.constantFrom(
          ...[
            "SELECT 'a'",
            'ALTER TABLE t ADD x int',
            ';',
            '\n',
            ' ',
            "'",
            '"',
            '$$',
            '$a$',
            '/*',
            '*/',
            '--',
            '(',
            ')',
            '\\',
            ':',
            '::',
            '1.',
            '.5e',
            '😀',
            'é',
            "E'\\",
            'BEGIN ATOMIC',
            'END',
            '\0',
            '\r\n',
            '\ud800',
          ],
        ),
        fc.string({ unit: 'binary', maxLength: 4 }),
      );
      fc.assert(
        fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
          const sql = pieces.join('');
          const { statements, problems } = parser.parse(sql);
          for (const { range } of [...statements, ...problems]) {
            assert.ok(range.start >= 0 && range.start <= range.end && range.end <= sql.length);
          }
          for (const { text, range } of statements) assert.equal(text, sql.slice(range.start, range.end));
        }),
        { numRuns: 300 },
      );
    });
  });

  describe('scripts for psql', () => {
    it('are read without meta-commands and COPY data, at the same offsets', () => {
      const sql = [
        '\\restrict x1',
        'SET search_path = app;',
        '\\connect app',
        'CREATE TABLE a (x text);',
        'COPY a (x) FROM stdin;',
        "it's\t\\N",
        'DROP TABLE a;',
        '\\.',
        '',
        "SELECT 'a\\b';",
        '\\unrestrict x1',
        '',
      ].join('\n');
      const { statements, problems } = parser.parseScript(sql);
      assert.deepEqual(problems, []);
      assert.deepEqual(
        statements.map(({ range }) => sql.slice(range.start, range.end)),
        ['SET search_path = app', 'CREATE TABLE a (x text)', "SELECT 'a\\b'"],
      );
    });

    it('keep their meta-commands as faults in plain SQL', () => {
      assert.equal(parser.parse('\\connect app\nSELECT 1;').problems.length, 1);
    });
  });
});
